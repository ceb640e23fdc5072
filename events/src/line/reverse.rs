//! What a reversal undoes: how much of an earlier record is left, and what else bounds it.

use super::decide::{refuse_before, unknown};
use super::draft::Draft;
use super::event::{DisbursementKind, LineBody};
use super::undone::{Reversed, Undone};
use super::{Line, LineRefusal, Paid, Reverse};
use crate::money::{Amount, Money};
use crate::record::{Entry, RecordKind};
use crate::text::Reference;
use crate::time::EffectiveOn;

impl Line {
    pub(super) fn reverse(&self, entry: &Entry, it: Reverse) -> Result<Draft, LineRefusal> {
        let Reverse {
            record,
            reference,
            amount,
            reason,
        } = it;
        let found = self.undoing(record, &reference, amount.map(Amount::money))?;
        let Undoing {
            on,
            left,
            most,
            undone,
        } = found;
        refuse_before(entry, record, on)?;
        let given = amount.map_or(left, Amount::money);
        let over = LineRefusal::ExceedsRecord { remaining: left };
        // Nothing left to reverse: what the record asks has no amount.
        let amount = Amount::try_from(given).map_err(|_| over.clone())?;
        let reversed = Reversed {
            reverses: reference,
            undone,
            amount,
            reason,
        };
        let draft = Draft::of(given, LineBody::Reversed(reversed)).at_most(over);
        Ok(match most {
            Some(most) => draft.at_most(most),
            None => draft,
        })
    }

    /// What a reversal of `record` would undo. `amount` is what the reversal asks, if it does.
    fn undoing(
        &self,
        record: RecordKind,
        reference: &Reference,
        amount: Option<Money>,
    ) -> Result<Undoing, LineRefusal> {
        let found = match record {
            RecordKind::Allocation => self
                .allocations
                .get(reference)
                .map(|it| Undoing::of(it.on, it.left, Undone::Allocation { basis: it.basis })),
            RecordKind::Detail => self.details.get(reference).map(|it| {
                Undoing::of(
                    it.on,
                    it.left,
                    Undone::Detail {
                        project: it.project.clone(),
                    },
                )
            }),
            RecordKind::Commitment => self.commitments.get(reference).map(|it| {
                let (project, commune) = (it.project.clone(), it.commune.clone());
                Undoing::of(it.on, it.amount, Undone::Commitment { project, commune }).at_most(
                    LineRefusal::BelowPaid {
                        remaining: it.unpaid(),
                    },
                )
            }),
            RecordKind::Recovery => self.recoveries.get(reference).and_then(|it| {
                let paid: Paid = self.disbursements.get(&it.advance)?.paid.clone();
                Some(Undoing::of(it.on, it.left, Undone::Recovery { paid }))
            }),
            RecordKind::Transfer => self.transfers.get(reference).map(|it| {
                let undone = Undone::Transfer {
                    kind: it.kind,
                    to: it.to,
                    vintage: it.vintage,
                };
                Undoing::of(it.on, it.left, undone)
            }),
            RecordKind::Disbursement => self.disbursements.get(reference).map(|it| {
                let undone = Undone::Disbursement {
                    kind: it.kind,
                    certainty: it.certainty,
                    paid: it.paid.clone(),
                    in_kind: it.taken_back(amount.unwrap_or(it.left)),
                };
                let undoing = Undoing::of(it.on, it.left, undone);
                if it.kind == DisbursementKind::Advance {
                    undoing.at_most(LineRefusal::ExceedsAdvance {
                        remaining: it.outstanding,
                    })
                } else {
                    undoing
                }
            }),
            RecordKind::Adjustment
            | RecordKind::CommitmentAdjustment
            | RecordKind::Reversal
            | RecordKind::Extension
            | RecordKind::Schedule
            | RecordKind::Statement
            | RecordKind::Registration
            | RecordKind::Merger
            | RecordKind::Policy => return Err(LineRefusal::NotReversible { record }),
        };
        found.ok_or_else(|| unknown("reverses", record, reference))
    }
}

/// What a reversal may undo.
struct Undoing {
    on: EffectiveOn,
    left: Money,
    most: Option<LineRefusal>,
    undone: Undone,
}

impl Undoing {
    fn of(on: EffectiveOn, left: Money, undone: Undone) -> Self {
        Self {
            on,
            left,
            most: None,
            undone,
        }
    }

    fn at_most(self, most: LineRefusal) -> Self {
        Self {
            most: Some(most),
            ..self
        }
    }
}
