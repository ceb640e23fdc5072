//! The store itself: opening, lending and closing its parts.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

use events::log::{Position, Recorded, Stored};
use rusqlite::Connection;
use store::{AppendError, Clock, CommitObserver, NoObserver, ReadError, ReadOnly};
use tokio::sync::{mpsc, oneshot, watch};

use crate::bookmark::Kind;
use crate::index::Index;
use crate::keeper::{self, Keeper};
use crate::open::{self, OpenError};
use crate::readers::{Readers, engine};
use crate::reading::Reading;
use crate::rows::EventRow;
use crate::tail::{self, Tail};
use crate::writer::{Job, Outcome, Work, Workers, Writer};
use crate::{rollback, scan, schema};

/// The log in `outlay.db` of a data folder.
///
/// Dropping it waits for the appends already queued, and closes the file.
pub struct SqliteStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) writing: Option<Writing>,
    /// Let go of last, once the file is closed.
    kept: Option<Box<dyn Send + Sync>>,
}

/// What the writer, the readers and the followers share.
pub(crate) struct Shared {
    pub(crate) index: RwLock<Index>,
    pub(crate) tail: RwLock<Tail>,
    pub(crate) head: watch::Sender<Position>,
    pub(crate) readers: Arc<Readers>,
    /// Why the writer takes nothing more; set once, where the log was set back or by the writer.
    pub(crate) refusing: OnceLock<ReadOnly>,
    pub(crate) workers: Workers,
}

pub(crate) struct Writing {
    queue: Option<mpsc::Sender<Job>>,
    pub(crate) thread: Option<JoinHandle<()>>,
    _lock: File,
}

