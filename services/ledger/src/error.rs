//! Why the ledger does not record or answer.

use std::sync::Arc;

use events::DecodeError;
use events::log::{Position, Revision, StreamName};
use events::time::RecordedAt;
use store::{AppendError, ReadError};

use crate::aggregate::Refusal;

/// Why a record was not recorded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordError {
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The stream is not at the revision that the caller named.
    #[error("the stream is not at the revision that If-Match names")]
    OtherRevision {
        /// Where it is; `None` where it has no events.
        current: Option<Revision>,
    },
    /// Another process was first, three times.
    #[error("another process wrote to the same stream, three times in a row")]
    Conflict,
    /// Another record of the same line was refused, and they stand or fall together.
    #[error("another record of the line was refused, and they stand or fall together")]
    FellTogether,
    /// The reversal of a transfer takes capital back from another line first, and so cannot be
    /// taken back itself.
    #[error("the reversal of a transfer cannot stand or fall with others: send it by itself")]
    NotTogether,
    /// This program is wrong, and has logged where.
    #[error("the record could not be seen to its end: this is a fault of outlay")]
    Broken,
    /// The store did not take it.
    #[error("the store did not take the record")]
    Append(#[source] AppendError),
    /// The ledger cannot go on.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why the ledger cannot go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A stored event cannot be read.
    #[error("position {position} (stream '{stream}', revision {revision}) cannot be read")]
    Decode {
        /// Its stream.
        stream: StreamName,
        /// Its number in the stream.
        revision: Revision,
        /// Its place in the log.
        position: Position,
        /// What is wrong with it.
        source: Arc<DecodeError>,
    },
    /// The register given is for a fresh store.
    #[error("the store already has a register; another one is for a fresh store only")]
    RegisterExists,
    /// The register given has no codes of one kind.
    #[error("the register has no {missing}; it replaces the built-in one as a whole")]
    RegisterIncomplete {
        /// What it lacks.
        missing: &'static str,
    },
    /// Somebody began another register and was broken off.
    #[error(
        "the store has the beginning of a register without {missing}; start with the register \
         that it was begun with, by --register where it was given"
    )]
    RegisterBegun {
        /// What it lacks.
        missing: &'static str,
    },
    /// The register given breaks a rule.
    #[error("record '{reference}' of the register is refused: {why}")]
    RegisterRefused {
        /// The record.
        reference: String,
        /// The rule.
        why: String,
    },
    /// Nothing new is counted any more.
    #[error("the figures stopped at position {applied}: {why}")]
    Stopped {
        /// The last position applied.
        applied: Position,
        /// Why.
        why: String,
    },
    /// The figures are not as far as the caller asks.
    #[error("the figures are at position {applied}, not yet at {asked}")]
    Behind {
        /// The last position applied.
        applied: Position,
        /// The position asked for.
        asked: Position,
    },
    /// The log has no such position.
    #[error("the log ends at position {head}, before {asked}")]
    PastTheEnd {
        /// The position asked for.
        asked: Position,
        /// The last one.
        head: Position,
    },
    /// It is not known whether everything recorded until an instant is here.
    #[error(
        "it cannot be confirmed that everything recorded until {instant} is here: the figures \
         are at position {applied}, and the log is out of reach"
    )]
    Unconfirmed {
        /// The instant.
        instant: RecordedAt,
        /// The last position applied.
        applied: Position,
    },
}

/// An error with its causes, in one line.
pub fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

/// Logs that the log cannot be read, and that it can be again: once each, however often it is
/// tried. `before` is what was said last.
pub(crate) fn note_unread(before: &mut Option<String>, error: Option<&ReadError>) {
    let now = error.map(|error| describe(error));
    if *before == now {
        return;
    }
    if let Some(error) = &now {
        tracing::error!(error, "the log cannot be read");
    } else {
        tracing::info!("the log can be read again");
    }
    *before = now;
}
