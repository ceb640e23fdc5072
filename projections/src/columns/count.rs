//! Counting: what is effective by a day and known at a position.

use events::log::Position;
use events::time::EffectiveOn;

use super::block::{ELSEWHERE, day_of, first_after};
use super::rollup::{Rollup, index};
use super::{Account, Block, Columns, Count, Exception, Fact, Grain, Slot};
use crate::question::AsOf;

impl Columns {
    /// Counts what is effective by the day and known at the position of `as_of`.
    pub(crate) fn count(&self, grain: Grain, as_of: AsOf, into: &mut impl Count) {
        let rollup = self.rollup(grain);
        let after = first_after(as_of.effective);
        let (start, known) = self.begin(rollup, as_of);
        let kept = if start == self.blocks.len() {
            Some(rollup.now())
        } else {
            rollup.after(start)
        };
        for (number, sums) in kept.into_iter().flat_map(|cells| cells.iter().enumerate()) {
            into.cell(number, sums);
        }
        let (before, since) = self.blocks.split_at(start);
        for block in before.iter().filter(|block| block.has_from(after)) {
            for row in block.rows(0, block.len()) {
                if u32::from(row.day) >= after
                    && let Some(cell) = rollup.cell_of.get(index(row.account))
                {
                    into.fact(index(*cell), row.slot, row.amount.wrapping_neg(), -1);
                }
            }
        }
        let since = since.iter().take(known - start);
        for block in since.filter(|block| block.has_before(after)) {
            for row in block.rows(0, block.known_at(as_of.known)) {
                if u32::from(row.day) < after
                    && let Some(cell) = rollup.cell_of.get(index(row.account))
                {
                    into.fact(index(*cell), row.slot, row.amount, 1);
                }
            }
        }
        let counts = |fact: &&Fact| fact.position <= as_of.known && fact.day <= as_of.effective;
        for fact in self.exceptions.iter().map(|it| &it.fact).filter(counts) {
            if let Some(cell) = rollup.cell_of.get(index(fact.account)) {
                into.exception(index(*cell), fact.slot, fact.amount);
            }
        }
    }

    /// After how many blocks to begin, so that least is left to count; and how many blocks have
    /// facts that are known.
    fn begin(&self, rollup: &Rollup, as_of: AsOf) -> (usize, usize) {
        let after = first_after(as_of.effective);
        let known = self
            .blocks
            .partition_point(|block| block.first <= as_of.known);
        let is_whole = |block: &Block| block.last() <= as_of.known;
        let partly = known.checked_sub(1).and_then(|last| self.blocks.get(last));
        let whole = known - usize::from(partly.is_some_and(|block| !is_whole(block)));
        let counted = self.blocks.iter().take(known);
        let counted = counted.filter(|block| block.has_before(after));
        let mut cost: usize = counted.map(|block| block.len()).sum();
        let (mut best, mut least) = (0, cost);
        for (number, block) in self.blocks.iter().take(whole).enumerate() {
            // Beginning after this block: its later facts are taken away, the others not counted.
            let (taken, spared) = (block.has_from(after), block.has_before(after));
            cost =
                cost + if taken { block.len() } else { 0 } - if spared { block.len() } else { 0 };
            let is_now = number + 1 == self.blocks.len();
            if cost <= least && (is_now || rollup.is_kept(number + 1)) {
                (best, least) = (number + 1, cost);
            }
        }
        (best, known)
    }

