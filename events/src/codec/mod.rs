//! The way between facts and their stored form, whatever category they are of.
//!
//! Only the newest version is written; every version ever written is read. A name or version that
//! is unknown stops the reader: skipping it would lose data.

mod parted;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::alert::{AlertEvent, AlertId};
use crate::line::LineEvent;
use crate::log::{Stored, StoredRef, StreamName};
use crate::policy::PolicyEvent;
use crate::record::Entry;
use crate::register::RegisterEvent;
use crate::schedule::ScheduleEvent;
use crate::statement::StatementEvent;

pub(crate) use parted::read;

/// A fact of any category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Of a line.
    Line(LineEvent),
    /// Of the registers of programmes and provinces.
    Register(RegisterEvent),
    /// Of a schedule.
    Schedule(ScheduleEvent),
    /// Of the published figures.
    Statement(StatementEvent),
    /// Of the policies.
    Policy(PolicyEvent),
    /// Of an alert.
    Alert(AlertEvent),
}

/// Stored data that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A name or version that this program never wrote.
    #[error("unknown event '{name}' of version {version}; it needs a newer outlay")]
    Unknown {
        /// The name.
        name: String,
        /// The version.
        version: u16,
    },
    /// A payload of another shape.
    #[error("the payload of '{name}' cannot be read")]
    Payload {
        /// The name.
        name: String,
        /// Where it is wrong.
        source: serde_json::Error,
    },
}

impl DecodeError {
    pub(crate) fn unknown(stored: StoredRef<'_>) -> Self {
        Self::Unknown {
            name: stored.name.to_owned(),
            version: stored.version,
        }
    }
}

impl Event {
    /// The fact as it is kept.
    pub fn encode(&self) -> Stored {
        match self {
            Self::Line(event) => event.encode(),
            Self::Register(event) => event.encode(),
            Self::Schedule(event) => event.encode(),
            Self::Statement(event) => event.encode(),
            Self::Policy(event) => event.encode(),
            Self::Alert(event) => event.encode(),
        }
    }

    /// The fact that was kept so in `stream`.
    ///
    /// # Errors
    /// [`DecodeError`] for a name or version we never wrote, and for a payload of another shape.
    pub fn decode<'a>(
        stream: &StreamName,
        stored: impl Into<StoredRef<'a>>,
    ) -> Result<Self, DecodeError> {
        let stored = stored.into();
        match stream.category() {
            "line" => LineEvent::decode(stored).map(Self::Line),
            "registry" => RegisterEvent::decode(stored).map(Self::Register),
            "schedule" => ScheduleEvent::decode(stored).map(Self::Schedule),
            "statement" => StatementEvent::decode(stored).map(Self::Statement),
            "policy" => PolicyEvent::decode(stored).map(Self::Policy),
            AlertId::CATEGORY if AlertId::of_stream(stream).is_some() => {
                AlertEvent::decode(stored).map(Self::Alert)
            }
            _ => Err(DecodeError::unknown(stored)),
        }
    }

    /// Number, day and origin of the fact.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Line(LineEvent { entry, .. })
            | Self::Register(RegisterEvent { entry, .. })
            | Self::Schedule(ScheduleEvent { entry, .. })
            | Self::Statement(StatementEvent { entry, .. })
            | Self::Policy(PolicyEvent { entry, .. })
            | Self::Alert(AlertEvent { entry, .. }) => entry,
        }
    }
}

/// The JSON text of a fact: its entry and what it says, side by side.
///
/// # Panics
/// Never: payloads have text keys and no failing serializer.
#[expect(
    clippy::expect_used,
    reason = "payloads have text keys and no failing serializer"
)]
pub(crate) fn payload<B: Serialize>(entry: &Entry, body: &B) -> String {
    #[derive(Serialize)]
    struct Payload<'a, B> {
        #[serde(flatten)]
        entry: &'a Entry,
        #[serde(flatten)]
        body: &'a B,
    }
    serde_json::to_string(&Payload { entry, body }).expect("payloads serialise")
}
