//! Reversals: what is undone, how much of it, and what bounds that.

use super::*;

const ASSIGNED: Undone = Undone::Allocation {
    basis: AllocationBasis::Assigned,
};

fn contract_undone() -> Undone {
    Undone::Commitment {
        project: None,
        commune: None,
    }
}

#[test]
fn a_reversal_undoes_all_that_is_left_where_it_names_no_amount() {
    check(
        &[
            allocated("QD-1", 100),
            adjusted("DC-1", "QD-1", 20),
            reversed("HT-1", "QD-1", ASSIGNED, 50),
        ],
        reverse(RecordKind::Allocation, "QD-1"),
        Ok(vec![reversed("HT-9", "QD-1", ASSIGNED, 70).now()]),
    );
}

#[test]
fn undoes_the_last_dong_that_earlier_reversals_left() {
    let given = [
        allocated("QD-1", 100),
        allocated("QD-2", 100),
        reversed("HT-1", "QD-1", ASSIGNED, 60),
    ];
    admits(&given, reverse_part(RecordKind::Allocation, "QD-1", 40));
    check(
        &given,
        reverse_part(RecordKind::Allocation, "QD-1", 41),
        exceeds_record(40),
    );
}

#[test]
fn nothing_is_undone_twice() {
    check(
        &[
            allocated("QD-1", 100),
            reversed("HT-1", "QD-1", ASSIGNED, 100),
        ],
        reverse(RecordKind::Allocation, "QD-1"),
        exceeds_record(0),
    );
}

#[test]
fn a_reversed_allocation_is_not_adjusted_below_zero() {
    check(
        &[
            allocated("QD-1", 100),
            allocated("QD-2", 100),
            reversed("HT-1", "QD-1", ASSIGNED, 60),
        ],
        adjust("DC-1", "QD-1", -41),
        Err(LineRefusal::ExceedsAllocation {
            remaining: dong(40),
        }),
    );
}

#[test]
fn an_allocation_is_undone_as_far_as_it_is_not_committed() {
    let given = [allocated("QD-1", 100), committed("HD-1", 70)];
    admits(&given, reverse_part(RecordKind::Allocation, "QD-1", 30));
    check(
        &given,
        reverse_part(RecordKind::Allocation, "QD-1", 31),
        exceeds_plan("committed", 30),
    );
    check(
        &given,
        reverse_part(RecordKind::Allocation, "QD-1", 101),
        exceeds_plan("committed", 30),
    );
}

#[test]
fn an_allocation_is_undone_as_far_as_its_own_year_is_not_spent() {
    let given = [
        allocated("QD-1", 100),
        carried_in("CN-1", 2023, 50),
        committed("HD-1", 80),
        disbursed("CT-1", "HD-1", 80),
    ];
    admits(&given, reverse_part(RecordKind::Allocation, "QD-1", 20));
    check(
        &given,
        reverse_part(RecordKind::Allocation, "QD-1", 21),
        exceeds_vintage(2024, 20),
    );
}

#[test]
fn an_undone_detail_gives_its_room_back() {
    let undone = Undone::Detail {
        project: place("DA-1"),
    };
    let given = [allocated("QD-1", 100), detailed("CT-1", 100)];
    check(
        &given,
        reverse_part(RecordKind::Detail, "CT-1", 30),
        Ok(vec![reversed("HT-9", "CT-1", undone.clone(), 30).now()]),
    );
    let given = [given.as_slice(), &[reversed("HT-1", "CT-1", undone, 30)]].concat();
    admits(&given, detail("CT-2", 30));
    check(&given, detail("CT-2", 31), exceeds_plan("detailed", 30));
}

#[test]
fn a_commitment_is_undone_as_far_as_it_is_unpaid() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 100),
        disbursed("CT-1", "HD-1", 30),
    ];
    let below = || {
        Err(LineRefusal::BelowPaid {
            remaining: dong(70),
        })
    };
    admits(&given, reverse_part(RecordKind::Commitment, "HD-1", 70));
    check(
        &given,
        reverse_part(RecordKind::Commitment, "HD-1", 71),
        below(),
    );
    check(&given, reverse(RecordKind::Commitment, "HD-1"), below());
    check(
        &given,
        reverse_part(RecordKind::Commitment, "HD-1", 101),
        below(),
    );
}

