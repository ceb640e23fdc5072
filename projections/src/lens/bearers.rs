//! The bearers that a question tells apart.

use std::collections::BTreeSet;

use events::text::Place;

use super::NOWHERE;
use crate::bearers::{Bearer, PlaceNumber};
use crate::columns::{index, ordinal};
use crate::figures::Figures;
use crate::question::{Dimension, Question};

/// Most bearers whose facts are found one after the other.
const FEW: usize = 256;

/// The group of each bearer; [`NOWHERE`] where it does not count.
pub(super) enum Bearers {
    /// All count, and none is told from another.
    All,
    /// By their numbers.
    Each(Vec<u32>),
    /// Those that count, by growing numbers.
    Few(Vec<(u32, u32)>),
}

impl Bearers {
    pub(super) fn group(&self, bearer: u32) -> u32 {
        match self {
            Self::All => 0,
            Self::Each(groups) => groups.get(index(bearer)).copied().unwrap_or(NOWHERE),
            Self::Few(few) => {
                let found = few.binary_search_by_key(&bearer, |(bearer, _)| *bearer);
                let group = found.ok().and_then(|at| few.get(at));
                group.map_or(NOWHERE, |(_, group)| *group)
            }
        }
    }
}

/// The bearers that `question` tells apart, and how many groups of them there may be. A place has
/// the group of its number, none has 0.
pub(super) fn told_apart(figures: &Figures, question: &Question) -> (Bearers, usize) {
    let Question { scope, by, .. } = question;
    let bearers = &figures.bearers;
    let by_project = by.contains(&Dimension::Project);
    let by_commune = by.contains(&Dimension::Commune);
    let asked = !scope.project.is_empty() || !scope.commune.is_empty();
    if !(asked || by_project || by_commune) {
        return (Bearers::All, 1);
    }
    let places = |asked: &BTreeSet<Place>| -> BTreeSet<PlaceNumber> {
        let found = asked.iter().filter_map(|place| bearers.find_place(place));
        found.collect()
    };
    let (projects, communes) = (places(&scope.project), places(&scope.commune));
    let lets = |is_asked: bool, asked: &BTreeSet<PlaceNumber>, place: Option<PlaceNumber>| {
        !is_asked || place.is_some_and(|place| asked.contains(&place))
    };
    let numbered = |place: Option<PlaceNumber>| place.map_or(0, PlaceNumber::get);
    let group = |(number, bearer): (u32, &Bearer)| {
        let counts = lets(!scope.project.is_empty(), &projects, bearer.project)
            && lets(!scope.commune.is_empty(), &communes, bearer.commune);
        match (by_project, by_commune) {
            _ if !counts => NOWHERE,
            (true, true) => number,
            (true, false) => numbered(bearer.project),
            (false, true) => numbered(bearer.commune),
            (false, false) => 0,
        }
    };
    let most = bearers.list().len().max(bearers.places().len() + 1);
    let of_places = |places: &BTreeSet<PlaceNumber>| -> BTreeSet<u32> {
        places
            .iter()
            .flat_map(|place| bearers.of_place(*place))
            .copied()
            .collect()
    };
    // Of projects where any are asked for: each has fewer bearers than a commune.
    let candidates = if scope.project.is_empty() {
        &communes
    } else {
        &projects
    };
    let candidates = candidates
        .iter()
        .map(|place| bearers.of_place(*place).len())
        .sum::<usize>();
    if asked && candidates <= FEW {
        let places = if scope.project.is_empty() {
            &communes
        } else {
            &projects
        };
        let found = of_places(places).into_iter();
        let few = found.filter_map(|number| Some((number, bearers.list().get(index(number))?)));
        let few = few.map(|(number, bearer)| (number, group((number, bearer))));
        return (
            Bearers::Few(few.filter(|(_, group)| *group != NOWHERE).collect()),
            most,
        );
    }
    let all = bearers.list().iter().enumerate();
    let groups = all
        .map(|(number, bearer)| group((ordinal(number), bearer)))
        .collect();
    (Bearers::Each(groups), most)
}
