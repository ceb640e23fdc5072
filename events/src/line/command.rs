//! What a record asks of a line. Parsed, not judged.

use serde::Serialize;

use super::event::{Allocation, Commitment, Detail, Disbursement, Extension, Transfer};
use crate::money::{Amount, Change};
use crate::record::{Entry, RecordKind, json};
use crate::text::{Reference, Text};
use crate::time::EffectiveOn;

/// A request to add a fact to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCommand {
    /// The day it is in Vietnam; nothing that is said to have happened is dated after it.
    pub today: EffectiveOn,
    /// Number, day and origin of the record.
    pub entry: Entry,
    /// What the record asks.
    pub action: LineAction,
}

/// What a record asks of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineAction {
    /// Add capital that may be spent.
    Allocate(Allocation),
    /// Make an allocation larger or smaller.
    Adjust(Adjust),
    /// Let capital leave.
    Transfer(Transfer),
    /// Allocate in detail to a project.
    Detail(Detail),
    /// Promise.
    Commit(Commitment),
    /// Make a commitment larger or smaller.
    AdjustCommitment(AdjustCommitment),
    /// Pay out.
    Disburse(Disbursement),
    /// Turn part of an advance into a payment.
    Recover(Recover),
    /// Undo an earlier record.
    Reverse(Reverse),
    /// Move the end of the disbursement window.
    Extend(Extension),
}

/// Make an allocation larger or smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adjust {
    /// The allocation.
    pub allocation: Reference,
    /// More or less.
    pub change: Change,
    /// Why.
    pub reason: Text,
}

/// Make a commitment larger or smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdjustCommitment {
    /// The commitment.
    pub commitment: Reference,
    /// More or less.
    pub change: Change,
    /// Why.
    pub reason: Text,
}

/// Turn part of an advance into a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recover {
    /// The advance.
    pub advance: Reference,
    /// How much of it.
    pub amount: Amount,
}

/// Undo an earlier record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reverse {
    /// Its kind.
    pub record: RecordKind,
    /// Its reference.
    pub reference: Reference,
    /// How much of it; what earlier reversals left where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Why.
    pub reason: Text,
}

impl LineAction {
    /// The kind of record that asks this.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Allocate(_) => RecordKind::Allocation,
            Self::Adjust(_) => RecordKind::Adjustment,
            Self::Transfer(_) => RecordKind::Transfer,
            Self::Detail(_) => RecordKind::Detail,
            Self::Commit(_) => RecordKind::Commitment,
            Self::AdjustCommitment(_) => RecordKind::CommitmentAdjustment,
            Self::Disburse(_) => RecordKind::Disbursement,
            Self::Recover(_) => RecordKind::Recovery,
            Self::Reverse(_) => RecordKind::Reversal,
            Self::Extend(_) => RecordKind::Extension,
        }
    }

    /// What the record asks, as bytes; see [`Record::content`](crate::record::Record::content).
    pub(crate) fn content(&self) -> Vec<u8> {
        match self {
            Self::Allocate(body) => json(body),
            Self::Adjust(body) => json(body),
            Self::Transfer(body) => json(body),
            Self::Detail(body) => json(body),
            Self::Commit(body) => json(body),
            Self::AdjustCommitment(body) => json(body),
            Self::Disburse(body) => json(body),
            Self::Recover(body) => json(body),
            Self::Reverse(body) => json(body),
            Self::Extend(body) => json(body),
        }
    }
}
