//! The naive model: one loop over the list of what was told, for whatever is asked. Every figure
//! is written out from the contract's table of measures, without a look at the projection.

use std::collections::{BTreeMap, BTreeSet};

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::line::InKindKind;
use events::names::{LineId, ProgrammeCode, ProvinceCode};
use events::register::{Registers, UnitCode, UnitKind};
use events::schedule::Schedule;
use events::statement::Measure;
use events::time::EffectiveOn;

use super::book::{Book, Fact};
use crate::question::{Boundaries, Dimension, Question};
use crate::rates::Value;

/// What a measure is made of: parts, their signs, and whether money of other years is left out.
pub(super) type Terms = Vec<(Measure, i128, bool)>;

/// A fraction.
pub(super) type Fraction = (i128, i128);

/// What counts in a group.
#[derive(Clone, Default)]
pub(super) struct Sum {
    /// By measure, all money and that of the lines' own years.
    all: BTreeMap<Measure, i128>,
    own: BTreeMap<Measure, i128>,
    pub(super) given: BTreeMap<InKindKind, (i128, i128)>,
    /// The lines that count, each with its plan.
    lines: BTreeMap<LineId, i128>,
    /// By day: what was disbursed, and what was added to the plan.
    pub(super) by_day: BTreeMap<EffectiveOn, (i128, i128)>,
    /// When their codes were judged, and what they are asked as.
    units: BTreeSet<(EffectiveOn, ProgrammeCode, ProvinceCode)>,
}

/// The answer of the model.
pub(super) struct Answer {
    pub(super) groups: BTreeMap<Vec<Value>, Sum>,
    pub(super) total: Sum,
    pub(super) overlap: bool,
}

/// A fact that counts: under which codes, and in which group.
pub(super) struct Counting<'a> {
    pub(super) fact: &'a Fact,
    programme: ProgrammeCode,
    province: ProvinceCode,
    pub(super) values: Vec<Value>,
}

fn lets<T: Ord>(asked: &BTreeSet<T>, value: &T) -> bool {
    asked.is_empty() || asked.contains(value)
}

fn lets_some<T: Ord>(asked: &BTreeSet<T>, value: Option<&T>) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.contains(value))
}

/// The fact as `question` counts it; `None` where it does not.
fn counting<'a>(
    book: &Book,
    registers: &Registers,
    question: &Question,
    fact: &'a Fact,
) -> Option<Counting<'a>> {
    let Question { scope, as_of, .. } = question;
    if fact.position > as_of.known || fact.day > as_of.effective {
        return None;
    }
    let line = fact.line;
    let (programme, province) = match question.boundaries {
        Boundaries::Recorded => (line.programme(), line.province()),
        Boundaries::Day(day) => registers.restated(line, book.lines[&line], day),
    };
    let counts = lets(&scope.programme, &programme)
        && lets(&scope.province, &province)
        && lets(&scope.year, &line.year())
        && lets(&scope.source, &line.source())
        && lets(&scope.capital_type, &line.capital_type())
        && lets_some(&scope.project, fact.project.as_ref())
        && lets_some(&scope.commune, fact.commune.as_ref());
    let text = |text: &str| Value::Text(text.to_owned());
    let value = |by: &Dimension| match by {
        Dimension::Programme => text(programme.as_str()),
        Dimension::Province => text(province.as_str()),
        Dimension::Year => Value::Number(line.year().number()),
        Dimension::Source => text(line.source().as_str()),
        Dimension::Type => text(line.capital_type().as_str()),
        Dimension::Vintage => Value::Number(u16::try_from(fact.vintage).unwrap()),
        Dimension::Project => {
            (fact.project.as_ref()).map_or(Value::None, |place| text(place.as_str()))
        }
        Dimension::Commune => {
            (fact.commune.as_ref()).map_or(Value::None, |place| text(place.as_str()))
        }
    };
    counts.then(|| Counting {
        fact,
        programme,
        province,
        values: question.by.iter().map(value).collect(),
    })
}

/// The loop: every fact that `question` counts, in log order.
pub(super) fn counted<'a>(book: &'a Book, question: &Question) -> Vec<Counting<'a>> {
    let registers = book.registers(question.as_of.known);
    let facts = book.facts.iter();
    facts
        .filter_map(|fact| counting(book, &registers, question, fact))
        .collect()
}

