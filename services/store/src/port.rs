//! The port: what the rest of the service may ask of the log, whichever engine keeps it.
//!
//! It can add and read. It cannot change, hide, or delete.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use tokio::sync::watch;

use crate::append::{Append, AppendError, Appended, ReadOnly};
use crate::clock::Clock;
use crate::follow::Follower;
use crate::scan::Visit;
use crate::seal::{Seal, Sealed};
use crate::workers::WorkerState;

/// What went wrong below the port; shared, because one failure can answer many appends.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Where the log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last position; [`Position::START`] while there are no events.
    pub position: Position,
    /// When the event there was recorded.
    pub recorded_at: Option<RecordedAt>,
}

/// Why something could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The engine failed.
    #[error("the events could not be read")]
    Engine(#[source] Cause),
    /// The file is damaged, or another one now: to read it again does not help.
    #[error("the log cannot be read any more")]
    Unreadable(#[source] Cause),
    /// What is stored cannot be a log.
    #[error("the log is damaged at position {position}: {why}")]
    Damaged {
        /// The first wrong position.
        position: Position,
        /// What is wrong there.
        why: String,
    },
}

/// A log of events in streams, kept for ever.
///
/// Reads see only events whose append has been made durable.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Adds the events of `append` to its stream, all or none, in one durable write sealed by
    /// `seal`.
    ///
    /// Where all its event ids are already a run of that stream, nothing is written, the seal is
    /// not called, and their places are the answer, whatever `expected` says: the append was
    /// repeated after an outcome its caller did not learn.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] where the stream does not end as expected, or some of the ids are
    /// taken; else what refused or failed. Nothing was added, except that
    /// [`AppendError::Engine`] and [`AppendError::OutOfReach`] leave that unknown.
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError>;

    /// The event with this id.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError>;

    /// Up to `limit` events after `after`, in order; none at the end of the log.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn read(&self, after: Position, limit: usize)
    -> Result<Vec<Recorded<Stored>>, ReadError>;

    /// Has `visit` look at up to `limit` events after `after`, in order: the way to read many.
    /// It blocks, so that what is made of an event is made on the thread that reads it: call it
    /// off the async threads. Several scans go on at once; `visit` asks nothing of the store.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read; `visit` may have seen some of the events.
    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError>;

    /// Up to `limit` events of `stream` from revision `from` on, in order.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError>;

    /// The revision of the last event of `stream`; none where it has no events.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError>;

    /// Where the log ends.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn head(&self) -> Result<Head, ReadError>;

    /// Where the log ends, with every event that was acknowledged anywhere before the call. A store
    /// that follows a log recorded elsewhere may be behind it, and waits until it is not.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read. It may wait for long: give it a deadline.
    async fn latest(&self) -> Result<Head, ReadError> {
        self.head().await
    }

    /// Why nothing new comes into this store for good, where that is so. What it has can be read.
    fn stopped(&self) -> Option<Cause> {
        None
    }

    /// Looks whether what keeps the log is still what was opened, as far as a look can tell: from
    /// then on [`read_only`](Self::read_only) says if it is not. What is told as recorded, without
    /// an append, is told after it.
    async fn check(&self) {}

    /// Why no event is taken any more, where that is so: what [`append`](Self::append) would be
    /// refused with. It is looked up each time, and not remembered.
    fn read_only(&self) -> Option<ReadOnly> {
        None
    }

    /// How those are who work for it in the background.
    fn workers(&self) -> Vec<WorkerState> {
        Vec::new()
    }

    /// For how long what keeps the log elsewhere has said nothing; `None` where the log is kept
    /// here, or is not asked for any more. Where all is well it is less than half a minute.
    fn silent_for(&self) -> Option<Duration> {
        None
    }

    /// Up to `limit` seals of batches that end after `after`, in order.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError>;

    /// A watch on the last position: it changes once the events up to there can be read.
    /// A store opened for reading learns of new events only when it is asked for some.
    fn watch_head(&self) -> watch::Receiver<Position>;

    /// The clock that stamps events.
    fn clock(&self) -> &Arc<dyn Clock>;

    /// The present instant on the clock that stamps events.
    fn now(&self) -> RecordedAt {
        self.clock().now()
    }

    /// The event at `position`.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn at(&self, position: Position) -> Result<Option<Recorded<Stored>>, ReadError> {
        let Some(before) = position.0.checked_sub(1) else {
            return Ok(None);
        };
        Ok(self.read(Position(before), 1).await?.pop())
    }

    /// The last position recorded at or before `instant`; [`Position::START`] where none was.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    async fn position_at(&self, instant: RecordedAt) -> Result<Position, ReadError> {
        let (mut known, mut above) = (0, self.head().await?.position.0 + 1);
        while above - known > 1 {
            let middle = Position(known + (above - known) / 2);
            match self.at(middle).await? {
                Some(recorded) if recorded.recorded_at <= instant => known = middle.0,
                _ => above = middle.0,
            }
        }
        Ok(Position(known))
    }
}

impl dyn EventStore {
    /// Follows the log from `after`: first what is there, then what comes.
    pub fn follow(self: &Arc<Self>, after: Position) -> Follower {
        Follower::new(Arc::clone(self), after)
    }
}
