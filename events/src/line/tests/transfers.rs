//! Transfers: what may leave, where it may go, and how it comes back.

use super::*;

fn nowhere(why: &'static str) -> Answer {
    Err(LineRefusal::TransferTarget { why })
}

#[track_caller]
fn check_reclaim(given: &[LineEvent], when: TransferReclaimed, then: Answer) {
    let reclaimed = Line::replay(line(LINE), given).reclaim(entry("HT-1", "2024-06-03"), when);
    assert_eq!(reclaimed, then);
}

fn reclaimed(reclaimed: TransferReclaimed) -> LineEvent {
    fact("HT-1", LineBody::TransferReclaimed(reclaimed)).now()
}

#[test]
fn carries_over_the_last_free_dong() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 60),
        disbursed("CT-1", "HD-1", 40),
    ];
    check(
        &given,
        carry_over("CN-1", 40),
        Ok(vec![carried_out("CN-1", 2024, 40).now()]),
    );
    check(&given, carry_over("CN-1", 41), exceeds_free(40));
}

#[test]
fn reallocates_the_last_free_dong() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    check(
        &given,
        reallocate("DC-1", 40),
        Ok(vec![reallocated_out("DC-1", 40).now()]),
    );
    check(&given, reallocate("DC-1", 41), exceeds_free(40));
}

#[test]
fn recalls_the_last_free_dong() {
    let given = [allocated("QD-1", 100), committed("HD-1", 60)];
    check(
        &given,
        recall("TH-1", 40),
        Ok(vec![recalled("TH-1", 40).now()]),
    );
    check(&given, recall("TH-1", 41), exceeds_free(40));
}

#[test]
fn what_has_left_does_not_leave_again() {
    let given = [
        allocated("QD-1", 100),
        carried_out("CN-1", 2024, 30),
        reallocated_out("DC-1", 20),
        recalled("TH-1", 10),
    ];
    admits(&given, carry_over("CN-2", 40));
    check(&given, carry_over("CN-2", 41), exceeds_free(40));
}

#[test]
fn outside_the_state_budget_what_is_overspent_does_not_leave() {
    let given = [allocated("QD-1", 100), spent("CT-1", 101)];
    check_outside(&given, recall("TH-1", 1), exceeds_free(0));
}

#[test]
fn outside_the_state_budget_what_is_promised_stays() {
    let given = [
        allocated("QD-1", 100),
        committed("HD-1", 50),
        disbursed("CT-1", "HD-1", 20),
        spent("CT-2", 10),
    ];
    admits_outside(&given, recall("TH-1", 40));
    check_outside(&given, recall("TH-1", 41), exceeds_free(40));
}

#[test]
fn what_is_detailed_is_not_taken_from_the_plan() {
    let given = [allocated("QD-1", 100), detailed("CT-1", 70)];
    admits(&given, recall("TH-1", 30));
    check(&given, recall("TH-1", 31), exceeds_plan("detailed", 30));
    check(&given, reallocate("DC-1", 31), exceeds_plan("detailed", 30));
    admits(&given, carry_over("CN-1", 100));
}

#[test]
fn the_tightest_rule_says_what_would_still_fit() {
    check(
        &[allocated("QD-1", 100), detailed("CT-1", 70)],
        recall("TH-1", 101),
        exceeds_plan("detailed", 30),
    );
}

#[test]
fn carries_over_the_last_dong_of_a_vintage() {
    let given = [allocated("QD-1", 100), carried_in("CN-1", 2023, 50)];
    admits(&given, carry_over("CN-2", 100));
    check(&given, carry_over("CN-2", 101), exceeds_vintage(2024, 100));
    admits(&given, carry_over("CN-2", 50).of_vintage(2023));
    check(
        &given,
        carry_over("CN-2", 51).of_vintage(2023),
        exceeds_vintage(2023, 50),
    );
}

#[test]
fn what_is_paid_and_carried_out_of_a_vintage_add_up() {
    let mut old = disbursed("CT-1", "HD-1", 20);
    if let LineBody::Disbursed(disbursement) = &mut old.body {
        disbursement.vintage = year(2023);
    }
    let given = [
        allocated("QD-1", 100),
        carried_in("CN-1", 2023, 50),
        committed("HD-1", 20),
        old,
    ];
    admits(&given, carry_over("CN-2", 30).of_vintage(2023));
    check(
        &given,
        carry_over("CN-2", 31).of_vintage(2023),
        exceeds_vintage(2023, 30),
    );
}

