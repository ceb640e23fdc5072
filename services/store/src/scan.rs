//! Reading many events: each is looked at where it lies, and nothing is copied that the reader
//! does not keep.

use events::log::{Position, Recorded, Revision, Stored, StoredRef, StreamName};

/// What is done with each event of a scan, in order.
pub type Visit<'a> = dyn FnMut(Scanned<'_>) + 'a;

/// An event as it lies in the store: what answers are computed from. Who recorded it, when, and as
/// what is read with [`at`](crate::EventStore::at) by those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// Place in the log of all streams.
    pub position: Position,
    /// The stream it belongs to.
    pub stream: &'a StreamName,
    /// Its number in that stream.
    pub revision: Revision,
    /// What happened.
    pub event: StoredRef<'a>,
}

impl<'a> From<&'a Recorded<Stored>> for Scanned<'a> {
    fn from(recorded: &'a Recorded<Stored>) -> Self {
        Self {
            position: recorded.position,
            stream: &recorded.stream,
            revision: recorded.revision,
            event: StoredRef::from(&recorded.event),
        }
    }
}
