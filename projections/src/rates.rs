//! Rates by any dimensions, on any basis, as of both clocks.

use std::collections::{BTreeMap, BTreeSet};

use events::basis::Basis;
use events::money::Money;
use events::names::{LineId, ProgrammeCode, ProvinceCode};
use events::register::{Register, Registers, UnitCode, UnitKind};
use events::statement::Scope;

use crate::facts::Part;
use crate::figures::{Fact, Figures, LineFigures};
use crate::question::{Boundaries, Dimension, Question};
use crate::rate::Rate;
use crate::row::{Depth, Row, Sums};
use crate::schedules::weigh;

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

/// A row with what it is grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The values of the question's dimensions, in their order.
    pub values: Vec<Value>,
    /// What the programme is called, where it is a dimension.
    pub programme_name: Option<String>,
    /// What the province is called, where it is a dimension.
    pub province_name: Option<String>,
    /// Its figures.
    pub row: Row,
}

/// The answer to a question about rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The groups in which at least one fact counts, by growing values.
    pub groups: Vec<Group>,
    /// Everything that counts.
    pub total: Row,
    /// Whether it adds `PUB` to other programmes or `00` to provinces, which hold the same money.
    pub overlap: bool,
}

/// All public investment, which holds the investment of every programme.
const ALL_PROGRAMMES: &str = "PUB";
/// The whole country, which holds every province.
const ALL_PROVINCES: &str = "00";

/// Answers `question` from `figures`.
pub fn rates(figures: &Figures, question: &Question) -> Rates {
    let registers = figures.registers_at(question.as_of.known);
    let mut tally = Tally::new(figures, &registers, question);
    let known = figures.known_at(question.as_of.known);
    for (number, fact) in known.iter().enumerate() {
        if fact.effective_on <= question.as_of.effective {
            tally.count(number, fact);
        }
    }
    tally.answer()
}

/// The total of `question`, whatever it groups by.
pub fn total(figures: &Figures, question: &Question) -> Row {
    rates(
        figures,
        &Question {
            by: Vec::new(),
            ..question.clone()
        },
    )
    .total
}

/// A line as the question sees it: its units by the codes asked, and whether it counts.
struct Seen {
    programme: ProgrammeCode,
    province: ProvinceCode,
    counts: bool,
}

/// Sums while facts are counted.
struct Tally<'a> {
    figures: &'a Figures,
    registers: &'a Registers,
    question: &'a Question,
    seen: Vec<Seen>,
    /// Places let through; `None` where the question does not ask.
    projects: Option<BTreeSet<usize>>,
    communes: Option<BTreeSet<usize>>,
    groups: BTreeMap<Vec<Value>, Gathered>,
    /// The group of a line, where no dimension tells its facts apart.
    of_line: BTreeMap<usize, Vec<Value>>,
}

/// What is gathered for a group.
#[derive(Default)]
struct Gathered {
    sums: Sums,
    /// The lines whose facts count here, and what of their plans does.
    lines: BTreeMap<usize, i128>,
}

impl<'a> Tally<'a> {
    fn new(figures: &'a Figures, registers: &'a Registers, question: &'a Question) -> Self {
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
        let places = |asked: &BTreeSet<events::text::Place>| {
            let numbers = figures.places.iter().enumerate();
            let found = numbers
                .filter(|(_, place)| asked.contains(place))
                .map(|(number, _)| number);
            (!asked.is_empty()).then(|| found.collect())
        };
        Self {
            figures,
            registers,
            question,
            seen: figures.lines.iter().map(seen).collect(),
            projects: places(&question.scope.project),
            communes: places(&question.scope.commune),
            groups: BTreeMap::new(),
            of_line: BTreeMap::new(),
        }
    }

    fn count(&mut self, number: usize, fact: &Fact) {
        let Some(line) = self.figures.lines.get(fact.line) else {
            return;
        };
        if !self.seen.get(fact.line).is_some_and(|seen| seen.counts)
            || !lets_through(self.projects.as_ref(), fact.project)
            || !lets_through(self.communes.as_ref(), fact.commune)
        {
            return;
        }
        let own = fact.vintage == line.id.year();
        let in_kind = self
            .figures
            .in_kind
            .get(&number)
            .filter(|_| fact.part == Part::Disbursed);
        let values = self.values(fact, line.id);
        let gathered = self.groups.entry(values).or_default();
        let planned = gathered.lines.entry(fact.line).or_default();
        *planned += fact.part.in_plan() * fact.amount;
        gathered.sums.add(fact.part, fact.amount, own);
        if let Some((kind, quantity)) = in_kind {
            gathered.sums.add_in_kind(*kind, *quantity, fact.amount);
        }
    }

