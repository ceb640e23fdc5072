//! Facts in columns, and the one way to count them as of both clocks.
//!
//! Facts stand in blocks, in log order from block to block and by their days within one. After
//! every few blocks the sums so far are kept, at three
//! grains. To count what is effective by a day
//! and known at a position, the count begins with the sums kept where least is left to do: facts of
//! the blocks before that are effective later are taken away, and facts of the blocks after that
//! count are added. Only facts that were recorded on one side of that place and are effective on the
//! other are looked at, and those of the one block in which the position lies. What does not fit
//! the columns, because a sum would leave 64 bits or a day the calendar of 1970 to 2149, is kept
//! apart and counted one by one.

mod block;
mod cell;
mod count;
mod image;
mod rollup;
mod vintages;

use std::sync::Arc;

use events::log::Position;
use events::time::EffectiveOn;

pub(crate) use block::{Block, Row, Zone};
pub(crate) use cell::{Cell, Number, Slot};
pub(crate) use image::{ColumnsImage, Reader};
pub(crate) use rollup::{index, ordinal};
pub(crate) use vintages::{Vintage, Vintages};

use block::{VINTAGES, narrow};
use rollup::Rollup;

/// How far apart the cells of a roll-up tell facts: by the programme and province of their line, by
/// its unit, or by the line and vintage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    Pair,
    Unit,
    Vintage,
}

/// A fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) position: Position,
    pub(crate) day: EffectiveOn,
    pub(crate) vintage: u32,
    pub(crate) bearer: u32,
    pub(crate) slot: Slot,
    pub(crate) amount: i128,
}

/// A fact without its day and position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) vintage: u32,
    pub(crate) bearer: u32,
    pub(crate) slot: Slot,
    pub(crate) amount: i128,
}

/// Sizes that decide speed and memory, and no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Most facts in a block; at most [`Block::MOST`].
    pub(crate) block: usize,
    /// How many facts of an open block are brought into the order of their days at once.
    pub(crate) run: usize,
    /// After how many blocks the sums of each grain are kept.
    pub(crate) every: [usize; 3],
    /// How many facts may be counted in the time that another count from the start takes.
    pub(crate) facts_of_a_count: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            block: 1 << 15,
            run: 1 << 10,
            every: [1, 8, 16],
            facts_of_a_count: 1 << 15,
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
    pub(crate) vintages: Vintages,
    blocks: Vec<Arc<Block>>,
    /// What is known of each block without a look at it.
    zones: Vec<Zone>,
    /// The last day of any fact in them.
    latest: u16,
    /// Facts that do not fit, in log order.
    exceptions: Vec<Fact>,
    rollups: [Rollup; 3],
    pub(crate) shape: Shape,
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
            vintages: Vintages::default(),
            blocks: Vec::new(),
            zones: Vec::new(),
            latest: 0,
            exceptions: Vec::new(),
            rollups: shape.every.map(Rollup::new),
            shape,
        }
    }

    /// Whether there is no fact.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.exceptions.is_empty()
    }

    /// How many facts there are.
    pub(crate) fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum::<usize>() + self.exceptions.len()
    }

    /// The number of a vintage. `units` is called for one that is new, and tells the pair and the
    /// unit of its line.
    pub(crate) fn vintage(&mut self, vintage: Vintage, units: impl FnOnce() -> [u32; 2]) -> u32 {
        if let Some(number) = self.vintages.find(vintage) {
            return number;
        }
        let number = self.vintages.add(vintage);
        let [pair, unit] = units();
        for (rollup, cell) in self.rollups.iter_mut().zip([pair, unit, number]) {
            rollup.add_vintage(cell);
        }
        number
    }

    /// Adds a fact. Positions do not fall.
    pub(crate) fn add(&mut self, fact: Fact) {
        let Some(row) = self.row(&fact) else {
            self.exceptions.push(fact);
            return;
        };
        // The block before is closed, and its sums are kept, before they hold this fact.
        let last = self.blocks.last().filter(|block| !block.closed);
        let offset = last.and_then(|block| block.offset(fact.position));
        let run = self.shape.run;
        let offset = offset.unwrap_or_else(|| {
            self.close();
            let block = Block::new(fact.position, run);
            self.zones.push(block.zone());
            self.blocks.push(Arc::new(block));
            0
        });
        for rollup in &mut self.rollups {
            rollup.add(row.vintage, row.slot, row.amount);
        }
        self.latest = self.latest.max(row.day);
        if let Some(zone) = self.zones.last_mut() {
            zone.last = fact.position;
            zone.earliest = zone.earliest.min(row.day);
            zone.latest = zone.latest.max(row.day);
            zone.len += 1;
        }
        let Some(block) = self.blocks.last_mut().map(Arc::make_mut) else {
            return;
        };
        block.push(offset, row);
        if block.len() >= self.shape.block.min(Block::MOST) {
            self.close();
        }
    }

    /// The fact as a block keeps it; `None` where a block or a sum cannot keep it.
    fn row(&self, fact: &Fact) -> Option<Row> {
        let Fact {
            vintage,
            bearer,
            slot,
            ..
        } = *fact;
        let day = narrow(fact.day)?;
        let amount = i64::try_from(fact.amount).ok()?;
        let room = |rollup: &Rollup| rollup.has_room(vintage, slot, amount);
        // Taken away, it must fit too.
        let fits = amount.checked_neg().is_some() && vintage < VINTAGES;
        (fits && self.rollups.iter().all(room)).then_some(Row {
            vintage,
            bearer,
            slot,
            day,
            amount,
        })
    }

    /// Closes the open block, and keeps the sums that are due.
    fn close(&mut self) {
        let blocks = self.blocks.len();
        if let Some(block) = self.blocks.last_mut().filter(|block| !block.closed) {
            Arc::make_mut(block).close();
            for rollup in &mut self.rollups {
                rollup.keep(blocks);
            }
        }
    }

    /// Assigns every vintage to a pair and a unit anew.
    pub(crate) fn regroup(&mut self, units_of_line: impl Fn(u32) -> [u32; 2]) {
        let lines = self.vintages.list().iter().map(|vintage| vintage.line);
        let (pairs, units) = lines
            .map(|line| <(u32, u32)>::from(units_of_line(line)))
            .unzip();
        let blocks = || self.blocks.iter().map(|block| &**block);
        let [by_pair, by_unit, _] = &mut self.rollups;
        let fits = by_pair.regroup(pairs, blocks());
        if !by_unit.regroup(units, blocks()) || !fits {
            *self = self.refolded(units_of_line);
        }
    }

    /// The same facts, added one by one: what made up for each other in one unit may lie in two
    /// now, and sum to more than a block may keep.
    fn refolded(&self, units_of_line: impl Fn(u32) -> [u32; 2]) -> Self {
        let mut refolded = Self::shaped(self.shape);
        for vintage in self.vintages.list() {
            refolded.vintage(*vintage, || units_of_line(vintage.line));
        }
        for fact in self.facts(Position::START, Position(u64::MAX), |_| true) {
            refolded.add(fact);
        }
        refolded
    }
}
