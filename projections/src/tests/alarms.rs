//! Which alerts the standing of scopes raises, changes and ends.

use std::collections::BTreeMap;

use events::alert::{AlertBody, AlertCommand, AlertId, AlertLevel};
use events::policy::AlertPolicy;

use super::behind::{CURVE, HANOI, LAO_CAI, advance, on, pay, story};
use super::status::schedule_of;
use super::story::*;
use crate::alarm::{Backtest, judge};
use crate::behind::Behind;

/// What a backtest of these days tells, as words.
fn backtest(story: &Story, days: &[&str]) -> Vec<String> {
    let mut backtest = Backtest::default();
    let mut steps = Vec::new();
    for day in days {
        for step in backtest.next(&on(story, day)) {
            let what = if let AlertBody::Raised(it) = &step.body {
                format!("raised {}", it.level.as_str())
            } else if let AlertBody::Updated(it) = &step.body {
                format!("updated {}", it.level.as_str())
            } else if let AlertBody::Resolved(it) = &step.body {
                format!("resolved {}", it.why.as_str())
            } else {
                panic!("no rule says {:?}", step.body)
            };
            steps.push(format!("{} {} {what}", step.day, step.id));
        }
    }
    steps
}

#[test]
fn alerts_end_lower_than_they_begin() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    story.tell(HANOI, "2024-01-05", allocated(1_000));
    story.tell(HANOI, "2024-01-05", detailed(1_000));
    story.set(
        day("2024-01-05"),
        schedule_of("01", &[("2024-02-01", "0.2")]),
    );
    for (on, paid) in [
        ("2024-02-02", 19),  // 0.181, but never critical yet
        ("2024-02-03", 100), // 0.081: behind no more, but not under 0.08
        ("2024-02-04", 2),   // 0.079
        ("2024-02-05", 48),  // 0.031
        ("2024-02-06", 2),   // 0.029
        ("2024-02-07", 1),   // 0.028
    ] {
        pay(&mut story, HANOI, on, paid);
    }
    let days: Vec<_> = (1..=7).map(|day| format!("2024-02-0{day}")).collect();
    let days: Vec<_> = days.iter().map(String::as_str).collect();
    let of = "behind_plan.NTM.01.2024";
    let expected = [
        format!("2024-02-01 {of} raised critical"),
        format!("2024-02-03 {of} updated behind"),
        format!("2024-02-04 {of} updated watch"),
        format!("2024-02-06 {of} resolved recovered"),
    ];
    assert_eq!(backtest(&story, &days), expected);
}

#[test]
fn each_rule_is_broken_and_kept_again() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    story.set(
        day("2024-01-05"),
        schedule_of("10", &[("2024-02-01", "0.5")]),
    );
    story.tell(LAO_CAI, "2024-02-10", allocated(1_000));
    advance(&mut story, "2024-02-11", 100);
    story.tell(LAO_CAI, "2024-04-15", detailed(1_000));
    pay(&mut story, LAO_CAI, "2024-05-01", 450);
    let days = [
        "2024-01-10",
        "2024-02-11",
        "2024-03-31",
        "2024-04-01",
        "2024-04-20",
        "2024-05-01",
        "2024-09-01",
        "2025-02-01",
    ];
    let expected = [
        "2024-01-10 plan_unassigned.NTM.10.2024 raised watch",
        "2024-02-11 behind_plan.NTM.10.2024 raised critical",
        "2024-02-11 plan_unassigned.NTM.10.2024 resolved recovered",
        "2024-04-01 detail_incomplete.NTM.10.2024 raised watch",
        "2024-04-20 stalled.NTM.10.2024 raised critical",
        "2024-04-20 detail_incomplete.NTM.10.2024 resolved recovered",
        "2024-05-01 behind_plan.NTM.10.2024 resolved recovered",
        "2024-05-01 stalled.NTM.10.2024 resolved recovered",
        "2024-09-01 advances_overdue.NTM.10.2024 raised watch",
        "2025-02-01 advances_overdue.NTM.10.2024 resolved year_closed",
    ];
    assert_eq!(backtest(&story, &days), expected);
}

#[test]
fn a_unit_that_merged_has_no_alert_any_more() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    let line = "NTM/10/2025/central/investment";
    story.tell(line, "2025-01-05", allocated(1_000));
    story.tell(line, "2025-01-05", detailed(1_000));
    let mut schedule = schedule_of("10", &[("2025-05-01", "0.5")]);
    schedule.year = year(2025);
    story.set(day("2025-01-05"), schedule);
    let steps = backtest(&story, &["2025-06-30", "2025-07-01"]);
    assert_eq!(
        steps,
        [
            "2025-06-30 behind_plan.NTM.10.2025 raised critical",
            "2025-06-30 stalled.NTM.10.2025 raised critical",
            "2025-07-01 behind_plan.NTM.15.2025 raised critical",
            "2025-07-01 stalled.NTM.15.2025 raised critical",
            "2025-07-01 behind_plan.NTM.10.2025 resolved gone",
            "2025-07-01 stalled.NTM.10.2025 resolved gone",
        ]
    );
}

#[test]
fn what_was_judged_is_not_judged_again() {
    let mut story = story();
    story.set(day("2024-01-05"), schedule_of("00", &CURVE));
    let behind = on(&story, "2024-06-30");
    let commands = judge(&behind, &BTreeMap::new());
    assert!(!commands.is_empty());
    let open = commands.into_iter().map(|(id, command)| {
        let AlertCommand::Raise(judged) = command else {
            panic!("nothing is open to {command:?}")
        };
        (id, judged.level)
    });
    assert_eq!(judge(&behind, &open.collect()), []);
    let unknown = Behind {
        policy: None,
        ..behind
    };
    let id = AlertId::find("stalled.NTM.10.2024").unwrap();
    let open = BTreeMap::from([(id, AlertLevel::Critical)]);
    assert_eq!(judge(&unknown, &open), []);
}
