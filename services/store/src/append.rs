//! What is asked of a store that adds events, and what it answers.
//!
//! There is no append that expects nothing: a caller who has not read the stream has not decided.

use events::log::{EventId, Origin, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;

use crate::port::{Cause, Head};
use crate::seal::SealError;

/// Where the caller believes the stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It has no events.
    NoStream,
    /// Its last event has this revision.
    Exact(Revision),
}

impl From<Option<Revision>> for Expected {
    fn from(current: Option<Revision>) -> Self {
        current.map_or(Self::NoStream, Self::Exact)
    }
}

/// An event that has no place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id, made by the caller, so that a repeat can be recognised.
    pub id: EventId,
    /// Who, and in which request.
    pub origin: Origin,
    /// What happened.
    pub event: Stored,
}

/// Events to add at the end of one stream, all or none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The stream to add to.
    pub stream: StreamName,
    /// Where the caller believes the stream ends.
    pub expected: Expected,
    /// The events, in order.
    pub events: Vec<NewEvent>,
}

impl Append {
    /// Most bytes of text one append may carry; far above any statement of ours.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

    /// The bytes of text this append carries.
    pub fn bytes(&self) -> usize {
        self.events
            .iter()
            .map(|new| new.event.data.len() + new.event.name.len() + new.origin.actor.len())
            .sum()
    }

    /// Its events at the end of a log that ends at `head`, from revision `first` of their stream
    /// on: stamped `now`, or just after the event before where that is later.
    pub fn placed(self, head: Head, first: Revision, now: RecordedAt) -> Vec<Recorded<Stored>> {
        let Head {
            mut position,
            mut recorded_at,
        } = head;
        let mut revision = first;
        let place = |NewEvent { id, origin, event }| {
            let stamp = recorded_at.map_or(now, |last| now.after(last));
            position = position.next();
            recorded_at = Some(stamp);
            let placed = Recorded {
                position,
                id,
                stream: self.stream.clone(),
                revision,
                recorded_at: stamp,
                origin,
                event,
            };
            revision = revision.next();
            placed
        };
        self.events.into_iter().map(place).collect()
    }
}

/// Where an event was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Place in the log of all streams.
    pub position: Position,
    /// Number in its stream.
    pub revision: Revision,
    /// When the store stamped it.
    pub recorded_at: RecordedAt,
}

impl<E> From<&Recorded<E>> for Place {
    fn from(recorded: &Recorded<E>) -> Self {
        Self {
            position: recorded.position,
            revision: recorded.revision,
            recorded_at: recorded.recorded_at,
        }
    }
}

/// What an append came to; by default, that of no events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Where each event of the append is recorded, in the order given.
    pub places: Vec<Place>,
    /// Whether it wrote nothing, because these events had been recorded before. Of equal appends,
    /// by whatever processes and however often each is tried, one at most is told that it wrote.
    pub repeated: bool,
}

/// Why an append added nothing. After [`AppendError::Engine`] and
/// [`AppendError::OutOfReach`] alone the outcome is unknown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream does not end where the caller believed, or knows only some of the event ids.
    #[error("stream '{stream}' is {}", ends(.current.as_ref()))]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// The revision of its last event.
        current: Option<Revision>,
    },
    /// The store takes nothing until it is opened again for writing.
    #[error("the store takes no events until it is opened again for writing")]
    ReadOnly(#[from] ReadOnly),
    /// There is no room; the append can be tried again once there is.
    #[error("there is no room left for events")]
    Full,
    /// The append carries more than a store takes at once.
    #[error("an append of {bytes} bytes is more than {}", taken(.most.as_ref()))]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The most it may have, where that is known.
        most: Option<usize>,
    },
    /// What keeps the log elsewhere was not reached in time, and it is unknown whether it has the
    /// events; an append repeated with the same event ids finds out.
    #[error("the log is out of reach, and what became of the events is unknown")]
    OutOfReach,
    /// The seal refused the batch.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The engine failed; an append repeated with the same event ids finds out what became of it.
    #[error("the events could not be written")]
    Engine(#[source] Cause),
}

/// Why a store takes no events until it is opened again for writing. What it has can be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadOnly {
    /// It was opened so.
    #[error("it was opened for reading")]
    ForReading,
    /// A durable write failed, and it is unknown what is on disk.
    #[error("a durable write failed")]
    WriteFailed(#[source] Cause),
    /// The thread that writes has ended, and it is unknown what it was doing.
    #[error("its writer has ended")]
    WriterEnded,
    /// Nothing new comes into it any more, as [`EventStore::stopped`](crate::EventStore::stopped) says.
    #[error("its log goes no further")]
    Stopped(#[source] Cause),
    /// The log was set back: a checkpoint beside it stands on an event that it does not have.
    #[error(
        "{}; restore the newest outlay.db, or 'outlay restore --accept-rollback' goes on with \
         this one", set_back(*.witnessed, *.head)
    )]
    SetBack {
        /// Where the furthest such checkpoint stands.
        witnessed: Position,
        /// Where the log ends.
        head: Position,
    },
    /// Its files are not those any more that it wrote to.
    #[error(
        "{why}, and it is unknown what of the events up to position {acknowledged} is on disk; \
         restore the newest outlay.db, and start again"
    )]
    Replaced {
        /// The last event that was acknowledged.
        acknowledged: Position,
        /// What is not as it was.
        why: String,
    },
}

impl ReadOnly {
    /// The furthest position that was acknowledged, where what is on disk may lack it.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::SetBack { witnessed, .. } => Some(*witnessed),
            Self::Replaced { acknowledged, .. } => Some(*acknowledged),
            Self::ForReading | Self::WriteFailed(_) | Self::WriterEnded | Self::Stopped(_) => None,
        }
    }
}

fn set_back(witnessed: Position, head: Position) -> String {
    if witnessed > head {
        format!("the log ends at position {head}, and a checkpoint bears witness of {witnessed}")
    } else {
        format!(
            "the log has another event at position {witnessed} than the one that a checkpoint \
             bears witness of"
        )
    }
}

fn taken(most: Option<&usize>) -> String {
    most.map_or_else(
        || "the server takes at once".to_owned(),
        |most| format!("the {most} that the store takes at once"),
    )
}

fn ends(current: Option<&Revision>) -> String {
    current.map_or_else(
        || "empty".to_owned(),
        |revision| format!("at revision {revision}"),
    )
}
