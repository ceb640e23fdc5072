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

/// Bits of a code that tell the slot; the rest tell the account.
const SLOT_BITS: u32 = 4;

/// Accounts have numbers below this.
pub(crate) const ACCOUNTS: u32 = u32::MAX >> SLOT_BITS;

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
    pub(crate) account: u32,
    pub(crate) slot: Slot,
    pub(crate) day: u16,
    pub(crate) amount: i64,
}

/// Facts of neighbouring positions: 16 bytes each. By their days once the block is closed; in runs
/// that are by their days while it is open, but for the last ones, which have none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) closed: bool,
    /// How many facts of an open block are brought into the order of their days at once.
    pub(crate) run: usize,
    /// The first and the last day of its facts; reversed while there is none.
    pub(crate) earliest: u16,
    pub(crate) latest: u16,
    /// Positions after `first`.
    pub(crate) offsets: Vec<u16>,
    pub(crate) days: Vec<u16>,
    /// Account and slot.
    pub(crate) codes: Vec<u32>,
    pub(crate) amounts: Vec<i64>,
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
            earliest: u16::MAX,
            latest: 0,
            offsets: Vec::new(),
            days: Vec::new(),
            codes: Vec::new(),
            amounts: Vec::new(),
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
        self.earliest = self.earliest.min(row.day);
        self.latest = self.latest.max(row.day);
        self.offsets.push(offset);
        self.days.push(row.day);
        self.codes.push(code(row.account, row.slot));
        self.amounts.push(row.amount);
        if self.len().is_multiple_of(self.run) {
            self.sort(self.len() - self.run);
        }
    }

    /// Brings all facts into the order of their days.
    pub(crate) fn close(&mut self) {
        self.sort(0);
        self.offsets.shrink_to_fit();
        self.days.shrink_to_fit();
        self.codes.shrink_to_fit();
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
        sort(&mut self.amounts, &order);
    }

    /// The block with the days of its facts found out.
    pub(crate) fn settled(self) -> Self {
        Self {
            earliest: self.days.iter().copied().min().unwrap_or(u16::MAX),
            latest: self.days.iter().copied().max().unwrap_or_default(),
            ..self
        }
    }

    /// Facts that are by their days, run by run; and those at the end that are not.
    fn runs(&self) -> (impl Iterator<Item = Range<usize>>, Range<usize>) {
        let len = self.len();
        let run = if self.closed { len.max(1) } else { self.run };
        let sorted = len - len % run;
        let runs = (0..sorted).step_by(run).map(move |from| from..from + run);
        (runs, sorted..len)
    }

    /// How many facts of a run are effective before the day `after`: the first so many.
    fn split(&self, run: &Range<usize>, after: u32) -> usize {
        let days = self.days.get(run.clone()).unwrap_or_default();
        days.partition_point(|day| u32::from(*day) < after)
    }

    /// How many facts are effective before the day `after`.
    pub(crate) fn count_before(&self, after: u32) -> usize {
        if u32::from(self.latest) < after {
            return self.len();
        }
        if u32::from(self.earliest) >= after {
            return 0;
        }
        let (runs, rest) = self.runs();
        let rest = self.days.get(rest).unwrap_or_default();
        runs.map(|run| self.split(&run, after)).sum::<usize>()
            + rest.iter().filter(|day| u32::from(**day) < after).count()
    }

    /// The facts that are effective on one of `days`; all but those recorded after `known`.
    pub(crate) fn rows(
        &self,
        days: Range<u32>,
        known: Position,
    ) -> impl Iterator<Item = (Position, Row)> {
        let touched = u32::from(self.earliest) < days.end && u32::from(self.latest) >= days.start;
        let (whole, first) = (self.last <= known, self.first);
        let (runs, rest) = self.runs();
        let of_days = days.clone();
        let runs = runs.map(move |run| {
            let split = |after| run.start + self.split(&run, after);
            split(of_days.start)..split(of_days.end)
        });
        let rest = self
            .part(rest)
            .filter(move |(_, row)| days.contains(&u32::from(row.day)));
        let rows = runs.flat_map(|numbers| self.part(numbers)).chain(rest);
        let rows = rows.map(move |(offset, row)| (Position(first.0 + u64::from(offset)), row));
        let rows = rows.filter(move |(position, _)| whole || *position <= known);
        touched.then_some(rows).into_iter().flatten()
    }

    /// Every fact, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = Row> {
        self.part(0..self.len()).map(|(_, row)| row)
    }

    fn part(&self, numbers: Range<usize>) -> impl Iterator<Item = (u16, Row)> {
        let offsets = self.offsets.get(numbers.clone()).unwrap_or_default();
        let days = self.days.get(numbers.clone()).unwrap_or_default();
        let codes = self.codes.get(numbers.clone()).unwrap_or_default();
        let amounts = self.amounts.get(numbers).unwrap_or_default();
        let row = |(((offset, day), code), amount): (((&u16, &u16), &u32), &i64)| {
            let row = Row {
                account: code >> SLOT_BITS,
                slot: slot(*code),
                day: *day,
                amount: *amount,
            };
            (*offset, row)
        };
        offsets.iter().zip(days).zip(codes).zip(amounts).map(row)
    }

    /// Bytes that it takes.
    pub(crate) fn memory(&self) -> usize {
        self.offsets.capacity() * 2
            + self.days.capacity() * 2
            + self.codes.capacity() * 4
            + self.amounts.capacity() * 8
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

fn code(account: u32, slot: Slot) -> u32 {
    account << SLOT_BITS | u32::from(slot.number())
}

fn slot(code: u32) -> Slot {
    let number = u8::try_from(code & 0xf).unwrap_or_default();
    Slot::new(number.min(Slot::COUNT - 1))
}
