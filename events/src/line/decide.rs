//! What a line answers to a command: the facts it adds, or the rule that it breaks.

use super::draft::Draft;
use super::event::{
    Adjusted, Certainty, CommitmentAdjusted, Disbursement, DisbursementKind, LineBody, LineEvent,
    Recovered, Transfer, TransferKind, TransferReclaimed, TransferredIn,
};
use super::{
    Adjust, AdjustCommitment, Extension, Line, LineAction, LineCommand, LineRefusal, Recover,
};
use crate::money::Money;
use crate::record::{Entry, RecordKind};
use crate::text::Reference;
use crate::time::{BudgetYear, EffectiveOn};

impl Line {
    /// The facts `command` adds. A repeat of a recorded one is told by the id of its event before
    /// this is asked; here a known reference is a reused one.
    ///
    /// # Errors
    /// A [`LineRefusal`] names the rule that was broken; nothing is added.
    pub fn decide(&self, command: LineCommand) -> Result<Vec<LineEvent>, LineRefusal> {
        let LineCommand {
            today,
            entry,
            action,
        } = command;
        self.refuse_reused(action.kind(), &entry.reference)?;
        refuse_dated_ahead(today, &entry, &action)?;
        let draft = match action {
            LineAction::Allocate(it) => Draft::of(it.amount.money(), LineBody::Allocated(it)),
            LineAction::Adjust(it) => self.adjust(&entry, it)?,
            LineAction::Transfer(it) => self.transfer(it)?,
            LineAction::Detail(it) => Draft::of(it.amount.money(), LineBody::Detailed(it)),
            LineAction::Commit(it) => Draft::of(it.amount.money(), LineBody::Committed(it)),
            LineAction::AdjustCommitment(it) => self.adjust_commitment(&entry, it)?,
            LineAction::Disburse(it) => self.disburse(&entry, it)?,
            LineAction::Recover(it) => self.recover(&entry, it)?,
            LineAction::Reverse(it) => self.reverse(&entry, it)?,
            LineAction::Extend(it) => self.extend(it)?,
        };
        let body = self.judge(draft)?;
        Ok(vec![LineEvent { entry, body }])
    }

    /// The fact that transferred capital arrived; none when it has arrived already. Never refused:
    /// it has left the other line.
    pub fn receive(&self, entry: Entry, arrived: TransferredIn) -> Vec<LineEvent> {
        if self
            .arrived
            .contains_key(&(arrived.from, entry.reference.clone()))
        {
            return Vec::new();
        }
        vec![LineEvent {
            entry,
            body: LineBody::TransferredIn(arrived),
        }]
    }

    /// The fact that capital which had arrived goes back; none when it has gone already.
    ///
    /// # Errors
    /// A [`LineRefusal`] where it is not free here any more.
    pub fn reclaim(
        &self,
        entry: Entry,
        reclaimed: TransferReclaimed,
    ) -> Result<Vec<LineEvent>, LineRefusal> {
        if self
            .reclaimed
            .contains(&(reclaimed.from, entry.reference.clone()))
        {
            return Ok(Vec::new());
        }
        let amount = reclaimed.amount.money();
        let left = self
            .arrived
            .get(&(reclaimed.from, reclaimed.transfer.clone()))
            .copied();
        let left = left.unwrap_or_default();
        let draft = Draft::of(amount, LineBody::TransferReclaimed(reclaimed))
            .at_most(LineRefusal::ExceedsRecord { remaining: left })
            .at_most(self.exceeds_free());
        let body = self.judge(draft)?;
        Ok(vec![LineEvent { entry, body }])
    }

    /// Refuses a reference that stands for another record of its kind.
    fn refuse_reused(&self, record: RecordKind, reference: &Reference) -> Result<(), LineRefusal> {
        let reused = match record {
            RecordKind::Allocation => self.allocations.contains_key(reference),
            RecordKind::Transfer => self.transfers.contains_key(reference),
            RecordKind::Detail => self.details.contains_key(reference),
            RecordKind::Commitment => self.commitments.contains_key(reference),
            RecordKind::Disbursement => self.disbursements.contains_key(reference),
            RecordKind::Recovery => self.recoveries.contains_key(reference),
            RecordKind::Adjustment
            | RecordKind::CommitmentAdjustment
            | RecordKind::Reversal
            | RecordKind::Extension
            | RecordKind::Schedule
            | RecordKind::Statement
            | RecordKind::Registration
            | RecordKind::Merger
            | RecordKind::Policy => self.others.contains(&(record, reference.clone())),
        };
        let reference = reference.clone();
        if reused {
            Err(LineRefusal::ReferenceReused { record, reference })
        } else {
            Ok(())
        }
    }

