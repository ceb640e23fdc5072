//! A block of facts in columns, with the days between which they lie.

use chrono::Datelike as _;
use events::log::Position;
use events::time::EffectiveOn;

use super::cell::Slot;

/// Days since 1970-01-01, which is day 719,163 of the calendar.
const EPOCH: i32 = 719_163;

/// Bits of a code that tell the slot; the rest tell the account.
const SLOT_BITS: u32 = 4;

/// The account of a fact that is kept elsewhere: among the exceptions.
pub(crate) const ELSEWHERE: u32 = u32::MAX >> SLOT_BITS;

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

/// Facts in log order: 16 bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: Position,
    /// Positions after `first`.
    pub(crate) offsets: Vec<u16>,
    pub(crate) days: Vec<u16>,
    /// Account and slot.
    pub(crate) codes: Vec<u32>,
    pub(crate) amounts: Vec<i64>,
    /// The first and last day of those that are not kept elsewhere; reversed while there is none.
    pub(crate) earliest: u16,
    pub(crate) latest: u16,
}

impl Block {
    /// A block that begins with a fact at this position.
    pub(crate) fn new(first: Position) -> Self {
        Self {
            first,
            offsets: Vec::new(),
            days: Vec::new(),
            codes: Vec::new(),
            amounts: Vec::new(),
            earliest: u16::MAX,
            latest: 0,
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
        self.offsets.push(offset);
        self.days.push(row.day);
        self.codes.push(code(row.account, row.slot));
        self.amounts.push(row.amount);
        if row.account != ELSEWHERE {
            self.earliest = self.earliest.min(row.day);
            self.latest = self.latest.max(row.day);
        }
    }

    /// The position of a fact.
    pub(crate) fn position(&self, number: usize) -> Position {
        let offset = self.offsets.get(number).copied().unwrap_or_default();
        Position(self.first.0 + u64::from(offset))
    }

    /// The last position that has a fact here.
    pub(crate) fn last(&self) -> Position {
        self.position(self.len().saturating_sub(1))
    }

    /// How many facts are known at `position`.
    pub(crate) fn known_at(&self, position: Position) -> usize {
        let after = position.0.checked_sub(self.first.0);
        let known = |offset: &u16| after.is_some_and(|after| u64::from(*offset) <= after);
        if self.offsets.last().is_some_and(known) {
            return self.len();
        }
        self.offsets.partition_point(known)
    }

    /// Whether any of its facts is effective before the day `after`.
    pub(crate) fn has_before(&self, after: u32) -> bool {
        u32::from(self.earliest) < after && self.earliest <= self.latest
    }

    /// Whether any of its facts is effective on the day `after` or later.
    pub(crate) fn has_from(&self, after: u32) -> bool {
        u32::from(self.latest) >= after && self.earliest <= self.latest
    }

    /// The facts from the one numbered `from` to before the one numbered `to`.
    pub(crate) fn rows(&self, from: usize, to: usize) -> impl Iterator<Item = Row> {
        let to = to.min(self.len());
        let part = from.min(to)..to;
        let codes = self.codes.get(part.clone()).unwrap_or_default();
        let days = self.days.get(part.clone()).unwrap_or_default();
        let amounts = self.amounts.get(part).unwrap_or_default();
        let row = |((code, day), amount): ((&u32, &u16), &i64)| Row {
            account: code >> SLOT_BITS,
            slot: slot(*code),
            day: *day,
            amount: *amount,
        };
        codes.iter().zip(days).zip(amounts).map(row)
    }

    /// Marks the fact of this number as kept elsewhere.
    pub(crate) fn put_elsewhere(&mut self, number: usize) {
        if let Some(kept) = self.codes.get_mut(number) {
            *kept = code(ELSEWHERE, slot(*kept));
        }
    }

    /// Finds out again between which days its facts lie, and gives back unused room.
    pub(crate) fn settle(&mut self) {
        (self.earliest, self.latest) = (u16::MAX, 0);
        for (code, day) in self.codes.iter().zip(&self.days) {
            if code >> SLOT_BITS != ELSEWHERE {
                self.earliest = self.earliest.min(*day);
                self.latest = self.latest.max(*day);
            }
        }
        self.offsets.shrink_to_fit();
        self.days.shrink_to_fit();
        self.codes.shrink_to_fit();
        self.amounts.shrink_to_fit();
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

fn code(account: u32, slot: Slot) -> u32 {
    account << SLOT_BITS | u32::from(slot.number())
}

fn slot(code: u32) -> Slot {
    let number = u8::try_from(code & 0xf).unwrap_or_default();
    Slot::new(number.min(Slot::COUNT - 1))
}
