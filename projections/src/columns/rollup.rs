//! A roll-up: the sums of now by pair, unit or vintage, and how they were every few blocks.

use std::collections::BTreeMap;

use super::block::Block;
use super::cell::{Cells, Slot};

/// Sums at one grain.
#[derive(Clone, Debug)]
pub(crate) struct Rollup {
    /// The cell of each vintage.
    pub(crate) cell_of: Vec<u32>,
    /// The sums of every fact that is not an exception.
    now: Cells,
    /// The sums after every so many blocks.
    snapshots: Vec<Cells>,
    every: usize,
}

impl Rollup {
    /// A roll-up with a snapshot after every so many blocks.
    pub(crate) fn new(every: usize) -> Self {
        Self {
            cell_of: Vec::new(),
            now: Cells::default(),
            snapshots: Vec::new(),
            every,
        }
    }

    /// Says which cell the next vintage adds to.
    pub(crate) fn add_vintage(&mut self, cell: u32) {
        self.cell_of.push(cell);
        self.now.reach(index(cell));
    }

    /// Whether the sum that this fact adds to has room for it.
    pub(crate) fn has_room(&self, vintage: u32, slot: Slot, amount: i64) -> bool {
        self.cell(vintage)
            .is_some_and(|cell| self.now.would_sum(cell, slot, amount).is_some())
    }

    /// Adds what is known to fit.
    pub(crate) fn add(&mut self, vintage: u32, slot: Slot, amount: i64) {
        if let Some(cell) = self.cell(vintage) {
            self.now.add(cell, slot, amount, &mut 0);
        }
    }

    /// Keeps the sums where a snapshot is due after so many blocks.
    pub(crate) fn keep(&mut self, blocks: usize) {
        if blocks.is_multiple_of(self.every) {
            self.snapshots.push(self.now.clone());
        }
    }

    /// The sums of now.
    pub(crate) fn now(&self) -> &Cells {
        &self.now
    }

    /// Whether the sums after so many `whole` blocks are kept.
    pub(crate) fn is_kept(&self, whole: usize) -> bool {
        whole.is_multiple_of(self.every) && whole / self.every <= self.snapshots.len()
    }

    /// The sums after so many whole blocks; `None` after no block.
    pub(crate) fn after(&self, whole: usize) -> Option<&Cells> {
        let number = (whole / self.every).checked_sub(1)?;
        self.snapshots.get(number)
    }

    /// Assigns every vintage to another cell, and sums up anew. Whether every sum fits.
    pub(crate) fn regroup<'a>(
        &mut self,
        cell_of: Vec<u32>,
        blocks: impl Iterator<Item = &'a Block>,
    ) -> bool {
        *self = Self::new(self.every);
        for cell in cell_of {
            self.add_vintage(cell);
        }
        let mut blocks = (1..).zip(blocks);
        blocks.all(|(number, block)| self.add_block(block, number))
    }

    /// Adds the facts of the block of this number, from 1, and keeps the sums where they are due.
    /// Whether every sum fits.
    pub(crate) fn add_block(&mut self, block: &Block, number: usize) -> bool {
        let (cell_of, now) = (&self.cell_of, &mut self.now);
        let mut wrapped = 0;
        block.all(|row| {
            if let Some(cell) = cell_of.get(index(row.vintage)) {
                now.add(index(*cell), row.slot, row.amount, &mut wrapped);
            }
        });
        if block.closed {
            self.keep(number);
        }
        wrapped >= 0 || self.fits_after(block)
    }

    /// Whether the sums are right after a block during which one was not. Its facts lie by their
    /// days, so that one which makes up for another may come late; and a sum that wrapped is right
    /// again where it comes back.
    fn fits_after(&self, block: &Block) -> bool {
        let mut moved: BTreeMap<(usize, Slot), i128> = BTreeMap::new();
        block.all(|row| {
            if let Some(cell) = self.cell(row.vintage) {
                *moved.entry((cell, row.slot)).or_default() += i128::from(row.amount);
            }
        });
        moved.into_iter().all(|((cell, slot), moved)| {
            let after = self.now.find(cell).map_or(0, |cell| cell.sum(slot).into());
            // The sum before the block was right, and within 64 bits. It is this only where the one
            // after is right too; else it lies 2⁶⁴ or more away.
            i64::try_from(after - moved).is_ok()
        })
    }

    /// Where its chunks lie, and how many bytes each takes. A chunk may come more than once.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = self.snapshots.iter().chain([&self.now]);
        all.flat_map(Cells::chunks)
    }

    /// Bytes that it takes beside its chunks.
    pub(crate) fn memory(&self) -> usize {
        let places: usize = self
            .snapshots
            .iter()
            .map(|cells| cells.chunks().count())
            .sum();
        self.cell_of.capacity() * 4 + places * 8
    }

    fn cell(&self, vintage: u32) -> Option<usize> {
        self.cell_of.get(index(vintage)).map(|cell| index(*cell))
    }
}

/// A number as a place in a list.
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number of what comes after so many others.
pub(crate) fn ordinal(known: usize) -> u32 {
    u32::try_from(known).unwrap_or(u32::MAX)
}