/// Answers `question` from a list and a loop.
pub(super) fn answer(book: &Book, question: &Question) -> Answer {
    let (mut groups, mut total) = (BTreeMap::<_, Sum>::new(), Sum::default());
    for counting in counted(book, question) {
        total.add(book, &counting);
        let group = groups.entry(counting.values.clone()).or_default();
        group.add(book, &counting);
    }
    let mixed = |whole: fn(&(EffectiveOn, ProgrammeCode, ProvinceCode)) -> bool| {
        total.units.iter().any(whole) && !total.units.iter().all(whole)
    };
    let overlap = mixed(|(_, programme, _)| programme.as_str() == "PUB")
        || mixed(|(_, _, province)| province.as_str() == "00");
    Answer {
        groups,
        total,
        overlap,
    }
}

impl Sum {
    pub(super) fn add(&mut self, book: &Book, counting: &Counting<'_>) {
        let Fact {
            line,
            measure,
            amount,
            vintage,
            given,
            ..
        } = counting.fact;
        *self.all.entry(*measure).or_default() += amount;
        if *vintage == i64::from(line.year().number()) {
            *self.own.entry(*measure).or_default() += amount;
        }
        if let Some((kind, quantity)) = given {
            let (quantities, worth) = self.given.entry(*kind).or_default();
            *quantities += quantity;
            *worth += amount;
        }
        let in_plan = LINE_PLAN.iter().find(|(part, _)| part == measure);
        let planned = in_plan.map_or(0, |(_, sign)| sign * amount);
        *self.lines.entry(*line).or_default() += planned;
        let on = self.by_day.entry(counting.fact.day).or_default();
        on.0 += if *measure == Measure::Disbursed {
            *amount
        } else {
            0
        };
        on.1 += planned;
        let judged_on = book.lines[line];
        self.units
            .insert((judged_on, counting.programme, counting.province));
    }

    /// A sum of parts.
    pub(super) fn of(&self, terms: &Terms) -> i128 {
        let of = |(measure, sign, own): &(Measure, i128, bool)| {
            let sums = if *own { &self.own } else { &self.all };
            sign * sums.get(measure).copied().unwrap_or_default()
        };
        terms.iter().map(of).sum()
    }

    /// The share of the plan that is due: Σ target × plan over Σ plan. `None` where a line has no
    /// schedule, where nothing is planned, and on any other basis than the default.
    pub(super) fn target(&self, book: &Book, question: &Question) -> Option<Fraction> {
        if question.basis != Basis::default() || depth(question) != Depth::Line {
            return None;
        }
        let (mut due, mut planned) = (0, 0);
        for (line, plan) in &self.lines {
            due += share_due(book, question, *line)? * plan;
            planned += plan;
        }
        (planned > 0).then_some((due, planned * SHARES))
    }

    /// What programmes or provinces are called, the oldest name first.
    pub(super) fn name(
        &self,
        kind: UnitKind,
        registers: &Registers,
        question: &Question,
    ) -> String {
        let mut names: Vec<String> = Vec::new();
        for (judged_on, programme, province) in &self.units {
            let day = match question.boundaries {
                Boundaries::Recorded => *judged_on,
                Boundaries::Day(day) => day,
            };
            let code: UnitCode = match kind {
                UnitKind::Programme => (*programme).into(),
                UnitKind::Province => (*province).into(),
            };
            let name = registers.of(kind).name(code, day);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" / ")
    }
}

/// The plan of a line.
const LINE_PLAN: [(Measure, i128); 5] = [
    (Measure::Assigned, 1),
    (Measure::LocalIncrease, 1),
    (Measure::CarriedIn, 1),
    (Measure::Reallocated, 1),
    (Measure::Recalled, -1),
];

/// How far down a question goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Line,
    Project,
    Commune,
}

fn depth(question: &Question) -> Depth {
    let Question { scope, by, .. } = question;
    if by.contains(&Dimension::Commune) || !scope.commune.is_empty() {
        Depth::Commune
    } else if by.contains(&Dimension::Project) || !scope.project.is_empty() {
        Depth::Project
    } else {
        Depth::Line
    }
}

