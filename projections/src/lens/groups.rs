//! Groups by the order in which they are first needed.

#[expect(
    clippy::disallowed_types,
    reason = "only looked up: groups are sorted by their values before they are shown"
)]
use std::collections::HashMap;

use super::NOWHERE;
use crate::columns::{index, ordinal};

/// A group by its numbers: of the unit, the capital, the vintage and the bearer.
pub(super) type Numbers = [u32; 4];

/// The first year that a vintage may be, less one: 0 is no vintage.
const BEFORE_VINTAGES: u16 = 1999;

/// Most groups that may be for each to have a place of its own in a table.
pub(crate) const TABLE: usize = 1 << 20;

/// Groups, and how they are found by their numbers.
pub(super) struct Groups {
    pub(super) list: Vec<Numbers>,
    sizes: [usize; 4],
    by_vintage: bool,
    found: Found,
}

#[expect(clippy::disallowed_types, reason = "as above")]
enum Found {
    /// By their place among all that may be.
    Table(Vec<u32>),
    /// One by one, where that would be too many.
    Map(HashMap<Numbers, u32>),
}

impl Groups {
    /// No groups, of numbers below these: of units, capital and bearers.
    pub(super) fn new([units, capitals, bearers]: [usize; 3], by_vintage: bool) -> Self {
        let sizes = [units, capitals, if by_vintage { 101 } else { 1 }, bearers];
        let all = sizes
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size));
        let found = match all.filter(|all| *all <= TABLE) {
            Some(all) => Found::Table(vec![NOWHERE; all]),
            #[expect(clippy::disallowed_types, reason = "as above")]
            None => Found::Map(HashMap::new()),
        };
        Self {
            list: Vec::new(),
            sizes,
            by_vintage,
            found,
        }
    }

    /// The number that tells a vintage: 0 where none is told from another.
    pub(super) fn vintage(&self, year: u16) -> u32 {
        let told = year.saturating_sub(BEFORE_VINTAGES);
        if self.by_vintage { told.into() } else { 0 }
    }

    /// The year that such a number tells.
    pub(super) fn year(vintage: u32) -> u16 {
        u16::try_from(vintage).map_or(u16::MAX, |vintage| vintage.saturating_add(BEFORE_VINTAGES))
    }

    /// The number of a group; [`NOWHERE`] for one of no unit.
    pub(super) fn number(&mut self, numbers: Numbers) -> u32 {
        let list = &mut self.list;
        if numbers.contains(&NOWHERE) {
            return NOWHERE;
        }
        match &mut self.found {
            Found::Table(table) => {
                let parts = self.sizes.iter().zip(numbers);
                let place = parts.fold(0, |place, (size, number)| place * size + index(number));
                let Some(group) = table.get_mut(place) else {
                    return NOWHERE;
                };
                if *group == NOWHERE {
                    *group = ordinal(list.len());
                    list.push(numbers);
                }
                *group
            }
            Found::Map(map) => *map.entry(numbers).or_insert_with(|| {
                list.push(numbers);
                ordinal(list.len() - 1)
            }),
        }
    }
}
