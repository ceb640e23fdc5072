//! Facts in columns, and the one way to count them as of both clocks.
//!
//! Facts stand in log order in blocks. After every few blocks the sums so far are kept, at three
//! grains. To count what is effective by a day and known at a position, the count begins with the
//! sums kept where least is left to do: facts of the blocks before that are effective later are
//! taken away, and facts of the blocks after that count are added. Blocks that lie wholly on one
//! side of the day are not looked at. Facts that would spoil this, because their day lies far from
//! their neighbours' or a sum would leave 64 bits, are kept apart, and counted one by one.

mod accounts;
mod block;
mod cell;
mod count;
mod image;
mod rollup;

use std::sync::Arc;

use events::log::Position;
use events::time::EffectiveOn;

pub(crate) use accounts::{Account, Accounts, Vintage};
pub(crate) use block::{Block, Row};
pub(crate) use cell::{Cell, Number, Slot};
pub(crate) use image::{ColumnsImage, Reader};
pub(crate) use rollup::{index, ordinal};

use block::{ELSEWHERE, day_of, narrow};
use rollup::Rollup;

/// How far apart the cells of a roll-up tell facts: by the unit of their line, by the line and
/// vintage, or by the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    Unit,
    Vintage,
    Account,
}

/// A fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) position: Position,
    pub(crate) day: EffectiveOn,
    pub(crate) account: u32,
    pub(crate) slot: Slot,
    pub(crate) amount: i128,
}

/// A fact that is kept apart, and its place among the others: block, then number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) block: usize,
    pub(crate) number: usize,
    pub(crate) fact: Fact,
}

/// Sizes that decide speed and memory, and no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Most facts in a block.
    pub(crate) block: usize,
    /// After how many blocks the sums of each grain are kept.
    pub(crate) every: [usize; 3],
    /// How many facts at each end of a block's days may be exceptions.
    pub(crate) few: usize,
    /// How many days beyond all others such a fact must lie.
    pub(crate) far_days: u16,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            block: 1 << 16,
            every: [1, 8, 32],
            few: 1 << 6,
            far_days: 60,
        }
    }
}

/// Takes in what counts.
pub(crate) trait Count {
    /// The sums of a cell.
    fn cell(&mut self, cell: usize, sums: &Cell<i64>);
    /// A fact of a cell: `facts` is 1, or −1 where it is taken away, and `amount` with it.
    fn fact(&mut self, cell: usize, slot: Slot, amount: i64, facts: i64);
    /// A fact of a cell with an amount of any size.
    fn exception(&mut self, cell: usize, slot: Slot, amount: i128);
}

/// Facts in log order, and their sums.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) accounts: Accounts,
    blocks: Vec<Arc<Block>>,
    /// Whether the last block is full.
    sealed: bool,
    exceptions: Vec<Exception>,
    rollups: [Rollup; 3],
    shape: Shape,
}

impl Default for Columns {
    fn default() -> Self {
        Self::shaped(Shape::default())
    }
}

impl Columns {
    /// Columns of another shape: tests have small ones.
    pub(crate) fn shaped(shape: Shape) -> Self {
        Self {
            accounts: Accounts::default(),
            blocks: Vec::new(),
            sealed: true,
            exceptions: Vec::new(),
            rollups: shape.every.map(Rollup::new),
            shape,
        }
    }

    /// Whether there is no fact.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many facts there are.
    pub(crate) fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// The number of an account. `unit` is called for one that is new, and tells the unit of its
    /// line.
    pub(crate) fn account(&mut self, account: Account, unit: impl FnOnce() -> u32) -> u32 {
        if let Some(number) = self.accounts.find(account) {
            return number;
        }
        let (number, vintage) = self.accounts.add(account);
        for (rollup, cell) in self.rollups.iter_mut().zip([unit(), vintage, number]) {
            rollup.add_account(cell);
        }
        number
    }

    /// Adds a fact. Positions do not fall.
    pub(crate) fn add(&mut self, fact: Fact) {
        let fits = self.blocks.last().filter(|_| !self.sealed);
        let offset = fits.and_then(|block| block.offset(fact.position));
        let offset = offset.unwrap_or_else(|| {
            self.seal();
            let block = Arc::new(Block::new(fact.position));
            self.blocks.push(block);
            self.sealed = false;
            0
        });
        let row = self.row(&fact);
        let last = self.blocks.len() - 1;
        let Some(block) = self.blocks.get_mut(last).map(Arc::make_mut) else {
            return;
        };
        let number = block.len();
        block.push(offset, row);
        if row.account == ELSEWHERE {
            self.exceptions.push(Exception {
                block: last,
                number,
                fact,
            });
        }
        if number + 1 >= self.shape.block {
            self.seal();
        }
    }

