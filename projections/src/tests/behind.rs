//! How scopes stand, and which alerts that raises.

use std::collections::BTreeMap;

use events::alert::{AlertBody, AlertCommand, AlertId, AlertLevel, AlertScope, TargetFrom};
use events::line::{DisbursementKind, LineBody};
use events::money::Money;
use events::policy::AlertPolicy;

use super::status::schedule_of;
use super::story::*;
use crate::alarm::{Backtest, judge};
use crate::behind::{Asked, Behind, Rank, ScopeStanding, behind};
use crate::{AsOf, Status};

const LAO_CAI: &str = "NTM/10/2024/central/investment";
const YEN_BAI: &str = "NTM/15/2024/central/investment";
const HANOI: &str = "NTM/01/2024/central/investment";

/// The curve of a year: disbursement is slow at first and fast at the end.
const CURVE: [(&str, &str); 3] = [
    ("2024-03-31", "0.1"),
    ("2024-06-30", "0.4"),
    ("2025-01-31", "1"),
];

/// Two provinces, each with a plan of 1,000 đồng.
fn story() -> Story {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    for line in [LAO_CAI, YEN_BAI] {
        story.tell(line, "2024-01-05", allocated(1_000));
    }
    story
}

fn pay(story: &mut Story, line: &str, on: &str, dong: i64) {
    let payment = LineBody::Disbursed(disbursement(dong, 2024));
    story.tell(line, on, payment);
}

fn advance(story: &mut Story, on: &str, dong: i64) {
    let mut paid = disbursement(dong, 2024);
    paid.kind = DisbursementKind::Advance;
    story.tell(LAO_CAI, on, LineBody::Disbursed(paid));
}

fn on(story: &Story, as_of: &str) -> Behind {
    let as_of = AsOf {
        effective: day(as_of),
        known: story.figures.applied(),
    };
    behind(&story.figures, &Asked::all(as_of))
}

/// A scope of NTM.
fn scope(province: Option<&str>, of: i64) -> AlertScope {
    AlertScope {
        programme: "NTM".parse().unwrap(),
        province: province.map(|code| code.parse().unwrap()),
        year: year(of),
    }
}

#[track_caller]
fn of(behind: &Behind, province: Option<&str>) -> ScopeStanding {
    let scope = scope(province, 2024);
    let mut all = behind.standings.iter();
    all.find(|it| it.scope == scope).unwrap().clone()
}

fn dong(dong: i64) -> Money {
    Money::dong(dong)
}

#[test]
fn a_scope_stands_beside_its_schedule_in_rate_and_dong() {
    let mut story = story();
    story.set(day("2024-01-05"), schedule_of("10", &CURVE));
    pay(&mut story, LAO_CAI, "2024-05-20", 50);
    pay(&mut story, LAO_CAI, "2024-06-10", 60);
    let standing = of(&on(&story, "2024-06-30"), Some("10"));
    let due = standing.due.unwrap();
    assert_eq!(due.target.to_string(), "0.400000");
    assert_eq!(due.target_from, TargetFrom::Schedule);
    assert_eq!(due.behind_by.to_string(), "0.290000");
    assert_eq!((due.to_date, due.gap), (dong(400), dong(290)));
    assert_eq!(standing.status, Some(Status::Critical));
    assert_eq!(standing.paid_30_days, dong(60));
    assert_eq!(standing.days_since_payment, Some(20));
    // By 30 July, 30 of the 215 days to 31 January are gone: 0.4 + 0.6 × 30 / 215 of 1,000.
    assert_eq!(standing.to_schedule_30_days, Some(dong(484 - 110)));
    // 890 in 215 days, and at 60 in 30 days 445 days more.
    assert_eq!(standing.to_finish_30_days, Some(dong(125)));
    assert_eq!(standing.finished_on, Some(day("2024-06-30").shifted(445)));
    assert_eq!(standing.province_name.as_deref(), Some("Lào Cai"));
}

#[test]
fn the_pace_is_that_of_thirty_days() {
    let mut story = story();
    pay(&mut story, LAO_CAI, "2024-05-31", 7);
    pay(&mut story, LAO_CAI, "2024-06-01", 5);
    let standing = of(&on(&story, "2024-06-30"), Some("10"));
    assert_eq!(standing.paid_30_days, dong(5));
    let later = of(&on(&story, "2024-12-30"), Some("10"));
    assert_eq!(later.paid_30_days, Money::ZERO);
    assert_eq!(
        (later.days_since_payment, later.finished_on),
        (Some(212), None)
    );
    let never = of(&on(&story, "2024-12-30"), Some("15"));
    assert_eq!(never.days_since_payment, None);
}

