//! The sums of a line, and the rules they keep whatever the order of days.
//!
//! The rules judge everything recorded so far. A rule is a sum and its limit; what is over it says
//! how much of a record would still have fitted.

use std::collections::BTreeMap;

use super::event::{
    AllocationBasis, Certainty, Disbursement, DisbursementKind, LineBody, TransferKind,
};
use super::undone::Undone;
use crate::money::Money;
use crate::names::LineId;
use crate::time::BudgetYear;

/// The measures of a line. Each is the sum of everything recorded, whatever its day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Allocated by the Prime Minister or the level above, with adjustments.
    pub assigned: Money,
    /// Allocated by the local level on top, with adjustments.
    pub local_increase: Money,
    /// Carried in from the year before.
    pub carried_in: Money,
    /// Reallocated in less reallocated out; the one measure that may be negative.
    pub reallocated: Money,
    /// Taken back by the level above.
    pub recalled: Money,
    /// Carried out to the year after.
    pub carried_out: Money,
    /// Allocated in detail to projects.
    pub detailed: Money,
    /// Promised, with adjustments.
    pub committed: Money,
    /// Promised and not yet paid.
    pub unpaid: Money,
    /// Paid out and confirmed.
    pub disbursed: Money,
    /// Estimated to be paid out.
    pub estimated: Money,
    /// Paid in advance and not yet recovered.
    pub advances_outstanding: Money,
    by_vintage: BTreeMap<BudgetYear, Flow>,
}

/// What came in, left and was paid of the money of one vintage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flow {
    carried_in: Money,
    carried_out: Money,
    disbursed: Money,
}

/// A rule of a line's sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The plan is not negative.
    Plan,
    /// What is detailed keeps to the plan.
    Detailed,
    /// What is committed keeps to the plan less what is carried out.
    Committed,
    /// What is disbursed and carried out of a vintage keeps to what came in of it.
    Vintage(BudgetYear),
}

impl Balance {
    /// Capital that the line may spend: assigned + local increase + carried in + reallocated −
    /// recalled.
    pub fn plan(&self) -> Money {
        self.assigned + self.local_increase + self.carried_in + self.reallocated - self.recalled
    }

    /// Plan − carried out − disbursed.
    pub fn remaining(&self) -> Money {
        self.plan() - self.carried_out - self.disbursed
    }

    /// What may leave the line: remaining less what is committed and unpaid.
    pub fn free(&self) -> Money {
        self.remaining() - self.unpaid
    }

    /// The rules that the sums of `line` break, and by how much they pass each limit.
    pub(super) fn broken(&self, line: LineId) -> Vec<(Rule, Money)> {
        let mut rules = vec![(Rule::Plan, Money::ZERO, self.plan())];
        if line.source().is_state_budget() {
            rules.push((Rule::Detailed, self.detailed, self.plan()));
            rules.push((
                Rule::Committed,
                self.committed,
                self.plan() - self.carried_out,
            ));
            let own_year = (line.year(), Flow::default());
            let vintages = self.by_vintage.iter().map(|(year, flow)| (*year, *flow));
            let vintages: BTreeMap<_, _> = [own_year].into_iter().chain(vintages).collect();
            for (vintage, flow) in vintages {
                let came_in = if vintage == line.year() {
                    self.plan() - self.carried_in
                } else {
                    flow.carried_in
                };
                rules.push((
                    Rule::Vintage(vintage),
                    flow.disbursed + flow.carried_out,
                    came_in,
                ));
            }
        }
        let passed = |(rule, sum, limit): (Rule, Money, Money)| (rule, sum - limit);
        rules
            .into_iter()
            .map(passed)
            .filter(|(_, over)| *over > Money::ZERO)
            .collect()
    }

