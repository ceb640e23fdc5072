//! What a schedule admits: shares that grow, on days of the window.

use super::*;

fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

fn rate(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn entry(reference: &str) -> Entry {
    Entry {
        reference: Reference::parse(reference).unwrap(),
        effective_on: day("2024-01-15"),
        note: None,
        document: None,
    }
}

fn schedule(milestones: &[(&str, &str)]) -> Schedule {
    let milestones = milestones.iter().map(|(by, share)| Milestone {
        by: day(by),
        rate: rate(share),
    });
    Schedule {
        programme: ProgrammeCode::parse("NTM").unwrap(),
        province: ProvinceCode::parse("10").unwrap(),
        year: BudgetYear::try_from(2024).unwrap(),
        source: None,
        capital_type: None,
        milestones: milestones.collect(),
    }
}

/// Judged in a window until 31 January of the next year.
#[track_caller]
fn check(milestones: &[(&str, &str)], then: Result<(), ScheduleRefusal>) {
    let (entry, schedule) = (entry("KH-1"), schedule(milestones));
    let kept = ScheduleEvent {
        entry: entry.clone(),
        schedule: schedule.clone(),
    };
    let decided = Schedules::default().decide(entry, schedule, None);
    assert_eq!(decided, then.map(|()| vec![kept]));
}

fn outside(number: usize, by: &str) -> Result<(), ScheduleRefusal> {
    Err(ScheduleRefusal::OutsideWindow {
        number,
        by: day(by),
        from: day("2024-01-01"),
        until: day("2025-01-31"),
    })
}

#[test]
fn shares_grow_to_the_whole() {
    check(
        &[
            ("2024-06-30", "0"),
            ("2024-09-30", "0.6"),
            ("2025-01-31", "1"),
        ],
        Ok(()),
    );
}

#[test]
fn a_share_lies_between_none_and_all() {
    let refused = |share| {
        let (number, rate) = (1, rate(share));
        Err(ScheduleRefusal::NotAShare { number, rate })
    };
    check(&[("2024-06-30", "1.000001")], refused("1.000001"));
    check(&[("2024-06-30", "-0.000001")], refused("-0.000001"));
}

#[test]
fn milestones_lie_in_the_window() {
    check(&[("2024-01-01", "0.1"), ("2025-01-31", "1")], Ok(()));
    check(&[("2023-12-31", "0.1")], outside(1, "2023-12-31"));
    check(
        &[("2024-12-31", "0.9"), ("2025-02-01", "1")],
        outside(2, "2025-02-01"),
    );
}

#[test]
fn a_longer_window_takes_later_milestones() {
    let late = schedule(&[("2025-12-31", "1")]);
    let decided = Schedules::default().decide(entry("KH-1"), late, Some(day("2025-12-31")));
    assert!(decided.is_ok());
}

#[test]
fn each_milestone_is_later_than_the_one_before() {
    check(&[("2024-06-30", "0.3"), ("2024-07-01", "0.4")], Ok(()));
    for by in ["2024-06-30", "2024-06-29"] {
        let (number, refused) = (2, day(by));
        check(
            &[("2024-06-30", "0.3"), (by, "0.4")],
            Err(ScheduleRefusal::DayNotLater {
                number,
                by: refused,
            }),
        );
    }
}

#[test]
fn shares_do_not_fall() {
    check(&[("2024-06-30", "0.3"), ("2024-07-31", "0.30")], Ok(()));
    check(
        &[("2024-06-30", "0.3"), ("2024-07-31", "0.299999")],
        Err(ScheduleRefusal::RateFalls {
            number: 2,
            rate: rate("0.299999"),
        }),
    );
}

#[test]
fn a_schedule_has_a_milestone() {
    check(&[], Err(ScheduleRefusal::NoMilestones));
}

#[test]
fn refuses_the_reference_of_another_schedule() {
    let set = ScheduleEvent {
        entry: entry("KH-1"),
        schedule: schedule(&[("2024-06-30", "0.3")]),
    };
    let schedules = Schedules::default().evolve(&set);
    let decide = |reference| {
        let again = schedule(&[("2024-06-30", "0.4")]);
        schedules.decide(entry(reference), again, None)
    };
    let reference = Reference::parse("KH-1").unwrap();
    assert_eq!(
        decide("KH-1"),
        Err(ScheduleRefusal::ReferenceReused { reference })
    );
    assert!(decide("KH-2").is_ok());
}

#[test]
fn the_schedules_of_a_programme_province_and_year_share_a_stream() {
    assert_eq!(schedule(&[]).stream().as_str(), "schedule-NTM.10.2024");
}
