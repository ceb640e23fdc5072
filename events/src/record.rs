//! What a finance department writes: the part that all records share, and the kinds there are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::basis::worded;
use crate::line::{LineAction, Transfer};
use crate::log::{EventId, StreamName};
use crate::names::LineId;
use crate::policy::AlertPolicy;
use crate::register::{Merger, Registration};
use crate::schedule::Schedule;
use crate::statement::Statement;
use crate::text::{Kept, Texts};
use crate::time::{BudgetYear, EffectiveOn};

/// What every record says: its number, its day, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Entry<T: Texts = Kept> {
    /// The document's own number.
    pub reference: T::Reference,
    /// The day the world says it happened.
    pub effective_on: EffectiveOn,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<T::Text>,
    /// The paper behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document<T>>,
}

/// The paper behind a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "T::Reference: Serialize, T::Text: Serialize",
    deserialize = ""
))]
pub struct Document<T: Texts = Kept> {
    /// Its number, where that is not the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<T::Text>,
    /// The day it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<EffectiveOn>,
    /// Who signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<T::Text>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<T::Text>,
}

impl<T: Texts> Default for Document<T> {
    fn default() -> Self {
        Self {
            number: None,
            issued_on: None,
            authority: None,
            uri: None,
        }
    }
}

/// The kinds of records. A reference is unique in its stream for its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table of records describes each kind")]
pub enum RecordKind {
    Allocation,
    Adjustment,
    Transfer,
    Detail,
    Commitment,
    CommitmentAdjustment,
    Disbursement,
    Recovery,
    Reversal,
    Extension,
    Schedule,
    Statement,
    Registration,
    Merger,
    Policy,
}

impl RecordKind {
    /// Whether such a record decides something rather than says that it happened. A decision may be
    /// dated ahead.
    pub fn is_decision(self) -> bool {
        match self {
            Self::Commitment | Self::Disbursement | Self::Recovery | Self::Reversal => false,
            Self::Allocation
            | Self::Adjustment
            | Self::Transfer
            | Self::Detail
            | Self::CommitmentAdjustment
            | Self::Extension
            | Self::Schedule
            | Self::Statement
            | Self::Registration
            | Self::Merger
            | Self::Policy => true,
        }
    }

    /// The day on which the codes of a line of `year` are judged that such a record opens: its
    /// own, or 1 January of the budget year for a decision taken before it.
    pub fn judged_on(self, effective_on: EffectiveOn, year: BudgetYear) -> EffectiveOn {
        if self.is_decision() {
            effective_on.max(year.day(1, 1))
        } else {
            effective_on
        }
    }
}

worded!(RecordKind {
    Allocation => "allocation",
    Adjustment => "adjustment",
    Transfer => "transfer",
    Detail => "detail",
    Commitment => "commitment",
    CommitmentAdjustment => "commitment_adjustment",
    Disbursement => "disbursement",
    Recovery => "recovery",
    Reversal => "reversal",
    Extension => "extension",
    Schedule => "schedule",
    Statement => "statement",
    Registration => "registration",
    Merger => "merger",
    Policy => "policy",
});

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One record, parsed: every word of its form, nothing yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What every record says.
    pub entry: Entry,
    /// What this one says.
    pub body: RecordBody,
}

/// A day of a new record that is a typing error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{day} lies before 1990: is the year mistyped?")]
pub struct EarlyDay {
    /// The path of its field: `milestones[0].by`.
    pub field: String,
    /// The day.
    pub day: EffectiveOn,
}

impl EarlyDay {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        "before-1990"
    }
}

impl Record {
    /// Refuses days that no record of ours can mean.
    ///
    /// # Errors
    /// The first day before [`EffectiveOn::EARLIEST`].
    pub fn check_days(&self) -> Result<(), EarlyDay> {
        let early = self.days().find(|(_, day)| *day < EffectiveOn::EARLIEST);
        early.map_or(Ok(()), |(field, day)| Err(EarlyDay { field, day }))
    }

    /// Every day that it gives, with the path of its field.
    fn days(&self) -> impl Iterator<Item = (String, EffectiveOn)> {
        let Entry {
            reference: _,
            effective_on,
            note: _,
            document,
        } = &self.entry;
        let issued_on = document.as_ref().and_then(|document| document.issued_on);
        let issued_on = issued_on.map(|day| ("document.issued_on".to_owned(), day));
        let entry = [("effective_on".to_owned(), *effective_on)];
        entry.into_iter().chain(issued_on).chain(self.body.days())
    }
}

