//! A question held against the facts: which of them count, and in which group.
//!
//! What tells facts apart is told by small numbers: the unit of a line, its capital, the vintage,
//! the bearer. A question maps each of these once, and the cells of a roll-up through them.

mod bearers;
mod groups;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use events::register::Registers;
use events::text::Place;

use crate::bearers::{Bearer, PlaceNumber};
use crate::columns::{Columns, Grain, Vintage, index, ordinal};
use crate::figures::Figures;
use crate::lines::Capital;
use crate::question::{Dimension, Question};
use crate::row::Depth;
use bearers::Bearers;
use groups::{Groups, Numbers};

#[cfg(test)]
pub(crate) use groups::TABLE;

pub(crate) use units::{Seen, Telling};

/// A value of a dimension. None sorts first, then numbers, then texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// The fact bears none.
    None,
    /// A year.
    Number(u16),
    /// A code or word.
    Text(String),
}

/// The group of what does not count.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// What tells a vintage: its unit, its capital and its year, by number.
pub(crate) type Told = [u32; 3];

/// A question held against the facts.
pub(crate) struct Lens<'a> {
    pub(crate) figures: &'a Figures,
    pub(crate) question: &'a Question,
    by_era: bool,
    /// By the number of a unit; what they share with others stands in `units`.
    unit_groups: Vec<u32>,
    units: Vec<Seen>,
    capital_groups: Vec<u32>,
    capitals: Vec<Capital>,
    bearers: Bearers,
    groups: Groups,
}

impl<'a> Lens<'a> {
    pub(crate) fn new(
        figures: &'a Figures,
        registers: &Registers,
        question: &'a Question,
        telling: Telling,
    ) -> Self {
        let (unit_groups, units) = units::told_apart(figures, registers, question, telling);
        let (capital_groups, capitals) = capitals(figures, question);
        let (bearers, most) = bearers::told_apart(figures, question);
        let sizes = [units.len(), capitals.len(), most];
        Self {
            figures,
            question,
            by_era: units::by_era(question, telling),
            unit_groups,
            units,
            capital_groups,
            capitals,
            bearers,
            groups: Groups::new(sizes, question.by.contains(&Dimension::Vintage)),
        }
    }

    /// How far apart cells must tell facts for this question.
    pub(crate) fn grain(&self) -> Grain {
        use Dimension::{Source, Type, Vintage, Year};
        let Question { scope, by, .. } = self.question;
        let within_unit =
            !(scope.year.is_empty() && scope.source.is_empty() && scope.capital_type.is_empty())
                || by
                    .iter()
                    .any(|by| [Year, Source, Type, Vintage].contains(by));
        if within_unit {
            Grain::Vintage
        } else if self.by_era {
            Grain::Unit
        } else {
            Grain::Pair
        }
    }

    /// How far down the question goes.
    pub(crate) fn depth(&self) -> Depth {
        let Question { scope, by, .. } = self.question;
        if by.contains(&Dimension::Commune) || !scope.commune.is_empty() {
            Depth::Commune
        } else if by.contains(&Dimension::Project) || !scope.project.is_empty() {
            Depth::Project
        } else {
            Depth::Line
        }
    }

    /// Whether the bearer of a fact decides where it counts.
    pub(crate) fn is_borne(&self) -> bool {
        !matches!(self.bearers, Bearers::All)
    }

    /// The only bearers that count, where they are few.
    pub(crate) fn few(&self) -> Option<Vec<u32>> {
        match &self.bearers {
            Bearers::Few(few) => Some(few.iter().map(|(bearer, _)| *bearer).collect()),
            Bearers::All | Bearers::Each(_) => None,
        }
    }

    /// What tells each vintage of `columns`: its unit, its capital and its year, by number.
    pub(crate) fn told_of(&self, columns: &Columns) -> Vec<Told> {
        let lines = &self.figures.lines;
        let unit_of = &lines.units(self.by_era).of_line;
        let capital_of = lines.capitals_of();
        let found = |list: &[u32], number: u32| list.get(index(number)).copied();
        let told = |vintage: &Vintage| {
            let unit = found(&self.unit_groups, found(unit_of, vintage.line)?)?;
            let capital = found(&self.capital_groups, found(capital_of, vintage.line)?)?;
            Some([unit, capital, self.groups.vintage(vintage.year.number())])
        };
        let vintages = columns.vintages.list().iter();
        vintages
            .map(told)
            .map(|it| it.unwrap_or([NOWHERE; 3]))
            .collect()
    }

    /// The group of a fact of the vintage that is told so; [`NOWHERE`] where it does not count.
    pub(crate) fn group(&mut self, told: &[Told], vintage: u32, bearer: u32) -> u32 {
        let bearer = self.bearers.group(bearer);
        let told = told.get(index(vintage)).copied();
        let [unit, capital, year] = told.unwrap_or([NOWHERE; 3]);
        self.groups.number([unit, capital, year, bearer])
    }

    /// Whether a fact of the vintage that is told so counts.
    pub(crate) fn lets(&self, told: &[Told], vintage: u32, bearer: u32) -> bool {
        let counts = |told: &Told| !told.contains(&NOWHERE);
        told.get(index(vintage)).is_some_and(counts) && self.bearers.group(bearer) != NOWHERE
    }

