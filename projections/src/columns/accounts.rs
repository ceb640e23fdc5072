//! Accounts: a line, a vintage and a bearer, which are what every fact has in common with others.

#[expect(
    clippy::disallowed_types,
    reason = "only looked up: numbers are given in log order"
)]
use std::collections::HashMap;

use events::time::BudgetYear;

use super::rollup::{index, ordinal};

/// What a fact counts for: capital of a line, of a vintage, with whoever bears it. By numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub(crate) line: u32,
    pub(crate) vintage: BudgetYear,
    pub(crate) bearer: u32,
}

/// Capital of a line that was first assigned in one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Vintage {
    pub(crate) line: u32,
    pub(crate) year: BudgetYear,
}

/// Accounts and vintages in the order in which they were first needed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::disallowed_types, reason = "as above")]
pub(crate) struct Accounts {
    list: Vec<Account>,
    vintages: Vec<Vintage>,
    numbers: HashMap<Account, u32>,
    vintage_numbers: HashMap<Vintage, u32>,
}

impl Accounts {
    /// The number of an account that was needed before.
    pub(crate) fn find(&self, account: Account) -> Option<u32> {
        self.numbers.get(&account).copied()
    }

    /// Numbers an account that was not needed before, and its vintage: account, then vintage.
    pub(crate) fn add(&mut self, account: Account) -> (u32, u32) {
        let number = ordinal(self.list.len());
        self.list.push(account);
        self.numbers.insert(account, number);
        let vintage = Vintage {
            line: account.line,
            year: account.vintage,
        };
        let vintages = &mut self.vintages;
        let of = self.vintage_numbers.entry(vintage).or_insert_with(|| {
            vintages.push(vintage);
            ordinal(vintages.len() - 1)
        });
        (number, *of)
    }

    /// Every account by its number.
    pub(crate) fn list(&self) -> &[Account] {
        &self.list
    }

    /// Every vintage by its number.
    pub(crate) fn vintages(&self) -> &[Vintage] {
        &self.vintages
    }

    /// The numbers of the vintages of a line, which lie within so many years.
    pub(crate) fn vintages_of(&self, line: u32) -> impl Iterator<Item = usize> {
        let years = (2000..=2099).filter_map(|year| BudgetYear::try_from(year).ok());
        years.filter_map(move |year| {
            let vintage = Vintage { line, year };
            self.vintage_numbers
                .get(&vintage)
                .map(|number| index(*number))
        })
    }

    /// Bytes that it takes, nearly: a map has at least an eighth of its room free.
    pub(crate) fn memory(&self) -> usize {
        let listed = self.list.capacity() * size_of::<Account>();
        let found = self.numbers.capacity() * (size_of::<(Account, u32)>() + 1) * 8 / 7;
        let vintages = self.vintage_numbers.capacity() * (size_of::<(Vintage, u32)>() + 1) * 8 / 7;
        listed + found + vintages + self.vintages.capacity() * size_of::<Vintage>()
    }
}