    fn adjust(&self, entry: &Entry, it: Adjust) -> Result<Draft, LineRefusal> {
        let allocation = self
            .allocations
            .get(&it.allocation)
            .ok_or_else(|| unknown("allocation", RecordKind::Allocation, &it.allocation))?;
        refuse_before(entry, RecordKind::Allocation, allocation.on)?;
        let change = it.change.money();
        let Adjust {
            allocation: reference,
            change: by,
            reason,
        } = it;
        let basis = allocation.basis;
        let adjusted = Adjusted {
            allocation: reference,
            basis,
            change: by,
            reason,
        };
        let draft = Draft::of(change.max(-change), LineBody::Adjusted(adjusted));
        Ok(if change.is_negative() {
            let remaining = allocation.left;
            draft.at_most(LineRefusal::ExceedsAllocation { remaining })
        } else {
            draft
        })
    }

    fn transfer(&self, it: Transfer) -> Result<Draft, LineRefusal> {
        let refuse = |why| Err(LineRefusal::TransferTarget { why });
        let from = self.id;
        match (it.kind, it.to) {
            (TransferKind::Recall, None) => {}
            (TransferKind::Recall, Some(_)) => {
                return refuse("a recall goes back to the level above and names no line");
            }
            (TransferKind::CarryOver | TransferKind::Reallocation, None) => {
                return refuse("the transfer names no line that it goes to");
            }
            (_, Some(to)) if to == from => {
                return refuse("a transfer goes to another line");
            }
            (TransferKind::CarryOver, Some(to)) => {
                if from.year().next() != Some(to.year()) {
                    return refuse("a carry-over goes one budget year on");
                }
                if (from.source(), from.capital_type()) != (to.source(), to.capital_type()) {
                    return refuse("a carry-over keeps its source and capital type");
                }
            }
            (TransferKind::Reallocation, Some(to)) => {
                if (from.year(), from.source()) != (to.year(), to.source()) {
                    return refuse("a reallocation keeps its budget year and source");
                }
            }
        }
        if it.kind != TransferKind::CarryOver && it.vintage.is_some() {
            return refuse("only a carry-over names a vintage");
        }
        self.known_vintage(it.vintage)?;
        let it = it.leaving(from);
        let amount = it.amount.money();
        Ok(Draft::of(amount, LineBody::TransferredOut(it)).at_most(self.exceeds_free()))
    }

    fn adjust_commitment(&self, entry: &Entry, it: AdjustCommitment) -> Result<Draft, LineRefusal> {
        let commitment = self
            .commitments
            .get(&it.commitment)
            .ok_or_else(|| unknown("commitment", RecordKind::Commitment, &it.commitment))?;
        refuse_before(entry, RecordKind::Commitment, commitment.on)?;
        let change = it.change.money();
        let adjusted = CommitmentAdjusted {
            commitment: it.commitment,
            change: it.change,
            project: commitment.project.clone(),
            commune: commitment.commune.clone(),
            reason: it.reason,
        };
        let draft = Draft::of(change.max(-change), LineBody::CommitmentAdjusted(adjusted));
        Ok(if change.is_negative() {
            let remaining = commitment.unpaid();
            draft.at_most(LineRefusal::BelowPaid { remaining })
        } else {
            draft
        })
    }