#[test]
fn capital_keeps_its_vintage_through_every_carry_over() {
    let given = [carried_in("CN-1", 2021, 50)];
    check(
        &given,
        carry_over("CN-2", 50).of_vintage(2021),
        Ok(vec![carried_out("CN-2", 2021, 50).now()]),
    );
    check(
        &given,
        carry_over("CN-2", 50).of_vintage(2022),
        exceeds_vintage(2022, 0),
    );
}

#[test]
fn carried_in_capital_is_not_taken_for_the_line_s_own_year() {
    let given = [carried_in("CN-1", 2023, 50)];
    check(&given, carry_over("CN-2", 50), exceeds_vintage(2024, 0));
    check(&given, recall("TH-1", 50), exceeds_vintage(2024, 0));
}

#[test]
fn a_vintage_is_not_ahead_of_the_line() {
    check(
        &[allocated("QD-1", 100)],
        carry_over("CN-1", 1).of_vintage(2025),
        Err(LineRefusal::VintageAhead {
            vintage: year(2025),
            year: year(2024),
        }),
    );
}

#[test]
fn only_a_carry_over_names_a_vintage() {
    let why = "only a carry-over names a vintage";
    let given = [allocated("QD-1", 100)];
    check(&given, reallocate("DC-1", 1).of_vintage(2024), nowhere(why));
    check(&given, recall("DC-1", 1).of_vintage(2024), nowhere(why));
}

#[test]
fn a_carry_over_goes_one_year_on_with_its_source_and_type() {
    let to = |to| {
        let transfer = transfer(TransferKind::CarryOver, Some(to), 1);
        leave("CN-1", transfer)
    };
    let given = [allocated("QD-1", 100)];
    let years = "a carry-over goes one budget year on";
    check(&given, to("NTM/10/2026/central/investment"), nowhere(years));
    check(&given, to("NTM/10/2023/central/investment"), nowhere(years));
    check(&given, to("NTM/11/2024/central/investment"), nowhere(years));
    let kinds = "a carry-over keeps its source and capital type";
    check(&given, to("NTM/10/2025/local/investment"), nowhere(kinds));
    check(&given, to("NTM/10/2025/central/recurrent"), nowhere(kinds));
    admits(&given, to("RPE/15/2025/central/investment"));
}

#[test]
fn nothing_is_carried_past_the_last_year() {
    let last = "NTM/10/2099/central/investment";
    let carry = carry_over("CN-1", 1);
    let answer = Line::replay(line(last), &[allocated("QD-1", 100)]).decide(carry);
    assert_eq!(answer, nowhere("a carry-over goes one budget year on"));
}

#[test]
fn a_reallocation_keeps_its_year_and_source() {
    let to = |to| {
        let transfer = transfer(TransferKind::Reallocation, Some(to), 1);
        leave("DC-1", transfer)
    };
    let given = [allocated("QD-1", 100)];
    let why = "a reallocation keeps its budget year and source";
    check(&given, to("NTM/11/2025/central/investment"), nowhere(why));
    check(&given, to("NTM/11/2024/local/investment"), nowhere(why));
    admits(&given, to("NTM/10/2024/central/recurrent"));
    admits(&given, to("EM/99/2024/central/investment"));
}

#[test]
fn a_transfer_goes_to_another_line_and_a_recall_to_none() {
    let given = [allocated("QD-1", 100)];
    let go = |kind, to| leave("DC-1", transfer(kind, to, 1));
    let same = "a transfer goes to another line";
    check(
        &given,
        go(TransferKind::Reallocation, Some(LINE)),
        nowhere(same),
    );
    check(
        &given,
        go(TransferKind::CarryOver, Some(LINE)),
        nowhere(same),
    );
    let none = "the transfer names no line that it goes to";
    check(&given, go(TransferKind::Reallocation, None), nowhere(none));
    check(&given, go(TransferKind::CarryOver, None), nowhere(none));
    let recalled = "a recall goes back to the level above and names no line";
    check(
        &given,
        go(TransferKind::Recall, Some(OTHER)),
        nowhere(recalled),
    );
}

