//! Cells: sums side by side, and the roll-ups that hold one for each pair, unit or vintage.
//!
//! Sums are kept in 64 bits as long as they fit, which is checked at every step; nothing is ever
//! wrapped or rounded.

use std::sync::Arc;

/// Sums in a cell, the count of facts among them.
const LANES: usize = 16;

/// The lane that counts facts.
const FACTS: usize = LANES - 1;

/// Which sum of a cell a fact adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(u8);

impl Slot {
    /// How many there may be.
    pub(crate) const COUNT: u8 = 15;

    /// The slot of this number, which is below [`COUNT`](Self::COUNT).
    pub(crate) const fn new(number: u8) -> Self {
        assert!(number < Self::COUNT);
        Self(number)
    }

    pub(crate) const fn number(self) -> u8 {
        self.0
    }

    fn lane(self) -> usize {
        usize::from(self.0)
    }
}

/// A number that sums are kept in.
pub(crate) trait Number: Copy + Default {
    /// This number and `more`. `wrapped` becomes negative where the sum is not right, and stays so.
    fn plus(self, more: i64, wrapped: &mut i64) -> Self;
    /// As [`plus`](Self::plus), for an amount of any size.
    fn plus_wide(self, more: i128, wrapped: &mut i64) -> Self;
    /// The same number in 128 bits.
    fn wide(self) -> i128;
}

impl Number for i64 {
    fn plus(self, more: i64, wrapped: &mut i64) -> Self {
        let sum = self.wrapping_add(more);
        // Negative where both had the same sign, and the sum has another. No branch, so that the
        // lanes of a cell are added side by side.
        *wrapped |= (self ^ sum) & (more ^ sum);
        sum
    }

    fn plus_wide(self, more: i128, wrapped: &mut i64) -> Self {
        let Ok(more) = Self::try_from(more) else {
            *wrapped = -1;
            return self;
        };
        self.plus(more, wrapped)
    }

    fn wide(self) -> i128 {
        self.into()
    }
}

impl Number for i128 {
    /// A sum of 2⁶⁴ amounts of 2⁶³ fits.
    fn plus(self, more: i64, _: &mut i64) -> Self {
        self + Self::from(more)
    }

    fn plus_wide(self, more: i128, _: &mut i64) -> Self {
        self + more
    }

    fn wide(self) -> i128 {
        self
    }
}

/// Fifteen sums, and how many facts they are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell<T>([T; LANES]);

impl<T: Number> Cell<T> {
    /// How many facts count here.
    pub(crate) fn facts(&self) -> i128 {
        self.0.last().copied().unwrap_or_default().wide()
    }

    /// The sum in `slot`.
    pub(crate) fn sum(&self, slot: Slot) -> T {
        self.0.get(slot.lane()).copied().unwrap_or_default()
    }

    /// Adds every sum of `other`.
    pub(crate) fn add_all(&mut self, other: &Cell<i64>, wrapped: &mut i64) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum = sum.plus(*more, wrapped);
        }
    }

    /// Adds `amount` to `slot`, as so many `facts`.
    pub(crate) fn add(&mut self, slot: Slot, amount: i64, facts: i64, wrapped: &mut i64) {
        if let Some(sum) = self.0.get_mut(slot.lane()) {
            *sum = sum.plus(amount, wrapped);
        }
        if let Some(count) = self.0.get_mut(FACTS) {
            *count = count.plus(facts, wrapped);
        }
    }

    /// Adds one fact with an amount of any size.
    pub(crate) fn add_wide(&mut self, slot: Slot, amount: i128, wrapped: &mut i64) {
        if let Some(sum) = self.0.get_mut(slot.lane()) {
            *sum = sum.plus_wide(amount, wrapped);
        }
        if let Some(count) = self.0.get_mut(FACTS) {
            *count = count.plus(1, wrapped);
        }
    }

    /// The same sums in 128 bits.
    pub(crate) fn wide(&self) -> Cell<i128> {
        Cell(self.0.map(Number::wide))
    }
}

impl Cell<i128> {
    /// Adds every sum of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
    }
}

/// Cells in a chunk.
const CHUNK: usize = 32;

type Chunk = [Cell<i64>; CHUNK];

/// Numbered cells. A clone shares every chunk that neither of the two changes afterwards, so that
/// the states of a log at many positions cost what moved between them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells(Vec<Arc<Chunk>>);

impl Cells {
    /// Makes room for a cell of this number.
    pub(crate) fn reach(&mut self, number: usize) {
        let chunks = number / CHUNK + 1;
        if self.0.len() < chunks {
            self.0.resize_with(chunks, Arc::default);
        }
    }

    /// What `slot` of a cell would sum with `amount` more; `None` where that does not fit.
    pub(crate) fn would_sum(&self, number: usize, slot: Slot, amount: i64) -> Option<i64> {
        let cell = self.0.get(number / CHUNK)?.get(number % CHUNK)?;
        cell.sum(slot).checked_add(amount)
    }

    /// Adds a fact to a cell. `wrapped` becomes negative where it does not fit.
    pub(crate) fn add(&mut self, number: usize, slot: Slot, amount: i64, wrapped: &mut i64) {
        let chunk = self.0.get_mut(number / CHUNK).map(Arc::make_mut);
        if let Some(cell) = chunk.and_then(|chunk| chunk.get_mut(number % CHUNK)) {
            cell.add(slot, amount, 1, wrapped);
        }
    }

    /// The cell of this number, where there is room for it.
    pub(crate) fn find(&self, number: usize) -> Option<&Cell<i64>> {
        self.0.get(number / CHUNK)?.get(number % CHUNK)
    }

    /// Every cell in the order of their numbers; those at the end may be of no number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Cell<i64>> {
        self.0.iter().flat_map(|chunk| chunk.iter())
    }

    /// Where the chunks lie, and how many bytes each takes.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (usize, usize)> {
        let place = |chunk: &Arc<Chunk>| (Arc::as_ptr(chunk).addr(), size_of::<Chunk>());
        self.0.iter().map(place)
    }
}