    /// Adds what `body` moves on `line`.
    pub(super) fn apply(&mut self, line: LineId, body: &LineBody) {
        match body {
            LineBody::Allocated(allocation) => {
                self.allocate(allocation.basis, allocation.amount.money());
            }
            LineBody::Adjusted(adjusted) => self.allocate(adjusted.basis, adjusted.change.money()),
            LineBody::TransferredOut(transfer) => {
                self.leave(
                    line,
                    transfer.kind,
                    transfer.vintage,
                    transfer.amount.money(),
                );
            }
            LineBody::TransferredIn(transferred) => {
                let amount = transferred.amount.money();
                self.arrive(line, transferred.kind, transferred.vintage, amount);
            }
            LineBody::TransferReclaimed(reclaimed) => {
                let amount = -reclaimed.amount.money();
                self.arrive(line, reclaimed.kind, reclaimed.vintage, amount);
            }
            LineBody::Detailed(detail) => self.detailed += detail.amount.money(),
            LineBody::Committed(commitment) => self.commit(commitment.amount.money()),
            LineBody::CommitmentAdjusted(adjusted) => self.commit(adjusted.change.money()),
            LineBody::Disbursed(disbursement) => self.disburse(disbursement),
            LineBody::Recovered(recovered) => {
                self.advances_outstanding -= recovered.amount.money();
            }
            LineBody::Reversed(reversed) => {
                self.undo(line, &reversed.undone, reversed.amount.money());
            }
            LineBody::Extended(_) => {}
        }
    }

    /// Adds what is paid on a commitment to, or with a negative sum takes it from, what is paid.
    pub(super) fn pay_committed(&mut self, amount: Money) {
        self.unpaid -= amount;
    }

    fn allocate(&mut self, basis: AllocationBasis, change: Money) {
        match basis {
            AllocationBasis::Assigned => self.assigned += change,
            AllocationBasis::LocalIncrease => self.local_increase += change,
        }
    }

    fn commit(&mut self, change: Money) {
        self.committed += change;
        self.unpaid += change;
    }

    fn leave(&mut self, line: LineId, kind: TransferKind, vintage: Option<BudgetYear>, sum: Money) {
        match kind {
            TransferKind::CarryOver => {
                self.carried_out += sum;
                self.of(vintage.unwrap_or(line.year())).carried_out += sum;
            }
            TransferKind::Reallocation => self.reallocated -= sum,
            TransferKind::Recall => self.recalled += sum,
        }
    }

    fn arrive(
        &mut self,
        line: LineId,
        kind: TransferKind,
        vintage: Option<BudgetYear>,
        sum: Money,
    ) {
        match kind {
            TransferKind::CarryOver => {
                self.carried_in += sum;
                self.of(vintage.unwrap_or(line.year())).carried_in += sum;
            }
            TransferKind::Reallocation | TransferKind::Recall => self.reallocated += sum,
        }
    }

    fn disburse(&mut self, disbursement: &Disbursement) {
        let Disbursement {
            kind,
            certainty,
            vintage,
            ..
        } = disbursement;
        self.pay_out(*kind, *certainty, *vintage, disbursement.amount.money());
    }

    fn pay_out(
        &mut self,
        kind: DisbursementKind,
        certainty: Certainty,
        vintage: BudgetYear,
        sum: Money,
    ) {
        match certainty {
            Certainty::Estimated => self.estimated += sum,
            Certainty::Confirmed => {
                self.disbursed += sum;
                self.of(vintage).disbursed += sum;
                if kind == DisbursementKind::Advance {
                    self.advances_outstanding += sum;
                }
            }
        }
    }

    fn undo(&mut self, line: LineId, undone: &Undone, sum: Money) {
        match undone {
            Undone::Allocation { basis } => self.allocate(*basis, -sum),
            Undone::Detail { .. } => self.detailed -= sum,
            Undone::Commitment { .. } => self.commit(-sum),
            Undone::Disbursement {
                kind,
                certainty,
                paid,
                ..
            } => {
                self.pay_out(*kind, *certainty, paid.vintage, -sum);
            }
            Undone::Recovery { .. } => self.advances_outstanding += sum,
            Undone::Transfer { kind, vintage, .. } => self.leave(line, *kind, *vintage, -sum),
        }
    }

    fn of(&mut self, vintage: BudgetYear) -> &mut Flow {
        self.by_vintage.entry(vintage).or_default()
    }
}
