//! Names and versions of an alert's facts on disk; the only file that knows old shapes.

use serde::{Deserialize, Serialize};

use super::event::{AlertBody, AlertEvent};
use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef};

/// A body that says nothing beyond its name.
#[derive(Serialize, Deserialize)]
struct Nothing {}

impl AlertEvent {
    /// The fact as it is kept: the newest version of its name.
    pub fn encode(&self) -> Stored {
        let entry = &self.entry;
        let (name, data) = match &self.body {
            AlertBody::Raised(body) => ("alert.raised", payload(entry, body)),
            AlertBody::Updated(body) => ("alert.updated", payload(entry, body)),
            AlertBody::Resolved(body) => ("alert.resolved", payload(entry, body)),
            AlertBody::Acknowledged => ("alert.acknowledged", payload(entry, &Nothing {})),
            AlertBody::Silenced(body) => ("alert.silenced", payload(entry, body)),
            AlertBody::Delivered(body) => ("alert.delivered", payload(entry, body)),
            AlertBody::Abandoned(body) => ("alert.delivery_abandoned", payload(entry, body)),
            AlertBody::Requested(body) => ("alert.delivery_requested", payload(entry, body)),
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
        let stored = stored.into();
        let (entry, body) = match (stored.name, stored.version) {
            ("alert.raised", 1) => read(stored, AlertBody::Raised)?,
            ("alert.updated", 1) => read(stored, AlertBody::Updated)?,
            ("alert.resolved", 1) => read(stored, AlertBody::Resolved)?,
            ("alert.acknowledged", 1) => read(stored, |Nothing {}| AlertBody::Acknowledged)?,
            ("alert.silenced", 1) => read(stored, AlertBody::Silenced)?,
            ("alert.delivered", 1) => read(stored, AlertBody::Delivered)?,
            ("alert.delivery_abandoned", 1) => read(stored, AlertBody::Abandoned)?,
            ("alert.delivery_requested", 1) => read(stored, AlertBody::Requested)?,
            _ => return Err(DecodeError::unknown(stored)),
        };
        Ok(Self { entry, body })
    }
}
