//! Vintages: capital of a line that was first assigned in one year. Every fact is of one.

use events::time::BudgetYear;
use hashbrown::HashMap;

use super::rollup::{index, ordinal};

/// Capital of a line, by its number, that was first assigned in one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Vintage {
    pub(crate) line: u32,
    pub(crate) year: BudgetYear,
}

/// Vintages in the order in which they were first needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vintages {
    list: Vec<Vintage>,
    /// Only looked up, with every fact: numbers are given in log order.
    numbers: HashMap<Vintage, u32>,
}

impl Vintages {
    /// The number of a vintage that was needed before.
    pub(crate) fn find(&self, vintage: Vintage) -> Option<u32> {
        self.numbers.get(&vintage).copied()
    }

    /// Numbers a vintage that was not needed before.
    pub(crate) fn add(&mut self, vintage: Vintage) -> u32 {
        let number = ordinal(self.list.len());
        self.list.push(vintage);
        self.numbers.insert(vintage, number);
        number
    }

    /// Every vintage by its number.
    pub(crate) fn list(&self) -> &[Vintage] {
        &self.list
    }

    /// The numbers of the vintages of a line, which lie within so many years.
    pub(crate) fn of(&self, line: u32) -> impl Iterator<Item = usize> {
        let years = (2000..=2099).filter_map(|year| BudgetYear::try_from(year).ok());
        years.filter_map(move |year| self.find(Vintage { line, year }).map(index))
    }

    /// Bytes that it takes, nearly: a map has at least an eighth of its room free.
    pub(crate) fn memory(&self) -> usize {
        let found = self.numbers.capacity() * (size_of::<(Vintage, u32)>() + 1) * 8 / 7;
        self.list.capacity() * size_of::<Vintage>() + found
    }
}
