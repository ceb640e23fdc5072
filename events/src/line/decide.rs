//! What a line answers to a command: the facts it adds, or the rule that it breaks.

use super::balance::Rule;
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
        let (moved, body) = match action {
            LineAction::Allocate(it) => (it.amount.money(), LineBody::Allocated(it)),
            LineAction::Adjust(it) => self.adjust(&entry, it)?,
            LineAction::Transfer(it) => self.transfer(it)?,
            LineAction::Detail(it) => (it.amount.money(), LineBody::Detailed(it)),
            LineAction::Commit(it) => (it.amount.money(), LineBody::Committed(it)),
            LineAction::AdjustCommitment(it) => self.adjust_commitment(&entry, it)?,
            LineAction::Disburse(it) => self.disburse(&entry, it)?,
            LineAction::Recover(it) => self.recover(&entry, it)?,
            LineAction::Reverse(it) => self.reverse(&entry, it)?,
            LineAction::Extend(it) => self.extend(it)?,
        };
        self.keep_rules(moved, &body)?;
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
        if amount > left {
            return Err(LineRefusal::ExceedsRecord { remaining: left });
        }
        self.keep_free(amount)?;
        let body = LineBody::TransferReclaimed(reclaimed);
        self.keep_rules(amount, &body)?;
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
            | RecordKind::Merger => self.others.contains(&(record, reference.clone())),
        };
        let reference = reference.clone();
        if reused {
            Err(LineRefusal::ReferenceReused { record, reference })
        } else {
            Ok(())
        }
    }

    fn adjust(&self, entry: &Entry, it: Adjust) -> Result<(Money, LineBody), LineRefusal> {
        let allocation = self
            .allocations
            .get(&it.allocation)
            .ok_or_else(|| unknown("allocation", RecordKind::Allocation, &it.allocation))?;
        refuse_before(entry, RecordKind::Allocation, allocation.on)?;
        let change = it.change.money();
        if (allocation.left + change).is_negative() {
            return Err(LineRefusal::ExceedsAllocation {
                remaining: allocation.left,
            });
        }
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
        Ok((change.max(-change), LineBody::Adjusted(adjusted)))
    }

    fn transfer(&self, mut it: Transfer) -> Result<(Money, LineBody), LineRefusal> {
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
        it.vintage = match (it.kind, it.vintage) {
            (TransferKind::CarryOver, vintage) => Some(self.known_vintage(vintage)?),
            (TransferKind::Reallocation | TransferKind::Recall, None) => None,
            (TransferKind::Reallocation | TransferKind::Recall, Some(_)) => {
                return refuse("only a carry-over names a vintage");
            }
        };
        let amount = it.amount.money();
        self.keep_free(amount)?;
        Ok((amount, LineBody::TransferredOut(it)))
    }

    fn adjust_commitment(
        &self,
        entry: &Entry,
        it: AdjustCommitment,
    ) -> Result<(Money, LineBody), LineRefusal> {
        let commitment = self
            .commitments
            .get(&it.commitment)
            .ok_or_else(|| unknown("commitment", RecordKind::Commitment, &it.commitment))?;
        refuse_before(entry, RecordKind::Commitment, commitment.on)?;
        let change = it.change.money();
        if (commitment.unpaid() + change).is_negative() {
            return Err(LineRefusal::BelowPaid {
                remaining: commitment.unpaid(),
            });
        }
        let adjusted = CommitmentAdjusted {
            commitment: it.commitment,
            change: it.change,
            project: commitment.project.clone(),
            commune: commitment.commune.clone(),
            reason: it.reason,
        };
        Ok((change.max(-change), LineBody::CommitmentAdjusted(adjusted)))
    }

    fn disburse(
        &self,
        entry: &Entry,
        mut it: Disbursement,
    ) -> Result<(Money, LineBody), LineRefusal> {
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
        match &it.commitment {
            None if state_budget && confirmed => return Err(LineRefusal::NeedsCommitment),
            None => {}
            Some(named) => {
                let commitment = self
                    .commitments
                    .get(named)
                    .ok_or_else(|| unknown("commitment", RecordKind::Commitment, named))?;
                refuse_before(entry, RecordKind::Commitment, commitment.on)?;
                if confirmed && amount > commitment.unpaid() {
                    return Err(LineRefusal::ExceedsCommitment {
                        remaining: commitment.unpaid(),
                    });
                }
                it.project = it.project.or_else(|| commitment.project.clone());
                it.commune = it.commune.or_else(|| commitment.commune.clone());
            }
        }
        Ok((amount, LineBody::Disbursed(it)))
    }

    fn recover(&self, entry: &Entry, it: Recover) -> Result<(Money, LineBody), LineRefusal> {
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
        if amount.money() > advance.outstanding {
            return Err(LineRefusal::ExceedsAdvance {
                remaining: advance.outstanding,
            });
        }
        let recovered = Recovered {
            advance: reference,
            amount,
            paid: advance.paid.clone(),
        };
        Ok((amount.money(), LineBody::Recovered(recovered)))
    }

    fn extend(&self, it: Extension) -> Result<(Money, LineBody), LineRefusal> {
        let (_, until) = self.window();
        let latest = self.id.year().day_of_next(12, 31);
        if it.until > latest {
            return Err(LineRefusal::ExtensionTooLate { latest });
        }
        if it.until <= until {
            return Err(LineRefusal::ExtensionNotLater { until });
        }
        Ok((Money::ZERO, LineBody::Extended(it)))
    }

    /// The vintage, or the line's own year; refused where the line's year does not know it yet.
    fn known_vintage(&self, vintage: Option<BudgetYear>) -> Result<BudgetYear, LineRefusal> {
        let year = self.id.year();
        let vintage = vintage.unwrap_or(year);
        if vintage > year {
            Err(LineRefusal::VintageAhead { vintage, year })
        } else {
            Ok(vintage)
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

    fn keep_free(&self, amount: Money) -> Result<(), LineRefusal> {
        let remaining = self.balance.free().max(Money::ZERO);
        if amount > remaining {
            Err(LineRefusal::ExceedsFree { remaining })
        } else {
            Ok(())
        }
    }

    /// Judges the sums as `body`, which moves `moved`, would leave them.
    fn keep_rules(&self, moved: Money, body: &LineBody) -> Result<(), LineRefusal> {
        let mut after = self.balance.clone();
        after.apply(self.id, body);
        let Some((rule, over)) = after.broken(self.id) else {
            return Ok(());
        };
        let remaining = (moved - over).max(Money::ZERO);
        Err(match rule {
            Rule::Plan => LineRefusal::ExceedsPlan {
                measure: "what is taken away",
                remaining,
            },
            Rule::Detailed => LineRefusal::ExceedsPlan {
                measure: "detailed",
                remaining,
            },
            Rule::Committed => LineRefusal::ExceedsPlan {
                measure: "committed",
                remaining,
            },
            Rule::Vintage(vintage) => LineRefusal::ExceedsVintage { vintage, remaining },
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