    /// The fact as a block keeps it, and adds it up; elsewhere where a block cannot keep it.
    fn row(&mut self, fact: &Fact) -> Row {
        let Fact { account, slot, .. } = *fact;
        let day = narrow(fact.day);
        let amount = i64::try_from(fact.amount).ok().filter(|amount| {
            // Taken away, it must fit too.
            let turns = amount.checked_neg().is_some();
            let room = |rollup: &Rollup| rollup.has_room(account, slot, *amount);
            turns && account < ELSEWHERE && self.rollups.iter().all(room)
        });
        let (Some(day), Some(amount)) = (day, amount) else {
            return Row {
                account: ELSEWHERE,
                slot,
                day: 0,
                amount: 0,
            };
        };
        for rollup in &mut self.rollups {
            rollup.add(account, slot, amount, 1);
        }
        Row {
            account,
            slot,
            day,
            amount,
        }
    }

    /// Closes the open block: its far days become exceptions, and sums are kept.
    fn seal(&mut self) {
        if self.sealed {
            return;
        }
        self.sealed = true;
        let last = self.blocks.len() - 1;
        for number in self.far(last) {
            self.except(last, number);
        }
        if let Some(block) = self.blocks.get_mut(last) {
            Arc::make_mut(block).settle();
        }
        self.exceptions.sort_by_key(|it| (it.block, it.number));
        for rollup in &mut self.rollups {
            rollup.keep(last + 1);
        }
    }

    /// The facts of a block whose days lie far from all but a few others'.
    fn far(&self, block: usize) -> Vec<usize> {
        let Some(block) = self.blocks.get(block) else {
            return Vec::new();
        };
        let rows = || block.rows(0, block.len()).enumerate();
        let kept = rows().filter(|(_, row)| row.account != ELSEWHERE);
        let mut days: Vec<_> = kept.map(|(_, row)| row.day).collect();
        days.sort_unstable();
        let few = self.shape.few.min(days.len().saturating_sub(1) / 2);
        let early = days.get(few).copied().unwrap_or_default();
        let late = days.iter().nth_back(few).copied().unwrap_or_default();
        let near =
            early.saturating_sub(self.shape.far_days)..=late.saturating_add(self.shape.far_days);
        let far = rows().filter(|(_, row)| row.account != ELSEWHERE && !near.contains(&row.day));
        far.map(|(number, _)| number).collect()
    }

    /// Takes a fact out of the sums and keeps it apart, where the sums stay in their range.
    fn except(&mut self, block: usize, number: usize) {
        let Some(kept) = self.blocks.get(block) else {
            return;
        };
        let Some(row) = kept.rows(number, number + 1).next() else {
            return;
        };
        let back = row.amount.checked_neg();
        let room = |amount: &i64| {
            let has = |rollup: &Rollup| rollup.has_room(row.account, row.slot, *amount);
            self.rollups.iter().all(has)
        };
        let Some(back) = back.filter(room) else {
            return;
        };
        let fact = Fact {
            position: kept.position(number),
            day: day_of(row.day),
            account: row.account,
            slot: row.slot,
            amount: row.amount.into(),
        };
        for rollup in &mut self.rollups {
            rollup.add(row.account, row.slot, back, -1);
        }
        if let Some(kept) = self.blocks.get_mut(block) {
            Arc::make_mut(kept).put_elsewhere(number);
        }
        self.exceptions.push(Exception {
            block,
            number,
            fact,
        });
    }

    /// Assigns every account to a unit anew.
    pub(crate) fn regroup(&mut self, unit_of_line: impl Fn(u32) -> u32) {
        let units = self.accounts.list().iter();
        let units = units.map(|account| unit_of_line(account.line)).collect();
        let (last, sealed) = (self.blocks.len(), self.sealed);
        let blocks = self.blocks.iter().enumerate();
        let blocks = blocks.map(|(number, block)| (&**block, sealed || number + 1 < last));
        let [units_only, ..] = &mut self.rollups;
        units_only.regroup(units, blocks);
    }
}
