//! The disbursement window and its extension.

use super::*;

/// A payment on the day, asked for once everything is past.
fn paid_on(on: &str) -> LineCommand {
    disburse("CT-1", "HD-1", 1).on(on).today("2026-12-31")
}

fn outside(on: &str, until: &str) -> Answer {
    Err(LineRefusal::OutsideWindow {
        effective_on: day(on),
        from: day("2024-01-01"),
        until: day(until),
    })
}

fn given() -> Vec<LineEvent> {
    vec![
        allocated("QD-1", 100).on("2023-12-10"),
        committed("HD-1", 100).on("2023-12-20"),
    ]
}

fn late() -> Vec<LineEvent> {
    vec![
        allocated("QD-1", 100).on("2024-10-01"),
        committed("HD-1", 100).on("2023-12-20"),
    ]
}

#[test]
fn pays_from_the_first_of_january_to_the_end_of_the_next() {
    admits(&given(), paid_on("2024-01-01"));
    admits(&given(), paid_on("2025-01-31"));
    check(
        &given(),
        paid_on("2023-12-31"),
        outside("2023-12-31", "2025-01-31"),
    );
    check(
        &given(),
        paid_on("2025-02-01"),
        outside("2025-02-01", "2025-01-31"),
    );
}

#[test]
fn capital_allocated_after_september_is_paid_a_year_longer() {
    admits(&late(), paid_on("2025-12-31"));
    check(
        &late(),
        paid_on("2026-01-01"),
        outside("2026-01-01", "2025-12-31"),
    );
}

#[test]
fn one_allocation_by_the_end_of_september_shortens_the_window() {
    let early = allocated("QD-2", 1).on("2024-09-30");
    let given = [late().as_slice(), &[early]].concat();
    check(
        &given,
        paid_on("2025-02-01"),
        outside("2025-02-01", "2025-01-31"),
    );
}

#[test]
fn capital_that_only_arrived_is_paid_in_the_usual_window() {
    let given = [
        reallocated_in("DC-1", 100).on("2024-11-01"),
        committed("HD-1", 100).on("2023-12-20"),
    ];
    check(
        &given,
        paid_on("2025-02-01"),
        outside("2025-02-01", "2025-01-31"),
    );
}

#[test]
fn an_extension_moves_the_end_later() {
    let given = [given().as_slice(), &[extended("GH-1", "2025-06-30")]].concat();
    admits(&given, paid_on("2025-06-30"));
    check(
        &given,
        paid_on("2025-07-01"),
        outside("2025-07-01", "2025-06-30"),
    );
}

#[test]
fn an_extension_is_not_lost_by_a_late_window() {
    let given = [extended("GH-1", "2025-06-30"), late()[0].clone()];
    let here = Line::replay(line(LINE), &given);
    assert_eq!(here.window(), (day("2024-01-01"), day("2025-12-31")));
}

#[test]
fn an_extension_ends_later_than_the_present_end() {
    let given = given();
    check(
        &given,
        extend("GH-1", "2025-02-01"),
        Ok(vec![extended("GH-1", "2025-02-01").now()]),
    );
    check(
        &given,
        extend("GH-1", "2025-01-31"),
        Err(LineRefusal::ExtensionNotLater {
            until: day("2025-01-31"),
        }),
    );
    let given = [given.as_slice(), &[extended("GH-1", "2025-06-30")]].concat();
    admits(&given, extend("GH-2", "2025-07-01"));
    check(
        &given,
        extend("GH-2", "2025-06-30"),
        Err(LineRefusal::ExtensionNotLater {
            until: day("2025-06-30"),
        }),
    );
}

#[test]
fn an_extension_ends_with_the_next_year() {
    admits(&given(), extend("GH-1", "2025-12-31"));
    check(
        &given(),
        extend("GH-1", "2026-01-01"),
        Err(LineRefusal::ExtensionTooLate {
            latest: day("2025-12-31"),
        }),
    );
}

#[test]
fn a_late_window_is_not_extended() {
    check(
        &late(),
        extend("GH-1", "2025-12-31"),
        Err(LineRefusal::ExtensionNotLater {
            until: day("2025-12-31"),
        }),
    );
}

#[test]
fn an_estimate_keeps_to_the_window_too() {
    admits(&[], estimate("UT-1", 1).on("2025-01-31"));
    check(
        &[],
        estimate("UT-1", 1).on("2025-02-01"),
        outside("2025-02-01", "2025-01-31"),
    );
}

#[test]
fn recoveries_and_reversals_come_after_the_window_too() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
    ];
    let later = |when: LineCommand| when.on("2026-05-01").today("2026-05-01");
    admits(&given, later(recover("TH-1", "TU-1", 1)));
    admits(&given, later(reverse(RecordKind::Disbursement, "TU-1")));
}

#[test]
fn refuses_the_reference_of_another_extension() {
    check(
        &[extended("GH-1", "2025-06-30")],
        extend("GH-1", "2025-07-01"),
        reused(RecordKind::Extension, "GH-1"),
    );
}
