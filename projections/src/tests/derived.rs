//! What is derived from rates, against the naive model: the events behind a figure, two positions
//! beside each other, the curve, and bare sums.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};
use events::log::{Position, Revision};
use events::money::Money;
use events::statement::Measure;
use events::time::{BudgetYear, EffectiveOn};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::asked::asked;
use super::book::Told;
use super::fast::{cases, same_answer, same_rate};
use super::model::{Sum, answer, counted, terms};
use super::said::{LINES, history};
use super::story::*;
use crate::compare::compare;
use crate::explain::explain;
use crate::facts::Part;
use crate::question::Question;
use crate::rates::{Group, Rates, Value, rates};
use crate::row::Sums;
use crate::series::{Point, Step, days, series};
use crate::table::table;

/// What each event adds to a figure, by its position and the measure it adds to.
type Behind = Vec<(Position, BTreeMap<Measure, i128>)>;

fn flat(question: Question) -> Question {
    let by = Vec::new();
    Question { by, ..question }
}

/// The measures that a figure is told by: a rate by its two sides.
fn sides(measure: Measure) -> Vec<Measure> {
    if measure == Measure::Rate {
        vec![Measure::Numerator, Measure::Denominator]
    } else if measure == Measure::CommitmentRate {
        vec![Measure::Committed, Measure::Denominator]
    } else {
        vec![measure]
    }
}

/// Every event with a fact that the figure sums, from the list of what was told.
fn behind(told: &Told, question: &Question, measure: Measure) -> Behind {
    let mut behind: BTreeMap<Position, BTreeMap<Measure, i128>> = BTreeMap::new();
    for fact in counted(&told.book, question).iter().map(|it| it.fact) {
        let is_own = fact.vintage == i64::from(fact.line.year().number());
        for side in sides(measure) {
            for (part, sign, own) in terms(side, question).unwrap_or_default() {
                if part == fact.measure && (is_own || !own) {
                    let adds = behind.entry(fact.position).or_default();
                    *adds.entry(side).or_default() += sign * fact.amount;
                }
            }
        }
    }
    behind.into_iter().collect()
}

