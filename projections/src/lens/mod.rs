//! A question held against the facts: which of them count, and in which group.
//!
//! What tells facts apart is told by small numbers: the unit of a line, its capital, the vintage,
//! the bearer. A question maps each of these once, and the cells of a roll-up through them.

mod groups;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use events::register::Registers;
use events::text::Place;

use crate::bearers::Bearer;
use crate::columns::{Account, Columns, Grain, Vintage, index, ordinal};
use crate::figures::Figures;
use crate::lines::Capital;
use crate::question::{Dimension, Question};
use crate::row::Depth;
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
    /// `None` where every bearer counts, and none is told from another.
    bearer_groups: Option<Vec<u32>>,
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
        let (bearer_groups, bearers) = bearers(figures, question);
        let sizes = [units.len(), capitals.len(), bearers];
        Self {
            figures,
            question,
            by_era: units::by_era(question, telling),
            unit_groups,
            units,
            capital_groups,
            capitals,
            bearer_groups,
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
        if self.bearer_groups.is_some() {
            Grain::Account
        } else if within_unit {
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

    /// The group of every cell of `columns` at `grain`, by number; [`NOWHERE`] where it does not
    /// count.
    pub(crate) fn groups_of(&mut self, columns: &Columns, grain: Grain) -> Vec<u32> {
        let lines = &self.figures.lines;
        let unit_of = &lines.units(self.by_era).of_line;
        let capital_of = lines.capitals_of();
        let groups = &mut self.groups;
        let found = |list: &[u32], number: u32| list.get(index(number)).copied();
        let in_line = |line: u32| {
            let unit = found(&self.unit_groups, found(unit_of, line)?)?;
            let capital = found(&self.capital_groups, found(capital_of, line)?)?;
            (unit != NOWHERE && capital != NOWHERE).then_some((unit, capital))
        };
        match grain {
            Grain::Pair | Grain::Unit => {
                let group = |unit: &u32| groups.number([*unit, 0, 0, 0]);
                self.unit_groups.iter().map(group).collect()
            }
            Grain::Vintage => {
                let group = |vintage: &Vintage| {
                    let (unit, capital) = in_line(vintage.line)?;
                    let year = groups.vintage(vintage.year.number());
                    Some(groups.number([unit, capital, year, 0]))
                };
                let vintages = columns.accounts.vintages().iter();
                vintages
                    .map(group)
                    .map(|it| it.unwrap_or(NOWHERE))
                    .collect()
            }
            Grain::Account => {
                let group = |account: &Account| {
                    let bearer = match &self.bearer_groups {
                        None => 0,
                        Some(bearers) => found(bearers, account.bearer)?,
                    };
                    let (unit, capital) = in_line(account.line).filter(|_| bearer != NOWHERE)?;
                    let year = groups.vintage(account.vintage.number());
                    Some(groups.number([unit, capital, year, bearer]))
                };
                let accounts = columns.accounts.list().iter();
                accounts
                    .map(group)
                    .map(|it| it.unwrap_or(NOWHERE))
                    .collect()
            }
        }
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

    /// What tells the values of a group from those of others.
    pub(crate) fn told(&self, group: usize) -> Numbers {
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
        let place = |number: Option<u32>| {
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
        let place = number.checked_sub(1);
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
    let groups = figures.lines.capitals().iter().map(group).collect();
    (groups, found)
}

/// The group of each bearer among those that the question tells apart, where it tells any; and
/// how many there may be. A place stands under its number and one, none under 0.
fn bearers(figures: &Figures, question: &Question) -> (Option<Vec<u32>>, usize) {
    let Question { scope, by, .. } = question;
    let bearers = &figures.bearers;
    let by_project = by.contains(&Dimension::Project);
    let by_commune = by.contains(&Dimension::Commune);
    let asked = !scope.project.is_empty() || !scope.commune.is_empty();
    if !(asked || by_project || by_commune) {
        return (None, 1);
    }
    let places = |asked: &BTreeSet<Place>| -> BTreeSet<u32> {
        asked
            .iter()
            .filter_map(|place| bearers.find_place(place))
            .collect()
    };
    let (projects, communes) = (places(&scope.project), places(&scope.commune));
    let lets = |is_asked: bool, asked: &BTreeSet<u32>, place: Option<u32>| {
        !is_asked || place.is_some_and(|place| asked.contains(&place))
    };
    let numbered = |place: Option<u32>| place.map_or(0, |place| place + 1);
    let group = |(number, bearer): (usize, &Bearer)| {
        let counts = lets(!scope.project.is_empty(), &projects, bearer.project)
            && lets(!scope.commune.is_empty(), &communes, bearer.commune);
        match (by_project, by_commune) {
            _ if !counts => NOWHERE,
            (true, true) => ordinal(number),
            (true, false) => numbered(bearer.project),
            (false, true) => numbered(bearer.commune),
            (false, false) => 0,
        }
    };
    let groups = bearers.list().iter().enumerate().map(group).collect();
    let most = bearers.list().len().max(bearers.places().len() + 1);
    (Some(groups), most)
}
