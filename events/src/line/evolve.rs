//! What a fact leaves of a line. Never fails: history is not refused.

use super::event::{
    Certainty, Commitment, Disbursement, DisbursementKind, LineBody, LineEvent, Recovered,
    Transfer, TransferReclaimed, TransferredIn,
};
use super::undone::Reversed;
use super::{
    Line, OpenAllocation, OpenCommitment, OpenDetail, OpenDisbursement, OpenRecovery, OpenTransfer,
};
use crate::money::Money;
use crate::record::RecordKind;
use crate::text::Reference;
use crate::time::EffectiveOn;

impl Line {
    /// Applies a fact. Never fails: history is not refused.
    #[must_use]
    pub fn evolve(mut self, event: &LineEvent) -> Self {
        let LineEvent { entry, body } = event;
        self.judged_on
            .get_or_insert_with(|| event.judged_on(self.id.year()));
        self.balance.apply(self.id, body);
        let (reference, on) = (entry.reference.clone(), entry.effective_on);
        match body {
            LineBody::Allocated(it) => {
                let open = OpenAllocation {
                    on,
                    basis: it.basis,
                    left: it.amount.money(),
                };
                self.allocations.insert(reference, open);
            }
            LineBody::Adjusted(it) => {
                take(
                    self.allocations.get_mut(&it.allocation),
                    -it.change.money(),
                    |it| &mut it.left,
                );
                self.others.insert((RecordKind::Adjustment, reference));
            }
            LineBody::TransferredOut(it) => self.transferred_out(reference, on, it),
            LineBody::TransferredIn(TransferredIn { from, amount, .. }) => {
                self.arrived.insert((*from, reference), amount.money());
            }
            LineBody::TransferReclaimed(it) => self.transfer_reclaimed(reference, it),
            LineBody::Detailed(it) => {
                let open = OpenDetail {
                    on,
                    project: it.project.clone(),
                    left: it.amount.money(),
                };
                self.details.insert(reference, open);
            }
            LineBody::Committed(it) => self.committed(reference, on, it),
            LineBody::CommitmentAdjusted(it) => {
                let change = it.change.money();
                take(self.commitments.get_mut(&it.commitment), -change, |it| {
                    &mut it.amount
                });
                self.others
                    .insert((RecordKind::CommitmentAdjustment, reference));
            }
            LineBody::Disbursed(it) => self.disbursed(reference, on, it),
            LineBody::Recovered(it) => self.recovered(reference, on, it),
            LineBody::Reversed(it) => {
                self.reversed(it);
                self.others.insert((RecordKind::Reversal, reference));
            }
            LineBody::Extended(it) => {
                self.extended_until = Some(it.until);
                self.others.insert((RecordKind::Extension, reference));
            }
        }
        self
    }

    fn transferred_out(&mut self, reference: Reference, on: EffectiveOn, transfer: &Transfer) {
        let Transfer {
            kind,
            to,
            amount,
            vintage,
            ..
        } = transfer;
        let left = amount.money();
        let open = OpenTransfer {
            on,
            kind: *kind,
            to: *to,
            vintage: *vintage,
            left,
        };
        self.transfers.insert(reference, open);
    }

    fn transfer_reclaimed(&mut self, reference: Reference, reclaimed: &TransferReclaimed) {
        let TransferReclaimed {
            from,
            transfer,
            amount,
            ..
        } = reclaimed;
        take(
            self.arrived.get_mut(&(*from, transfer.clone())),
            amount.money(),
            |left| left,
        );
        self.reclaimed.insert((*from, reference));
    }

    fn committed(&mut self, reference: Reference, on: EffectiveOn, commitment: &Commitment) {
        self.commitments
            .insert(reference, OpenCommitment::of(on, commitment));
    }

    fn disbursed(&mut self, reference: Reference, on: EffectiveOn, disbursement: &Disbursement) {
        let open = OpenDisbursement::of(on, disbursement);
        if open.certainty == Certainty::Confirmed {
            self.pay(open.commitment.as_ref(), open.left);
        }
        self.disbursements.insert(reference, open);
    }

    fn recovered(&mut self, reference: Reference, on: EffectiveOn, recovered: &Recovered) {
        let (advance, left) = (recovered.advance.clone(), recovered.amount.money());
        self.outstand(&advance, -left);
        self.recoveries
            .insert(reference, OpenRecovery { on, advance, left });
    }

    fn reversed(&mut self, reversed: &Reversed) {
        let (named, amount) = (&reversed.reverses, reversed.amount.money());
        match reversed.undone.record() {
            RecordKind::Allocation => {
                take(self.allocations.get_mut(named), amount, |it| &mut it.left);
            }
            RecordKind::Detail => take(self.details.get_mut(named), amount, |it| &mut it.left),
            RecordKind::Commitment => {
                take(self.commitments.get_mut(named), amount, |it| &mut it.amount);
            }
            RecordKind::Transfer => take(self.transfers.get_mut(named), amount, |it| &mut it.left),
            RecordKind::Recovery => self.unrecovered(named, amount),
            RecordKind::Disbursement => self.undisbursed(named, amount),
            RecordKind::Adjustment
            | RecordKind::CommitmentAdjustment
            | RecordKind::Reversal
            | RecordKind::Extension
            | RecordKind::Schedule
            | RecordKind::Statement
            | RecordKind::Registration
            | RecordKind::Merger
            | RecordKind::Policy => {}
        }
    }

    fn unrecovered(&mut self, reference: &Reference, amount: Money) {
        let Some(recovery) = self.recoveries.get_mut(reference) else {
            return;
        };
        recovery.left -= amount;
        let advance = recovery.advance.clone();
        self.outstand(&advance, amount);
    }

    fn undisbursed(&mut self, reference: &Reference, amount: Money) {
        let Some(disbursement) = self.disbursements.get_mut(reference) else {
            return;
        };
        disbursement.left -= amount;
        if disbursement.kind == DisbursementKind::Advance {
            disbursement.outstanding -= amount;
        }
        if disbursement.certainty == Certainty::Confirmed {
            let commitment = disbursement.commitment.clone();
            self.pay(commitment.as_ref(), -amount);
        }
    }

    fn pay(&mut self, commitment: Option<&Reference>, amount: Money) {
        if let Some(commitment) = commitment.and_then(|named| self.commitments.get_mut(named)) {
            commitment.paid += amount;
            self.balance.pay_committed(amount);
        }
    }

    fn outstand(&mut self, advance: &Reference, change: Money) {
        take(self.disbursements.get_mut(advance), -change, |it| {
            &mut it.outstanding
        });
    }
}

/// Takes `amount` off what is left of an open record, or with a negative amount adds to it.
fn take<T>(open: Option<&mut T>, amount: Money, left: impl Fn(&mut T) -> &mut Money) {
    if let Some(open) = open {
        *left(open) -= amount;
    }
}
