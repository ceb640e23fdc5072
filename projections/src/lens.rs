//! A question held against the facts: which of them count, and in which group.

use std::collections::{BTreeMap, BTreeSet};

use events::names::{LineId, ProgrammeCode, ProvinceCode};
use events::register::Registers;
use events::statement::Scope;
use events::text::Place;

use crate::figures::{Fact, Figures, LineFigures};
use crate::question::{Boundaries, Dimension, Question};
use crate::row::Depth;

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

/// A line as the question sees it: its units by the codes asked, and whether it counts.
pub(crate) struct Seen {
    pub(crate) programme: ProgrammeCode,
    pub(crate) province: ProvinceCode,
    counts: bool,
}

/// A question held against the facts.
pub(crate) struct Lens<'a> {
    pub(crate) figures: &'a Figures,
    pub(crate) question: &'a Question,
    seen: Vec<Seen>,
    /// Places let through; `None` where the question does not ask.
    projects: Option<BTreeSet<usize>>,
    communes: Option<BTreeSet<usize>>,
    /// The group of a line, where no dimension tells its facts apart.
    of_line: BTreeMap<usize, Vec<Value>>,
}

impl<'a> Lens<'a> {
    pub(crate) fn new(figures: &'a Figures, registers: &Registers, question: &'a Question) -> Self {
        let seen = |line: &LineFigures| {
            let (programme, province) = match question.boundaries {
                Boundaries::Recorded => (line.id.programme(), line.id.province()),
                Boundaries::Day(day) => registers.restated(line.id, line.judged_on, day),
            };
            let counts = admits(&question.scope, line.id, programme, province);
            Seen {
                programme,
                province,
                counts,
            }
        };
        let places = |asked: &BTreeSet<Place>| {
            let numbers = figures.places.iter().enumerate();
            let found = numbers.filter(|(_, place)| asked.contains(place));
            (!asked.is_empty()).then(|| found.map(|(number, _)| number).collect())
        };
        Self {
            figures,
            question,
            seen: figures.lines.iter().map(seen).collect(),
            projects: places(&question.scope.project),
            communes: places(&question.scope.commune),
            of_line: BTreeMap::new(),
        }
    }

    /// The line of a fact that counts; `None` for one that is outside the filters or effective
    /// later than asked.
    pub(crate) fn counts(&self, fact: &Fact) -> Option<LineId> {
        let within = fact.effective_on <= self.question.as_of.effective
            && self.seen(fact.line).is_some_and(|seen| seen.counts)
            && lets_through(self.projects.as_ref(), fact.project)
            && lets_through(self.communes.as_ref(), fact.commune);
        self.figures
            .lines
            .get(fact.line)
            .filter(|_| within)
            .map(|line| line.id)
    }

    /// The line of this number as the question sees it.
    pub(crate) fn seen(&self, line: usize) -> Option<&Seen> {
        self.seen.get(line)
    }

    /// The group that a fact of `line` belongs to.
    pub(crate) fn group(&mut self, fact: &Fact, line: LineId) -> Vec<Value> {
        let by = &self.question.by;
        if by.iter().any(|dimension| dimension.is_within_line()) {
            return by.iter().map(|by| self.value(*by, fact, line)).collect();
        }
        if let Some(values) = self.of_line.get(&fact.line) {
            return values.clone();
        }
        let values: Vec<_> = by.iter().map(|by| self.value(*by, fact, line)).collect();
        self.of_line.insert(fact.line, values.clone());
        values
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

    fn value(&self, by: Dimension, fact: &Fact, line: LineId) -> Value {
        let place = |number: Option<usize>| {
            let place = number.and_then(|number| self.figures.places.get(number));
            place.map_or(Value::None, |place| Value::Text(place.to_string()))
        };
        let seen = self.seen(fact.line);
        let code = |code: Option<String>| code.map_or(Value::None, Value::Text);
        match by {
            Dimension::Programme => code(seen.map(|seen| seen.programme.to_string())),
            Dimension::Province => code(seen.map(|seen| seen.province.to_string())),
            Dimension::Year => Value::Number(line.year().number()),
            Dimension::Source => Value::Text(line.source().to_string()),
            Dimension::Type => Value::Text(line.capital_type().to_string()),
            Dimension::Project => place(fact.project),
            Dimension::Commune => place(fact.commune),
            Dimension::Vintage => Value::Number(fact.vintage.number()),
        }
    }
}

/// Whether `scope` lets through a line whose units have these codes.
fn admits(scope: &Scope, line: LineId, programme: ProgrammeCode, province: ProvinceCode) -> bool {
    fn lets<T: Ord>(asked: &BTreeSet<T>, value: T) -> bool {
        asked.is_empty() || asked.contains(&value)
    }
    lets(&scope.programme, programme)
        && lets(&scope.province, province)
        && lets(&scope.year, line.year())
        && lets(&scope.source, line.source())
        && lets(&scope.capital_type, line.capital_type())
}

fn lets_through(asked: Option<&BTreeSet<usize>>, place: Option<usize>) -> bool {
    asked.is_none_or(|asked| place.is_some_and(|place| asked.contains(&place)))
}
