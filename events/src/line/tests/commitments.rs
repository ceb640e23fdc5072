//! Commitments: what is promised keeps to the plan, and is not less than what is paid.

use super::*;

#[test]
fn commits_the_last_dong_of_the_plan() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    check(
        &given,
        commit("HD-2", 40),
        Ok(vec![committed("HD-2", 40).now()]),
    );
}

#[test]
fn does_not_commit_one_dong_more() {
    check(
        &[allocated("QD-1", 100), committed("HD-1", 60)],
        commit("HD-2", 41),
        exceeds_plan("committed", 40),
    );
}

#[test]
fn does_not_commit_what_is_carried_out() {
    let given = [allocated("QD-1", 100), carried_out("CN-1", 2024, 30)];
    admits(&given, commit("HD-1", 70));
    check(&given, commit("HD-1", 71), exceeds_plan("committed", 70));
}

#[test]
fn what_is_paid_stays_committed() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 60),
        disbursed("CT-1", "HD-1", 60),
    ];
    admits(&given, commit("HD-2", 40));
    check(&given, commit("HD-2", 41), exceeds_plan("committed", 40));
}

#[test]
fn a_commitment_may_be_made_from_carried_in_capital() {
    admits(&[carried_in("CN-1", 2023, 100)], commit("HD-1", 100));
}

#[test]
fn a_line_without_a_plan_commits_nothing() {
    check(&[], commit("HD-1", 1), exceeds_plan("committed", 0));
}

#[test]
fn outside_the_state_budget_commitments_may_pass_the_plan() {
    admits_outside(&[], commit("HD-1", 100));
}

#[test]
fn a_commitment_is_not_dated_after_today() {
    let given = [allocated("QD-1", 100)];
    admits(&given, commit("HD-1", 1).on("2024-06-30"));
    check(
        &given,
        commit("HD-1", 1).on("2024-07-01"),
        Err(LineRefusal::DatedAhead {
            record: RecordKind::Commitment,
            effective_on: day("2024-07-01"),
            today: day("2024-06-30"),
        }),
    );
}

#[test]
fn a_commitment_grows_to_the_last_dong_of_the_plan() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    admits(&given, adjust_commitment("PL-1", "HD-1", 40));
    check(
        &given,
        adjust_commitment("PL-1", "HD-1", 41),
        exceeds_plan("committed", 40),
    );
}

#[test]
fn a_commitment_shrinks_to_what_is_paid_and_releases_the_rest() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 30),
        commitment_adjusted("PL-1", "HD-1", -70),
    ];
    admits(&given, commit("HD-2", 70));
    check(&given, commit("HD-2", 71), exceeds_plan("committed", 70));
}

#[test]
fn a_commitment_does_not_shrink_below_what_is_paid() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 30),
    ];
    admits(&given, adjust_commitment("PL-1", "HD-1", -70));
    check(
        &given,
        adjust_commitment("PL-1", "HD-1", -71),
        Err(LineRefusal::BelowPaid {
            remaining: dong(70),
        }),
    );
}

#[test]
fn an_adjustment_repeats_where_its_commitment_belongs() {
    let mut given = committed("HD-1", 60);
    if let LineBody::Committed(commitment) = &mut given.body {
        commitment.project = Some(place("DA-1"));
        commitment.commune = Some(place("02710"));
    }
    let mut then = commitment_adjusted("PL-1", "HD-1", -1).now();
    if let LineBody::CommitmentAdjusted(adjusted) = &mut then.body {
        adjusted.project = Some(place("DA-1"));
        adjusted.commune = Some(place("02710"));
    }
    check(
        &[allocated("QD-1", 100), given],
        adjust_commitment("PL-1", "HD-1", -1),
        Ok(vec![then]),
    );
}

#[test]
fn refuses_to_adjust_a_commitment_that_is_not_there() {
    check(
        &[allocated("HD-1", 100)],
        adjust_commitment("PL-1", "HD-1", 1),
        unknown("commitment", RecordKind::Commitment, "HD-1"),
    );
}

#[test]
fn an_adjustment_comes_on_the_day_of_its_commitment_or_later() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    admits(
        &given,
        adjust_commitment("PL-1", "HD-1", 1).on("2024-03-01"),
    );
    check(
        &given,
        adjust_commitment("PL-1", "HD-1", 1).on("2024-02-29"),
        too_early(RecordKind::Commitment),
    );
}

#[test]
fn an_adjustment_of_a_commitment_may_be_dated_ahead() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    admits(
        &given,
        adjust_commitment("PL-1", "HD-1", 1).on("2024-12-01"),
    );
}

#[test]
fn refuses_a_reference_used_again_for_its_kind() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 60),
        commitment_adjusted("HD-1", "HD-1", 1),
    ];
    check(
        &given,
        commit("HD-1", 1),
        reused(RecordKind::Commitment, "HD-1"),
    );
    check(
        &given,
        adjust_commitment("HD-1", "HD-1", 1),
        reused(RecordKind::CommitmentAdjustment, "HD-1"),
    );
}
