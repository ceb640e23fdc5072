//! How scopes stand.

use events::alert::{AlertScope, TargetFrom};
use events::line::{DisbursementKind, LineBody};
use events::money::Money;
use events::policy::AlertPolicy;

use super::status::schedule_of;
use super::story::*;
use crate::behind::{Asked, Behind, Rank, ScopeStanding, behind};
use crate::{AsOf, Status};

pub(super) const LAO_CAI: &str = "NTM/10/2024/central/investment";
const YEN_BAI: &str = "NTM/15/2024/central/investment";
pub(super) const HANOI: &str = "NTM/01/2024/central/investment";

/// The curve of a year: disbursement is slow at first and fast at the end.
pub(super) const CURVE: [(&str, &str); 3] = [
    ("2024-03-31", "0.1"),
    ("2024-06-30", "0.4"),
    ("2025-01-31", "1"),
];

/// Two provinces, each with a plan of 1,000 đồng.
pub(super) fn story() -> Story {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    for line in [LAO_CAI, YEN_BAI] {
        story.tell(line, "2024-01-05", allocated(1_000));
    }
    story
}

pub(super) fn pay(story: &mut Story, line: &str, on: &str, dong: i64) {
    let payment = LineBody::Disbursed(disbursement(dong, 2024));
    story.tell(line, on, payment);
}

pub(super) fn advance(story: &mut Story, on: &str, dong: i64) {
    let mut paid = disbursement(dong, 2024);
    paid.kind = DisbursementKind::Advance;
    story.tell(LAO_CAI, on, LineBody::Disbursed(paid));
}

pub(super) fn on(story: &Story, as_of: &str) -> Behind {
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
fn what_others_give_hides_no_plan_that_is_not_disbursed() {
    let mut story = story();
    story.set(day("2024-01-05"), schedule_of("10", &CURVE));
    pay(&mut story, LAO_CAI, "2024-06-10", 100);
    pay(
        &mut story,
        "NTM/10/2024/community/unclassified",
        "2024-06-10",
        900,
    );
    let behind = on(&story, "2024-06-30");
    let standing = of(&behind, Some("10"));
    assert_eq!(standing.disbursed, dong(100));
    assert_eq!(standing.due.unwrap().behind_by.to_string(), "0.300000");
    // What is summed tells all sources.
    let sums = behind.capital.iter();
    let community: Vec<_> = sums.filter(|it| !it.source.is_state_budget()).collect();
    assert_eq!(community.len(), 1);
    assert_eq!(community.first().unwrap().disbursed, dong(900));
}

#[test]
fn a_line_without_a_plan_takes_no_target_away() {
    let mut story = story();
    let mut central = schedule_of("10", &CURVE);
    central.source = Some(events::names::CapitalSource::Central);
    story.set(day("2024-01-05"), central);
    let local = "NTM/10/2024/local/investment";
    story.tell(local, "2024-02-01", allocated(1));
    story.tell(local, "2024-02-02", adjusted(-1));
    let standing = of(&on(&story, "2024-06-30"), Some("10"));
    let due = standing.due.unwrap();
    assert_eq!(
        (due.target.to_string().as_str(), due.to_date),
        ("0.400000", dong(400))
    );
}

#[test]
fn a_year_in_which_nothing_was_paid_is_no_curve() {
    let mut story = story();
    story.tell(
        "NTM/10/2023/central/investment",
        "2023-01-05",
        allocated(100),
    );
    assert_eq!(of(&on(&story, "2024-06-30"), Some("10")).due, None);
    let late = LineBody::Disbursed(disbursement(50, 2023));
    story.tell("NTM/10/2023/central/investment", "2023-12-30", late);
    let due = of(&on(&story, "2024-06-30"), Some("10")).due.unwrap();
    assert_eq!(
        (due.target.to_string().as_str(), due.gap),
        ("0.000000", dong(0))
    );
}

#[test]
fn as_much_as_a_year_before_is_told_to_the_dong() {
    let mut story = story();
    let before = "NTM/10/2023/central/investment";
    story.tell(before, "2023-01-05", allocated(3));
    let paid = LineBody::Disbursed(disbursement(1, 2023));
    story.tell(before, "2023-06-30", paid);
    story.tell(LAO_CAI, "2024-01-06", allocated(2_999_999_999_000));
    let due = of(&on(&story, "2024-06-30"), Some("10")).due.unwrap();
    assert_eq!(due.target.to_string(), "0.333333");
    assert_eq!(due.to_date, dong(1_000_000_000_000));
}

#[test]
fn a_schedule_is_for_what_units_were_merged_into() {
    let mut story = Story::new();
    story.policy("2000-01-01", AlertPolicy::default());
    for line in [
        "NTM/10/2025/central/investment",
        "NTM/15/2025/central/investment",
    ] {
        story.tell(line, "2025-01-05", allocated(1_000));
    }
    let set = |story: &mut Story, on: &str, province, rate| {
        let mut schedule = schedule_of(province, &[("2025-02-01", rate)]);
        schedule.year = year(2025);
        story.set(day(on), schedule);
    };
    // Before the merger, 15 is Yên Bái alone.
    set(&mut story, "2025-01-05", "10", "0.2");
    set(&mut story, "2025-01-05", "15", "0.4");
    let target = |story: &Story, as_of: &str| -> Vec<String> {
        let standings = on(story, as_of).standings.into_iter();
        let due = standings.filter(|it| it.scope.province.is_some());
        due.map(|it| it.due.unwrap().target.to_string()).collect()
    };
    assert_eq!(target(&story, "2025-06-30"), ["0.200000", "0.400000"]);
    assert_eq!(target(&story, "2025-07-01"), ["0.300000"]);
    set(&mut story, "2025-07-01", "15", "0.9");
    assert_eq!(target(&story, "2025-06-30"), ["0.200000", "0.400000"]);
    assert_eq!(target(&story, "2025-07-01"), ["0.900000"]);
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
    let (country, province) = (of(&behind, Some("00")), of(&behind, Some("10")));
    assert_eq!((country.rank, province.rank), (None, rank(1)));
    assert_eq!(province.national_rate, country.rate);
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
