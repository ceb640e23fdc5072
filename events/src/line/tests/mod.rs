//! Given / when / then: what a line admits, and which rule it names where it does not.
//!
//! Facts are dated 1 March 2024 and records 3 June 2024 unless a test says otherwise; today is
//! 30 June 2024.

mod commitments;
mod disbursements;
mod model;
mod opening;
mod plan;
mod properties;
mod reversals;
mod transfers;
mod window;

use super::*;
use crate::money::{Amount, Change};
use crate::record::Entry;
use crate::time::BudgetYear;

const LINE: &str = "NTM/10/2024/central/investment";
const OUTSIDE: &str = "NTM/10/2024/community/unclassified";
const NEXT: &str = "NTM/10/2025/central/investment";
const BEFORE: &str = "NTM/10/2023/central/investment";
const OTHER: &str = "SPR/11/2024/central/recurrent";

type Answer = Result<Vec<LineEvent>, LineRefusal>;

#[track_caller]
fn check(given: &[LineEvent], when: LineCommand, then: Answer) {
    assert_eq!(Line::replay(line(LINE), given).decide(when), then);
}

#[track_caller]
fn check_outside(given: &[LineEvent], when: LineCommand, then: Answer) {
    assert_eq!(Line::replay(line(OUTSIDE), given).decide(when), then);
}

/// The command is taken, and what it says is kept as it was said.
#[track_caller]
fn admits(given: &[LineEvent], when: LineCommand) {
    admits_on(LINE, given, when);
}

#[track_caller]
fn admits_outside(given: &[LineEvent], when: LineCommand) {
    admits_on(OUTSIDE, given, when);
}

#[track_caller]
fn admits_on(on: &str, given: &[LineEvent], when: LineCommand) {
    let said = (when.entry.clone(), when.action.kind());
    let added = Line::replay(line(on), given).decide(when);
    let kept = |fact: LineEvent| (fact.entry, fact.body.kind());
    assert_eq!(
        added.map(|facts| facts.into_iter().map(kept).collect()),
        Ok(vec![said])
    );
}

#[track_caller]
fn balance(given: &[LineEvent]) -> Balance {
    Line::replay(line(LINE), given).balance().clone()
}

fn line(text: &str) -> LineId {
    LineId::parse(text).unwrap()
}

fn dong(dong: i64) -> Money {
    Money::dong(dong)
}

fn amount(amount: i64) -> Amount {
    Amount::try_from(dong(amount)).unwrap()
}

fn change(change: i64) -> Change {
    Change::try_from(dong(change)).unwrap()
}

fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

fn year(number: i64) -> BudgetYear {
    BudgetYear::try_from(number).unwrap()
}

fn named(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn place(text: &str) -> Place {
    Place::parse(text).unwrap()
}

fn entry(reference: &str, on: &str) -> Entry {
    Entry {
        reference: named(reference),
        effective_on: day(on),
        note: None,
        document: None,
    }
}

fn fact(reference: &str, body: LineBody) -> LineEvent {
    let entry = entry(reference, "2024-03-01");
    LineEvent { entry, body }
}

fn ask(reference: &str, action: LineAction) -> LineCommand {
    LineCommand {
        today: day("2024-06-30"),
        entry: entry(reference, "2024-06-03"),
        action,
    }
}

impl LineEvent {
    fn on(mut self, on: &str) -> Self {
        self.entry.effective_on = day(on);
        self
    }

    /// On the day of the records that tests ask for.
    fn now(self) -> Self {
        self.on("2024-06-03")
    }
}

impl LineCommand {
    fn on(mut self, on: &str) -> Self {
        self.entry.effective_on = day(on);
        self
    }

    fn today(mut self, today: &str) -> Self {
        self.today = day(today);
        self
    }

    /// The same disbursement, changed.
    fn but(mut self, but: impl FnOnce(&mut Disbursement)) -> Self {
        if let LineAction::Disburse(disbursement) = &mut self.action {
            but(disbursement);
        }
        self
    }

    /// The same transfer of money first assigned in this year.
    fn of_vintage(mut self, of: i64) -> Self {
        if let LineAction::Transfer(transfer) = &mut self.action {
            transfer.vintage = Some(year(of));
        }
        self
    }
}

fn allocation(basis: AllocationBasis, dong: i64) -> Allocation {
    Allocation {
        amount: amount(dong),
        basis,
    }
}

fn allocated(reference: &str, dong: i64) -> LineEvent {
    let allocation = allocation(AllocationBasis::Assigned, dong);
    fact(reference, LineBody::Allocated(allocation))
}

fn increased(reference: &str, dong: i64) -> LineEvent {
    let allocation = allocation(AllocationBasis::LocalIncrease, dong);
    fact(reference, LineBody::Allocated(allocation))
}

fn allocate(reference: &str, dong: i64) -> LineCommand {
    let allocation = allocation(AllocationBasis::Assigned, dong);
    ask(reference, LineAction::Allocate(allocation))
}

fn increase(reference: &str, dong: i64) -> LineCommand {
    let allocation = allocation(AllocationBasis::LocalIncrease, dong);
    ask(reference, LineAction::Allocate(allocation))
}

fn adjusted(reference: &str, allocation: &str, by: i64) -> LineEvent {
    let adjusted = Adjusted {
        allocation: named(allocation),
        basis: AllocationBasis::Assigned,
        change: change(by),
        reason: text("review"),
    };
    fact(reference, LineBody::Adjusted(adjusted))
}

fn adjust(reference: &str, allocation: &str, by: i64) -> LineCommand {
    let adjust = Adjust {
        allocation: named(allocation),
        change: change(by),
        reason: text("review"),
    };
    ask(reference, LineAction::Adjust(adjust))
}

fn for_project(dong: i64) -> Detail {
    Detail {
        amount: amount(dong),
        project: place("DA-1"),
    }
}

fn detailed(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Detailed(for_project(dong)))
}

