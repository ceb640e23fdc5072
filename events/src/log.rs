//! The words of the log: which stream, which event, which place.
//!
//! A stream holds the events of one aggregate, a position counts the events of all streams.
//! Nothing here knows how or where the log is kept.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::names::LineId;
use crate::time::RecordedAt;

/// Namespace of every event id of ours (UUIDv5 of `outlay` in the DNS namespace).
pub(crate) const NAMESPACE: Uuid = Uuid::from_u128(0x4227_0514_b1e2_58fa_ba77_e57c_7e8b_4150);

/// The categories that our streams have: each holds the events of one kind of aggregate.
pub const CATEGORIES: [&str; 8] = [
    "access",
    "alert",
    "import",
    "line",
    "policy",
    "registry",
    "schedule",
    "statement",
];

/// The name of a stream: a category, a hyphen, and what tells its streams apart.
///
/// Cheap to clone: many events bear one name, and clones share its text.
#[derive(Clone)]
pub struct StreamName {
    text: Arc<str>,
    /// The line whose stream it is: asked for with every event of a rebuild, and parsed once.
    line: Option<LineId>,
}

impl StreamName {
    /// The stream of `category` that `rest` tells apart: `line` + `NTM.10.2024.central.investment`.
    pub fn new(category: &str, rest: impl fmt::Display) -> Self {
        Self::from_stored(format!("{category}-{rest}"))
    }

    /// A name as a store kept it.
    pub fn from_stored(name: impl Into<String>) -> Self {
        let text: String = name.into();
        Self {
            line: LineId::find_in_stream(&text),
            text: text.into(),
        }
    }

    /// The part before the first hyphen; the whole name where there is none.
    pub fn category(&self) -> &str {
        if self.line.is_some() {
            return LineId::CATEGORY;
        }
        self.text
            .split_once('-')
            .map_or(self.as_str(), |(category, _)| category)
    }

    /// The part after the first hyphen; empty where there is none.
    pub fn rest(&self) -> &str {
        self.text.split_once('-').map_or("", |(_, rest)| rest)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The line whose stream it is.
    pub(crate) fn line(&self) -> Option<LineId> {
        self.line
    }
}

impl PartialEq for StreamName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for StreamName {}

impl PartialOrd for StreamName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StreamName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for StreamName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamName").field(&self.as_str()).finish()
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event's number in its stream; the first is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of a stream's first event.
    pub const FIRST: Self = Self(0);

    /// The revision after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in the log of all streams: the n-th event. The first is 1; 0 is before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells an event apart from every other, on every store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub Uuid);

impl EventId {
    /// The id of the event that `record` with this `reference` and `digest` of its content adds
    /// to `stream`. The same record gives the same id on every node, another content another id.
    pub fn of_record(
        stream: &StreamName,
        record: &str,
        reference: &str,
        digest: &[u8; 32],
    ) -> Self {
        let mut name = Vec::with_capacity(stream.as_str().len() + reference.len() + 64);
        for part in [stream.as_str(), record, reference] {
            name.extend_from_slice(part.as_bytes());
            name.push(0);
        }
        name.extend_from_slice(digest);
        Self(Uuid::new_v5(&NAMESPACE, &name))
    }

    /// The id of the event called `name` that this one brings about in another stream.
    #[must_use]
    pub fn following(self, name: &str) -> Self {
        Self(Uuid::new_v5(&self.0, name.as_bytes()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who did something, and what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who: a key's name, `local` without keys, `outlay` for the service itself.
    pub actor: String,
    /// What was done in one request bears one id.
    pub correlation_id: Uuid,
    /// The event that brought this one about.
    pub causation_id: Option<EventId>,
}

/// An event with its place in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<E> {
    /// Place in the log of all streams.
    pub position: Position,
    /// Its own id.
    pub id: EventId,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its number in that stream.
    pub revision: Revision,
    /// When the store stamped it; grows strictly with the position.
    pub recorded_at: RecordedAt,
    /// Who, and in which request.
    pub origin: Origin,
    /// What happened.
    pub event: E,
}

impl<E> Recorded<E> {
    /// The same place in history with its event seen through `read`.
    ///
    /// # Errors
    /// Whatever `read` refuses with.
    pub fn try_map<T, X>(self, read: impl FnOnce(E) -> Result<T, X>) -> Result<Recorded<T>, X> {
        Ok(Recorded {
            event: read(self.event)?,
            position: self.position,
            id: self.id,
            stream: self.stream,
            revision: self.revision,
            recorded_at: self.recorded_at,
            origin: self.origin,
        })
    }
}

/// An event as a store keeps it: its name, its version, and its payload as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `noun.verb_past`, written by hand in a codec.
    pub name: String,
    /// Version of the payload's shape, from 1.
    pub version: u16,
    /// The payload, as JSON text.
    pub data: String,
}

/// A [`Stored`] event whose text is somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRef<'a> {
    /// `noun.verb_past`, written by hand in a codec.
    pub name: &'a str,
    /// Version of the payload's shape, from 1.
    pub version: u16,
    /// The payload, as JSON text.
    pub data: &'a str,
}

impl<'a> From<&'a Stored> for StoredRef<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self {
            name: &stored.name,
            version: stored.version,
            data: &stored.data,
        }
    }
}
