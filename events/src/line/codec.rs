//! Names and versions of a line's facts on disk; the only file that knows old shapes.

use super::event::{LineBody, LineEvent};
use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef};
use crate::text::Texts;

impl LineEvent {
    /// The fact as it is kept: the newest version of its name.
    pub fn encode(&self) -> Stored {
        let entry = &self.entry;
        let (name, data) = match &self.body {
            LineBody::Allocated(body) => ("line.allocated", payload(entry, body)),
            LineBody::Adjusted(body) => ("line.adjusted", payload(entry, body)),
            LineBody::TransferredOut(body) => ("line.transferred_out", payload(entry, body)),
            LineBody::TransferredIn(body) => ("line.transferred_in", payload(entry, body)),
            LineBody::TransferReclaimed(body) => ("line.transfer_reclaimed", payload(entry, body)),
            LineBody::Detailed(body) => ("line.detailed", payload(entry, body)),
            LineBody::Committed(body) => ("line.committed", payload(entry, body)),
            LineBody::CommitmentAdjusted(body) => {
                ("line.commitment_adjusted", payload(entry, body))
            }
            LineBody::Disbursed(body) => ("line.disbursed", payload(entry, body)),
            LineBody::Recovered(body) => ("line.recovered", payload(entry, body)),
            LineBody::Reversed(body) => ("line.reversed", payload(entry, body)),
            LineBody::Extended(body) => ("line.extended", payload(entry, body)),
        };
        Stored {
            name: name.to_owned(),
            version: 1,
            data,
        }
    }

    /// The fact that was kept so.
    ///
    /// # Errors
    /// [`DecodeError`] for a name or version we never wrote, and for a payload of another shape.
    pub fn decode<'a>(stored: impl Into<StoredRef<'a>>) -> Result<Self, DecodeError> {
        Self::decode_with(stored.into())
    }
}

impl<T: Texts> LineEvent<T> {
    /// The fact that was kept so, with its texts or without. One that cannot be decoded whole
    /// cannot be decoded without them either.
    ///
    /// # Errors
    /// As for [`decode`](LineEvent::decode).
    pub fn decode_with(stored: StoredRef<'_>) -> Result<Self, DecodeError> {
        let (entry, body) = match (stored.name, stored.version) {
            ("line.allocated", 1) => read(stored, LineBody::Allocated)?,
            ("line.adjusted", 1) => read(stored, LineBody::Adjusted)?,
            ("line.transferred_out", 1) => read(stored, LineBody::TransferredOut)?,
            ("line.transferred_in", 1) => read(stored, LineBody::TransferredIn)?,
            ("line.transfer_reclaimed", 1) => read(stored, LineBody::TransferReclaimed)?,
            ("line.detailed", 1) => read(stored, LineBody::Detailed)?,
            ("line.committed", 1) => read(stored, LineBody::Committed)?,
            ("line.commitment_adjusted", 1) => read(stored, LineBody::CommitmentAdjusted)?,
            ("line.disbursed", 1) => read(stored, LineBody::Disbursed)?,
            ("line.recovered", 1) => read(stored, LineBody::Recovered)?,
            ("line.reversed", 1) => read(stored, LineBody::Reversed)?,
            ("line.extended", 1) => read(stored, LineBody::Extended)?,
            _ => return Err(DecodeError::unknown(stored)),
        };
        Ok(Self { entry, body })
    }
}
