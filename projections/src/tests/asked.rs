//! Random questions, in small numbers that shrink well.

use std::collections::BTreeSet;
use std::fmt;

use chrono::Days;
use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::names::{CapitalSource, CapitalType};
use events::statement::Scope;
use events::time::EffectiveOn;
use proptest::prelude::*;

use super::book::Told;
use super::said::DAYS;
use super::story::*;
use crate::question::{AsOf, Boundaries, Dimension, Question};

/// Days that are asked about beside those on which something happens: between milestones, and far
/// from anything.
const BETWEEN: [&str; 6] = [
    "2024-03-01",
    "2024-04-20",
    "2024-05-12",
    "2025-09-01",
    "2031-01-01",
    "0001-01-01",
];

/// The day in these lists after almost everything.
const AFTER: usize = DAYS.len() + 4;

/// What filters ask for: codes of lines, of units that lines became, and of nothing.
const PROGRAMMES: [&str; 5] = ["NTM", "SPR", "RPE", "PUB", "ZZ"];
const PROVINCES: [&str; 6] = ["10", "15", "37", "00", "99", "77-X"];
const YEARS: [i64; 5] = [2024, 2025, 2000, 2099, 2031];
const PLACES: [&str; 4] = ["DA-1", "DA-2", "02710", "nobody"];

/// A question.
#[derive(Clone)]
pub(super) struct Asked {
    by: Vec<Dimension>,
    day: usize,
    /// The day before (0), on it (1) or after (2).
    beside: u64,
    known: usize,
    boundaries: usize,
    basis: (bool, bool, bool, usize),
    /// For each parameter, which of its values are asked for: a bit each.
    scope: [u8; 7],
}

impl fmt::Debug for Asked {
    /// On one line, also where a failed test asks for many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let boundaries = self.boundaries.checked_sub(1).map(nth_day);
        write!(f, "by {:?} as of {:?}", self.by, nth_day(self.day))?;
        write!(f, " - 1 + {}, known {}", self.beside, self.known)?;
        write!(f, ", by {boundaries:?}, on {:?}", self.basis)?;
        write!(f, ", of {:?}", self.scope)
    }
}

/// What one parameter lets through: mostly everything, often one value, else a list.
fn filter() -> impl Strategy<Value = u8> {
    prop_oneof![
        30 => Just(0_u8),
        2 => (0..6_u32).prop_map(|bit| 1 << bit),
        1 => 0..64_u8,
    ]
}

/// Every subset of the dimensions, in every order.
fn by() -> impl Strategy<Value = Vec<Dimension>> {
    let all = Just(Dimension::ALL.to_vec()).prop_shuffle();
    let count = prop_oneof![3 => 0..=2_usize, 1 => 0..=8_usize];
    (all, count).prop_map(|(all, count)| all.into_iter().take(count).collect())
}

/// The default basis half of the time: schedules speak of no other.
fn basis() -> impl Strategy<Value = (bool, bool, bool, usize)> {
    prop_oneof![
        Just((false, false, false, 0)),
        (any::<bool>(), any::<bool>(), any::<bool>(), 0..4_usize),
    ]
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let scope = proptest::array::uniform7(filter());
    let all = DAYS.len() + BETWEEN.len();
    let boundaries = prop_oneof![Just(0_usize), 0..=all];
    let days = prop_oneof![2 => Just(AFTER), 3 => 0..all, 1 => DAYS.len()..DAYS.len() + 3];
    let days = (days, 0..=2_u64);
    let known = prop_oneof![1 => Just(usize::MAX), 3 => 0..45_usize];
    (by(), days, known, boundaries, basis(), scope).prop_map(
        |(by, (day, beside), known, boundaries, basis, scope)| Asked {
            by,
            day,
            beside,
            known,
            boundaries,
            basis,
            scope,
        },
    )
}

fn nth_day(number: usize) -> EffectiveOn {
    let mut days = DAYS.iter().chain(&BETWEEN);
    day(days.nth(number).unwrap())
}

/// The values of a list that the bits ask for.
fn chosen<T: Ord, L>(list: &[L], bits: u8, of: impl Fn(&L) -> T) -> BTreeSet<T> {
    let chosen = |number: &usize| bits >> number & 1 == 1;
    (0..list.len())
        .filter(chosen)
        .map(|number| of(&list[number]))
        .collect()
}

impl Asked {
    fn basis(&self) -> Basis {
        let (net, estimates, own, denominator) = self.basis;
        let pick = |number| {
            [
                Denominator::Total,
                Denominator::Assigned,
                Denominator::AssignedAndLocal,
                Denominator::Detailed,
            ][number]
        };
        Basis {
            numerator: if net {
                Numerator::NetOfAdvances
            } else {
                Numerator::Gross
            },
            certainty: if estimates {
                Counted::WithEstimates
            } else {
                Counted::Confirmed
            },
            money: if own {
                CountedMoney::PlanYear
            } else {
                CountedMoney::All
            },
            denominator: pick(denominator),
        }
    }

    fn scope(&self) -> Scope {
        let [
            programme,
            province,
            years,
            source,
            of_type,
            project,
            commune,
        ] = self.scope;
        Scope {
            programme: chosen(&PROGRAMMES, programme, |code| code.parse().unwrap()),
            province: chosen(&PROVINCES, province, |code| code.parse().unwrap()),
            year: chosen(&YEARS, years, |number| year(*number)),
            source: chosen(&CapitalSource::ALL, source, |source| *source),
            capital_type: chosen(&CapitalType::ALL, of_type, |of_type| *of_type),
            project: chosen(&PLACES, project, |code| place(code)),
            commune: chosen(&PLACES, commune, |code| place(code)),
        }
    }

    /// The question, to be answered from what was told.
    pub(super) fn question(&self, told: &Told) -> Question {
        let effective = nth_day(self.day).date() - Days::new(1) + Days::new(self.beside);
        let known = match told.positions.get(self.known) {
            Some(position) => *position,
            None => told.story.position,
        };
        let boundaries = match self.boundaries.checked_sub(1) {
            None => Boundaries::Recorded,
            Some(number) => Boundaries::Day(nth_day(number)),
        };
        Question {
            scope: self.scope(),
            by: self.by.clone(),
            as_of: AsOf {
                effective: effective.into(),
                known,
            },
            boundaries,
            basis: self.basis(),
        }
    }
}
