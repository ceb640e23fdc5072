//! Rates by any dimensions, on any basis, as of both clocks.

use std::collections::BTreeMap;

use events::basis::Basis;
use events::money::Money;
use events::register::{Register, Registers, UnitCode, UnitKind};
use events::time::EffectiveOn;

use crate::facts::Part;
use crate::figures::{Fact, Figures};
use crate::lens::{Lens, Seen};
use crate::question::{AsOf, Boundaries, Dimension, Question};
use crate::rate::Rate;
use crate::row::{Depth, Row, Sums};
use crate::schedules::weigh;

pub use crate::lens::Value;

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
    let lens = Lens::new(figures, &registers, question);
    let mut tally = Tally {
        lens,
        registers: &registers,
        groups: BTreeMap::new(),
    };
    for (number, fact) in figures.known_at(question.as_of.known).iter().enumerate() {
        tally.count(number, fact);
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

/// The totals of `question` as of these growing days, whatever day it asks about itself. Every fact
/// is counted once, however many days there are.
pub(crate) fn totals(figures: &Figures, question: &Question, days: &[EffectiveOn]) -> Vec<Row> {
    let Some(last) = days.last() else {
        return Vec::new();
    };
    let as_of = AsOf {
        effective: *last,
        ..question.as_of
    };
    let question = Question {
        by: Vec::new(),
        as_of,
        ..question.clone()
    };
    let registers = figures.registers_at(as_of.known);
    let lens = Lens::new(figures, &registers, &question);
    let known = figures.known_at(as_of.known).iter().enumerate();
    let mut counted: Vec<_> = known
        .filter(|(_, fact)| lens.counts(fact).is_some())
        .collect();
    counted.sort_by_key(|(_, fact)| fact.effective_on);
    let mut counted = counted.into_iter().peekable();
    let mut tally = Tally {
        lens,
        registers: &registers,
        groups: BTreeMap::new(),
    };
    let total = |day: &EffectiveOn| {
        while let Some((number, fact)) = counted.next_if(|(_, fact)| fact.effective_on <= *day) {
            tally.count(number, fact);
        }
        tally.total(*day)
    };
    days.iter().map(total).collect()
}

/// Sums while facts are counted.
struct Tally<'a> {
    lens: Lens<'a>,
    registers: &'a Registers,
    groups: BTreeMap<Vec<Value>, Gathered>,
}

/// What is gathered for a group.
#[derive(Default)]
struct Gathered {
    sums: Sums,
    /// The lines whose facts count here, and what of their plans does.
    lines: BTreeMap<usize, i128>,
}

impl Tally<'_> {
    fn count(&mut self, number: usize, fact: &Fact) {
        let Some(line) = self.lens.counts(fact) else {
            return;
        };
        let gathered = self.groups.entry(self.lens.group(fact, line)).or_default();
        *gathered.lines.entry(fact.line).or_default() += fact.part.in_plan() * fact.amount;
        gathered
            .sums
            .add(fact.part, fact.amount, fact.vintage == line.year());
        let in_kind = self.lens.figures.in_kind.get(&number);
        if let Some((kind, quantity)) = in_kind.filter(|_| fact.part == Part::Disbursed) {
            gathered.sums.add_in_kind(*kind, *quantity, fact.amount);
        }
    }

    fn answer(self) -> Rates {
        let depth = self.lens.depth();
        let Question { as_of, basis, .. } = *self.lens.question;
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
            row: Row::of(&gathered.sums, basis, depth).due(self.target(as_of, &gathered.lines)),
        };
        Rates {
            groups: self.groups.iter().map(group).collect(),
            total: Row::of(&total, basis, depth).due(self.target(as_of, &counted)),
            overlap: self.overlap(&counted),
        }
    }

    /// What is counted so far, of a question without dimensions, as of `day`.
    fn total(&self, day: EffectiveOn) -> Row {
        let Question { as_of, basis, .. } = *self.lens.question;
        let as_of = AsOf {
            effective: day,
            ..as_of
        };
        let nothing = Gathered::default();
        let Gathered { sums, lines } = self.groups.values().next().unwrap_or(&nothing);
        Row::of(sums, basis, self.lens.depth()).due(self.target(as_of, lines))
    }

    /// What the schedules of these lines ask for together on a day, where the question is on the basis that
    /// schedules are set on.
    fn target(&self, as_of: AsOf, lines: &BTreeMap<usize, i128>) -> Option<Rate> {
        let applies =
            self.lens.question.basis == Basis::default() && self.lens.depth() == Depth::Line;
        let due = lines.iter().filter_map(|(number, planned)| {
            let line = self.lens.figures.lines.get(*number)?;
            Some((
                self.lens.figures.schedules.target(line.id, as_of),
                Money::from_sum(*planned),
            ))
        });
        applies.then(|| weigh(due)).flatten()
    }

    fn overlap(&self, counted: &BTreeMap<usize, i128>) -> bool {
        let seen = || counted.keys().filter_map(|line| self.lens.seen(*line));
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
        self.lens.question.by.contains(&by).then(|| {
            let register: &Register = self.registers.of(kind);
            let code = |seen: &Seen| match kind {
                UnitKind::Programme => UnitCode::from(seen.programme),
                UnitKind::Province => UnitCode::from(seen.province),
            };
            let mut days: Vec<_> = lines
                .keys()
                .filter_map(|line| {
                    Some((self.lens.figures.lines.get(*line)?, self.lens.seen(*line)?))
                })
                .map(|(line, seen)| match self.lens.question.boundaries {
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
