//! The day on which the codes of a line are judged, and what it remembers.

use super::*;

#[track_caller]
fn judged_on(given: &[LineEvent], then: Option<&str>) {
    let here = Line::replay(line(LINE), given);
    assert_eq!(here.judged_on(), then.map(day));
}

#[test]
fn a_line_without_history_is_not_judged() {
    judged_on(&[], None);
}

#[test]
fn a_line_is_judged_on_the_day_of_its_first_record() {
    let first = allocated("QD-1", 1).on("2024-05-01");
    judged_on(&[first, allocated("QD-2", 1)], Some("2024-05-01"));
}

#[test]
fn a_decision_before_the_budget_year_is_judged_on_its_first_day() {
    judged_on(&[allocated("QD-1", 1).on("2023-12-10")], Some("2024-01-01"));
    judged_on(
        &[carried_in("CN-1", 2023, 1).on("2023-12-31")],
        Some("2024-01-01"),
    );
    judged_on(
        &[extended("GH-1", "2025-06-30").on("2023-12-31")],
        Some("2024-01-01"),
    );
}

#[test]
fn what_happened_before_the_budget_year_is_judged_on_its_own_day() {
    judged_on(&[committed("HD-1", 1).on("2023-12-10")], Some("2023-12-10"));
}

#[test]
fn a_decision_after_the_budget_year_is_judged_on_its_own_day() {
    judged_on(&[allocated("QD-1", 1).on("2025-07-01")], Some("2025-07-01"));
}

#[test]
fn lists_the_advances_that_are_outstanding() {
    let here = Line::replay(
        line(LINE),
        &[
            allocated("QD-1", 100),
            committed("HD-1", 100),
            advanced("TU-1", "HD-1", 30),
            advanced("TU-2", "HD-1", 20),
            recovered("TH-1", "TU-1", 30),
            disbursed("CT-1", "HD-1", 10),
        ],
    );
    let advances: Vec<_> = here
        .advances()
        .map(|(named, it)| (named, it.outstanding))
        .collect();
    assert_eq!(advances, [(&named("TU-2"), dong(20))]);
}

#[test]
fn shows_what_is_left_of_a_commitment() {
    let here = Line::replay(
        line(LINE),
        &[
            allocated("QD-1", 100),
            committed("HD-1", 60),
            commitment_adjusted("PL-1", "HD-1", -10),
            disbursed("CT-1", "HD-1", 20),
        ],
    );
    let commitment = here.commitments().get(&named("HD-1")).unwrap();
    assert_eq!(
        (commitment.amount, commitment.unpaid()),
        (dong(50), dong(30))
    );
}

#[test]
fn weighs_every_voucher_it_remembers() {
    let given = [
        allocated("QD-1", 100),
        adjusted("DC-1", "QD-1", 1),
        carried_in("CN-1", 2023, 50),
        committed("HD-1", 60),
        advanced("TU-1", "HD-1", 20),
        recovered("TH-1", "TU-1", 1),
        recalled("TH-2", 1),
        detailed("CT-1", 1),
        fact(
            "HT-1",
            LineBody::TransferReclaimed(to_before("CN-1", 2023, 1)),
        ),
    ];
    assert_eq!(Line::replay(line(LINE), &given).weight(), given.len());
}