/// The plan of what is asked: of lines theirs, of projects what is detailed, of communes none.
fn plan(question: &Question) -> Option<Terms> {
    match depth(question) {
        Depth::Line => Some(LINE_PLAN.map(|(part, sign)| (part, sign, false)).to_vec()),
        Depth::Project => Some(vec![(Measure::Detailed, 1, false)]),
        Depth::Commune => None,
    }
}

/// What a measure is made of; `None` where the question has no such figure. A rate has two sides,
/// which are asked for by their own names.
pub(super) fn terms(measure: Measure, question: &Question) -> Option<Terms> {
    if measure == Measure::Plan {
        plan(question)
    } else if measure == Measure::Remaining {
        let mut terms = plan(question)?;
        terms.push((Measure::CarriedOut, -1, false));
        terms.push((Measure::Disbursed, -1, false));
        Some(terms)
    } else if measure == Measure::Denominator {
        denominator(question)
    } else if measure == Measure::Numerator {
        Some(numerator(question.basis))
    } else {
        Some(vec![(measure, 1, false)])
    }
}

fn denominator(question: &Question) -> Option<Terms> {
    if depth(question) != Depth::Line {
        return plan(question);
    }
    let assigned = (Measure::Assigned, 1, false);
    match question.basis.denominator {
        Denominator::Total => plan(question),
        Denominator::Assigned => Some(vec![assigned]),
        Denominator::AssignedAndLocal => Some(vec![assigned, (Measure::LocalIncrease, 1, false)]),
        Denominator::Detailed => Some(vec![(Measure::Detailed, 1, false)]),
    }
}

fn numerator(basis: Basis) -> Terms {
    let own = basis.money == CountedMoney::PlanYear;
    let mut terms = vec![(Measure::Disbursed, 1, own)];
    if basis.certainty == Counted::WithEstimates {
        terms.push((Measure::Estimated, 1, own));
    }
    if basis.numerator == Numerator::NetOfAdvances {
        terms.push((Measure::AdvancesOutstanding, -1, own));
    }
    terms
}

/// Spans between milestones are so many days, or a part of them.
const SPAN: i128 = 80;

/// Shares due are told in so many parts: hundredths, by the days of a span.
const SHARES: i128 = 100 * SPAN;

/// What the schedule of a line asks for, in parts. The most specific one wins, a source before a
/// type; of those the one that took effect last, and of one day the one that was recorded last.
fn share_due(book: &Book, question: &Question, line: LineId) -> Option<i128> {
    let mut best: Option<((usize, bool, EffectiveOn), &Schedule)> = None;
    let registers = book.registers(question.as_of.known);
    for (position, on, schedule) in &book.schedules {
        // By the codes that its day has for the line's unit.
        let day = (*on).max(schedule.year.day(1, 1));
        let unit = registers.restated(line, book.lines[&line], day);
        let is_for = (schedule.programme, schedule.province) == unit
            && schedule.year == line.year()
            && schedule.source.is_none_or(|source| source == line.source())
            && (schedule.capital_type).is_none_or(|of_type| of_type == line.capital_type());
        let as_of = question.as_of;
        if !is_for || *position > as_of.known || *on > as_of.effective {
            continue;
        }
        let (source, of_type) = (schedule.source.is_some(), schedule.capital_type.is_some());
        let rank = (usize::from(source) + usize::from(of_type), source, *on);
        if best.as_ref().is_none_or(|(least, _)| rank >= *least) {
            best = Some((rank, schedule));
        }
    }
    best.map(|(_, schedule)| share(schedule, question.as_of.effective))
}

/// Nothing before the first milestone, in equal steps from day to day between two, then the last.
fn share(schedule: &Schedule, day: EffectiveOn) -> i128 {
    let mut share = 0;
    for (number, milestone) in schedule.milestones.iter().enumerate() {
        let hundredths = |rate: rust_decimal::Decimal| rate.mantissa();
        if milestone.by > day {
            continue;
        }
        share = hundredths(milestone.rate) * SPAN;
        if let Some(next) = schedule.milestones.get(number + 1).filter(|it| it.by > day) {
            let whole = i128::from(next.by.days_since(milestone.by));
            let gone = i128::from(day.days_since(milestone.by));
            let more = hundredths(next.rate) - hundredths(milestone.rate);
            share += more * gone * (SPAN / whole);
        }
    }
    share
}
