//! The facts of a line, as they are kept. Each says what it moved without a look at any other.

use serde::{Deserialize, Serialize};

use super::in_kind::InKind;
use super::undone::Reversed;
use crate::basis::worded;
use crate::money::{Amount, Change};
use crate::names::LineId;
use crate::record::{Entry, RecordKind};
use crate::text::{Kept, Place, Texts};
use crate::time::{BudgetYear, EffectiveOn};

/// A fact of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEvent<T: Texts = Kept> {
    /// Its number, its day, and where it comes from.
    pub entry: Entry<T>,
    /// What happened.
    pub body: LineBody<T>,
}

/// What happened to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineBody<T: Texts = Kept> {
    /// Capital that the line may spend.
    Allocated(Allocation),
    /// More or less of an allocation.
    Adjusted(Adjusted<T>),
    /// Capital left for another line or the level above.
    TransferredOut(Transfer),
    /// Capital arrived from another line.
    TransferredIn(TransferredIn),
    /// Capital that had arrived went back, since its transfer is being reversed.
    TransferReclaimed(TransferReclaimed<T>),
    /// Capital was allocated in detail to a project.
    Detailed(Detail),
    /// A contract was made.
    Committed(Commitment<T>),
    /// More or less of a commitment.
    CommitmentAdjusted(CommitmentAdjusted<T>),
    /// Capital was paid out.
    Disbursed(Disbursement<T>),
    /// Part of an advance became a payment.
    Recovered(Recovered<T>),
    /// An earlier fact was undone, wholly or in part.
    Reversed(Reversed<T>),
    /// The disbursement window was moved later.
    Extended(Extension<T>),
}

impl<T: Texts> LineEvent<T> {
    /// The day on which the codes of a line are judged that this fact opens.
    pub fn judged_on(&self, year: BudgetYear) -> EffectiveOn {
        self.body.kind().judged_on(self.entry.effective_on, year)
    }
}

impl<T: Texts> LineBody<T> {
    /// The kind of record that brings it about.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Allocated(_) => RecordKind::Allocation,
            Self::Adjusted(_) => RecordKind::Adjustment,
            Self::TransferredOut(_) | Self::TransferredIn(_) => RecordKind::Transfer,
            Self::Detailed(_) => RecordKind::Detail,
            Self::Committed(_) => RecordKind::Commitment,
            Self::CommitmentAdjusted(_) => RecordKind::CommitmentAdjustment,
            Self::Disbursed(_) => RecordKind::Disbursement,
            Self::Recovered(_) => RecordKind::Recovery,
            Self::TransferReclaimed(_) | Self::Reversed(_) => RecordKind::Reversal,
            Self::Extended(_) => RecordKind::Extension,
        }
    }
}

/// On what ground capital is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationBasis {
    /// By the Prime Minister or the level above.
    Assigned,
    /// By the local level, on top of what is assigned.
    LocalIncrease,
}

worded!(AllocationBasis { Assigned => "assigned", LocalIncrease => "local_increase" });

/// Capital that the line may spend (*phân bổ*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// How much.
    pub amount: Amount,
    /// On what ground.
    pub basis: AllocationBasis,
}

/// More or less of an allocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Adjusted<T: Texts = Kept> {
    /// The allocation.
    pub allocation: T::Reference,
    /// On what ground that one was made.
    pub basis: AllocationBasis,
    /// More or less.
    pub change: Change,
    /// Why.
    pub reason: T::Text,
}

/// Why capital leaves a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Undisbursed plan moves to the same line one year on.
    CarryOver,
    /// Plan moves to another line of the same year and source.
    Reallocation,
    /// Plan goes back to the level above.
    Recall,
}

worded!(TransferKind {
    CarryOver => "carry_over",
    Reallocation => "reallocation",
    Recall => "recall",
});

