//! Columns as bytes, and back. Sums are not kept: they are made again from the facts.

use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use events::log::Position;
use events::time::{BudgetYear, EffectiveOn};

use super::block::Block;
use super::rollup::Rollup;
use super::{Columns, Fact, Slot, Vintage, Vintages, index, ordinal};

/// What of the columns is kept: everything but sums. Blocks are shared with the columns.
#[derive(Clone, Debug)]
pub(crate) struct ColumnsImage {
    vintages: Vec<Vintage>,
    blocks: Vec<Arc<Block>>,
    exceptions: Vec<Fact>,
}

/// Bytes that are still to be read.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things that take at least a byte each.
    fn count(&mut self) -> Option<usize> {
        let count = index(self.u32()?);
        (count <= self.0.len()).then_some(count)
    }

    fn column<T, const N: usize>(&mut self, len: usize, of: fn([u8; N]) -> T) -> Option<Vec<T>> {
        let (numbers, _) = self.take(len.checked_mul(N)?)?.as_chunks::<N>();
        Some(numbers.iter().map(|bytes| of(*bytes)).collect())
    }
}

fn put<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    out.extend_from_slice(&bytes);
}

fn put_all<T: Copy, const N: usize>(out: &mut Vec<u8>, column: &[T], to: fn(T) -> [u8; N]) {
    out.extend(column.iter().flat_map(|number| to(*number)));
}

impl ColumnsImage {
    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        let facts: usize = self
            .blocks
            .iter()
            .map(|block| 20 * block.len() + 6 * block.starts.len() + 29)
            .sum();
        facts + self.vintages.len() * 6 + self.exceptions.len() * 37 + 16
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put(out, ordinal(self.vintages.len()).to_le_bytes());
        for vintage in &self.vintages {
            put(out, vintage.line.to_le_bytes());
            put(out, vintage.year.number().to_le_bytes());
        }
        put(out, ordinal(self.exceptions.len()).to_le_bytes());
        for fact in &self.exceptions {
            put(out, fact.position.0.to_le_bytes());
            put(out, fact.day.date().num_days_from_ce().to_le_bytes());
            put(out, fact.vintage.to_le_bytes());
            put(out, fact.bearer.to_le_bytes());
            put(out, [fact.slot.number()]);
            put(out, fact.amount.to_le_bytes());
        }
        put(out, ordinal(self.blocks.len()).to_le_bytes());
        for block in &self.blocks {
            put(out, block.first.0.to_le_bytes());
            put(out, block.last.0.to_le_bytes());
            put(out, [u8::from(block.closed)]);
            put(out, ordinal(block.run).to_le_bytes());
            put(out, ordinal(block.len()).to_le_bytes());
            put_all(out, &block.offsets, u16::to_le_bytes);
            put_all(out, &block.codes, u32::to_le_bytes);
            put_all(out, &block.bearers, u32::to_le_bytes);
            put_all(out, &block.amounts, i64::to_le_bytes);
            put_all(out, &block.days, u16::to_le_bytes);
            put_all(out, &block.by_bearer, u16::to_le_bytes);
            put(out, ordinal(block.starts.len()).to_le_bytes());
            for (day, number) in &block.starts {
                put(out, day.to_le_bytes());
                put(out, number.to_le_bytes());
            }
        }
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Option<Self> {
        let vintages = (0..from.count()?)
            .map(|_| vintage(from))
            .collect::<Option<_>>()?;
        let exceptions = (0..from.count()?)
            .map(|_| exception(from))
            .collect::<Option<_>>()?;
        let blocks = (0..from.count()?)
            .map(|_| block(from))
            .collect::<Option<_>>()?;
        Some(Self {
            vintages,
            blocks,
            exceptions,
        })
    }
}

fn vintage(from: &mut Reader<'_>) -> Option<Vintage> {
    Some(Vintage {
        line: from.u32()?,
        year: BudgetYear::try_from(i64::from(u16::from_le_bytes(from.array()?))).ok()?,
    })
}

fn exception(from: &mut Reader<'_>) -> Option<Fact> {
    let position = Position(from.u64()?);
    let day = NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(from.array()?))?;
    let (vintage, bearer) = (from.u32()?, from.u32()?);
    let [slot] = from.array()?;
    Some(Fact {
        position,
        day: EffectiveOn::from(day),
        vintage,
        bearer,
        slot: (slot < Slot::COUNT).then(|| Slot::new(slot))?,
        amount: i128::from_le_bytes(from.array()?),
    })
}

fn block(from: &mut Reader<'_>) -> Option<Arc<Block>> {
    let (first, last) = (Position(from.u64()?), Position(from.u64()?));
    let [closed] = from.array()?;
    let closed = closed != 0;
    let run = index(from.u32()?);
    let len = from.count()?;
    let (open, shut) = if closed { (0, len) } else { (len, 0) };
    let start = |from: &mut Reader<'_>| Some((u16::from_le_bytes(from.array()?), from.u32()?));
    Some(Arc::new(Block {
        last,
        closed,
        offsets: from.column(len, u16::from_le_bytes)?,
        codes: from.column(len, u32::from_le_bytes)?,
        bearers: from.column(len, u32::from_le_bytes)?,
        amounts: from.column(len, i64::from_le_bytes)?,
        days: from.column(open, u16::from_le_bytes)?,
        by_bearer: from.column(shut, u16::from_le_bytes)?,
        starts: (0..from.count()?)
            .map(|_| start(from))
            .collect::<Option<_>>()?,
        ..Block::new(first, run)
    }))
}

impl Columns {
    /// What of these columns is kept.
    pub(crate) fn image(&self) -> ColumnsImage {
        ColumnsImage {
            vintages: self.vintages.list().to_vec(),
            blocks: self.blocks.clone(),
            exceptions: self.exceptions.clone(),
        }
    }

    /// These columns, which are empty, with what was kept. `None` where a sum does not fit, or a
    /// vintage is of no line.
    pub(crate) fn restored(
        mut self,
        image: ColumnsImage,
        units_of_line: impl Fn(u32) -> [u32; 2],
    ) -> Option<Self> {
        self.vintages = Vintages::default();
        for vintage in image.vintages {
            let units = units_of_line(vintage.line);
            if units.contains(&u32::MAX) {
                return None;
            }
            self.vintage(vintage, || units);
        }
        for (number, block) in (1..).zip(&image.blocks) {
            let fits = |rollup: &mut Rollup| rollup.add_block(block, number);
            if !self.rollups.iter_mut().all(fits) {
                return None;
            }
        }
        let zones: Vec<_> = image.blocks.iter().map(|block| block.zone()).collect();
        Some(Self {
            latest: zones
                .iter()
                .map(|zone| zone.latest)
                .max()
                .unwrap_or_default(),
            zones,
            blocks: image.blocks,
            exceptions: image.exceptions,
            ..self
        })
    }
}
