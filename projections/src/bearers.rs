//! Who bears capital within a line: a project, a commune, both or none.

use std::hash::{Hash, Hasher};
use std::num::NonZero;

use events::text::Place;
use hashbrown::{Equivalent, HashMap};

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
pub(crate) struct Bearers {
    list: Vec<Bearer>,
    places: Vec<Place>,
    /// By the codes of its places, so that one look finds what most facts ask for. Numbers are
    /// given in log order, and nothing is listed from here.
    numbers: HashMap<Named, u32>,
    /// Looked up where a bearer is new, and by filters.
    place_numbers: HashMap<Place, PlaceNumber>,
    /// The bearers that each place is part of.
    of_place: Vec<Vec<u32>>,
}

/// A project and a commune by their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named(Option<Place>, Option<Place>);

/// The same, of codes that are somebody else's.
#[derive(Hash, PartialEq, Eq)]
struct Naming<'a>(Option<&'a Place>, Option<&'a Place>);

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Naming(self.0.as_ref(), self.1.as_ref()).hash(state);
    }
}

impl Equivalent<Named> for Naming<'_> {
    fn equivalent(&self, named: &Named) -> bool {
        *self == Naming(named.0.as_ref(), named.1.as_ref())
    }
}

impl Bearers {
    /// The number of a bearer.
    pub(crate) fn number(&mut self, project: Option<&Place>, commune: Option<&Place>) -> u32 {
        if let Some(number) = self.numbers.get(&Naming(project, commune)) {
            return *number;
        }
        let bearer = Bearer {
            project: project.map(|place| self.place(place)),
            commune: commune.map(|place| self.place(place)),
        };
        self.add(bearer)
    }

    /// Numbers a bearer of known places that was not needed before.
    pub(crate) fn add(&mut self, bearer: Bearer) -> u32 {
        let number = ordinal(self.list.len());
        self.list.push(bearer);
        let named = |place: Option<PlaceNumber>| place.and_then(|it| self.code(it)).cloned();
        let named = Named(named(bearer.project), named(bearer.commune));
        self.numbers.insert(named, number);
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
        let bearer = size_of::<Bearer>() + size_of::<(Named, u32)>() + 8;
        // A code is kept twice, and is some 16 bytes long.
        let place = 2 * (size_of::<Place>() + 16) + 4 + size_of::<Vec<u32>>();
        self.list.capacity() * bearer + self.places.capacity() * place
    }
}

fn slot(number: PlaceNumber) -> usize {
    index(number.get() - 1)
}