/// Capital that leaves a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Why it leaves; the record calls it its reason.
    #[serde(rename = "reason")]
    pub kind: TransferKind,
    /// The line it goes to; none for a recall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<LineId>,
    /// How much.
    pub amount: Amount,
    /// The year the money was first assigned; for a carry-over only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vintage: Option<BudgetYear>,
}

impl Transfer {
    /// The same transfer out of `line` with the vintage that a carry-over has where it names none.
    pub(crate) fn leaving(mut self, line: LineId) -> Self {
        if self.kind == TransferKind::CarryOver {
            self.vintage.get_or_insert(line.year());
        }
        self
    }
}

/// Capital that arrived. Its entry bears the transfer's reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferredIn {
    /// The line it comes from.
    pub from: LineId,
    /// Why it left there.
    #[serde(rename = "reason")]
    pub kind: TransferKind,
    /// How much.
    pub amount: Amount,
    /// The year the money was first assigned; for a carry-over only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vintage: Option<BudgetYear>,
}

/// Capital that had arrived and went back. Its entry bears the reversal's reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct TransferReclaimed<T: Texts = Kept> {
    /// The line it had come from and goes back to.
    pub from: LineId,
    /// The reference of the transfer, in `from`.
    pub transfer: T::Reference,
    /// Why it had left there.
    pub kind: TransferKind,
    /// How much.
    pub amount: Amount,
    /// The year the money was first assigned; for a carry-over only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vintage: Option<BudgetYear>,
    /// Why.
    pub reason: T::Text,
}

/// Capital allocated in detail to a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// How much.
    pub amount: Amount,
    /// To which project.
    pub project: Place,
}

/// A contract (*cam kết chi*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Commitment<T: Texts = Kept> {
    /// How much is promised.
    pub amount: Amount,
    /// For which project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Place>,
    /// In which commune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<Place>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<T::Text>,
}

/// More or less of a commitment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct CommitmentAdjusted<T: Texts = Kept> {
    /// The commitment.
    pub commitment: T::Reference,
    /// More or less.
    pub change: Change,
    /// Its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Place>,
    /// Its commune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<Place>,
    /// Why.
    pub reason: T::Text,
}

/// How capital is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisbursementKind {
    /// For work done.
    Payment,
    /// Before the work (*tạm ứng*); recovered later.
    Advance,
    /// Given by enterprises or people, in cash or in kind.
    Contribution,
}

worded!(DisbursementKind {
    Payment => "payment",
    Advance => "advance",
    Contribution => "contribution",
});

/// How sure a disbursement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The treasury paid it.
    Confirmed,
    /// It is expected; it consumes nothing until it is confirmed by another record.
    Estimated,
}

worded!(Certainty { Confirmed => "confirmed", Estimated => "estimated" });

/// Capital paid out (*giải ngân*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Disbursement<T: Texts = Kept> {
    /// How much.
    pub amount: Amount,
    /// How.
    pub kind: DisbursementKind,
    /// How sure.
    pub certainty: Certainty,
    /// The year the money was first assigned.
    pub vintage: BudgetYear,
    /// The commitment it is paid on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<T::Reference>,
    /// For which project; the commitment's where the record names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Place>,
    /// In which commune; the commitment's where the record names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<Place>,
    /// What it was, where it was not cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_kind: Option<InKind>,
}

/// Part of an advance that became a payment (*thu hồi tạm ứng*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Recovered<T: Texts = Kept> {
    /// The advance.
    pub advance: T::Reference,
    /// How much of it.
    pub amount: Amount,
    /// Where the advance belongs.
    #[serde(flatten)]
    pub paid: Paid,
}

/// Where a disbursement belongs: what later facts about it repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The year the money was first assigned.
    pub vintage: BudgetYear,
    /// For which project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Place>,
    /// In which commune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<Place>,
}

/// A later end of the disbursement window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Extension<T: Texts = Kept> {
    /// The new last day.
    pub until: EffectiveOn,
    /// Why.
    pub reason: T::Text,
}
