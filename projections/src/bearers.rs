//! Who bears capital within a line: a project, a commune, both or none.

#[expect(
    clippy::disallowed_types,
    reason = "only looked up: numbers are given in log order"
)]
use std::collections::HashMap;
use std::num::NonZero;

use events::text::Place;

use crate::columns::{index, ordinal};

/// The number of a place, from 1: a bearer takes no more room where it has none.
pub(crate) type PlaceNumber = NonZero<u32>;

/// A project and a commune.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bearer {
    pub(crate) project: Option<PlaceNumber>,
    pub(crate) commune: Option<PlaceNumber>,
}

/// Bearers and places in the order in which they were first needed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::disallowed_types, reason = "as above")]
pub(crate) struct Bearers {
    list: Vec<Bearer>,
    places: Vec<Place>,
    numbers: HashMap<Bearer, u32>,
    place_numbers: HashMap<Place, PlaceNumber>,
    /// The bearers that each place is part of.
    of_place: Vec<Vec<u32>>,
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
        if let Some(number) = self.numbers.get(&bearer) {
            return *number;
        }
        let number = ordinal(self.list.len());
        self.list.push(bearer);
        self.numbers.insert(bearer, number);
        for place in [bearer.project, bearer.commune].into_iter().flatten() {
            if let Some(bearers) = self.of_place.get_mut(slot(place)) {
                bearers.push(number);
            }
        }
        number
    }

    /// The number of a place.
    pub(crate) fn place(&mut self, place: &Place) -> PlaceNumber {
        if let Some(number) = self.find_place(place) {
            return number;
        }
        let before = ordinal(self.places.len());
        let number = PlaceNumber::MIN.saturating_add(before);
        self.places.push(place.clone());
        self.of_place.push(Vec::new());
        self.place_numbers.insert(place.clone(), number);
        number
    }

    /// The number of a place that was needed before.
    pub(crate) fn find_place(&self, place: &Place) -> Option<PlaceNumber> {
        self.place_numbers.get(place).copied()
    }

    /// The bearers that a place is part of, as project or as commune.
    pub(crate) fn of_place(&self, place: PlaceNumber) -> &[u32] {
        self.of_place.get(slot(place)).map_or(&[], Vec::as_slice)
    }

    /// The code of a place.
    pub(crate) fn code(&self, number: PlaceNumber) -> Option<&Place> {
        self.places.get(slot(number))
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
        // Listed, found by a map, and known to its places.
        let bearer = 2 * size_of::<Bearer>() + 12;
        // A code is kept twice, and is some 16 bytes long.
        let place = 2 * (size_of::<Place>() + 16) + 4 + size_of::<Vec<u32>>();
        self.list.capacity() * bearer + self.places.capacity() * place
    }
}

fn slot(number: PlaceNumber) -> usize {
    index(number.get() - 1)
}