    /// The group that a fact belongs to.
    fn values(&mut self, fact: &Fact, line: LineId) -> Vec<Value> {
        if self
            .question
            .by
            .iter()
            .any(|dimension| dimension.is_within_line())
        {
            return self
                .question
                .by
                .iter()
                .map(|by| self.value(*by, fact, line))
                .collect();
        }
        if let Some(values) = self.of_line.get(&fact.line) {
            return values.clone();
        }
        let values: Vec<_> = self
            .question
            .by
            .iter()
            .map(|by| self.value(*by, fact, line))
            .collect();
        self.of_line.insert(fact.line, values.clone());
        values
    }

    fn value(&self, by: Dimension, fact: &Fact, line: LineId) -> Value {
        let place = |number: Option<usize>| {
            let place = number.and_then(|number| self.figures.places.get(number));
            place.map_or(Value::None, |place| Value::Text(place.to_string()))
        };
        let seen = self.seen.get(fact.line);
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

    fn answer(self) -> Rates {
        let depth = self.depth();
        let basis = self.question.basis;
        let mut total = Sums::default();
        let mut counted = BTreeMap::<usize, i128>::new();
        for gathered in self.groups.values() {
            total.add_all(&gathered.sums);
            for (line, planned) in &gathered.lines {
                *counted.entry(*line).or_default() += planned;
            }
        }
        let group = |(values, gathered): (&Vec<Value>, &Gathered)| Group {
            values: values.clone(),
            programme_name: self.name(UnitKind::Programme, &gathered.lines),
            province_name: self.name(UnitKind::Province, &gathered.lines),
            row: Row::of(&gathered.sums, basis, depth).due(self.target(&gathered.lines)),
        };
        Rates {
            groups: self.groups.iter().map(group).collect(),
            total: Row::of(&total, basis, depth).due(self.target(&counted)),
            overlap: self.overlap(&counted),
        }
    }

    /// How far down the question goes.
    fn depth(&self) -> Depth {
        let Question { scope, by, .. } = self.question;
        if by.contains(&Dimension::Commune) || !scope.commune.is_empty() {
            Depth::Commune
        } else if by.contains(&Dimension::Project) || !scope.project.is_empty() {
            Depth::Project
        } else {
            Depth::Line
        }
    }

    /// What the schedules of these lines ask for together, where the question is on the basis that
    /// schedules are set on.
    fn target(&self, lines: &BTreeMap<usize, i128>) -> Option<Rate> {
        let Question { as_of, basis, .. } = self.question;
        let applies = *basis == Basis::default() && self.depth() == Depth::Line;
        let due = lines.iter().filter_map(|(number, planned)| {
            let line = self.figures.lines.get(*number)?;
            Some((
                self.figures.schedules.target(line.id, *as_of),
                Money::from_sum(*planned),
            ))
        });
        applies.then(|| weigh(due)).flatten()
    }

    fn overlap(&self, counted: &BTreeMap<usize, i128>) -> bool {
        let seen = || counted.keys().filter_map(|line| self.seen.get(*line));
        let mixed = |whole: usize| whole > 0 && whole < counted.len();
        mixed(
            seen()
                .filter(|seen| seen.programme.as_str() == ALL_PROGRAMMES)
                .count(),
        ) || mixed(
            seen()
                .filter(|seen| seen.province.as_str() == ALL_PROVINCES)
                .count(),
        )
    }

    /// What the unit of a group is called, where it is a dimension: by the day of the boundaries,
    /// or by its lines' own days, oldest first.
    fn name(&self, kind: UnitKind, lines: &BTreeMap<usize, i128>) -> Option<String> {
        let by = match kind {
            UnitKind::Programme => Dimension::Programme,
            UnitKind::Province => Dimension::Province,
        };
        self.question.by.contains(&by).then(|| {
            let register: &Register = self.registers.of(kind);
            let code = |seen: &Seen| match kind {
                UnitKind::Programme => UnitCode::from(seen.programme),
                UnitKind::Province => UnitCode::from(seen.province),
            };
            let mut days: Vec<_> = lines
                .keys()
                .filter_map(|line| Some((self.figures.lines.get(*line)?, self.seen.get(*line)?)))
                .map(|(line, seen)| match self.question.boundaries {
                    Boundaries::Recorded => (line.judged_on, code(seen)),
                    Boundaries::Day(day) => (day, code(seen)),
                })
                .collect();
            days.sort_unstable();
            days.dedup();
            let mut names: Vec<String> = Vec::new();
            for (day, code) in days {
                let name = register.name(code, day);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names.join(" / ")
        })
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
