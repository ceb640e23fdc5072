//! Given / when / then: what a line admits, and which rule it names where it does not.
//!
//! Facts are dated 1 March 2024 and records 3 June 2024 unless a test says otherwise; today is
//! 30 June 2024.

mod asked;
mod commitments;
mod disbursements;
mod given;
mod model;
mod opening;
mod plan;
mod properties;
mod refusals;
mod reversals;
mod transfers;
mod undone_payments;
mod window;

use asked::{
    adjust, adjust_commitment, advance, allocate, carry_over, commit, detail, disburse, estimate,
    extend, increase, leave, reallocate, recall, recover, reverse, reverse_part, spend,
};
use given::{
    adjusted, advanced, allocated, carried_in, carried_out, commitment_adjusted, committed,
    detailed, disbursed, estimated, extended, increased, reallocated_in, reallocated_out, recalled,
    recovered, reversed, spent,
};

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

fn for_project(dong: i64) -> Detail {
    Detail {
        amount: amount(dong),
        project: place("DA-1"),
    }
}

fn contract(dong: i64) -> Commitment {
    Commitment {
        amount: amount(dong),
        project: None,
        commune: None,
        payee: None,
    }
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

fn paid(vintage: i64) -> Paid {
    Paid {
        vintage: year(vintage),
        project: None,
        commune: None,
    }
}

fn extension(until: &str) -> Extension {
    Extension {
        until: day(until),
        reason: text("decision"),
    }
}

fn transfer(kind: TransferKind, to: Option<&str>, dong: i64) -> Transfer {
    Transfer {
        kind,
        to: to.map(line),
        amount: amount(dong),
        vintage: None,
    }
}

fn from_before(vintage: i64, dong: i64) -> TransferredIn {
    TransferredIn {
        from: line(BEFORE),
        kind: TransferKind::CarryOver,
        amount: amount(dong),
        vintage: Some(year(vintage)),
    }
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

fn exceeds_record(remaining: i64) -> Answer {
    let remaining = dong(remaining);
    Err(LineRefusal::ExceedsRecord { remaining })
}