fn detail(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Detail(for_project(dong)))
}

fn contract(dong: i64) -> Commitment {
    Commitment {
        amount: amount(dong),
        project: None,
        commune: None,
        payee: None,
    }
}

fn committed(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Committed(contract(dong)))
}

fn commit(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Commit(contract(dong)))
}

fn commitment_adjusted(reference: &str, commitment: &str, by: i64) -> LineEvent {
    let adjusted = CommitmentAdjusted {
        commitment: named(commitment),
        change: change(by),
        project: None,
        commune: None,
        reason: text("review"),
    };
    fact(reference, LineBody::CommitmentAdjusted(adjusted))
}

fn adjust_commitment(reference: &str, commitment: &str, by: i64) -> LineCommand {
    let adjust = AdjustCommitment {
        commitment: named(commitment),
        change: change(by),
        reason: text("review"),
    };
    ask(reference, LineAction::AdjustCommitment(adjust))
}

fn payment(commitment: Option<&str>, dong: i64) -> Disbursement {
    Disbursement {
        amount: amount(dong),
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage: year(2024),
        commitment: commitment.map(named),
        project: None,
        commune: None,
        in_kind: None,
    }
}

fn disbursed(reference: &str, commitment: &str, dong: i64) -> LineEvent {
    fact(
        reference,
        LineBody::Disbursed(payment(Some(commitment), dong)),
    )
}

/// Paid without a commitment, as outside the state budget.
fn spent(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Disbursed(payment(None, dong)))
}

fn advanced(reference: &str, commitment: &str, dong: i64) -> LineEvent {
    let kind = DisbursementKind::Advance;
    let advance = Disbursement {
        kind,
        ..payment(Some(commitment), dong)
    };
    fact(reference, LineBody::Disbursed(advance))
}

fn estimated(reference: &str, dong: i64) -> LineEvent {
    let certainty = Certainty::Estimated;
    let estimate = Disbursement {
        certainty,
        ..payment(None, dong)
    };
    fact(reference, LineBody::Disbursed(estimate))
}

fn disburse(reference: &str, commitment: &str, dong: i64) -> LineCommand {
    ask(
        reference,
        LineAction::Disburse(payment(Some(commitment), dong)),
    )
}

fn spend(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Disburse(payment(None, dong)))
}

fn advance(reference: &str, commitment: &str, dong: i64) -> LineCommand {
    disburse(reference, commitment, dong).but(|it| it.kind = DisbursementKind::Advance)
}

fn estimate(reference: &str, dong: i64) -> LineCommand {
    spend(reference, dong).but(|it| it.certainty = Certainty::Estimated)
}

fn paid(vintage: i64) -> Paid {
    Paid {
        vintage: year(vintage),
        project: None,
        commune: None,
    }
}

fn recovered(reference: &str, advance: &str, dong: i64) -> LineEvent {
    let recovered = Recovered {
        advance: named(advance),
        amount: amount(dong),
        paid: paid(2024),
    };
    fact(reference, LineBody::Recovered(recovered))
}

fn recover(reference: &str, advance: &str, dong: i64) -> LineCommand {
    let recover = Recover {
        advance: named(advance),
        amount: amount(dong),
    };
    ask(reference, LineAction::Recover(recover))
}

fn reversed(reference: &str, of: &str, undone: Undone, dong: i64) -> LineEvent {
    let reversed = Reversed {
        reverses: named(of),
        undone,
        amount: amount(dong),
        reason: text("mistake"),
    };
    fact(reference, LineBody::Reversed(reversed))
}