    /// The group of every cell of `columns` at `grain`, by number, whoever bears it; [`NOWHERE`]
    /// where it does not count.
    pub(crate) fn groups_of(&mut self, columns: &Columns, grain: Grain) -> Vec<u32> {
        let told = match grain {
            Grain::Pair | Grain::Unit => {
                self.unit_groups.iter().map(|unit| [*unit, 0, 0]).collect()
            }
            Grain::Vintage => self.told_of(columns),
        };
        let groups = &mut self.groups;
        let told = told.into_iter();
        told.map(|[unit, capital, year]| groups.number([unit, capital, year, 0]))
            .collect()
    }

    /// How many groups were needed so far.
    pub(crate) fn len(&self) -> usize {
        self.groups.list.len()
    }

    /// What the units of a group have in common.
    pub(crate) fn seen(&self, group: usize) -> Option<&Seen> {
        let [unit, ..] = self.groups.list.get(group)?;
        self.units.get(index(*unit))
    }

    /// What capital a group holds, of each dimension that is grouped by.
    pub(crate) fn capital(&self, group: usize) -> Option<&Capital> {
        let [_, capital, ..] = self.groups.list.get(group)?;
        self.capitals.get(index(*capital))
    }

    /// What tells the values of a group from those of others.
    pub(crate) fn numbers(&self, group: usize) -> Numbers {
        let numbers = self.groups.list.get(group).copied().unwrap_or_default();
        let [_, capital, vintage, bearer] = numbers;
        let unit = self.seen(group).map_or(NOWHERE, |seen| seen.values);
        [unit, capital, vintage, bearer]
    }

    /// The values of the question's dimensions in a group, in their order.
    pub(crate) fn values(&self, group: usize) -> Vec<Value> {
        let numbers = self.groups.list.get(group).copied().unwrap_or_default();
        self.question
            .by
            .iter()
            .map(|by| self.value(*by, numbers))
            .collect()
    }

    fn value(&self, by: Dimension, [unit, capital, vintage, bearer]: Numbers) -> Value {
        let text = |text: Option<String>| text.map_or(Value::None, Value::Text);
        let unit = || self.units.get(index(unit));
        let capital = || self.capitals.get(index(capital));
        let place = |number: Option<PlaceNumber>| {
            text(
                number
                    .and_then(|number| self.figures.bearers.code(number))
                    .map(Place::to_string),
            )
        };
        match by {
            Dimension::Programme => text(unit().map(|unit| unit.programme.to_string())),
            Dimension::Province => text(unit().map(|unit| unit.province.to_string())),
            Dimension::Year => capital().map_or(Value::None, |it| Value::Number(it.year.number())),
            Dimension::Source => text(capital().map(|it| it.source.to_string())),
            Dimension::Type => text(capital().map(|it| it.of_type.to_string())),
            Dimension::Vintage => Value::Number(Groups::year(vintage)),
            Dimension::Project => place(self.bearer(bearer).project),
            Dimension::Commune => place(self.bearer(bearer).commune),
        }
    }

    /// The bearer that a number tells, which is that of a place where only one is told.
    fn bearer(&self, number: u32) -> Bearer {
        let by = &self.question.by;
        let place = PlaceNumber::new(number);
        match (
            by.contains(&Dimension::Project),
            by.contains(&Dimension::Commune),
        ) {
            (true, true) => {
                let bearer = self.figures.bearers.list().get(index(number));
                bearer.copied().unwrap_or_default()
            }
            _ => Bearer {
                project: place,
                commune: place,
            },
        }
    }
}

/// The group of each capital among those that the question tells apart, and what each is.
fn capitals(figures: &Figures, question: &Question) -> (Vec<u32>, Vec<Capital>) {
    fn lets<T: Ord>(asked: &BTreeSet<T>, value: T) -> bool {
        asked.is_empty() || asked.contains(&value)
    }
    let Question { scope, by, .. } = question;
    let by = |dimension| by.contains(&dimension);
    let (year, source, of_type) = (
        by(Dimension::Year),
        by(Dimension::Source),
        by(Dimension::Type),
    );
    let all = figures.lines.capitals();
    let narrows =
        !scope.year.is_empty() || !scope.source.is_empty() || !scope.capital_type.is_empty();
    if !(narrows || year || source || of_type) {
        return (
            vec![0; all.len()],
            all.first().copied().into_iter().collect(),
        );
    }
    let (mut numbers, mut found) = (BTreeMap::new(), Vec::new());
    let group = |capital: &Capital| {
        let counts = lets(&scope.year, capital.year)
            && lets(&scope.source, capital.source)
            && lets(&scope.capital_type, capital.of_type);
        if !counts {
            return NOWHERE;
        }
        let told = (
            year.then_some(capital.year),
            source.then_some(capital.source),
            of_type.then_some(capital.of_type),
        );
        *numbers.entry(told).or_insert_with(|| {
            found.push(*capital);
            ordinal(found.len() - 1)
        })
    };
    let groups = all.iter().map(group).collect();
    (groups, found)
}