impl SqliteStore {
    /// Opens the log in `folder` for reading and writing; both are made where they are missing.
    ///
    /// Reads `index.checkpoint` of the folder and the events after it, or the file whole where
    /// there is none: call it off the async threads.
    ///
    /// # Errors
    /// [`OpenError`] where the folder is taken, or the file is not a log of ours.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_observed(folder, clock, Arc::new(NoObserver))
    }

    /// As [`SqliteStore::open`], with `observer` told of each commit.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_observed(
        folder: &Path,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, OpenError> {
        Self::open_as(Kind::Log, folder, clock, observer)
    }

    /// Opens the copy in `folder` of a log that is kept elsewhere, to be written by [`Mirror`](store::Mirror)
    /// alone; both are made where they are missing. What a power cut takes from its end is
    /// copied again, so that commits do not wait for the disk. One that is torn is made anew.
    ///
    /// # Errors
    /// [`OpenError::NoCopy`] where there is a log that is no copy; else as [`SqliteStore::open`].
    pub fn open_copy(
        folder: &Path,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, OpenError> {
        Self::open_as(Kind::Copy, folder, clock, observer)
    }

    fn open_as(
        kind: Kind,
        folder: &Path,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, OpenError> {
        let lock = open::take(folder)?;
        let (connection, shared, kept) = open::to_write(kind, folder)?;
        let keeper = Keeper::new(folder, Arc::clone(&shared), kept);
        let writer = Writer::new(connection, Arc::clone(&shared), clock.clone(), observer);
        let (queue, thread) = writer.kept_by(keeper).watching(kind, folder)?.start()?;
        Ok(Self {
            shared,
            clock,
            writing: Some(Writing {
                queue: Some(queue),
                thread: Some(thread),
                _lock: lock,
            }),
            kept: None,
        })
    }

    /// Opens the log in `folder` for reading, also while another process writes to it. Whoever may
    /// read its files can, and nothing is written to the folder.
    ///
    /// Each read first looks for what that process has added since. Appends are refused.
    ///
    /// # Errors
    /// [`OpenError`] where there is no log of ours.
    pub fn open_read_only(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let readers = Readers::of(Reading::of(folder)?);
        let load = |connection: &Connection| -> Result<_, OpenError> {
            schema::check(connection)?;
            Shared::load_with(Arc::clone(&readers), connection, folder)
        };
        Ok(Self {
            shared: readers.lend(load)?.0,
            clock,
            writing: None,
            kept: None,
        })
    }

    /// As [`SqliteStore::open_read_only`], while no other process writes to it, until it is closed.
    ///
    /// # Errors
    /// [`OpenError::InUse`] where another process does; else as [`SqliteStore::open_read_only`].
    pub fn open_at_rest(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let lock = open::hold(folder)?;
        Ok(Self::open_read_only(folder, clock)?.keeping(lock))
    }

    /// Keeps `guard` until the file is closed: a folder that is to be gone then, for example.
    #[must_use]
    pub fn keeping(mut self, guard: impl Send + Sync + 'static) -> Self {
        self.kept = Some(Box::new(guard));
        self
    }

    /// What the writer makes of `work`.
    pub(crate) async fn write(&self, work: Work) -> Outcome {
        let queue = self
            .writing
            .as_ref()
            .and_then(|writing| writing.queue.as_ref());
        let queue = queue.ok_or(AppendError::from(ReadOnly::ForReading))?;
        let (answer, outcome) = oneshot::channel();
        let sent = queue.send(Job { work, answer }).await;
        sent.map_err(|_| AppendError::from(ReadOnly::WriterEnded))?;
        // The writer answers every job, unless it panicked: then the outcome is open.
        outcome
            .await
            .unwrap_or_else(|stopped| Err(AppendError::Engine(Arc::new(stopped)).into()))
    }

    /// Sees to it that a store opened for reading knows what was added since.
    pub(crate) async fn refresh(&self) -> Result<(), ReadError> {
        if self.writing.is_some() {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let look = move |connection: &Connection| shared.refresh(connection);
        self.shared.readers.with(look).await
    }

    /// The events of `rows`, which `select` finds on a connection.
    pub(crate) async fn look_up(
        &self,
        select: impl FnOnce(&Connection) -> rusqlite::Result<Vec<EventRow>> + Send + 'static,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        let shared = Arc::clone(&self.shared);
        let look = move |connection: &Connection| {
            let rows = select(connection).map_err(engine)?;
            let index = shared.index();
            rows.into_iter().map(|row| row.named(&index)).collect()
        };
        self.shared.readers.with(look).await
    }
}

impl Shared {
    /// The index of `folder`, and the position of the checkpoint that it began with.
    pub(crate) fn load(
        connection: &Connection,
        folder: &Path,
    ) -> Result<(Arc<Self>, Position), OpenError> {
        let readers = Readers::beside_writer(&open::file(folder));
        Self::load_with(readers, connection, folder)
    }

    fn load_with(
        readers: Arc<Readers>,
        connection: &Connection,
        folder: &Path,
    ) -> Result<(Arc<Self>, Position), OpenError> {
        let mut index = Index::default();
        scan::extend_names(connection, &mut index)?;
        let rollback = rollback::find(connection, folder)?;
        if rollback.is_none() {
            keeper::load(folder, connection, &mut index)?;
        }
        let kept = index.head().position;
        scan::extend(connection, &mut index)?;
        let head = index.head().position;
        tracing::info!(checkpoint = kept.0, head = head.0, "the log is open");
        let shared = Self {
            head: watch::Sender::new(head),
            index: RwLock::new(index),
            tail: RwLock::default(),
            readers,
            refusing: rollback::refusal(rollback.as_ref(), head),
            workers: Workers::default(),
        };
        Ok((Arc::new(shared), kept))
    }

    /// Tells followers where the log ends.
    pub(crate) fn tell(&self, head: Position) {
        self.head.send_if_modified(|known| {
            let grown = head > *known;
            *known = head.max(*known);
            grown
        });
    }

    /// The events after `after`, where the tail has them: they need not be read from the file.
    pub(crate) fn run(&self, after: Position, limit: usize) -> Option<tail::Run> {
        self.tail.read().ok()?.run(after, limit)
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what another process has added.
    pub(crate) fn refresh(&self, connection: &Connection) -> Result<(), ReadError> {
        let last = scan::last_position(connection).map_err(engine)?;
        if last <= self.index().head().position {
            return Ok(());
        }
        let head = {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            scan::extend(connection, &mut index)?;
            index.head().position
        };
        self.tell(head);
        Ok(())
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: the last connection to close moves the write-ahead log to the file, and
        // only the writer's can.
        self.shared.readers.close();
        let Some(writing) = &mut self.writing else {
            return;
        };
        writing.queue = None;
        if let Some(thread) = writing.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of outlay.db has panicked");
        }
    }
}
