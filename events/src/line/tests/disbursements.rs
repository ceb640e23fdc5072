//! Disbursements, advances, estimates, gifts in kind: what is paid and what it is paid on.

use super::*;

fn in_kind(quantity: &str, unit_price: i64) -> InKind {
    InKind {
        kind: InKindKind::LabourDays,
        quantity: quantity.parse().unwrap(),
        unit_price: amount(unit_price),
    }
}

#[test]
fn pays_the_last_dong_of_a_commitment() {
    check(
        &[allocated("QD-1", 100), committed("HD-1", 100)],
        disburse("CT-1", "HD-1", 100),
        Ok(vec![disbursed("CT-1", "HD-1", 100).now()]),
    );
}

#[test]
fn refuses_one_dong_more() {
    check(
        &[allocated("QD-1", 100), committed("HD-1", 100)],
        disburse("CT-1", "HD-1", 101),
        Err(LineRefusal::ExceedsCommitment {
            remaining: dong(100),
        }),
    );
}

#[test]
fn payments_and_advances_on_one_commitment_add_up() {
    let given = [
        allocated("QD-1", 200),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 30),
        advanced("TU-1", "HD-1", 20),
    ];
    admits(&given, advance("CT-2", "HD-1", 50));
    check(
        &given,
        advance("CT-2", "HD-1", 51),
        Err(LineRefusal::ExceedsCommitment {
            remaining: dong(50),
        }),
    );
}

#[test]
fn a_smaller_commitment_takes_smaller_payments() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        commitment_adjusted("PL-1", "HD-1", -40),
    ];
    admits(&given, disburse("CT-1", "HD-1", 60));
    check(
        &given,
        disburse("CT-1", "HD-1", 61),
        Err(LineRefusal::ExceedsCommitment {
            remaining: dong(60),
        }),
    );
}

#[test]
fn the_state_budget_pays_on_commitments_only() {
    check(
        &[allocated("QD-1", 100)],
        spend("CT-1", 1),
        Err(LineRefusal::NeedsCommitment),
    );
}

#[test]
fn outside_the_state_budget_nothing_needs_a_commitment_or_a_plan() {
    check_outside(&[], spend("CT-1", 100), Ok(vec![spent("CT-1", 100).now()]));
}

#[test]
fn a_commitment_that_is_named_is_kept_to_outside_the_state_budget() {
    let given = [committed("HD-1", 100)];
    admits_outside(&given, disburse("CT-1", "HD-1", 100));
    check_outside(
        &given,
        disburse("CT-1", "HD-1", 101),
        Err(LineRefusal::ExceedsCommitment {
            remaining: dong(100),
        }),
    );
}

#[test]
fn refuses_a_commitment_that_is_not_there() {
    let then = || unknown("commitment", RecordKind::Commitment, "HD-2");
    let given = [allocated("QD-1", 100), committed("HD-1", 100)];
    check(&given, disburse("CT-1", "HD-2", 1), then());
    check_outside(&given, disburse("CT-1", "HD-2", 1), then());
}

#[test]
fn a_disbursement_comes_on_the_day_of_its_commitment_or_later() {
    let given = [allocated("QD-1", 100), committed("HD-1", 100)];
    admits(&given, disburse("CT-1", "HD-1", 1).on("2024-03-01"));
    check(
        &given,
        disburse("CT-1", "HD-1", 1).on("2024-02-29"),
        too_early(RecordKind::Commitment),
    );
}

#[test]
fn a_confirmed_disbursement_is_not_dated_after_today() {
    let given = [allocated("QD-1", 100), committed("HD-1", 100)];
    admits(&given, disburse("CT-1", "HD-1", 1).on("2024-06-30"));
    check(
        &given,
        disburse("CT-1", "HD-1", 1).on("2024-07-01"),
        Err(LineRefusal::DatedAhead {
            record: RecordKind::Disbursement,
            effective_on: day("2024-07-01"),
            today: day("2024-06-30"),
        }),
    );
}

#[test]
fn a_disbursement_belongs_where_its_commitment_belongs() {
    let mut promised = committed("HD-1", 100);
    if let LineBody::Committed(commitment) = &mut promised.body {
        commitment.project = Some(place("DA-1"));
        commitment.commune = Some(place("02710"));
    }
    let mut then = disbursed("CT-1", "HD-1", 1).now();
    if let LineBody::Disbursed(disbursement) = &mut then.body {
        disbursement.project = Some(place("DA-2"));
        disbursement.commune = Some(place("02710"));
    }
    check(
        &[allocated("QD-1", 100), promised],
        disburse("CT-1", "HD-1", 1).but(|it| it.project = Some(place("DA-2"))),
        Ok(vec![then]),
    );
}

#[test]
fn a_contribution_is_not_money_of_the_state_budget() {
    let contribute = |it: &mut Disbursement| it.kind = DisbursementKind::Contribution;
    check(
        &[allocated("QD-1", 100), committed("HD-1", 100)],
        disburse("CT-1", "HD-1", 1).but(contribute),
        Err(LineRefusal::ContributionOfStateBudget),
    );
    admits_outside(&[], spend("CT-1", 1).but(contribute));
}

#[test]
fn an_estimated_contribution_is_not_of_the_state_budget_either() {
    check(
        &[],
        estimate("UT-1", 1).but(|it| it.kind = DisbursementKind::Contribution),
        Err(LineRefusal::ContributionOfStateBudget),
    );
}

#[test]
fn an_estimate_consumes_nothing() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        estimated("UT-1", 1_000),
    ];
    admits(&given, estimate("UT-2", 1_000));
    admits(&given, disburse("CT-1", "HD-1", 100));
    let sums = balance(&given);
    assert_eq!((sums.estimated, sums.remaining()), (dong(1_000), dong(100)));
}