/// The pages of an explanation, one after the other.
fn explained(told: &Told, question: &Question, measure: Measure, limit: usize) -> Behind {
    let (mut all, mut after) = (Behind::new(), Position::START);
    loop {
        let (page, more) = explain(told.figures(), question, measure, after, limit);
        assert!(page.len() <= limit && (page.len() == limit || !more));
        for it in page {
            let adds = it.adds.into_iter();
            let adds = adds.map(|(measure, money)| (measure, money.to_dong()));
            all.push((it.position, adds.collect()));
            after = it.position;
        }
        if !more {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_events_behind_a_figure_sum_to_it(
        shape in select(&SHAPES[..]),
        history in history(),
        asked in asked(),
        limit in 1..7_usize,
    ) {
        let told = Told::of(shape, &history);
        let question = flat(asked.question(&told));
        for measure in Measure::KNOWN.iter().filter_map(|word| Measure::find(word)) {
            let found = explained(&told, &question, measure, limit);
            prop_assert_eq!((measure, found), (measure, behind(&told, &question, measure)));
        }
    }

    #[test]
    fn a_comparison_is_two_answers_and_the_events_between(
        shape in select(&SHAPES[..]),
        history in history(),
        asked in asked(),
        from in any::<Index>(),
    ) {
        let told = Told::of(shape, &history);
        let question = asked.question(&told);
        let known = question.as_of.known;
        let from = *from.get(&told.positions);
        let mut earlier = question.clone();
        earlier.as_of.known = from.min(known);
        let comparison = compare(told.figures(), &question, from).unwrap();
        same_answer(&told, &question)?;
        same_answer(&told, &earlier)?;
        let (before, after) = (rates(told.figures(), &earlier), rates(told.figures(), &question));
        prop_assert_eq!(&comparison.before, &before);
        prop_assert_eq!(&comparison.after, &after);
        let mut moved: BTreeMap<Vec<Value>, BTreeSet<Position>> = BTreeMap::new();
        for it in counted(&told.book, &question).iter().filter(|it| it.fact.position > from) {
            moved.entry(it.values.clone()).or_default().insert(it.fact.position);
        }
        let of = |rates: &Rates| -> BTreeMap<Vec<Value>, Group> {
            rates.groups.iter().map(|it| (it.values.clone(), it.clone())).collect()
        };
        let (before, after) = (of(&before), of(&after));
        let values: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
        prop_assert_eq!(comparison.groups.len(), values.len());
        for (group, values) in comparison.groups.iter().zip(values) {
            prop_assert_eq!(&group.values, &values);
            prop_assert_eq!(group.before.as_ref(), before.get(&values));
            prop_assert_eq!(group.after.as_ref(), after.get(&values));
            let moved_by = moved.remove(&values).unwrap_or_default();
            prop_assert_eq!(&group.moved_by, &moved_by);
        }
    }
}

/// Curves of every step, over the days of histories, leap days, and the ends of columns.
const CURVES: [(Step, &str, &str); 8] = [
    (Step::Week, "2023-11-20", "2026-02-11"),
    (Step::Month, "2023-12-31", "2026-02-28"),
    (Step::Day, "2024-01-09", "2024-01-13"),
    (Step::Day, "2024-02-27", "2024-05-17"),
    (Step::Month, "1969-10-15", "1971-02-01"),
    (Step::Month, "2148-12-01", "2150-02-01"),
    (Step::Month, "0999-12-01", "1000-04-02"),
    (Step::Day, "2025-06-28", "2025-07-03"),
];

/// The total of `question` as of another day, by the model.
fn total_on(told: &Told, question: &Question, day: NaiveDate) -> (Question, Sum) {
    let mut question = flat(question.clone());
    question.as_of.effective = EffectiveOn::from(day);
    let total = answer(&told.book, &question).total;
    (question, total)
}

/// Compares a point with the two answers that it is: of its day, and of a year before.
fn same_point(told: &Told, question: &Question, point: &Point) -> Result<(), TestCaseError> {
    let (asked, sum) = total_on(told, question, point.date.date());
    let of = |measure| terms(measure, &asked).map(|terms| sum.of(&terms));
    prop_assert_eq!(point.plan.map(Money::to_dong), of(Measure::Plan));
    prop_assert_eq!(Some(point.committed.to_dong()), of(Measure::Committed));
    prop_assert_eq!(Some(point.disbursed.to_dong()), of(Measure::Disbursed));
    same_rate(
        "rate",
        point.rate,
        of(Measure::Numerator).zip(of(Measure::Denominator)),
    )?;
    same_rate("target", point.target, sum.target(&told.book, &asked))?;
    let before = point
        .date
        .date()
        .checked_sub_months(Months::new(12))
        .unwrap();
    let years: Option<_> = question
        .scope
        .year
        .iter()
        .map(|it| BudgetYear::previous(*it))
        .collect();
    let mut last = question.clone();
    let fraction = years.and_then(|years| {
        last.scope.year = years;
        let (asked, sum) = total_on(told, &last, before);
        let of = |measure| terms(measure, &asked).map(|terms| sum.of(&terms));
        of(Measure::Numerator).zip(of(Measure::Denominator))
    });
    same_rate("last year", point.last_year_rate, fraction)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn every_point_of_a_curve_is_the_answer_of_its_day(
        shape in select(&SHAPES[..]),
        history in history(),
        asked in asked(),
        (step, from, to) in select(&CURVES[..]),
    ) {
        let told = Told::of(shape, &history);
        let question = asked.question(&told);
        let days = days(step, day(from), day(to)).unwrap();
        let points = series(told.figures(), &question, &days);
        let dates: Vec<_> = points.iter().map(|point| point.date).collect();
        prop_assert_eq!(dates, days);
        for point in &points {
            same_point(&told, &question, point)?;
        }
    }
}

/// Each part, by the name of the measure that it is shown as.
fn measured(part: Part) -> Measure {
    match part {
        Part::Assigned => Measure::Assigned,
        Part::LocalIncrease => Measure::LocalIncrease,
        Part::CarriedIn => Measure::CarriedIn,
        Part::Reallocated => Measure::Reallocated,
        Part::Recalled => Measure::Recalled,
        Part::CarriedOut => Measure::CarriedOut,
        Part::InTransit => Measure::InTransit,
        Part::Detailed => Measure::Detailed,
        Part::Committed => Measure::Committed,
        Part::Disbursed => Measure::Disbursed,
        Part::Estimated => Measure::Estimated,
        Part::AdvancesOutstanding => Measure::AdvancesOutstanding,
    }
}

fn same_sums(sums: &Sums, sum: &Sum, question: &Question) -> Result<(), TestCaseError> {
    for part in Part::ALL {
        let measure = measured(part);
        let expected = sum.of(&terms(measure, question).unwrap());
        prop_assert_eq!((measure, sums.of(part).to_dong()), (measure, expected));
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_table_has_the_sums_of_an_answer(
        shape in select(&SHAPES[..]),
        history in history(),
        asked in asked(),
    ) {
        let told = Told::of(shape, &history);
        let question = asked.question(&told);
        let groups = answer(&told.book, &question).groups;
        let table = table(told.figures(), &question);
        prop_assert_eq!(table.len(), groups.len());
        prop_assert_eq!(table.is_empty(), groups.is_empty());
        let rows: BTreeMap<_, _> = table.rows().collect();
        prop_assert_eq!(rows.len(), groups.len());
        for (values, sums) in rows {
            same_sums(&sums, &groups[&values], &question)?;
        }
    }

    #[test]
    fn a_line_has_the_sums_of_all_its_facts(
        shape in select(&SHAPES[..]),
        history in history(),
    ) {
        let told = Told::of(shape, &history);
        let question = told.story.ask("9999-12-31", &[]);
        let all = counted(&told.book, &question);
        for id in LINES.map(|line| line.parse().unwrap()) {
            let line = told.figures().find_line(id);
            prop_assert_eq!(line.map(|it| it.judged_on), told.book.lines.get(&id).copied());
            let last = told.book.last.get(&id).map(|last| Revision(last.0));
            prop_assert_eq!(line.map(|it| it.revision), last);
            let mut sum = Sum::default();
            for it in all.iter().filter(|it| it.fact.line == id) {
                sum.add(&told.book, it);
            }
            same_sums(&told.figures().sums_of(id), &sum, &question)?;
        }
    }
}
