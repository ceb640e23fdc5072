//! Who bears capital within a line: a project, a commune, both or none.

#[expect(
    clippy::disallowed_types,
    reason = "only looked up: numbers are given in log order"
)]
use std::collections::HashMap;

use events::text::Place;

use crate::columns::{index, ordinal};

/// A project and a commune, by the numbers of their codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bearer {
    pub(crate) project: Option<u32>,
    pub(crate) commune: Option<u32>,
}

/// Bearers and places in the order in which they were first needed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::disallowed_types, reason = "as above")]
pub(crate) struct Bearers {
    list: Vec<Bearer>,
    places: Vec<Place>,
    numbers: HashMap<Bearer, u32>,
    place_numbers: HashMap<Place, u32>,
}

impl Bearers {
    /// The number of a bearer.
    pub(crate) fn number(&mut self, project: Option<&Place>, commune: Option<&Place>) -> u32 {
        let bearer = Bearer {
            project: project.map(|place| self.place(place)),
            commune: commune.map(|place| self.place(place)),
        };
        self.add(bearer)
    }

    /// The number of a bearer of known places.
    pub(crate) fn add(&mut self, bearer: Bearer) -> u32 {
        let list = &mut self.list;
        *self.numbers.entry(bearer).or_insert_with(|| {
            list.push(bearer);
            ordinal(list.len() - 1)
        })
    }

    /// The number of a place.
    pub(crate) fn place(&mut self, place: &Place) -> u32 {
        if let Some(number) = self.find_place(place) {
            return number;
        }
        let number = ordinal(self.places.len());
        self.places.push(place.clone());
        self.place_numbers.insert(place.clone(), number);
        number
    }

    /// The number of a place that was needed before.
    pub(crate) fn find_place(&self, place: &Place) -> Option<u32> {
        self.place_numbers.get(place).copied()
    }

    /// The code of a place.
    pub(crate) fn code(&self, number: u32) -> Option<&Place> {
        self.places.get(index(number))
    }

    /// Every bearer by its number.
    pub(crate) fn list(&self) -> &[Bearer] {
        &self.list
    }

    /// Every place by its number.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Bytes that it takes, nearly.
    pub(crate) fn memory(&self) -> usize {
        let bearer = 2 * size_of::<Bearer>() + 4;
        // A code is kept twice, and is some 16 bytes long.
        let place = 2 * (size_of::<Place>() + 16) + 4;
        self.list.capacity() * bearer + self.places.capacity() * place
    }
}
