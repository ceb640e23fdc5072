//! Disbursements, advances, recoveries, estimates and gifts in kind that are undone.

use super::*;

fn payment_undone(kind: DisbursementKind, certainty: Certainty) -> Undone {
    Undone::Disbursement {
        kind,
        certainty,
        paid: paid(2024),
        in_kind: None,
    }
}

fn confirmed() -> Undone {
    payment_undone(DisbursementKind::Payment, Certainty::Confirmed)
}

fn advance_undone() -> Undone {
    payment_undone(DisbursementKind::Advance, Certainty::Confirmed)
}

fn recovery_undone() -> Undone {
    Undone::Recovery { paid: paid(2024) }
}

fn exceeds_advance(remaining: i64) -> Answer {
    let remaining = dong(remaining);
    Err(LineRefusal::ExceedsAdvance { remaining })
}

#[test]
fn an_undone_disbursement_gives_its_commitment_the_room_back() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 100),
        reversed("HT-1", "CT-1", confirmed(), 40),
    ];
    admits(&given, disburse("CT-2", "HD-1", 40));
    check(
        &given,
        disburse("CT-2", "HD-1", 41),
        Err(LineRefusal::ExceedsCommitment {
            remaining: dong(40),
        }),
    );
}

#[test]
fn an_undone_disbursement_stays_committed() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 100),
        reversed("HT-1", "CT-1", confirmed(), 100),
    ];
    check(&given, commit("HD-2", 1), exceeds_plan("committed", 0));
    check(&given, recall("TH-1", 1), exceeds_free(0));
    admits(&given, reverse(RecordKind::Commitment, "HD-1"));
}

#[test]
fn an_advance_is_undone_as_far_as_it_is_outstanding() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
        recovered("TH-1", "TU-1", 20),
    ];
    admits(&given, reverse_part(RecordKind::Disbursement, "TU-1", 40));
    check(
        &given,
        reverse_part(RecordKind::Disbursement, "TU-1", 41),
        exceeds_advance(40),
    );
    check(
        &given,
        reverse(RecordKind::Disbursement, "TU-1"),
        exceeds_advance(40),
    );
    check(
        &given,
        reverse_part(RecordKind::Disbursement, "TU-1", 61),
        exceeds_advance(40),
    );
}

#[test]
fn what_is_undone_of_an_advance_is_not_recovered() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
        reversed("HT-1", "TU-1", advance_undone(), 45),
    ];
    admits(&given, recover("TH-1", "TU-1", 15));
    check(&given, recover("TH-1", "TU-1", 16), exceeds_advance(15));
}

#[test]
fn an_undone_recovery_is_outstanding_again() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
        recovered("TH-1", "TU-1", 60),
    ];
    check(
        &given,
        reverse_part(RecordKind::Recovery, "TH-1", 25),
        Ok(vec![reversed("HT-9", "TH-1", recovery_undone(), 25).now()]),
    );
    check(
        &given,
        reverse_part(RecordKind::Recovery, "TH-1", 61),
        exceeds_record(60),
    );
    let undone = reversed("HT-1", "TH-1", recovery_undone(), 25);
    let given = [given.as_slice(), &[undone]].concat();
    admits(&given, reverse_part(RecordKind::Disbursement, "TU-1", 25));
    check(&given, recover("TH-2", "TU-1", 26), exceeds_advance(25));
}

#[test]
fn an_undone_estimate_stops_counting_and_pays_nothing_back() {
    let mut expected = estimated("UT-1", 80);
    if let LineBody::Disbursed(disbursement) = &mut expected.body {
        disbursement.commitment = Some(named("HD-1"));
    }
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 60),
        expected,
        reversed(
            "HT-1",
            "UT-1",
            payment_undone(DisbursementKind::Payment, Certainty::Estimated),
            30,
        ),
    ];
    let sums = balance(&given);
    let measures = (sums.estimated, sums.disbursed, sums.unpaid);
    assert_eq!(measures, (dong(50), dong(60), dong(40)));
    admits(&given, reverse_part(RecordKind::Disbursement, "UT-1", 50));
    check(
        &given,
        reverse_part(RecordKind::Disbursement, "UT-1", 51),
        exceeds_record(50),
    );
}

#[test]
fn what_was_given_in_kind_is_taken_back_in_kind_and_wholly_in_the_end() {
    let labour = |quantity: &str| InKind {
        kind: InKindKind::LabourDays,
        quantity: quantity.parse().unwrap(),
        unit_price: amount(300),
    };
    let undone = |quantity: &str| Undone::Disbursement {
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        paid: paid(2024),
        in_kind: Some(labour(quantity)),
    };
    let mut given = vec![spent("CT-1", 300)];
    if let Some(LineBody::Disbursed(disbursement)) = given.first_mut().map(|it| &mut it.body) {
        disbursement.in_kind = Some(labour("1"));
    }
    let taken = reversed("HT-9", "CT-1", undone("0.333333"), 100).now();
    check_outside(
        &given,
        reverse_part(RecordKind::Disbursement, "CT-1", 100),
        Ok(vec![taken.clone()]),
    );
    given.push(taken);
    let mut rest = reverse(RecordKind::Disbursement, "CT-1");
    rest.entry.reference = named("HT-10");
    let then = reversed("HT-10", "CT-1", undone("0.666667"), 200).now();
    check_outside(&given, rest, Ok(vec![then]));
}
