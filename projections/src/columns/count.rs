//! Counting: what is effective by a day and known at a position.

use events::log::Position;
use events::time::EffectiveOn;

use super::block::{DAYS, day_of, first_after};
use super::rollup::{Rollup, index};
use super::{Account, Columns, Count, Fact, Grain, Row, Slot};
use crate::question::AsOf;

impl Columns {
    /// Counts what is effective by the day and known at the position of `as_of`.
    pub(crate) fn count(&self, grain: Grain, as_of: AsOf, into: &mut impl Count) {
        let AsOf { effective, known } = as_of;
        let rollup = self.rollup(grain);
        let after = first_after(effective);
        let (start, end) = self.begin(rollup, as_of);
        let kept = if start == self.blocks.len() {
            Some(rollup.now())
        } else {
            rollup.after(start)
        };
        for (number, sums) in kept.into_iter().flat_map(|cells| cells.iter().enumerate()) {
            into.cell(number, sums);
        }
        let (before, since) = self.blocks.split_at(start);
        // Within a block by `for_each`, which goes through its runs without asking for each fact.
        for block in before {
            block.rows(after..DAYS, known).for_each(|(_, row)| {
                if let Some(cell) = rollup.cell_of.get(index(row.account)) {
                    into.fact(index(*cell), row.slot, row.amount.wrapping_neg(), -1);
                }
            });
        }
        for block in since.iter().take(end - start) {
            block.rows(0..after, known).for_each(|(_, row)| {
                if let Some(cell) = rollup.cell_of.get(index(row.account)) {
                    into.fact(index(*cell), row.slot, row.amount, 1);
                }
            });
        }
        for fact in self
            .exceptions(Position::START, known)
            .filter(|it| it.day <= effective)
        {
            if let Some(cell) = rollup.cell_of.get(index(fact.account)) {
                into.exception(index(*cell), fact.slot, fact.amount);
            }
        }
    }

    /// After how many blocks to begin, so that least is left to count; and how many blocks have
    /// facts that are known.
    fn begin(&self, rollup: &Rollup, as_of: AsOf) -> (usize, usize) {
        let after = first_after(as_of.effective);
        let is_now = self
            .blocks
            .last()
            .is_none_or(|block| block.last <= as_of.known);
        if is_now && u32::from(self.latest) < after {
            return (self.blocks.len(), self.blocks.len());
        }
        let end = self
            .blocks
            .partition_point(|block| block.first <= as_of.known);
        let known = self.blocks.iter().take(end);
        let counts: Vec<_> = known
            .clone()
            .map(|block| block.count_before(after))
            .collect();
        let mut cost: usize = counts.iter().sum();
        let (mut best, mut least) = (0, cost);
        let whole = known.take_while(|block| block.last <= as_of.known);
        for (number, (block, counted)) in (1..).zip(whole.zip(counts)) {
            // Beginning after this block: its later facts are taken away, the others not added.
            cost = cost + (block.len() - counted) - counted;
            let is_now = number == self.blocks.len();
            if cost <= least && (is_now || rollup.is_kept(number)) {
                (best, least) = (number, cost);
            }
        }
        (best, end)
    }

    /// How many facts that are known at `known` are effective after `from`, up to `to`, nearly:
    /// whole blocks count.
    pub(crate) fn count_between(
        &self,
        known: Position,
        (from, to): (EffectiveOn, EffectiveOn),
    ) -> usize {
        let (begin, end) = (first_after(from), first_after(to));
        let blocks = self.blocks.iter().take_while(|block| block.first <= known);
        blocks
            .map(|block| block.count_before(end) - block.count_before(begin))
            .sum()
    }

    /// Hands out every fact known at `known` that is effective after `from`, up to `to`: its cell,
    /// how many days after `from`, its slot and amount. In no order.
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
        for block in blocks {
            block.rows(begin..end, known).for_each(|(_, row)| {
                if let Some(cell) = rollup.cell_of.get(index(row.account)) {
                    let days = index(u32::from(row.day) - begin + before) + 1;
                    each(index(*cell), days, row.slot, row.amount.into());
                }
            });
        }
        let exceptions = self.exceptions(Position::START, known);
        for fact in exceptions.filter(|fact| fact.day > from && fact.day <= to) {
            if let Some(cell) = rollup.cell_of.get(index(fact.account))
                && let Ok(days) = usize::try_from(fact.day.days_since(from))
            {
                each(index(*cell), days, fact.slot, fact.amount);
            }
        }
    }

    /// The facts recorded after `from` and known at `to` that `counts` lets through, in log order.
    pub(crate) fn facts(
        &self,
        from: Position,
        to: Position,
        counts: impl Fn(&Fact) -> bool,
    ) -> impl Iterator<Item = Fact> {
        let start = self.blocks.partition_point(|block| block.last <= from);
        let blocks = self.blocks.get(start..).unwrap_or_default().iter();
        let mut blocks = blocks.take_while(move |block| block.first <= to).peekable();
        let mut begun = from;
        let mut due = Vec::new().into_iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(fact) = due.next() {
                    return Some(fact);
                }
                // A block's facts, with the exceptions up to the block that follows.
                let block = blocks.next();
                let until = blocks
                    .peek()
                    .map_or(to, |next| Position(next.first.0 - 1).min(to));
                if block.is_none() && begun >= until {
                    return None;
                }
                let rows = block.into_iter().flat_map(|block| block.rows(0..DAYS, to));
                let facts = rows.filter(|(position, _)| *position > from).map(fact);
                let facts = facts.chain(self.exceptions(begun, until).copied());
                let mut found: Vec<Fact> = facts.filter(&counts).collect();
                // Facts of one position in the order of their slots: by what they say, since the
                // order in which an event told them is not kept.
                found.sort_by_key(|fact| (fact.position, fact.slot));
                begun = until;
                due = found.into_iter();
            }
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
        for fact in &self.exceptions {
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
        let exceptions = self.exceptions.capacity() * size_of::<Fact>();
        blocks + chunks + beside + exceptions + self.accounts.memory()
    }

    /// The facts that do not fit the columns, recorded after `from` and known at `to`.
    fn exceptions(&self, from: Position, to: Position) -> impl Iterator<Item = &Fact> {
        let begin = self
            .exceptions
            .partition_point(|fact| fact.position <= from);
        let end = self.exceptions.partition_point(|fact| fact.position <= to);
        self.exceptions.get(begin..end).unwrap_or_default().iter()
    }

    fn rollup(&self, grain: Grain) -> &Rollup {
        let [pair, unit, vintage, account] = &self.rollups;
        match grain {
            Grain::Pair => pair,
            Grain::Unit => unit,
            Grain::Vintage => vintage,
            Grain::Account => account,
        }
    }
}

/// A fact as it was told.
fn fact((position, row): (Position, Row)) -> Fact {
    Fact {
        position,
        day: day_of(row.day),
        account: row.account,
        slot: row.slot,
        amount: row.amount.into(),
    }
}