impl RecordBody {
    fn days(&self) -> Vec<(String, EffectiveOn)> {
        let named = |name: &str, day: &EffectiveOn| (name.to_owned(), *day);
        match self {
            Self::Line(_, LineAction::Extend(extension)) => {
                vec![named("until", &extension.until)]
            }
            Self::Schedule(schedule) => {
                let milestones = schedule.milestones.iter().enumerate();
                milestones
                    .map(|(at, milestone)| (format!("milestones[{at}].by"), milestone.by))
                    .collect()
            }
            Self::Statement(statement) => vec![
                named("as_of", &statement.as_of),
                named("published_on", &statement.published_on),
            ],
            Self::Registration(registration) => {
                let until = registration.until.iter();
                until.map(|day| named("until", day)).collect()
            }
            Self::Line(
                _,
                LineAction::Allocate(_)
                | LineAction::Adjust(_)
                | LineAction::Transfer(_)
                | LineAction::Detail(_)
                | LineAction::Commit(_)
                | LineAction::AdjustCommitment(_)
                | LineAction::Disburse(_)
                | LineAction::Recover(_)
                | LineAction::Reverse(_),
            )
            | Self::Merger(_)
            | Self::Policy(_) => Vec::new(),
        }
    }
}

/// What a record says beyond its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordBody {
    /// Something of a line.
    Line(LineId, LineAction),
    /// When capital is to be disbursed.
    Schedule(Schedule),
    /// A figure that somebody published.
    Statement(Statement),
    /// A code and its name.
    Registration(Registration),
    /// Units that became one.
    Merger(Merger),
    /// From when a scope counts as behind its schedule.
    Policy(AlertPolicy),
}

impl Record {
    /// The kind of record.
    pub fn kind(&self) -> RecordKind {
        match &self.body {
            RecordBody::Line(_, action) => action.kind(),
            RecordBody::Schedule(_) => RecordKind::Schedule,
            RecordBody::Statement(_) => RecordKind::Statement,
            RecordBody::Registration(_) => RecordKind::Registration,
            RecordBody::Merger(_) => RecordKind::Merger,
            RecordBody::Policy(_) => RecordKind::Policy,
        }
    }

    /// The stream its event belongs to.
    pub fn stream(&self) -> StreamName {
        match &self.body {
            RecordBody::Line(line, _) => line.stream(),
            RecordBody::Schedule(schedule) => schedule.stream(),
            RecordBody::Statement(statement) => statement.stream(),
            RecordBody::Registration(registration) => registration.kind.stream(),
            RecordBody::Merger(merger) => merger.kind.stream(),
            RecordBody::Policy(_) => AlertPolicy::stream(),
        }
    }

    /// The line whose capital it moves, and the second one where it is a transfer.
    pub fn lines(&self) -> (Option<LineId>, Option<LineId>) {
        match &self.body {
            RecordBody::Line(line, LineAction::Transfer(Transfer { to, .. })) => (Some(*line), *to),
            RecordBody::Line(line, _) => (Some(*line), None),
            RecordBody::Schedule(_)
            | RecordBody::Statement(_)
            | RecordBody::Registration(_)
            | RecordBody::Merger(_)
            | RecordBody::Policy(_) => (None, None),
        }
    }

    /// What the record says, as bytes: equal for equal records, whatever way they were written.
    /// Defaults that depend on nothing else are in it, those that depend on history are not.
    pub fn content(&self) -> Vec<u8> {
        let body = match &self.body {
            RecordBody::Line(line, LineAction::Transfer(transfer)) => {
                json(&transfer.clone().leaving(*line))
            }
            RecordBody::Line(_, action) => action.content(),
            RecordBody::Schedule(schedule) => json(schedule),
            RecordBody::Statement(statement) => json(statement),
            RecordBody::Registration(registration) => json(registration),
            RecordBody::Merger(merger) => json(merger),
            RecordBody::Policy(policy) => json(policy),
        };
        let mut content = json(&self.entry);
        content.push(0);
        content.extend_from_slice(&body);
        content
    }

    /// The id of the event this record adds, given the SHA-256 of its [content](Self::content).
    pub fn event_id(&self, digest: &[u8; 32]) -> EventId {
        let reference = self.entry.reference.as_str();
        EventId::of_record(&self.stream(), self.kind().as_str(), reference, digest)
    }
}

/// The JSON of a payload of ours.
///
/// # Panics
/// Never: our payloads have text keys and no failing serializer.
#[expect(
    clippy::expect_used,
    reason = "payloads have text keys and no failing serializer"
)]
pub(crate) fn json(payload: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(payload).expect("payloads serialise")
}
