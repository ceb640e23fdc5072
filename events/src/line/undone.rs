//! What a reversal undoes. It repeats what tells where the fact counted, so that it counts by itself.

use serde::{Deserialize, Serialize};

use super::event::{AllocationBasis, Certainty, DisbursementKind, Paid, TransferKind};
use super::in_kind::InKind;
use crate::money::Amount;
use crate::names::LineId;
use crate::record::RecordKind;
use crate::text::{Kept, Place, Texts};
use crate::time::BudgetYear;

/// An earlier fact undone, wholly or in part, from this one's day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Reversed<T: Texts = Kept> {
    /// The reference of what is undone.
    pub reverses: T::Reference,
    /// What is undone.
    pub undone: Undone,
    /// How much of it.
    pub amount: Amount,
    /// Why.
    pub reason: T::Text,
}

/// What a reversal undoes, with what tells where it counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// An allocation.
    Allocation {
        /// On what ground it was made.
        basis: AllocationBasis,
    },
    /// A detail.
    Detail {
        /// Its project.
        project: Place,
    },
    /// A commitment.
    Commitment {
        /// Its project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<Place>,
        /// Its commune.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commune: Option<Place>,
    },
    /// A disbursement.
    Disbursement {
        /// How it was paid.
        kind: DisbursementKind,
        /// How sure it was.
        certainty: Certainty,
        /// Where it belongs.
        #[serde(flatten)]
        paid: Paid,
        /// What is taken back of a contribution in kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_kind: Option<InKind>,
    },
    /// A recovery.
    Recovery {
        /// Where the advance belongs.
        #[serde(flatten)]
        paid: Paid,
    },
    /// A transfer.
    Transfer {
        /// Why it had left.
        kind: TransferKind,
        /// Where it had gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<LineId>,
        /// The year the money was first assigned; for a carry-over only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vintage: Option<BudgetYear>,
    },
}

impl Undone {
    /// The kind of record that is undone.
    pub fn record(&self) -> RecordKind {
        match self {
            Self::Allocation { .. } => RecordKind::Allocation,
            Self::Detail { .. } => RecordKind::Detail,
            Self::Commitment { .. } => RecordKind::Commitment,
            Self::Disbursement { .. } => RecordKind::Disbursement,
            Self::Recovery { .. } => RecordKind::Recovery,
            Self::Transfer { .. } => RecordKind::Transfer,
        }
    }
}