#[test]
fn an_estimate_may_be_dated_ahead() {
    admits(&[], estimate("UT-1", 1).on("2024-12-31"));
}

#[test]
fn an_estimate_is_not_an_advance() {
    check(
        &[allocated("QD-1", 100)],
        estimate("UT-1", 1).but(|it| it.kind = DisbursementKind::Advance),
        Err(LineRefusal::EstimatedAdvance),
    );
}

#[test]
fn a_commitment_that_an_estimate_names_need_only_exist() {
    let estimate = |of: &str| estimate("UT-1", 1_000).but(|it| it.commitment = Some(named(of)));
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 100),
    ];
    admits(&given, estimate("HD-1"));
    check(
        &given,
        estimate("HD-2"),
        unknown("commitment", RecordKind::Commitment, "HD-2"),
    );
}

#[test]
fn what_is_given_in_kind_is_worth_its_amount() {
    let given = |amount, quantity: &'static str| {
        spend("CT-1", amount).but(|it| it.in_kind = Some(in_kind(quantity, 200)))
    };
    admits_outside(&[], given(500, "2.5"));
    for (amount, quantity) in [(499, "2.5"), (501, "2.5"), (500, "2.502"), (500, "-2.5")] {
        check_outside(&[], given(amount, quantity), Err(LineRefusal::InKindWorth));
    }
}

#[test]
fn money_is_of_the_line_s_year_or_an_earlier_one() {
    let of = |vintage| spend("CT-1", 1).but(|it| it.vintage = year(vintage));
    admits_outside(&[], of(2024));
    admits_outside(&[], of(2021));
    check_outside(
        &[],
        of(2025),
        Err(LineRefusal::VintageAhead {
            vintage: year(2025),
            year: year(2024),
        }),
    );
}

#[test]
fn pays_the_last_dong_of_a_vintage() {
    let given = [
        allocated("QD-1", 100),
        carried_in("CN-1", 2023, 50),
        committed("HD-1", 150),
    ];
    let of = |vintage, dong| disburse("CT-1", "HD-1", dong).but(|it| it.vintage = year(vintage));
    admits(&given, of(2024, 100));
    check(&given, of(2024, 101), exceeds_vintage(2024, 100));
    admits(&given, of(2023, 50));
    check(&given, of(2023, 51), exceeds_vintage(2023, 50));
    check(&given, of(2022, 1), exceeds_vintage(2022, 0));
}

#[test]
fn outside_the_state_budget_vintages_are_only_measured() {
    admits_outside(&[], spend("CT-1", 100).but(|it| it.vintage = year(2022)));
}

#[test]
fn recovers_the_last_dong_of_an_advance() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
        recovered("TH-1", "TU-1", 20),
    ];
    check(
        &given,
        recover("TH-2", "TU-1", 40),
        Ok(vec![recovered("TH-2", "TU-1", 40).now()]),
    );
    check(
        &given,
        recover("TH-2", "TU-1", 41),
        Err(LineRefusal::ExceedsAdvance {
            remaining: dong(40),
        }),
    );
}

#[test]
fn a_recovery_pays_nothing_again() {
    let sums = balance(&[
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
        recovered("TH-1", "TU-1", 20),
    ]);
    let measures = (sums.disbursed, sums.advances_outstanding, sums.unpaid);
    assert_eq!(measures, (dong(60), dong(40), dong(40)));
}

#[test]
fn a_payment_is_not_recovered() {
    check(
        &[
            allocated("QD-1", 100),
            committed("HD-1", 100),
            disbursed("CT-1", "HD-1", 60),
        ],
        recover("TH-1", "CT-1", 1),
        Err(LineRefusal::NotAnAdvance {
            reference: named("CT-1"),
        }),
    );
}

#[test]
fn refuses_to_recover_what_is_not_there() {
    check(
        &[allocated("TU-1", 100)],
        recover("TH-1", "TU-1", 1),
        unknown("advance", RecordKind::Disbursement, "TU-1"),
    );
}

#[test]
fn a_recovery_comes_on_the_day_of_its_advance_or_later_and_not_after_today() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("TU-1", "HD-1", 60),
    ];
    admits(&given, recover("TH-1", "TU-1", 1).on("2024-03-01"));
    check(
        &given,
        recover("TH-1", "TU-1", 1).on("2024-02-29"),
        too_early(RecordKind::Disbursement),
    );
    check(
        &given,
        recover("TH-1", "TU-1", 1).on("2024-07-01"),
        Err(LineRefusal::DatedAhead {
            record: RecordKind::Recovery,
            effective_on: day("2024-07-01"),
            today: day("2024-06-30"),
        }),
    );
}

#[test]
fn the_tightest_rule_says_what_would_still_fit() {
    check(
        &[
            allocated("QD-1", 30),
            carried_in("CN-1", 2023, 70),
            committed("HD-1", 50),
        ],
        disburse("CT-1", "HD-1", 60),
        exceeds_vintage(2024, 30),
    );
}

#[test]
fn refuses_a_reference_used_again_for_its_kind() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        advanced("S-1", "HD-1", 60),
        recovered("S-1", "S-1", 1),
    ];
    check(
        &given,
        disburse("S-1", "HD-1", 1),
        reused(RecordKind::Disbursement, "S-1"),
    );
    check(
        &given,
        estimate("S-1", 1),
        reused(RecordKind::Disbursement, "S-1"),
    );
    check(
        &given,
        recover("S-1", "S-1", 1),
        reused(RecordKind::Recovery, "S-1"),
    );
}
