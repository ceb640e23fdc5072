//! A story as it is written: records, each stamped on the working day on which somebody types it.

use std::collections::BTreeMap;

use events::line::{
    Certainty, Disbursement, DisbursementKind, LineAction, Reverse, Transfer, TransferKind,
};
use events::names::LineId;
use events::record::{Entry, Record, RecordBody, RecordKind};
use events::text::Reference;
use events::time::{BudgetYear, EffectiveOn};

use super::Step;
use super::written::{amount, instant, later, reference, text, workday_after};

/// The office opens at half past eight.
const OPENING_MICROS: i64 = 30_600_000_000;
/// A record takes this long to type.
const TYPING_MICROS: i64 = 47_000_000;
/// Begins what a voucher is called before it has its number.
const DRAFT: &str = "draft-";

/// A story being written.
pub(super) struct Script {
    place: &'static str,
    steps: Vec<Step>,
    typed: BTreeMap<EffectiveOn, i64>,
    vouchers: i64,
}

impl Script {
    /// A story of `place`, which its vouchers' numbers name.
    pub(super) fn new(place: &'static str) -> Self {
        Self {
            place,
            steps: Vec::new(),
            typed: BTreeMap::new(),
            vouchers: 0,
        }
    }

    /// What was written, its vouchers numbered by their day: `KB-2024-LC-000123`.
    pub(super) fn into_steps(mut self) -> Vec<Step> {
        let numbers = self.numbers();
        let number = |draft: &Reference| numbers.get(draft).unwrap_or(draft).clone();
        for Step { record, .. } in &mut self.steps {
            let entry = &mut record.entry;
            let draft = match &mut record.body {
                RecordBody::Line(_, LineAction::Disburse(_)) => &mut entry.reference.clone(),
                RecordBody::Line(_, LineAction::Recover(recover)) => &mut recover.advance,
                RecordBody::Line(_, LineAction::Reverse(reverse)) => &mut reverse.reference,
                RecordBody::Line(..)
                | RecordBody::Schedule(_)
                | RecordBody::Statement(_)
                | RecordBody::Registration(_)
                | RecordBody::Merger(_)
                | RecordBody::Policy(_) => continue,
            };
            let numbered = number(draft);
            let name = entry.reference.as_str();
            entry.reference = reference(&name.replace(draft.as_str(), numbered.as_str()));
            *draft = numbered;
        }
        self.steps
    }

    /// The number of each voucher, by its draft.
    fn numbers(&self) -> BTreeMap<Reference, Reference> {
        let mut days = Vec::new();
        for Step { record, .. } in &self.steps {
            let Record { entry, body } = record;
            let RecordBody::Line(line, LineAction::Disburse(_)) = body else {
                continue;
            };
            if entry.reference.as_str().starts_with(DRAFT) {
                days.push((line.year(), entry.effective_on, &entry.reference));
            }
        }
        days.sort();
        let mut counts: BTreeMap<BudgetYear, i64> = BTreeMap::new();
        let number = |(year, _, draft): (BudgetYear, EffectiveOn, &Reference)| {
            let count = counts.entry(year).or_default();
            *count += 1;
            let name = format!("KB-{year}-{}-{count:06}", self.place);
            (draft.clone(), reference(&name))
        };
        days.into_iter().map(number).collect()
    }

    /// Writes down what happens to `line`: papers the day after, the treasury's vouchers two days
    /// after, or the next working day.
    pub(super) fn act(&mut self, line: LineId, entry: Entry, action: LineAction) {
        let voucher = matches!(action, LineAction::Disburse(_) | LineAction::Recover(_));
        let days = if voucher { 2 } else { 1 };
        let typed_on = later(entry.effective_on, days);
        self.act_on(typed_on, line, entry, action);
    }

    /// Writes down on `typed_on` what happens to `line`.
    pub(super) fn act_on(
        &mut self,
        typed_on: EffectiveOn,
        line: LineId,
        entry: Entry,
        action: LineAction,
    ) {
        self.write(typed_on, entry, RecordBody::Line(line, action));
    }

    /// Writes down a record on `typed_on`, or the working day after.
    pub(super) fn write(&mut self, typed_on: EffectiveOn, entry: Entry, body: RecordBody) {
        let on = workday_after(typed_on);
        let typed = self.typed.entry(on).or_default();
        let at = instant(on.begins(), OPENING_MICROS + *typed * TYPING_MICROS);
        *typed += 1;
        let record = Record { entry, body };
        self.steps.push(Step { at, record });
    }

    /// What the next voucher is called until all are numbered.
    pub(super) fn voucher(&mut self) -> String {
        self.vouchers += 1;
        format!("{DRAFT}{:06}", self.vouchers)
    }

    /// Moves `dong` of what `from` did not spend into `to`.
    pub(super) fn carry_over(&mut self, (from, to): (LineId, LineId), dong: i64, entry: Entry) {
        let transfer = Transfer {
            kind: TransferKind::CarryOver,
            to: Some(to),
            amount: amount(dong),
            vintage: None,
        };
        self.act(from, entry, LineAction::Transfer(transfer));
    }

    /// Undoes `dong` of the disbursement called `voucher`.
    pub(super) fn take_back(
        &mut self,
        line: LineId,
        (voucher, dong): (&str, i64),
        (entry, typed_on): (Entry, EffectiveOn),
        reason: &str,
    ) {
        let reverse = Reverse {
            record: RecordKind::Disbursement,
            reference: reference(voucher),
            amount: Some(amount(dong)),
            reason: text(reason),
        };
        self.act_on(typed_on, line, entry, LineAction::Reverse(reverse));
    }
}

/// A plain confirmed payment of money of `vintage`.
pub(super) fn payment(dong: i64, vintage: BudgetYear) -> Disbursement {
    Disbursement {
        amount: amount(dong),
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage,
        commitment: None,
        project: None,
        commune: None,
        in_kind: None,
    }
}
