//! The curve: on which days it has points, and what each of them tells.

use chrono::{Months, NaiveDate};
use events::line::LineBody;
use events::statement::Scope;
use events::time::EffectiveOn;

use super::story::*;
use crate::question::Dimension;
use crate::rates::total;
use crate::series::{Point, Step, TooMany, begin, days, series};

const LINE: &str = "NTM/10/2024/central/investment";

/// A point as the two questions that it answers, one after the other.
fn asked_alone(story: &Story, question: &crate::Question, date: EffectiveOn) -> Point {
    let on = |day: NaiveDate, back: bool| {
        let mut question = question.clone();
        question.as_of.effective = day.into();
        if back {
            let years = question
                .scope
                .year
                .iter()
                .map(|year| year.previous().unwrap());
            question.scope.year = years.collect();
        }
        total(&story.figures, &question)
    };
    let row = on(date.date(), false);
    let before = date.date().checked_sub_months(Months::new(12)).unwrap();
    Point {
        date,
        plan: row.plan,
        target: row.target,
        committed: row.committed,
        disbursed: row.disbursed,
        rate: row.rate,
        last_year_rate: on(before, true).rate,
    }
}

#[test]
fn a_curve_has_the_target_of_every_day() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(100));
    story.schedule("2024-01-10", None, "0.40");
    story.schedule("2024-07-01", None, "0.90");
    let question = story.ask("2024-12-31", &[]);
    let days = days(Step::Month, day("2023-12-01"), day("2024-12-31")).unwrap();
    let points = series(&story.figures, &question, &days);
    let targets: Vec<_> = points.iter().map(|point| point.target).collect();
    assert!(targets.first().unwrap().is_none() && targets.last().unwrap().is_some());
    assert!(targets.iter().filter(|it| it.is_some()).is_sorted());
    for point in points {
        assert_eq!(point, asked_alone(&story, &question, point.date));
    }
}

#[test]
fn a_series_ends_its_periods_and_the_range() {
    let told = |step, from, to| -> Vec<String> {
        days(step, day(from), day(to))
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let months = told(Step::Month, "2024-01-15", "2024-03-10");
    assert_eq!(months, ["2024-01-31", "2024-02-29", "2024-03-10"]);
    // 7 January 2024 was a Sunday.
    let weeks = told(Step::Week, "2024-01-07", "2024-01-15");
    assert_eq!(weeks, ["2024-01-07", "2024-01-14", "2024-01-15"]);
    assert_eq!(told(Step::Day, "2024-02-28", "2024-03-01").len(), 3);
    assert!(told(Step::Day, "2024-03-01", "2024-02-28").is_empty());
}

#[test]
fn a_series_begins_with_the_earliest_year_asked() {
    let to = day("2025-03-01");
    assert_eq!(begin(&Scope::default(), to), day("2025-01-01"));
    let mut scope = Scope::default();
    scope.year.extend([year(2024), year(2023)]);
    assert_eq!(begin(&scope, to), day("2023-01-01"));
}

#[test]
fn a_series_has_at_most_1200_points() {
    assert_eq!(
        days(Step::Day, day("2024-01-01"), day("2027-04-14"))
            .unwrap()
            .len(),
        1_200
    );
    assert_eq!(
        days(Step::Day, day("2024-01-01"), day("2027-04-15")),
        Err(TooMany)
    );
}

#[test]
fn a_curve_tells_last_year_s_rate_beside_this_year_s() {
    let mut story = Story::new();
    story.tell(
        "NTM/10/2023/central/investment",
        "2023-01-05",
        allocated(100),
    );
    let body = LineBody::Disbursed(disbursement(30, 2023));
    story.tell("NTM/10/2023/central/investment", "2023-02-10", body);
    story.tell(LINE, "2024-01-05", allocated(200));
    story.tell(
        LINE,
        "2024-02-20",
        LineBody::Disbursed(disbursement(50, 2024)),
    );
    let mut question = story.ask("2024-12-31", &[Dimension::Province]);
    question.scope.year.insert(year(2024));
    let days = days(Step::Month, day("2024-01-01"), day("2024-02-29")).unwrap();
    let points: Vec<_> = series(&story.figures, &question, &days)
        .into_iter()
        .map(|it| {
            (
                it.date.to_string(),
                it.rate.unwrap().to_string(),
                it.last_year_rate.unwrap().to_string(),
            )
        })
        .collect();
    let expected = [
        ("2024-01-31", "0.000000", "0.000000"),
        ("2024-02-29", "0.250000", "0.300000"),
    ];
    assert_eq!(
        points,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
}