#[test]
fn an_undone_commitment_takes_its_adjustments_with_it() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 60),
        commitment_adjusted("PL-1", "HD-1", 10),
    ];
    check(
        &given,
        reverse(RecordKind::Commitment, "HD-1"),
        Ok(vec![reversed("HT-9", "HD-1", contract_undone(), 70).now()]),
    );
}

#[test]
fn an_undone_transfer_comes_back() {
    let undone = Undone::Transfer {
        kind: TransferKind::CarryOver,
        to: Some(line(NEXT)),
        vintage: Some(year(2024)),
    };
    let given = [allocated("QD-1", 100), carried_out("CN-1", 2024, 60)];
    check(
        &given,
        reverse(RecordKind::Transfer, "CN-1"),
        Ok(vec![reversed("HT-9", "CN-1", undone.clone(), 60).now()]),
    );
    check(
        &given,
        reverse_part(RecordKind::Transfer, "CN-1", 61),
        exceeds_record(60),
    );
    let given = [given.as_slice(), &[reversed("HT-1", "CN-1", undone, 20)]].concat();
    admits(&given, commit("HD-1", 60));
    check(&given, commit("HD-1", 61), exceeds_plan("committed", 60));
}

#[test]
fn an_undone_reallocation_and_recall_come_back_too() {
    let undone = |kind, to| Undone::Transfer {
        kind,
        to,
        vintage: None,
    };
    let sums = balance(&[
        allocated("QD-1", 100),
        reallocated_out("DC-1", 30),
        recalled("TH-1", 20),
        reversed(
            "HT-1",
            "DC-1",
            undone(TransferKind::Reallocation, Some(line(OTHER))),
            10,
        ),
        reversed("HT-2", "TH-1", undone(TransferKind::Recall, None), 20),
    ]);
    let measures = (sums.reallocated, sums.recalled, sums.plan());
    assert_eq!(measures, (dong(-20), dong(0), dong(80)));
}

#[test]
fn refuses_to_undo_what_is_not_there() {
    for record in [
        RecordKind::Allocation,
        RecordKind::Detail,
        RecordKind::Commitment,
        RecordKind::Disbursement,
        RecordKind::Recovery,
        RecordKind::Transfer,
    ] {
        let then = unknown("reverses", record, "S-1");
        check(&[allocated("QD-1", 100)], reverse(record, "S-1"), then);
    }
}

#[test]
fn what_arrived_is_undone_in_the_line_it_came_from() {
    check(
        &[carried_in("CN-1", 2023, 100)],
        reverse(RecordKind::Transfer, "CN-1"),
        unknown("reverses", RecordKind::Transfer, "CN-1"),
    );
}

#[test]
fn some_records_are_changed_back_and_not_undone() {
    for record in [
        RecordKind::Adjustment,
        RecordKind::CommitmentAdjustment,
        RecordKind::Reversal,
        RecordKind::Extension,
        RecordKind::Schedule,
        RecordKind::Statement,
        RecordKind::Registration,
        RecordKind::Merger,
    ] {
        let then = Err(LineRefusal::NotReversible { record });
        check(&[allocated("QD-1", 100)], reverse(record, "QD-1"), then);
    }
}

#[test]
fn a_reversal_comes_on_the_day_of_what_it_undoes_or_later_and_not_after_today() {
    let given = [allocated("QD-1", 100)];
    admits(
        &given,
        reverse(RecordKind::Allocation, "QD-1").on("2024-03-01"),
    );
    check(
        &given,
        reverse(RecordKind::Allocation, "QD-1").on("2024-02-29"),
        too_early(RecordKind::Allocation),
    );
    check(
        &given,
        reverse(RecordKind::Allocation, "QD-1").on("2024-07-01"),
        Err(LineRefusal::DatedAhead {
            record: RecordKind::Reversal,
            effective_on: day("2024-07-01"),
            today: day("2024-06-30"),
        }),
    );
}

#[test]
fn refuses_the_reference_of_another_reversal() {
    check(
        &[
            allocated("QD-1", 100),
            reversed("HT-9", "QD-1", ASSIGNED, 1),
        ],
        reverse(RecordKind::Allocation, "QD-1"),
        reused(RecordKind::Reversal, "HT-9"),
    );
}

#[test]
fn a_reference_stays_taken_when_its_record_is_undone() {
    check(
        &[
            allocated("QD-1", 100),
            reversed("HT-1", "QD-1", ASSIGNED, 100),
        ],
        allocate("QD-1", 100),
        reused(RecordKind::Allocation, "QD-1"),
    );
}
