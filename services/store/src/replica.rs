//! Taking over a log that is recorded elsewhere: events keep their places and their stamps.
//!
//! Who decides and who stamps is elsewhere; nothing here orders or admits anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};

use crate::append::AppendError;
use crate::port::{EventStore, Head, ReadError};
use crate::seal::Seal;

/// Events that were recorded together elsewhere, and the seal they get here.
#[derive(Clone)]
pub struct Batch {
    /// The events, in order.
    pub events: Vec<Recorded<Stored>>,
    /// Who seals them. A refusal comes too late, so that it leaves them without a seal.
    pub seal: Arc<dyn Seal>,
}

/// Why events were not taken over. Nothing of them was.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReplicaError {
    /// They are not what comes next.
    #[error("the event at position {position} does not follow on what is here: {why}")]
    NotNext {
        /// The first such position.
        position: Position,
        /// What is wrong with it.
        why: &'static str,
    },
    /// They could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// What is here could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A store that takes over events as they were recorded elsewhere.
#[async_trait]
pub trait Replica: EventStore {
    /// Adds `batches` with the positions, revisions and stamps they have.
    ///
    /// # Errors
    /// [`ReplicaError::NotNext`] where they leave a gap, repeat an event, or are not stamped later
    /// than what is here; else what failed.
    async fn replicate(&self, batches: Vec<Batch>) -> Result<(), ReplicaError>;
}

/// A replica that also remembers where in the log elsewhere it ends, in that log's own terms.
#[async_trait]
pub trait Mirror: Replica {
    /// As [`Replica::replicate`], and keeps `bookmark` in the same write.
    ///
    /// # Errors
    /// As [`Replica::replicate`].
    async fn reflect(&self, batches: Vec<Batch>, bookmark: String) -> Result<(), ReplicaError>;

    /// The bookmark kept last; none where nothing was reflected.
    ///
    /// # Errors
    /// [`ReadError`] where it cannot be read.
    async fn bookmark(&self) -> Result<Option<String>, ReadError>;
}

/// What is here that events may follow on.
pub struct Here<'h, X> {
    /// Where the log ends.
    pub head: Head,
    /// Where a stream ends.
    pub stream_head: &'h dyn Fn(&StreamName) -> Option<Revision>,
    /// Whether an event has this id.
    pub is_taken: &'h dyn Fn(EventId) -> Result<bool, X>,
}

/// Whether `events` follow on what is here: the one rule on what may be replicated.
///
/// # Errors
/// [`ReplicaError::NotNext`] for the first that does not, and whatever `is_taken` fails with.
pub fn follow_on<'e, X: From<ReplicaError>>(
    here: &Here<'_, X>,
    events: impl Iterator<Item = &'e Recorded<Stored>>,
) -> Result<(), X> {
    let Head {
        mut position,
        mut recorded_at,
    } = here.head;
    let (mut ends, mut ids) = (BTreeMap::new(), BTreeSet::new());
    for recorded in events {
        let end = ends.get(&recorded.stream).copied();
        let next = end
            .or_else(|| (here.stream_head)(&recorded.stream))
            .map_or(Revision::FIRST, Revision::next);
        let wrong = if recorded.position != position.next() {
            Some("its position is not the next")
        } else if recorded.revision != next {
            Some("its revision is not the next of its stream")
        } else if recorded_at.is_some_and(|last| recorded.recorded_at <= last) {
            Some("it is not stamped later than the event before")
        } else if !ids.insert(recorded.id) || (here.is_taken)(recorded.id)? {
            Some("its id is another event's")
        } else {
            None
        };
        if let Some(why) = wrong {
            let position = recorded.position;
            return Err(ReplicaError::NotNext { position, why }.into());
        }
        (position, recorded_at) = (recorded.position, Some(recorded.recorded_at));
        ends.insert(&recorded.stream, recorded.revision);
    }
    Ok(())
}

/// Most events replicated at once.
const PAGE: usize = 1_024;

/// Replicates what `from` has up to `until` and `to` has not, and tells `progress` how far it is.
/// What `to` has already must be how `from` begins; see [`difference`].
///
/// # Errors
/// [`ReplicaError`] where one cannot be read or the other takes no more; what was replicated
/// stays, and the rest can follow later.
pub async fn replicate_log(
    from: &dyn EventStore,
    to: &dyn Replica,
    until: Position,
    mut progress: impl FnMut(Position),
) -> Result<Position, ReplicaError> {
    let mut done = to.head().await?.position;
    while done < until {
        let left = usize::try_from(until.0 - done.0).unwrap_or(usize::MAX);
        let events = from.read(done, left.min(PAGE)).await?;
        let Some(last) = events.last() else { break };
        done = last.position;
        let seal = crate::seal::NoSeal::shared();
        to.replicate(vec![Batch { events, seal }]).await?;
        progress(done);
    }
    Ok(done)
}

/// The first position up to `until` at which two logs do not have the same event with the same
/// stamp, or one has none; `None` where there is no such position.
///
/// # Errors
/// [`ReadError`] where one cannot be read.
pub async fn difference(
    one: &dyn EventStore,
    other: &dyn EventStore,
    until: Position,
    mut progress: impl FnMut(Position),
) -> Result<Option<Position>, ReadError> {
    let mut same = Position::START;
    while same < until {
        let left = usize::try_from(until.0 - same.0).unwrap_or(usize::MAX);
        let (mine, yours) = (
            one.read(same, left.min(PAGE)).await?,
            other.read(same, left.min(PAGE)).await?,
        );
        let pairs = mine.iter().zip(&yours);
        let equal = pairs.take_while(|(mine, yours)| mine == yours).count();
        if equal == 0 || (equal < mine.len().max(yours.len())) {
            return Ok(Some(Position(
                same.0 + u64::try_from(equal).unwrap_or_default() + 1,
            )));
        }
        same = mine.last().map_or(until, |last| last.position);
        progress(same);
    }
    Ok(None)
}