#[test]
fn what_has_left_elsewhere_arrives_once_and_is_never_refused() {
    let new = Line::new(line(LINE));
    let arrival = entry("CN-1", "2024-03-01");
    let added = new.receive(arrival.clone(), from_before(2023, 50));
    assert_eq!(added, [carried_in("CN-1", 2023, 50)]);
    let arrived = Line::replay(line(LINE), &added);
    assert_eq!(arrived.receive(arrival, from_before(2023, 50)), []);
    let second = arrived.receive(entry("CN-2", "2024-03-01"), from_before(2023, 50));
    assert_eq!(second, [carried_in("CN-2", 2023, 50)]);
}

#[test]
fn the_same_reference_from_two_lines_is_two_arrivals() {
    let here = Line::replay(line(LINE), &[carried_in("S-1", 2023, 50)]);
    let from = line(OTHER);
    let arrived = TransferredIn {
        from,
        kind: TransferKind::Reallocation,
        amount: amount(7),
        vintage: None,
    };
    let added = here.receive(entry("S-1", "2024-03-01"), arrived);
    assert_eq!(added, [reallocated_in("S-1", 7)]);
}

#[test]
fn an_arrival_does_not_take_the_reference_of_a_transfer_from_here() {
    let given = [allocated("QD-1", 100), carried_in("CN-1", 2023, 50)];
    admits(&given, carry_over("CN-1", 1));
}

#[test]
fn what_arrived_goes_back_to_the_last_free_dong() {
    let given = [carried_in("CN-1", 2023, 50), committed("HD-1", 20)];
    check_reclaim(
        &given,
        to_before("CN-1", 2023, 30),
        Ok(vec![reclaimed(to_before("CN-1", 2023, 30))]),
    );
    check_reclaim(&given, to_before("CN-1", 2023, 31), exceeds_free(30));
}

#[test]
fn what_arrived_and_was_paid_does_not_go_back() {
    let mut old = disbursed("CT-1", "HD-1", 20);
    if let LineBody::Disbursed(disbursement) = &mut old.body {
        disbursement.vintage = year(2023);
    }
    let given = [
        allocated("QD-1", 100),
        carried_in("CN-1", 2023, 50),
        committed("HD-1", 20),
        old,
    ];
    let back = |dong| to_before("CN-1", 2023, dong);
    check_reclaim(&given, back(30), Ok(vec![reclaimed(back(30))]));
    check_reclaim(&given, back(31), exceeds_vintage(2023, 30));
}

#[test]
fn no_more_goes_back_than_arrived_and_is_left() {
    let given = [
        allocated("QD-1", 100),
        carried_in("CN-1", 2023, 50),
        fact(
            "HT-0",
            LineBody::TransferReclaimed(to_before("CN-1", 2023, 20)),
        ),
    ];
    let back = |dong| to_before("CN-1", 2023, dong);
    check_reclaim(&given, back(30), Ok(vec![reclaimed(back(30))]));
    check_reclaim(
        &given,
        back(31),
        Err(LineRefusal::ExceedsRecord {
            remaining: dong(30),
        }),
    );
}

#[test]
fn what_is_in_transit_does_not_go_back() {
    check_reclaim(
        &[allocated("QD-1", 100)],
        to_before("CN-1", 2023, 1),
        Err(LineRefusal::ExceedsRecord { remaining: dong(0) }),
    );
}

#[test]
fn what_arrived_goes_back_once() {
    let back = to_before("CN-1", 2023, 50);
    let given = [carried_in("CN-1", 2023, 50), reclaimed(back.clone())];
    check_reclaim(&given, back, Ok(vec![]));
    let here = Line::replay(line(LINE), &given);
    assert_eq!(here.balance().plan(), dong(0));
    let again = here.receive(entry("CN-1", "2024-03-01"), from_before(2023, 50));
    assert_eq!(again, []);
}

#[test]
fn refuses_the_reference_of_another_transfer_from_here() {
    check(
        &[allocated("QD-1", 100), recalled("TH-1", 1)],
        carry_over("TH-1", 1),
        reused(RecordKind::Transfer, "TH-1"),
    );
}
