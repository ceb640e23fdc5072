//! The units that a question tells apart, by the codes it asks for.

use std::collections::{BTreeMap, BTreeSet};

use events::names::{ProgrammeCode, ProvinceCode};
use events::register::Registers;

use super::NOWHERE;
use crate::columns::{index, ordinal};
use crate::figures::Figures;
use crate::lines::Unit;
use crate::question::{Boundaries, Dimension, Question};

/// All public investment, which holds the investment of every programme.
const ALL_PROGRAMMES: &str = "PUB";
/// The whole country, which holds every province.
const ALL_PROVINCES: &str = "00";

/// What groups tell apart of the units of their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// What is grouped by, and no more.
    Values,
    /// Also what names them, and whether they hold the money of others.
    Names,
}

/// A unit as the question sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) programme: ProgrammeCode,
    pub(crate) province: ProvinceCode,
    /// The number of one of its lines.
    pub(crate) line: u32,
    /// Tells its values from those of others.
    pub(crate) values: u32,
}

impl Seen {
    /// Whether it holds the money of every programme.
    pub(crate) fn is_all_programmes(&self) -> bool {
        self.programme.as_str() == ALL_PROGRAMMES
    }

    /// Whether it holds the money of every province.
    pub(crate) fn is_all_provinces(&self) -> bool {
        self.province.as_str() == ALL_PROVINCES
    }
}

/// Whether it matters in which era the codes of a line were judged.
pub(super) fn by_era(question: &Question, telling: Telling) -> bool {
    telling == Telling::Names || question.boundaries != Boundaries::Recorded
}

/// The group of each unit, [`NOWHERE`] where the filters do not let it through; and a unit of each
/// group.
pub(super) fn told_apart(
    figures: &Figures,
    registers: &Registers,
    question: &Question,
    telling: Telling,
) -> (Vec<u32>, Vec<Seen>) {
    let lines = &figures.lines;
    let mut programmes = Coded::new(lines.programmes(), &question.scope.programme);
    let mut provinces = Coded::new(lines.provinces(), &question.scope.province);
    let (mut groups, mut told) = (Pairs::default(), Pairs::default());
    let by_programme = question.by.contains(&Dimension::Programme);
    let by_province = question.by.contains(&Dimension::Province);
    let mut found = Vec::new();
    let group = |(number, unit): (usize, &Unit)| {
        let (programme, province) = match question.boundaries {
            Boundaries::Recorded => (unit.programme, unit.province),
            Boundaries::Day(day) => {
                let line = lines.find(unit.line)?;
                let (programme, province) = registers.restated(line.id, line.judged_on, day);
                (programmes.number(programme), provinces.number(province))
            }
        };
        let values = (
            if by_programme { programme } else { 0 },
            if by_province { province } else { 0 },
        );
        let seen = Seen {
            programme: programmes.find(programme)?,
            province: provinces.find(province)?,
            line: unit.line,
            values: told.number(values),
        };
        let group = match telling {
            Telling::Values => seen.values,
            Telling::Names if by_programme || by_province => groups.number((0, number)),
            Telling::Names => groups.number((
                usize::from(seen.is_all_programmes()),
                usize::from(seen.is_all_provinces()),
            )),
        };
        if index(group) == found.len() {
            found.push(seen);
        }
        Some(group)
    };
    let units = &lines.units(by_era(question, telling)).list;
    let of_units = units.iter().enumerate().map(group);
    (of_units.map(|it| it.unwrap_or(NOWHERE)).collect(), found)
}

/// Codes by their numbers, and which of them the filters let through.
struct Coded<'a, T> {
    codes: Vec<T>,
    lets: Vec<bool>,
    asked: &'a BTreeSet<T>,
    numbers: BTreeMap<T, usize>,
}

impl<'a, T: Copy + Ord> Coded<'a, T> {
    fn new(codes: &[T], asked: &'a BTreeSet<T>) -> Self {
        let lets = |code| asked.is_empty() || asked.contains(code);
        Self {
            lets: codes.iter().map(lets).collect(),
            codes: codes.to_vec(),
            asked,
            numbers: BTreeMap::new(),
        }
    }

    /// The code of this number, where the filters let it through.
    fn find(&self, number: usize) -> Option<T> {
        self.lets.get(number).filter(|lets| **lets)?;
        self.codes.get(number).copied()
    }

    /// The number of a code, which may be one that no line has as its own.
    fn number(&mut self, code: T) -> usize {
        if self.numbers.is_empty() {
            self.numbers = self.codes.iter().copied().zip(0..).collect();
        }
        *self.numbers.entry(code).or_insert_with(|| {
            self.codes.push(code);
            self.lets
                .push(self.asked.is_empty() || self.asked.contains(&code));
            self.codes.len() - 1
        })
    }
}

/// Numbers pairs of small numbers by the order in which they come.
#[derive(Default)]
struct Pairs {
    rows: Vec<Vec<u32>>,
    known: usize,
}

impl Pairs {
    /// The number of a pair.
    fn number(&mut self, (row, column): (usize, usize)) -> u32 {
        if self.rows.len() <= row {
            self.rows.resize(row + 1, Vec::new());
        }
        let Some(columns) = self.rows.get_mut(row) else {
            return NOWHERE;
        };
        if columns.len() <= column {
            columns.resize(column + 1, NOWHERE);
        }
        let Some(number) = columns.get_mut(column) else {
            return NOWHERE;
        };
        if *number == NOWHERE {
            *number = ordinal(self.known);
            self.known += 1;
        }
        *number
    }
}
