//! The line: capital of one programme, province, budget year, source and type, and the rules it
//! keeps. Two pure functions, [`Line::decide`] and [`Line::evolve`]; the rest is their parts.

mod balance;
mod codec;
mod command;
mod decide;
mod draft;
mod event;
mod evolve;
mod in_kind;
mod refusal;
mod reverse;
#[cfg(test)]
mod tests;
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

pub use balance::Balance;
pub use command::{Adjust, AdjustCommitment, LineAction, LineCommand, Recover, Reverse};
pub use event::{
    Adjusted, Allocation, AllocationBasis, Certainty, Commitment, CommitmentAdjusted, Detail,
    Disbursement, DisbursementKind, Extension, LineBody, LineEvent, Paid, Recovered, Transfer,
    TransferKind, TransferReclaimed, TransferredIn,
};
pub use in_kind::{InKind, InKindKind};
pub use refusal::LineRefusal;
pub use undone::{Reversed, Undone};

use crate::money::Money;
use crate::names::LineId;
use crate::record::RecordKind;
use crate::text::{Place, Reference, Text};
use crate::time::EffectiveOn;

/// A line as its history left it: what a decision needs, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    id: LineId,
    judged_on: Option<EffectiveOn>,
    balance: Balance,
    extended_until: Option<EffectiveOn>,
    allocations: BTreeMap<Reference, OpenAllocation>,
    details: BTreeMap<Reference, OpenDetail>,
    commitments: BTreeMap<Reference, OpenCommitment>,
    disbursements: BTreeMap<Reference, OpenDisbursement>,
    recoveries: BTreeMap<Reference, OpenRecovery>,
    transfers: BTreeMap<Reference, OpenTransfer>,
    /// What is left of what arrived, by the line it came from and the transfer's reference.
    arrived: BTreeMap<(LineId, Reference), Money>,
    /// Reversals in other lines that took back what had arrived here.
    reclaimed: BTreeSet<(LineId, Reference)>,
    /// References of records that nothing refers to: adjustments, reversals, extensions.
    others: BTreeSet<(RecordKind, Reference)>,
}

/// An allocation and what adjustments and reversals left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenAllocation {
    on: EffectiveOn,
    basis: AllocationBasis,
    left: Money,
}

/// A detail and what reversals left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenDetail {
    on: EffectiveOn,
    project: Place,
    left: Money,
}

/// A commitment, with what adjustments and reversals left of it and what is paid on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCommitment {
    /// Its day.
    pub on: EffectiveOn,
    /// What is promised.
    pub amount: Money,
    /// What of it is paid.
    pub paid: Money,
    /// For which project.
    pub project: Option<Place>,
    /// In which commune.
    pub commune: Option<Place>,
    /// To whom.
    pub payee: Option<Text>,
}

impl OpenCommitment {
    /// What is promised and not yet paid.
    pub fn unpaid(&self) -> Money {
        self.amount - self.paid
    }
}

/// A disbursement and what reversals left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDisbursement {
    /// Its day.
    pub on: EffectiveOn,
    /// How it was paid.
    pub kind: DisbursementKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it belongs.
    pub paid: Paid,
    /// The commitment it is paid on.
    pub commitment: Option<Reference>,
    /// What reversals left of it.
    pub left: Money,
    /// What of it is an advance that is not yet recovered.
    pub outstanding: Money,
    in_kind: Option<InKind>,
}

/// A recovery and what reversals left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenRecovery {
    on: EffectiveOn,
    advance: Reference,
    left: Money,
}

/// A transfer out and what reversals left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenTransfer {
    on: EffectiveOn,
    kind: TransferKind,
    to: Option<LineId>,
    vintage: Option<crate::time::BudgetYear>,
    left: Money,
}

impl Line {
    /// A line without history.
    pub fn new(id: LineId) -> Self {
        Self {
            id,
            judged_on: None,
            balance: Balance::default(),
            extended_until: None,
            allocations: BTreeMap::new(),
            details: BTreeMap::new(),
            commitments: BTreeMap::new(),
            disbursements: BTreeMap::new(),
            recoveries: BTreeMap::new(),
            transfers: BTreeMap::new(),
            arrived: BTreeMap::new(),
            reclaimed: BTreeSet::new(),
            others: BTreeSet::new(),
        }
    }

    /// The line that these facts made.
    pub fn replay<'a>(id: LineId, history: impl IntoIterator<Item = &'a LineEvent>) -> Self {
        history.into_iter().fold(Self::new(id), Self::evolve)
    }

    /// Which line it is.
    pub fn id(&self) -> LineId {
        self.id
    }

    /// The day on which its codes were judged; `None` before its first fact.
    pub fn judged_on(&self) -> Option<EffectiveOn> {
        self.judged_on
    }

    /// Its sums.
    pub fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Its commitments, by reference.
    pub fn commitments(&self) -> &BTreeMap<Reference, OpenCommitment> {
        &self.commitments
    }

    /// Its advances that are not wholly recovered or reversed, by reference.
    pub fn advances(&self) -> impl Iterator<Item = (&Reference, &OpenDisbursement)> {
        self.disbursements
            .iter()
            .filter(|(_, disbursement)| disbursement.outstanding > Money::ZERO)
    }

    /// First and last day on which it may disburse: until 31 January of the next year, or 31
    /// December where all its allocations came after 30 September, or the end it was extended to
    /// (Law 58/2024, Art. 72).
    pub fn window(&self) -> (EffectiveOn, EffectiveOn) {
        let year = self.id.year();
        let late = |allocation: &OpenAllocation| allocation.on > year.day(9, 30);
        let usual = if !self.allocations.is_empty() && self.allocations.values().all(late) {
            year.day_of_next(12, 31)
        } else {
            year.closes_on()
        };
        (
            year.day(1, 1),
            self.extended_until.map_or(usual, |until| until.max(usual)),
        )
    }

    /// How many vouchers it remembers; what a cache weighs it by.
    pub fn weight(&self) -> usize {
        self.allocations.len()
            + self.details.len()
            + self.commitments.len()
            + self.disbursements.len()
            + self.recoveries.len()
            + self.transfers.len()
            + self.arrived.len()
            + self.reclaimed.len()
            + self.others.len()
    }
}

impl OpenCommitment {
    fn of(on: EffectiveOn, commitment: &Commitment) -> Self {
        let Commitment {
            amount,
            project,
            commune,
            payee,
        } = commitment.clone();
        Self {
            on,
            amount: amount.money(),
            paid: Money::ZERO,
            project,
            commune,
            payee,
        }
    }
}

impl OpenDisbursement {
    fn of(on: EffectiveOn, disbursement: &Disbursement) -> Self {
        let Disbursement {
            amount,
            kind,
            certainty,
            vintage,
            commitment,
            project,
            commune,
            in_kind,
        } = disbursement.clone();
        let left = amount.money();
        let outstanding = if kind == DisbursementKind::Advance {
            left
        } else {
            Money::ZERO
        };
        let paid = Paid {
            vintage,
            project,
            commune,
        };
        Self {
            on,
            kind,
            certainty,
            paid,
            commitment,
            left,
            outstanding,
            in_kind,
        }
    }

    /// What is taken back in kind when `amount` of it is undone; undoing all takes all.
    fn taken_back(&self, amount: Money) -> Option<InKind> {
        let in_kind = self.in_kind.as_ref()?;
        let quantity: Decimal =
            in_kind.quantity_of(self.left) - in_kind.quantity_of(self.left - amount);
        Some(InKind {
            quantity: quantity.normalize(),
            ..in_kind.clone()
        })
    }
}
