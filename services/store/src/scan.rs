//! Reading many events: each is looked at where it lies, and nothing is copied that the reader
//! does not keep.

use events::log::{EventId, Origin, Position, Recorded, Revision, Stored, StoredRef, StreamName};
use events::time::RecordedAt;
use uuid::Uuid;

/// What is done with each event of a scan, in order. It may be called on another thread.
pub type Visit = Box<dyn FnMut(Scanned<'_>) + Send>;

/// An event as it lies in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// Place in the log of all streams.
    pub position: Position,
    /// Its own id.
    pub id: EventId,
    /// The stream it belongs to.
    pub stream: &'a StreamName,
    /// Its number in that stream.
    pub revision: Revision,
    /// When the store stamped it.
    pub recorded_at: RecordedAt,
    /// Who.
    pub actor: &'a str,
    /// In which request.
    pub correlation_id: Uuid,
    /// The event that brought this one about.
    pub causation_id: Option<EventId>,
    /// What happened.
    pub event: StoredRef<'a>,
}

impl<'a> From<&'a Recorded<Stored>> for Scanned<'a> {
    fn from(recorded: &'a Recorded<Stored>) -> Self {
        Self {
            position: recorded.position,
            id: recorded.id,
            stream: &recorded.stream,
            revision: recorded.revision,
            recorded_at: recorded.recorded_at,
            actor: &recorded.origin.actor,
            correlation_id: recorded.origin.correlation_id,
            causation_id: recorded.origin.causation_id,
            event: StoredRef::from(&recorded.event),
        }
    }
}

impl<'a> Scanned<'a> {
    /// The place of this event with what `read` makes of it there.
    ///
    /// # Errors
    /// Whatever `read` refuses with.
    pub fn try_map<T, X>(
        self,
        read: impl FnOnce(StoredRef<'a>) -> Result<T, X>,
    ) -> Result<Recorded<T>, X> {
        Ok(Recorded {
            event: read(self.event)?,
            position: self.position,
            id: self.id,
            stream: self.stream.clone(),
            revision: self.revision,
            recorded_at: self.recorded_at,
            origin: Origin {
                actor: self.actor.to_owned(),
                correlation_id: self.correlation_id,
                causation_id: self.causation_id,
            },
        })
    }
}