    /// Hands out every fact known at `known` that is effective after `from`, up to `to`: its cell,
    /// how many days after `from`, its slot and amount. In no order of days.
    pub(crate) fn between(
        &self,
        grain: Grain,
        known: Position,
        (from, to): (EffectiveOn, EffectiveOn),
        mut each: impl FnMut(usize, usize, Slot, i128),
    ) {
        let rollup = self.rollup(grain);
        let (begin, end) = (first_after(from), first_after(to));
        // A range that begins before the columns do has its first day that much later.
        let before = u32::try_from(day_of(0).days_since(from) - 1).unwrap_or_default();
        let blocks = self.blocks.iter().take_while(|block| block.first <= known);
        for block in blocks.filter(|block| block.has_from(begin) && block.has_before(end)) {
            for row in block.rows(0, block.known_at(known)) {
                let day = u32::from(row.day);
                if (begin..end).contains(&day)
                    && let Some(cell) = rollup.cell_of.get(index(row.account))
                {
                    let days = index(day - begin + before) + 1;
                    each(index(*cell), days, row.slot, row.amount.into());
                }
            }
        }
        let counts = |fact: &&Fact| fact.position <= known && fact.day > from && fact.day <= to;
        for fact in self.exceptions.iter().map(|it| &it.fact).filter(counts) {
            if let Some(cell) = rollup.cell_of.get(index(fact.account))
                && let Ok(days) = usize::try_from(fact.day.days_since(from))
            {
                each(index(*cell), days, fact.slot, fact.amount);
            }
        }
    }

    /// The facts recorded after `from` and known at `to`, in log order.
    pub(crate) fn facts(&self, from: Position, to: Position) -> impl Iterator<Item = Fact> {
        let start = self.blocks.partition_point(|block| block.last() <= from);
        let blocks = self.blocks.iter().enumerate().skip(start);
        let blocks = blocks.take_while(move |(_, block)| block.first <= to);
        blocks.flat_map(move |(place, block)| {
            let (first, end) = (block.known_at(from), block.known_at(to));
            let rows = (first..end).zip(block.rows(first, end));
            rows.filter_map(move |(number, row)| {
                if row.account == ELSEWHERE {
                    return self.exception(place, number);
                }
                Some(Fact {
                    position: block.position(number),
                    day: day_of(row.day),
                    account: row.account,
                    slot: row.slot,
                    amount: row.amount.into(),
                })
            })
        })
    }

    /// The cell of an account at a grain.
    pub(crate) fn cell(&self, grain: Grain, account: u32) -> Option<usize> {
        let cell = self.rollup(grain).cell_of.get(index(account))?;
        Some(index(*cell))
    }

    /// The account of this number.
    pub(crate) fn find_account(&self, number: u32) -> Option<&Account> {
        self.accounts.list().get(index(number))
    }

    /// Counts every fact of a line by its vintages, whatever its day and position.
    pub(crate) fn count_line(&self, line: u32, into: &mut impl Count) {
        let rollup = self.rollup(Grain::Vintage);
        for vintage in self.accounts.vintages_of(line) {
            if let Some(sums) = rollup.now().find(vintage) {
                into.cell(vintage, sums);
            }
        }
        for Exception { fact, .. } in &self.exceptions {
            let account = self.find_account(fact.account);
            if let Some(cell) = self.cell(Grain::Vintage, fact.account)
                && account.is_some_and(|account| account.line == line)
            {
                into.exception(cell, fact.slot, fact.amount);
            }
        }
    }

    /// Bytes that facts, sums and what names them take.
    pub(crate) fn memory(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(|block| block.memory()).sum();
        let mut chunks: Vec<_> = self.rollups.iter().flat_map(Rollup::chunks).collect();
        chunks.sort_unstable();
        chunks.dedup();
        let chunks: usize = chunks.into_iter().map(|(_, bytes)| bytes).sum();
        let beside: usize = self.rollups.iter().map(Rollup::memory).sum();
        let exceptions = self.exceptions.capacity() * size_of::<Exception>();
        blocks + chunks + beside + exceptions + self.accounts.memory()
    }

    fn exception(&self, block: usize, number: usize) -> Option<Fact> {
        let place = |it: &Exception| (it.block, it.number);
        let found = self
            .exceptions
            .binary_search_by_key(&(block, number), place);
        found
            .ok()
            .and_then(|at| self.exceptions.get(at))
            .map(|it| it.fact)
    }

    fn rollup(&self, grain: Grain) -> &Rollup {
        let [unit, vintage, account] = &self.rollups;
        match grain {
            Grain::Unit => unit,
            Grain::Vintage => vintage,
            Grain::Account => account,
        }
    }
}
