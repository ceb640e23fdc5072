//! A block of facts in columns, with the days between which they lie.

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

/// Facts of neighbouring positions: 16 bytes each. In log order while the block is open, by their
/// days once it is closed; those of one day stay in log order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) closed: bool,
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

    /// An open block that begins with a fact at this position.
    pub(crate) fn new(first: Position) -> Self {
        Self {
            first,
            last: first,
            closed: false,
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
    }

    /// Brings the facts into the order of their days.
    pub(crate) fn close(&mut self) {
        let numbered = self.days.iter().zip(0_u32..);
        // The day above the number: one number to sort by, and no two are equal.
        let mut order: Vec<u32> = numbered
            .map(|(day, number)| u32::from(*day) << 16 | number)
            .collect();
        order.sort_unstable();
        let from = |place: &u32| index(*place & 0xffff);
        self.offsets = taken(&self.offsets, order.iter().map(from));
        self.days = taken(&self.days, order.iter().map(from));
        self.codes = taken(&self.codes, order.iter().map(from));
        self.amounts = taken(&self.amounts, order.iter().map(from));
        self.closed = true;
    }

    /// The block with the days of its facts found out.
    pub(crate) fn settled(self) -> Self {
        Self {
            earliest: self.days.iter().copied().min().unwrap_or(u16::MAX),
            latest: self.days.iter().copied().max().unwrap_or_default(),
            ..self
        }
    }

    /// The facts that are effective before the day `after`, of a closed block: the first so many.
    fn split(&self, after: u32) -> usize {
        self.days.partition_point(|day| u32::from(*day) < after)
    }

    /// How many facts are effective before the day `after`.
    pub(crate) fn count_before(&self, after: u32) -> usize {
        if u32::from(self.latest) < after {
            self.len()
        } else if u32::from(self.earliest) >= after {
            0
        } else if self.closed {
            self.split(after)
        } else {
            self.days
                .iter()
                .filter(|day| u32::from(**day) < after)
                .count()
        }
    }

    /// The facts that are effective on one of `days`, a range; all but those recorded after
    /// `known`.
    pub(crate) fn rows(
        &self,
        days: std::ops::Range<u32>,
        known: Position,
    ) -> impl Iterator<Item = (Position, Row)> {
        let touched = u32::from(self.earliest) < days.end && u32::from(self.latest) >= days.start;
        let numbers = if !touched {
            0..0
        } else if self.closed {
            self.split(days.start)..self.split(days.end)
        } else {
            0..self.len()
        };
        let (sorted, whole, first) = (self.closed, self.last <= known, self.first);
        self.part(numbers).filter_map(move |(offset, row)| {
            let position = Position(first.0 + u64::from(offset));
            let effective = sorted || days.contains(&u32::from(row.day));
            (effective && (whole || position <= known)).then_some((position, row))
        })
    }

    /// Every fact, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = Row> {
        self.part(0..self.len()).map(|(_, row)| row)
    }

    fn part(&self, numbers: std::ops::Range<usize>) -> impl Iterator<Item = (u16, Row)> {
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

/// The values at these places.
fn taken<T: Copy>(values: &[T], places: impl ExactSizeIterator<Item = usize>) -> Vec<T> {
    let mut taken = Vec::with_capacity(places.len());
    taken.extend(places.filter_map(|place| values.get(place)));
    taken
}

fn code(account: u32, slot: Slot) -> u32 {
    account << SLOT_BITS | u32::from(slot.number())
}

fn slot(code: u32) -> Slot {
    let number = u8::try_from(code & 0xf).unwrap_or_default();
    Slot::new(number.min(Slot::COUNT - 1))
}