fn reverse_part(record: RecordKind, of: &str, dong: i64) -> LineCommand {
    reversal(record, of, Some(amount(dong)))
}

/// Reverses what is left.
fn reverse(record: RecordKind, of: &str) -> LineCommand {
    reversal(record, of, None)
}

fn reversal(record: RecordKind, of: &str, amount: Option<Amount>) -> LineCommand {
    let reverse = Reverse {
        record,
        reference: named(of),
        amount,
        reason: text("mistake"),
    };
    ask("HT-9", LineAction::Reverse(reverse))
}

fn extension(until: &str) -> Extension {
    Extension {
        until: day(until),
        reason: text("decision"),
    }
}

fn extended(reference: &str, until: &str) -> LineEvent {
    fact(reference, LineBody::Extended(extension(until)))
}

fn extend(reference: &str, until: &str) -> LineCommand {
    ask(reference, LineAction::Extend(extension(until)))
}

fn transfer(kind: TransferKind, to: Option<&str>, dong: i64) -> Transfer {
    Transfer {
        kind,
        to: to.map(line),
        amount: amount(dong),
        vintage: None,
        reason: text("decision"),
    }
}

fn leave(reference: &str, transfer: Transfer) -> LineCommand {
    ask(reference, LineAction::Transfer(transfer))
}

fn carry_over(reference: &str, dong: i64) -> LineCommand {
    let transfer = transfer(TransferKind::CarryOver, Some(NEXT), dong);
    leave(reference, transfer)
}

fn reallocate(reference: &str, dong: i64) -> LineCommand {
    let transfer = transfer(TransferKind::Reallocation, Some(OTHER), dong);
    leave(reference, transfer)
}

fn recall(reference: &str, dong: i64) -> LineCommand {
    leave(reference, transfer(TransferKind::Recall, None, dong))
}

fn carried_out(reference: &str, vintage: i64, dong: i64) -> LineEvent {
    let mut transfer = transfer(TransferKind::CarryOver, Some(NEXT), dong);
    transfer.vintage = Some(year(vintage));
    fact(reference, LineBody::TransferredOut(transfer))
}

fn reallocated_out(reference: &str, dong: i64) -> LineEvent {
    let transfer = transfer(TransferKind::Reallocation, Some(OTHER), dong);
    fact(reference, LineBody::TransferredOut(transfer))
}

fn recalled(reference: &str, dong: i64) -> LineEvent {
    let transfer = transfer(TransferKind::Recall, None, dong);
    fact(reference, LineBody::TransferredOut(transfer))
}

fn from_before(vintage: i64, dong: i64) -> TransferredIn {
    TransferredIn {
        from: line(BEFORE),
        kind: TransferKind::CarryOver,
        amount: amount(dong),
        vintage: Some(year(vintage)),
    }
}

fn carried_in(reference: &str, vintage: i64, dong: i64) -> LineEvent {
    fact(
        reference,
        LineBody::TransferredIn(from_before(vintage, dong)),
    )
}

fn reallocated_in(reference: &str, dong: i64) -> LineEvent {
    let arrived = TransferredIn {
        from: line(OTHER),
        kind: TransferKind::Reallocation,
        amount: amount(dong),
        vintage: None,
    };
    fact(reference, LineBody::TransferredIn(arrived))
}

fn to_before(transfer: &str, vintage: i64, dong: i64) -> TransferReclaimed {
    TransferReclaimed {
        from: line(BEFORE),
        transfer: named(transfer),
        kind: TransferKind::CarryOver,
        amount: amount(dong),
        vintage: Some(year(vintage)),
        reason: text("mistake"),
    }
}

fn unknown(field: &'static str, record: RecordKind, reference: &str) -> Answer {
    let reference = named(reference);
    Err(LineRefusal::UnknownReference {
        field,
        record,
        reference,
    })
}

fn reused(record: RecordKind, reference: &str) -> Answer {
    let reference = named(reference);
    Err(LineRefusal::ReferenceReused { record, reference })
}

fn too_early(record: RecordKind) -> Answer {
    Err(LineRefusal::BeforeReferenced {
        record,
        effective_on: day("2024-02-29"),
        referenced_on: day("2024-03-01"),
    })
}

fn exceeds_plan(measure: &'static str, remaining: i64) -> Answer {
    let remaining = dong(remaining);
    Err(LineRefusal::ExceedsPlan { measure, remaining })
}

fn exceeds_vintage(vintage: i64, remaining: i64) -> Answer {
    let (vintage, remaining) = (year(vintage), dong(remaining));
    Err(LineRefusal::ExceedsVintage { vintage, remaining })
}

fn exceeds_free(remaining: i64) -> Answer {
    let remaining = dong(remaining);
    Err(LineRefusal::ExceedsFree { remaining })
}