    fn disburse(&self, entry: &Entry, mut it: Disbursement) -> Result<Draft, LineRefusal> {
        let state_budget = self.id.source().is_state_budget();
        let confirmed = it.certainty == Certainty::Confirmed;
        if it.kind == DisbursementKind::Contribution && state_budget {
            return Err(LineRefusal::ContributionOfStateBudget);
        }
        if it.kind == DisbursementKind::Advance && !confirmed {
            return Err(LineRefusal::EstimatedAdvance);
        }
        if it
            .in_kind
            .as_ref()
            .is_some_and(|given| given.worth() != Some(it.amount))
        {
            return Err(LineRefusal::InKindWorth);
        }
        self.known_vintage(Some(it.vintage))?;
        self.keep_window(entry.effective_on)?;
        let amount = it.amount.money();
        let Some(named) = it.commitment.clone() else {
            return if state_budget && confirmed {
                Err(LineRefusal::NeedsCommitment)
            } else {
                Ok(Draft::of(amount, LineBody::Disbursed(it)))
            };
        };
        let commitment = self
            .commitments
            .get(&named)
            .ok_or_else(|| unknown("commitment", RecordKind::Commitment, &named))?;
        refuse_before(entry, RecordKind::Commitment, commitment.on)?;
        it.project = it.project.or_else(|| commitment.project.clone());
        it.commune = it.commune.or_else(|| commitment.commune.clone());
        let draft = Draft::of(amount, LineBody::Disbursed(it));
        Ok(if confirmed {
            let remaining = commitment.unpaid();
            draft.at_most(LineRefusal::ExceedsCommitment { remaining })
        } else {
            draft
        })
    }

    fn recover(&self, entry: &Entry, it: Recover) -> Result<Draft, LineRefusal> {
        let Recover {
            advance: reference,
            amount,
        } = it;
        let advance = self
            .disbursements
            .get(&reference)
            .ok_or_else(|| unknown("advance", RecordKind::Disbursement, &reference))?;
        if advance.kind != DisbursementKind::Advance {
            return Err(LineRefusal::NotAnAdvance { reference });
        }
        refuse_before(entry, RecordKind::Disbursement, advance.on)?;
        let remaining = advance.outstanding;
        let recovered = Recovered {
            advance: reference,
            amount,
            paid: advance.paid.clone(),
        };
        Ok(Draft::of(amount.money(), LineBody::Recovered(recovered))
            .at_most(LineRefusal::ExceedsAdvance { remaining }))
    }

    fn extend(&self, it: Extension) -> Result<Draft, LineRefusal> {
        let (_, until) = self.window();
        let latest = self.id.year().day_of_next(12, 31);
        if it.until > latest {
            return Err(LineRefusal::ExtensionTooLate { latest });
        }
        if it.until <= until {
            return Err(LineRefusal::ExtensionNotLater { until });
        }
        Ok(Draft::of(Money::ZERO, LineBody::Extended(it)))
    }

    /// Refuses a vintage that the line's year does not know yet.
    fn known_vintage(&self, vintage: Option<BudgetYear>) -> Result<(), LineRefusal> {
        let year = self.id.year();
        match vintage {
            Some(vintage) if vintage > year => Err(LineRefusal::VintageAhead { vintage, year }),
            Some(_) | None => Ok(()),
        }
    }

    fn keep_window(&self, effective_on: EffectiveOn) -> Result<(), LineRefusal> {
        let (from, until) = self.window();
        if (from..=until).contains(&effective_on) {
            return Ok(());
        }
        Err(LineRefusal::OutsideWindow {
            effective_on,
            from,
            until,
        })
    }
}

/// What is said to have happened is not dated after today; decisions and estimates may be.
fn refuse_dated_ahead(
    today: EffectiveOn,
    entry: &Entry,
    action: &LineAction,
) -> Result<(), LineRefusal> {
    let estimate =
        matches!(action, LineAction::Disburse(it) if it.certainty == Certainty::Estimated);
    let happened = !action.kind().is_decision() && !estimate;
    let (record, effective_on) = (action.kind(), entry.effective_on);
    if happened && effective_on > today {
        return Err(LineRefusal::DatedAhead {
            record,
            effective_on,
            today,
        });
    }
    Ok(())
}

/// A record that refers to another comes on or after its day.
pub(super) fn refuse_before(
    entry: &Entry,
    record: RecordKind,
    referenced_on: EffectiveOn,
) -> Result<(), LineRefusal> {
    let effective_on = entry.effective_on;
    if effective_on < referenced_on {
        return Err(LineRefusal::BeforeReferenced {
            record,
            effective_on,
            referenced_on,
        });
    }
    Ok(())
}

pub(super) fn unknown(
    field: &'static str,
    record: RecordKind,
    reference: &Reference,
) -> LineRefusal {
    LineRefusal::UnknownReference {
        field,
        record,
        reference: reference.clone(),
    }
}