#[test]
fn the_country_and_last_year_stand_in_where_no_schedule_is_set() {
    let mut story = story();
    let from = |story: &Story, province| {
        let standing = of(&on(story, "2024-06-30"), Some(province));
        standing
            .due
            .map(|due| (due.target.to_string(), due.target_from))
    };
    assert_eq!(from(&story, "10"), None);
    // A year before, half of it was disbursed by 30 June, and three quarters by 30 July.
    let before = "NTM/10/2023/central/investment";
    story.tell(before, "2023-01-05", allocated(100));
    for (on, dong) in [("2023-06-30", 50), ("2023-07-30", 25)] {
        let payment = LineBody::Disbursed(disbursement(dong, 2023));
        story.tell(before, on, payment);
    }
    let expected = ("0.500000".to_owned(), TargetFrom::LastYear);
    assert_eq!(from(&story, "10"), Some(expected));
    let standing = of(&on(&story, "2024-06-30"), Some("10"));
    assert_eq!(standing.to_schedule_30_days, Some(dong(750)));
    assert_eq!(standing.last_year_rate.unwrap().to_string(), "0.500000");
    assert_eq!(standing.due.unwrap().to_date, dong(500));
    story.set(day("2024-01-05"), schedule_of("00", &CURVE));
    let expected = ("0.400000".to_owned(), TargetFrom::National);
    assert_eq!(from(&story, "10"), Some(expected.clone()));
    assert_eq!(from(&story, "15"), Some(expected));
    story.set(
        day("2024-01-05"),
        schedule_of("10", &[("2024-06-30", "0.3")]),
    );
    let expected = ("0.300000".to_owned(), TargetFrom::Schedule);
    assert_eq!(from(&story, "10"), Some(expected));
    // Before it is in force, the country's holds.
    story.set(day("2024-09-01"), schedule_of("15", &CURVE));
    assert_eq!(from(&story, "15").unwrap().1, TargetFrom::National);
}

#[test]
fn the_whole_country_is_a_scope_of_several_provinces() {
    let mut story = story();
    story.set(day("2024-01-05"), schedule_of("00", &CURVE));
    pay(&mut story, LAO_CAI, "2024-06-10", 600);
    pay(&mut story, YEN_BAI, "2024-06-10", 100);
    let behind = on(&story, "2024-06-30");
    let country = of(&behind, None);
    assert_eq!((country.plan, country.disbursed), (dong(2_000), dong(700)));
    assert_eq!(country.due.unwrap().gap, dong(100));
    assert_eq!((country.province_name, country.rank), (None, None));
    let rank = |place| Some(Rank { place, of: 2 });
    for (province, place) in [("10", 1), ("15", 2)] {
        let standing = of(&behind, Some(province));
        assert_eq!(standing.rank, rank(place));
        assert_eq!(standing.national_rate.unwrap().to_string(), "0.350000");
    }
    // Where the country itself has a line, that is the country.
    story.tell("NTM/00/2024/local/investment", "2024-01-05", allocated(1));
    let behind = on(&story, "2024-06-30");
    assert!(
        behind
            .standings
            .iter()
            .all(|it| it.scope.province.is_some())
    );
}

#[test]
fn units_are_those_of_the_day() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    for line in [
        "NTM/10/2025/central/investment",
        "NTM/15/2025/central/investment",
    ] {
        story.tell(line, "2025-01-05", allocated(1_000));
    }
    let provinces = |as_of| -> Vec<String> {
        let standings = on(&story, as_of).standings.into_iter();
        let provinces = standings.filter_map(|it| it.scope.province);
        provinces.map(|code| code.to_string()).collect()
    };
    assert_eq!(provinces("2025-06-30"), ["10", "15"]);
    assert_eq!(provinces("2025-07-01"), ["15"]);
    assert_eq!(provinces("2026-02-01"), [""; 0]);
}

#[test]
fn an_advance_is_overdue_when_what_was_recovered_was_older() {
    let mut story = story();
    advance(&mut story, "2024-01-10", 100);
    advance(&mut story, "2024-06-01", 50);
    let overdue = |story: &Story, on_day| of(&on(story, on_day), Some("10")).advances_overdue;
    // Within 180 days of 10 January nothing is overdue.
    assert_eq!(overdue(&story, "2024-07-07"), Money::ZERO);
    assert_eq!(overdue(&story, "2024-07-08"), dong(100));
    let recovered = |dong| {
        LineBody::Recovered(events::line::Recovered {
            advance: events::text::Reference::parse("R-1").unwrap(),
            amount: amount(dong),
            paid: events::line::Paid {
                vintage: year(2024),
                project: None,
                commune: None,
            },
        })
    };
    story.tell(LAO_CAI, "2024-07-01", recovered(70));
    assert_eq!(overdue(&story, "2024-07-08"), dong(30));
    story.tell(LAO_CAI, "2024-07-02", recovered(60));
    assert_eq!(overdue(&story, "2024-07-08"), Money::ZERO);
    assert_eq!(overdue(&story, "2024-12-01"), dong(20));
}

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
