//! Allocations, adjustments and details: what a line may spend.

use super::*;

#[test]
fn allocates_on_either_ground() {
    check(
        &[],
        allocate("QD-1", 100),
        Ok(vec![allocated("QD-1", 100).now()]),
    );
    check(
        &[],
        increase("QD-1", 100),
        Ok(vec![increased("QD-1", 100).now()]),
    );
}

#[test]
fn a_plan_is_made_of_its_five_parts() {
    let sums = balance(&[
        allocated("QD-1", 100),
        increased("QD-2", 20),
        adjusted("DC-1", "QD-1", -10),
        carried_in("CN-1", 2023, 30),
        reallocated_in("DC-2", 7),
        reallocated_out("DC-3", 2),
        recalled("TH-1", 5),
        carried_out("CN-2", 2024, 40),
    ]);
    let parts = [
        sums.assigned,
        sums.local_increase,
        sums.carried_in,
        sums.reallocated,
        sums.recalled,
    ];
    assert_eq!(parts, [90, 20, 30, 5, 5].map(dong));
    assert_eq!((sums.plan(), sums.remaining()), (dong(140), dong(100)));
}

#[test]
fn a_decision_may_be_dated_ahead() {
    admits(&[], allocate("QD-1", 100).on("2024-12-01"));
    admits(
        &[allocated("QD-1", 100)],
        detail("CT-1", 100).on("2024-12-01"),
    );
    admits(
        &[allocated("QD-1", 100)],
        recall("TH-1", 100).on("2024-12-01"),
    );
}

#[test]
fn an_adjustment_keeps_the_basis_of_its_allocation() {
    let given = [increased("QD-1", 100)];
    let mut then = adjusted("DC-1", "QD-1", 5).now();
    if let LineBody::Adjusted(adjusted) = &mut then.body {
        adjusted.basis = AllocationBasis::LocalIncrease;
    }
    check(&given, adjust("DC-1", "QD-1", 5), Ok(vec![then]));
}

#[test]
fn an_adjustment_takes_the_last_dong_of_its_allocation() {
    admits(
        &[allocated("QD-1", 100), allocated("QD-2", 100)],
        adjust("DC-1", "QD-1", -100),
    );
}

#[test]
fn an_adjustment_does_not_take_one_dong_more() {
    check(
        &[allocated("QD-1", 100), allocated("QD-2", 100)],
        adjust("DC-1", "QD-1", -101),
        Err(LineRefusal::ExceedsAllocation {
            remaining: dong(100),
        }),
    );
}

#[test]
fn adjustments_of_one_allocation_add_up() {
    let given = [allocated("QD-1", 100), adjusted("DC-1", "QD-1", 20)];
    admits(&given, adjust("DC-2", "QD-1", -120));
    check(
        &given,
        adjust("DC-2", "QD-1", -121),
        Err(LineRefusal::ExceedsAllocation {
            remaining: dong(120),
        }),
    );
}

#[test]
fn an_adjustment_leaves_what_is_committed() {
    let given = [allocated("QD-1", 100), committed("HD-1", 70)];
    admits(&given, adjust("DC-1", "QD-1", -30));
    check(
        &given,
        adjust("DC-1", "QD-1", -31),
        exceeds_plan("committed", 30),
    );
}

#[test]
fn an_adjustment_leaves_what_is_detailed() {
    let given = [allocated("QD-1", 100), detailed("CT-1", 70)];
    admits(&given, adjust("DC-1", "QD-1", -30));
    check(
        &given,
        adjust("DC-1", "QD-1", -31),
        exceeds_plan("detailed", 30),
    );
}

#[test]
fn an_adjustment_leaves_what_left_with_a_transfer() {
    let given = [allocated("QD-1", 100), recalled("TH-1", 70)];
    admits(&given, adjust("DC-1", "QD-1", -30));
    check(
        &given,
        adjust("DC-1", "QD-1", -31),
        exceeds_plan("what is taken away", 30),
    );
}

#[test]
fn outside_the_state_budget_too_a_plan_is_not_negative() {
    let given = [allocated("QD-1", 100), recalled("TH-1", 70)];
    admits_outside(&given, adjust("DC-1", "QD-1", -30));
    check_outside(
        &given,
        adjust("DC-1", "QD-1", -31),
        exceeds_plan("what is taken away", 30),
    );
}

#[test]
fn outside_the_state_budget_a_plan_may_fall_below_what_is_spent() {
    let given = [allocated("QD-1", 100), spent("CT-1", 90)];
    admits_outside(&given, adjust("DC-1", "QD-1", -100));
}

#[test]
fn refuses_to_adjust_what_is_not_there() {
    check(
        &[allocated("QD-1", 100)],
        adjust("DC-1", "QD-2", 1),
        unknown("allocation", RecordKind::Allocation, "QD-2"),
    );
}

#[test]
fn an_adjustment_comes_on_the_day_of_its_allocation_or_later() {
    let given = [allocated("QD-1", 100)];
    admits(&given, adjust("DC-1", "QD-1", 1).on("2024-03-01"));
    check(
        &given,
        adjust("DC-1", "QD-1", 1).on("2024-02-29"),
        too_early(RecordKind::Allocation),
    );
}

#[test]
fn details_the_last_dong_of_the_plan() {
    admits(
        &[allocated("QD-1", 100), detailed("CT-1", 60)],
        detail("CT-2", 40),
    );
}

#[test]
fn does_not_detail_one_dong_more() {
    check(
        &[allocated("QD-1", 100), detailed("CT-1", 60)],
        detail("CT-2", 41),
        exceeds_plan("detailed", 40),
    );
}

#[test]
fn what_is_carried_out_may_still_be_detailed() {
    let given = [allocated("QD-1", 100), carried_out("CN-1", 2024, 100)];
    admits(&given, detail("CT-1", 100));
}

#[test]
fn outside_the_state_budget_details_may_pass_the_plan() {
    admits_outside(&[], detail("CT-1", 100));
}

#[test]
fn refuses_a_reference_used_again_for_its_kind() {
    let given = [
        allocated("S-1", 100),
        adjusted("S-1", "S-1", 1),
        detailed("S-1", 1),
    ];
    check(
        &given,
        allocate("S-1", 100),
        reused(RecordKind::Allocation, "S-1"),
    );
    check(
        &given,
        adjust("S-1", "S-1", 1),
        reused(RecordKind::Adjustment, "S-1"),
    );
    check(&given, detail("S-1", 1), reused(RecordKind::Detail, "S-1"));
    admits(&given, commit("S-1", 1));
}
