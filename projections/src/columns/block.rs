//! A block of facts in columns, with the days between which they lie.

use std::ops::Range;

use chrono::Datelike as _;
use events::log::Position;
use events::time::EffectiveOn;

use super::cell::Slot;
use super::rollup::index;

/// Days since 1970-01-01, which is day 719,163 of the calendar.
const EPOCH: i32 = 719_163;

/// Days in columns are below this.
pub(crate) const DAYS: u32 = 1 << 16;

/// Bits of a code that tell the slot; the rest tell the vintage.
const SLOT_BITS: u32 = 4;

/// Vintages have numbers below this.
pub(crate) const VINTAGES: u32 = u32::MAX >> SLOT_BITS;

/// A day as the columns keep it; `None` for a day that they cannot.
pub(crate) fn narrow(day: EffectiveOn) -> Option<u16> {
    u16::try_from(day.date().num_days_from_ce() - EPOCH).ok()
}

/// The first day, as the columns keep it, that is later than `day`. Days in columns are below
/// 65,536.
pub(crate) fn first_after(day: EffectiveOn) -> u32 {
    let day = day.date().num_days_from_ce() - EPOCH;
    u32::try_from(day.saturating_add(1)).unwrap_or(0)
}

/// The day that the columns keep so.
pub(crate) fn day_of(narrow: u16) -> EffectiveOn {
    let date = chrono::NaiveDate::from_num_days_from_ce_opt(EPOCH + i32::from(narrow));
    EffectiveOn::from(date.unwrap_or_default())
}

/// A fact as a block keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) vintage: u32,
    pub(crate) bearer: u32,
    pub(crate) slot: Slot,
    pub(crate) day: u16,
    pub(crate) amount: i64,
}

/// Facts of neighbouring positions: 20 bytes each, and 2 for the order of their bearers. By their
/// days once the block is closed; in runs that are by their days while it is open, but for the last
/// ones, which have none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) closed: bool,
    /// How many facts of an open block are brought into the order of their days at once.
    pub(crate) run: usize,
    /// Positions after `first`.
    pub(crate) offsets: Vec<u16>,
    /// Day by day, while it is open.
    pub(crate) days: Vec<u16>,
    /// Each day and the number of its first fact, once it is closed.
    pub(crate) starts: Vec<(u16, u32)>,
    /// Vintage and slot.
    pub(crate) codes: Vec<u32>,
    pub(crate) bearers: Vec<u32>,
    pub(crate) amounts: Vec<i64>,
    /// The numbers of the facts in the order of their bearers, once it is closed.
    pub(crate) by_bearer: Vec<u16>,
}

/// What is known of a block without a look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    pub(crate) first: Position,
    pub(crate) last: Position,
    /// The first and the last day of its facts.
    pub(crate) earliest: u16,
    pub(crate) latest: u16,
    pub(crate) len: usize,
}

impl Zone {
    /// Whether any fact may be effective on one of `days`.
    pub(crate) fn touches(&self, days: &Range<u32>) -> bool {
        u32::from(self.earliest) < days.end && u32::from(self.latest) >= days.start
    }
}

impl Block {
    /// Most facts in a block: their numbers have 16 bits.
    pub(crate) const MOST: usize = 1 << 16;

