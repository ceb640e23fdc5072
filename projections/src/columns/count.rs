//! Counting: what is effective by a day and known at a position.

use std::ops::Range;

use events::log::Position;
use events::time::EffectiveOn;

use super::block::{DAYS, day_of, first_after};
use super::rollup::{Rollup, index};
use super::{Block, Columns, Count, Counted, Fact, Grain, Row};
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
        for block in self.touched(0..start, after..DAYS) {
            block.each(after..DAYS, known, |_, row| {
                if let Some(cell) = rollup.cell_of.get(index(row.vintage)) {
                    into.fact(index(*cell), row.slot, row.amount.wrapping_neg(), -1);
                }
            });
        }
        for block in self.touched(start..end, 0..after) {
            block.each(0..after, known, |_, row| {
                if let Some(cell) = rollup.cell_of.get(index(row.vintage)) {
                    into.fact(index(*cell), row.slot, row.amount, 1);
                }
            });
        }
        let exceptions = self.exceptions(Position::START, known);
        for fact in exceptions.filter(|it| it.day <= effective) {
            if let Some(cell) = rollup.cell_of.get(index(fact.vintage)) {
                into.exception(index(*cell), fact.slot, fact.amount);
            }
        }
    }

    /// Hands out what is effective by the day and known at the position of `as_of`, fact by fact in
    /// no order: of these bearers, where they are named.
    pub(crate) fn each(&self, as_of: AsOf, bearers: Option<&[u32]>, mut each: impl FnMut(Counted)) {
        let AsOf { effective, known } = as_of;
        let after = first_after(effective);
        for block in self.touched(0..self.known(known), 0..after) {
            match bearers {
                None => block.each(0..after, known, |_, row| each(row.into())),
                Some(bearers) => {
                    for bearer in bearers {
                        block.of_bearer(*bearer, known, |_, row| {
                            if u32::from(row.day) < after {
                                each(row.into());
                            }
                        });
                    }
                }
            }
        }
        let exceptions = self.exceptions(Position::START, known);
        let named = |fact: &&Fact| bearers.is_none_or(|named| named.contains(&fact.bearer));
        exceptions
            .filter(|it| it.day <= effective)
            .filter(named)
            .for_each(|fact| each(fact.into()));
    }

    /// After how many blocks to begin, so that least is left to count; and how many blocks have
    /// facts that are known.
    fn begin(&self, rollup: &Rollup, as_of: AsOf) -> (usize, usize) {
        let after = first_after(as_of.effective);
        let known = as_of.known;
        let is_now = self.zones.last().is_none_or(|zone| zone.last <= known);
        if is_now && u32::from(self.latest) < after {
            return (self.blocks.len(), self.blocks.len());
        }
        let end = self.known(known);
        let counts: Vec<_> = (0..end)
            .map(|number| self.count_before(number, after))
            .collect();
        let mut cost: usize = counts.iter().sum();
        let (mut best, mut least) = (0, cost);
        let whole = self.zones.iter().take_while(|zone| zone.last <= known);
        for (number, (zone, counted)) in (1..).zip(whole.zip(counts)) {
            // Beginning after this block: its later facts are taken away, the others not added.
            cost = cost + (zone.len - counted) - counted;
            let is_now = number == self.blocks.len();
            if cost <= least && (is_now || rollup.is_kept(number)) {
                (best, least) = (number, cost);
            }
        }
        (best, end)
    }

    /// How many facts of a block are effective before the day `after`.
    fn count_before(&self, block: usize, after: u32) -> usize {
        match self.zones.get(block) {
            Some(zone) if u32::from(zone.latest) < after => zone.len,
            Some(zone) if u32::from(zone.earliest) < after => self
                .blocks
                .get(block)
                .map_or(0, |block| block.count_before(after)),
            Some(_) | None => 0,
        }
    }

    /// How many blocks have facts that are known at `position`: the first so many.
    fn known(&self, position: Position) -> usize {
        self.zones.partition_point(|zone| zone.first <= position)
    }

    /// Those of these blocks that may have facts effective on one of `days`.
    fn touched(&self, blocks: Range<usize>, days: Range<u32>) -> impl Iterator<Item = &Block> {
        let zones = self.zones.get(blocks.clone()).unwrap_or_default();
        let blocks = self.blocks.get(blocks).unwrap_or_default();
        let touched = zones
            .iter()
            .zip(blocks)
            .filter(move |(zone, _)| zone.touches(&days));
        touched.map(|(_, block)| &**block)
    }

    /// How many facts that are known at `known` are effective after `from`, up to `to`, nearly:
    /// whole blocks count.
    pub(crate) fn count_between(
        &self,
        known: Position,
        (from, to): (EffectiveOn, EffectiveOn),
    ) -> usize {
        let before = |day| -> usize {
            let after = first_after(day);
            (0..self.known(known))
                .map(|number| self.count_before(number, after))
                .sum()
        };
        before(to) - before(from)
    }

    /// Hands out every fact known at `known` that is effective after `from`, up to `to`, in no
    /// order; with how many days after `from`.
    pub(crate) fn between(
        &self,
        known: Position,
        (from, to): (EffectiveOn, EffectiveOn),
        mut each: impl FnMut(usize, Counted),
    ) {
        let (begin, end) = (first_after(from), first_after(to));
        // A range that begins before the columns do has its first day that much later.
        let before = u32::try_from(day_of(0).days_since(from) - 1).unwrap_or_default();
        for block in self.touched(0..self.known(known), begin..end) {
            block.each(begin..end, known, |_, row| {
                each(index(u32::from(row.day) - begin + before) + 1, row.into());
            });
        }
        let exceptions = self.exceptions(Position::START, known);
        for fact in exceptions.filter(|fact| fact.day > from && fact.day <= to) {
            if let Ok(days) = usize::try_from(fact.day.days_since(from)) {
                each(days, fact.into());
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
                let mut found: Vec<Fact> = self.exceptions(begun, until).copied().collect();
                found.retain(&counts);
                if let Some(block) = block {
                    block.each(0..DAYS, to, |position, row| {
                        let fact = fact(position, row);
                        if position > from && counts(&fact) {
                            found.push(fact);
                        }
                    });
                }
                // Facts of one position in the order of their slots: by what they say, since the
                // order in which an event told them is not kept.
                found.sort_by_key(|fact| (fact.position, fact.slot));
                begun = until;
                due = found.into_iter();
            }
        })
    }

    /// Counts every fact of a line by its vintages, whatever its day and position.
    pub(crate) fn count_line(&self, line: u32, into: &mut impl Count) {
        let rollup = self.rollup(Grain::Vintage);
        for vintage in self.vintages.of(line) {
            if let Some(sums) = rollup.now().find(vintage) {
                into.cell(vintage, sums);
            }
        }
        for fact in &self.exceptions {
            let vintage = index(fact.vintage);
            if self
                .vintages
                .list()
                .get(vintage)
                .is_some_and(|it| it.line == line)
            {
                into.exception(vintage, fact.slot, fact.amount);
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
        blocks + chunks + beside + exceptions + self.vintages.memory()
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
        let [pair, unit, vintage] = &self.rollups;
        match grain {
            Grain::Pair => pair,
            Grain::Unit => unit,
            Grain::Vintage => vintage,
        }
    }
}

/// A fact as it was told.
fn fact(position: Position, row: Row) -> Fact {
    Fact {
        position,
        day: day_of(row.day),
        vintage: row.vintage,
        bearer: row.bearer,
        slot: row.slot,
        amount: row.amount.into(),
    }
}

impl From<Row> for Counted {
    fn from(row: Row) -> Self {
        Self {
            vintage: row.vintage,
            bearer: row.bearer,
            slot: row.slot,
            amount: row.amount.into(),
        }
    }
}

impl From<&Fact> for Counted {
    fn from(fact: &Fact) -> Self {
        Self {
            vintage: fact.vintage,
            bearer: fact.bearer,
            slot: fact.slot,
            amount: fact.amount,
        }
    }
}
