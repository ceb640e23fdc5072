//! What the thresholds make of a row: the model's loop, and the rules by their names.

use events::line::{Certainty, DisbursementKind, LineBody, Paid, Reversed, Undone};
use events::money::Money;
use events::names::LineId;
use events::policy::AlertPolicy;
use events::schedule::{Milestone, Schedule};
use events::text::{Reference, Text};
use rust_decimal::Decimal;

use super::book::Book;
use super::model::Sum;
use super::story::*;
use crate::question::{Dimension, Question};
use crate::rates::rates;
use crate::status::Status;

const LINE: &str = "NTM/10/2024/central/investment";

/// The status of a row that is behind by so many millionths, by the thresholds of a fresh store.
pub(super) fn status(
    book: &Book,
    question: &Question,
    sum: &Sum,
    behind_by: i128,
) -> Option<&'static str> {
    let today = question.as_of.effective;
    if question.as_of.known < book.thresholds_at || today < day("2000-01-01") {
        return None;
    }
    if behind_by < 100_000 {
        return Some(if behind_by < 50_000 {
            "on_plan"
        } else {
            "watch"
        });
    }
    // Whether more was paid than taken back, from any of the last days until today.
    let (mut paid, mut since, mut planned_before) = (false, 0, 0);
    for (day, (disbursed, planned)) in sum.by_day.iter().rev() {
        since += disbursed;
        if today.days_since(*day) < 60 {
            paid |= since > 0;
        } else {
            planned_before += planned;
        }
    }
    Some(if !paid && planned_before > 0 {
        "stalled"
    } else if behind_by < 200_000 {
        "behind"
    } else {
        "critical"
    })
}

/// A line of 1,000 đồng, of which so many thousandths are due by 30 June.
fn story(due: &str) -> Story {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    story.tell(LINE, "2024-01-05", allocated(1_000));
    story.schedule("2024-01-05", None, due);
    story
}

fn pay(story: &mut Story, on: &str, dong: i64) {
    let payment = LineBody::Disbursed(disbursement(dong, 2024));
    story.tell(LINE, on, payment);
}

fn take_back(story: &mut Story, on: &str, dong: i64) {
    let undone = Undone::Disbursement {
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        paid: Paid {
            vintage: year(2024),
            project: None,
            commune: None,
        },
        in_kind: None,
    };
    let reversed = LineBody::Reversed(Reversed {
        reverses: Reference::parse("R-1").unwrap(),
        undone,
        amount: amount(dong),
        reason: Text::parse("a mistake").unwrap(),
    });
    story.tell(LINE, on, reversed);
}

#[track_caller]
fn check(story: &Story, as_of: &str, expected: Status) {
    let answer = rates(&story.figures, &story.ask(as_of, &[Dimension::Province]));
    assert_eq!(answer.total.status, Some(expected));
    assert_eq!(answer.groups.first().unwrap().row.status, Some(expected));
}

#[test]
fn each_threshold_is_met_exactly() {
    for (due, expected) in [
        ("0.149", Status::OnPlan),
        ("0.15", Status::Watch),
        ("0.199", Status::Watch),
        ("0.2", Status::Behind),
        ("0.299", Status::Behind),
        ("0.3", Status::Critical),
    ] {
        let mut story = story(due);
        pay(&mut story, "2024-06-15", 100);
        check(&story, "2024-06-30", expected);
    }
}

#[test]
fn nothing_paid_for_sixty_days_while_behind_is_stalled() {
    let mut paid = story("0.2");
    pay(&mut paid, "2024-05-02", 100);
    check(&paid, "2024-06-30", Status::Behind);
    check(&paid, "2024-07-01", Status::Stalled);
    // A payment of any size is one, and one that was taken back is none.
    let mut undone = paid.clone();
    pay(&mut undone, "2024-06-29", 1);
    take_back(&mut undone, "2024-06-30", 1);
    check(&undone, "2024-07-01", Status::Stalled);
    let mut again = paid.clone();
    pay(&mut again, "2024-06-29", 1);
    check(&again, "2024-07-01", Status::Watch);
    // Who is not behind does not stall.
    let mut watched = story("0.15");
    pay(&mut watched, "2024-03-02", 100);
    check(&watched, "2024-07-30", Status::Watch);
}

#[test]
fn a_plan_that_was_not_there_for_sixty_days_cannot_stall() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    story.tell(LINE, "2024-05-02", allocated(1_000));
    story.schedule("2024-01-05", None, "0.5");
    check(&story, "2024-06-30", Status::Critical);
    check(&story, "2024-07-01", Status::Stalled);
}

#[test]
fn thresholds_hold_from_their_day_and_position_on() {
    let mut story = story("0.15");
    pay(&mut story, "2024-06-15", 100);
    let before = story.ask("2024-06-30", &[]);
    let strict = AlertPolicy {
        watch: Decimal::new(1, 2),
        behind: Decimal::new(2, 2),
        critical: Decimal::new(5, 2),
        clear_by: Decimal::ZERO,
        ..AlertPolicy::default()
    };
    story.policy("2024-07-01", strict);
    check(&story, "2024-06-30", Status::Watch);
    check(&story, "2024-07-01", Status::Critical);
    let known = Question {
        as_of: crate::AsOf {
            effective: day("2024-07-01"),
            ..before.as_of
        },
        ..before
    };
    assert_eq!(
        rates(&story.figures, &known).total.status,
        Some(Status::Watch)
    );
}

#[test]
fn no_status_is_told_without_thresholds_or_a_target() {
    let mut bare = Story::new();
    bare.tell(LINE, "2024-01-05", allocated(1_000));
    bare.schedule("2024-01-05", None, "0.5");
    let row = |story: &Story| rates(&story.figures, &story.ask("2024-06-30", &[])).total;
    assert!(row(&bare).behind_by.is_some() && row(&bare).status.is_none());
    bare.policy("2000-01-01", AlertPolicy::default());
    assert!(row(&bare).status.is_some());
    let other = LineId::parse("NTM/15/2024/central/investment").unwrap();
    bare.tell_of(other, day("2024-01-05"), allocated(1));
    assert_eq!(row(&bare).status, None);
    assert_eq!(row(&bare).plan, Some(Money::dong(1_001)));
}

/// A schedule of the plan of NTM in 2024 in a province.
pub(super) fn schedule_of(province: &str, milestones: &[(&str, &str)]) -> Schedule {
    let milestone = |(by, rate): &(&str, &str)| Milestone {
        by: day(by),
        rate: rate.parse().unwrap(),
    };
    Schedule {
        programme: "NTM".parse().unwrap(),
        province: province.parse().unwrap(),
        year: year(2024),
        source: None,
        capital_type: None,
        milestones: milestones.iter().map(milestone).collect(),
    }
}