    /// An open block that begins with a fact at this position, in runs of so many.
    pub(crate) fn new(first: Position, run: usize) -> Self {
        Self {
            first,
            last: first,
            closed: false,
            run: run.max(1),
            offsets: Vec::new(),
            days: Vec::new(),
            starts: Vec::new(),
            codes: Vec::new(),
            bearers: Vec::new(),
            amounts: Vec::new(),
            by_bearer: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// How far a position lies after the block's first; `None` where it is too far for it.
    pub(crate) fn offset(&self, position: Position) -> Option<u16> {
        u16::try_from(position.0.checked_sub(self.first.0)?).ok()
    }

    pub(crate) fn push(&mut self, offset: u16, row: Row) {
        self.last = Position(self.first.0 + u64::from(offset));
        self.offsets.push(offset);
        self.days.push(row.day);
        self.codes
            .push(row.vintage << SLOT_BITS | u32::from(row.slot.number()));
        self.bearers.push(row.bearer);
        self.amounts.push(row.amount);
        if self.len().is_multiple_of(self.run) {
            self.sort(self.len() - self.run);
        }
    }

    /// Brings all facts into the order of their days, and finds out that of their bearers.
    pub(crate) fn close(&mut self) {
        self.sort(0);
        for (number, day) in (0..).zip(std::mem::take(&mut self.days)) {
            if self.starts.last().is_none_or(|(last, _)| *last != day) {
                self.starts.push((day, number));
            }
        }
        let borne = self.bearers.iter().zip(0_u64..);
        let mut borne: Vec<_> = borne
            .map(|(bearer, number)| u64::from(*bearer) << 16 | number)
            .collect();
        borne.sort_unstable();
        let number = |borne: u64| u16::try_from(borne & 0xffff).unwrap_or_default();
        self.by_bearer = borne.into_iter().map(number).collect();
        self.offsets.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.codes.shrink_to_fit();
        self.bearers.shrink_to_fit();
        self.amounts.shrink_to_fit();
        self.closed = true;
    }

    /// Brings the facts from the one numbered `from` on into the order of their days; those of one
    /// day stay as they are.
    fn sort(&mut self, from: usize) {
        let days = self.days.iter().zip(0_u32..).skip(from);
        // The day above the number: one number to sort by, and no two are equal.
        let mut order: Vec<u32> = days
            .map(|(day, number)| u32::from(*day) << 16 | number)
            .collect();
        order.sort_unstable();
        sort(&mut self.offsets, &order);
        sort(&mut self.days, &order);
        sort(&mut self.codes, &order);
        sort(&mut self.bearers, &order);
        sort(&mut self.amounts, &order);
    }

    /// What is known of it without a look at it.
    pub(crate) fn zone(&self) -> Zone {
        let of_closed = self.starts.iter().map(|(day, _)| *day);
        let days = of_closed.chain(self.days.iter().copied());
        Zone {
            first: self.first,
            last: self.last,
            earliest: days.clone().min().unwrap_or(u16::MAX),
            latest: days.max().unwrap_or_default(),
            len: self.len(),
        }
    }

    /// Runs of facts that are by their days, while it is open; and those at the end that are not.
    fn runs(&self) -> (impl Iterator<Item = Range<usize>>, Range<usize>) {
        let sorted = self.days.len() - self.days.len() % self.run;
        let runs = (0..sorted)
            .step_by(self.run)
            .map(|from| from..from + self.run);
        (runs, sorted..self.days.len())
    }

    /// How many facts of a run are effective before the day `after`: the first so many.
    fn split(&self, run: &Range<usize>, after: u32) -> usize {
        let days = self.days.get(run.clone()).unwrap_or_default();
        days.partition_point(|day| u32::from(*day) < after)
    }

    /// How many facts are effective before the day `after`.
    pub(crate) fn count_before(&self, after: u32) -> usize {
        if self.closed {
            let day = self
                .starts
                .partition_point(|(day, _)| u32::from(*day) < after);
            return self
                .starts
                .get(day)
                .map_or(self.len(), |(_, first)| index(*first));
        }
        let (runs, rest) = self.runs();
        let rest = self.days.get(rest).unwrap_or_default();
        runs.map(|run| self.split(&run, after)).sum::<usize>()
            + rest.iter().filter(|day| u32::from(**day) < after).count()
    }

    /// Hands out the facts that are effective on one of `days`, but for those recorded after
    /// `known`.
    pub(crate) fn each(
        &self,
        days: Range<u32>,
        known: Position,
        mut each: impl FnMut(Position, Row),
    ) {
        let mut each = |numbers: Range<usize>, day: Option<u16>| {
            self.part(numbers, day, |position, row| {
                if position <= known && days.contains(&u32::from(row.day)) {
                    each(position, row);
                }
            });
        };
        if self.closed {
            let from = self
                .starts
                .partition_point(|(day, _)| u32::from(*day) < days.start);
            let to = self
                .starts
                .partition_point(|(day, _)| u32::from(*day) < days.end);
            for number in from..to.max(from) {
                if let Some((day, numbers)) = self.of_day(number) {
                    each(numbers, Some(day));
                }
            }
            return;
        }
        let (runs, rest) = self.runs();
        for run in runs {
            let split = |after| run.start + self.split(&run, after);
            each(split(days.start)..split(days.end), None);
        }
        each(rest, None);
    }

    /// Every fact, in no order.
    pub(crate) fn all(&self, mut each: impl FnMut(Row)) {
        self.each(0..DAYS, self.last, |_, row| each(row));
    }

    /// Hands out the facts of one bearer, but for those recorded after `known`.
    pub(crate) fn of_bearer(
        &self,
        bearer: u32,
        known: Position,
        mut each: impl FnMut(Position, Row),
    ) {
        let mut each = |position, row: Row| {
            if row.bearer == bearer && position <= known {
                each(position, row);
            }
        };
        if !self.closed {
            return self.part(0..self.len(), None, each);
        }
        let of = |number: &u16| self.bearers.get(usize::from(*number)).copied();
        let from = self
            .by_bearer
            .partition_point(|number| of(number) < Some(bearer));
        let numbers = self.by_bearer.iter().skip(from);
        for number in numbers.take_while(|number| of(number) == Some(bearer)) {
            let number = usize::from(*number);
            let day = self
                .starts
                .partition_point(|(_, first)| index(*first) <= number);
            let day = day.checked_sub(1).and_then(|day| self.starts.get(day));
            self.part(number..number + 1, day.map(|(day, _)| *day), &mut each);
        }
    }

    /// The day of this number among those that a closed block has, and the facts of it.
    fn of_day(&self, number: usize) -> Option<(u16, Range<usize>)> {
        let (day, first) = self.starts.get(number)?;
        let next = self.starts.get(number + 1);
        let end = next.map_or(self.len(), |(_, first)| index(*first));
        Some((*day, index(*first)..end))
    }

    /// Hands out facts by their numbers, which are all of one day, or of those that `days` tells.
    fn part(&self, numbers: Range<usize>, day: Option<u16>, mut each: impl FnMut(Position, Row)) {
        let offsets = self.offsets.get(numbers.clone()).unwrap_or_default();
        let codes = self.codes.get(numbers.clone()).unwrap_or_default();
        let bearers = self.bearers.get(numbers.clone()).unwrap_or_default();
        let amounts = self.amounts.get(numbers.clone()).unwrap_or_default();
        let told = self.days.get(numbers).unwrap_or_default();
        let days = told
            .iter()
            .copied()
            .chain(std::iter::repeat(day.unwrap_or_default()));
        let columns = offsets
            .iter()
            .zip(codes)
            .zip(bearers)
            .zip(amounts)
            .zip(days);
        for ((((offset, code), bearer), amount), day) in columns {
            let row = Row {
                vintage: code >> SLOT_BITS,
                bearer: *bearer,
                slot: slot(*code),
                day,
                amount: *amount,
            };
            each(Position(self.first.0 + u64::from(*offset)), row);
        }
    }

    /// Bytes that it takes.
    pub(crate) fn memory(&self) -> usize {
        let halves = self.offsets.capacity() + self.days.capacity() + self.by_bearer.capacity();
        let words = self.codes.capacity() + self.bearers.capacity();
        halves * 2
            + words * 4
            + (self.starts.capacity() + self.amounts.capacity()) * 8
            + size_of::<Self>()
    }
}

/// Brings the last values into this order, of which the low half of each number is the place.
fn sort<T: Copy>(values: &mut Vec<T>, order: &[u32]) {
    let from = values.len() - order.len();
    let places = order.iter().map(|place| index(place & 0xffff));
    let sorted: Vec<T> = places
        .filter_map(|place| values.get(place).copied())
        .collect();
    values.truncate(from);
    values.extend(sorted);
}

fn slot(code: u32) -> Slot {
    let number = u8::try_from(code & 0xf).unwrap_or_default();
    Slot::new(number.min(Slot::COUNT - 1))
}
