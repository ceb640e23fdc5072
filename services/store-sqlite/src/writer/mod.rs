//! The one thread that writes: it drains the queue into one durable transaction at a time.
//!
//! Nothing is acknowledged before its commit has returned. Once a commit has failed in a way that
//! leaves its outcome open, nothing more is written until the store is opened again. What is beside
//! the point here, such as who looks on, cannot end the thread; what panics within a group fails
//! that group.

mod failed;

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use events::log::Position;
use rusqlite::{Connection, ErrorCode};
use store::panics::{beside, caught};
use store::{
    Append, AppendError, Appended, Batch, Clock, Commit, CommitObserver, ReplicaError, Seal,
    Worker, WorkerState,
};
use tokio::sync::{mpsc, oneshot};

use crate::bookmark::Kind;
use crate::files::{Files, Unsure, Written};
use crate::group::{Failure, Group, Transaction};
use crate::index::Mark;
use crate::keeper::Keeper;
use crate::open::OpenError;
use crate::store::Shared;
use crate::tail;

/// Appends that may wait; more than these wait at the sender. Above it only latency grows.
const QUEUE: usize = 2_048;

/// Pages the write-ahead log may grow by before they are moved to the file: 8 MiB, and fewer
/// than its index holds in one piece, so that a full disk cannot stop it from growing.
const CHECKPOINT_PAGES: usize = 2_000;

/// Bytes of events that fill one page, with room to spare.
const PAGE_BYTES: usize = 3_000;

/// Something to write, and where its answer goes.
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) answer: Answer,
}

/// What is to be written.
pub(crate) enum Work {
    /// Events that get their places here.
    Append(Append, Arc<dyn Seal>),
    /// Events that were recorded elsewhere, and where that log goes on, if that is to be kept.
    TakeOver(Vec<Batch>, Option<String>),
}

type Answer = oneshot::Sender<Outcome>;
/// Where the events of an append stand; nothing of those that had places already.
pub(crate) type Outcome = Result<Appended, ReplicaError>;

/// Who works on a store that is written, whether each is up.
pub(crate) struct Workers {
    pub(crate) writer: Arc<Worker>,
    /// Who keeps `index.checkpoint`.
    pub(crate) keeper: Arc<Worker>,
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            writer: Worker::new("writer"),
            keeper: Worker::new("index.checkpoint"),
        }
    }
}

impl Workers {
    pub(crate) fn states(&self) -> [WorkerState; 2] {
        [self.writer.state(), self.keeper.state()]
    }
}

pub(crate) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn CommitObserver>,
    pages: usize,
    keeper: Option<Keeper>,
    /// None for a copy.
    files: Option<Files>,
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CommitObserver>,
    ) -> Self {
        Self {
            connection,
            shared,
            clock,
            observer,
            pages: 0,
            keeper: None,
            files: None,
        }
    }

    /// Acknowledges nothing once the files in `folder` are no longer those that were written. What
    /// becomes of a copy costs nothing but copying again.
    ///
    /// # Errors
    /// [`OpenError`] where they cannot be looked at.
    pub(crate) fn watching(mut self, kind: Kind, folder: &Path) -> Result<Self, OpenError> {
        if kind == Kind::Log {
            self.files = Some(Files::of(folder, &self.connection)?);
        }
        Ok(self)
    }

    /// Has `keeper` told of every commit.
    pub(crate) fn kept_by(mut self, keeper: Keeper) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// Starts the thread; it ends when the queue's sender is dropped, or where a panic may have left
    /// anything half changed.
    ///
    /// # Errors
    /// [`OpenError::Writer`] where there can be no thread.
    pub(crate) fn start(mut self) -> Result<(mpsc::Sender<Job>, JoinHandle<()>), OpenError> {
        let (sender, mut queue) = mpsc::channel(QUEUE);
        let life = self.shared.workers.writer.begin();
        let drain = move || {
            let _life = life;
            let mut jobs = Vec::with_capacity(QUEUE);
            self.keep(Keeper::consider);
            while queue.blocking_recv_many(&mut jobs, QUEUE) > 0 {
                if let Err(panicked) = caught(|| self.serve(&mut jobs)) {
                    self.shared.workers.writer.recovered(panicked);
                }
                if !self.is_between_groups() {
                    beside(|| tracing::error!("the writer ends: a panic left a group half done"));
                    return;
                }
            }
            self.keep(Keeper::close);
        };
        let thread = std::thread::Builder::new().name("outlay-writer".to_owned());
        let thread = thread.spawn(drain).map_err(OpenError::Writer)?;
        Ok((sender, thread))
    }

    /// Commits what can be committed of `jobs`, and answers them all.
    fn serve(&mut self, jobs: &mut Vec<Job>) {
        let started = Instant::now();
        let (answers, work): (Vec<_>, Vec<_>) =
            jobs.drain(..).map(|job| (job.answer, job.work)).unzip();
        if let Some(why) = self.shared.refusing.get() {
            return refuse(answers, &why.clone().into());
        }
        let mark = self.mark();
        let mut group = Group::default();
        match caught(|| self.commit(work, &mut group)) {
            Ok(Ok(outcomes)) => {
                let (appends, events) = (outcomes.len(), group.events.len());
                let (position, evicted) = self.publish(group);
                let duration = started.elapsed();
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A caller who no longer waits finds the events by their ids.
                    let _ = answer.send(outcome);
                }
                drop(evicted);
                let commit = Commit {
                    appends,
                    events,
                    position,
                    duration,
                };
                beside(|| self.observer.committed(&commit));
                self.checkpoint();
                self.keep(Keeper::consider);
            }
            Ok(Err(error)) => {
                let error = self.undo(&group, mark, error);
                self.fail(answers, &error);
            }
            Err(panicked) => {
                let error = self.undo_panicked(&group, mark, panicked);
                self.fail(answers, &error);
            }
        }
    }

    fn fail(&self, answers: Vec<Answer>, error: &AppendError) {
        refuse(answers, error);
        beside(|| self.observer.failed());
    }

    /// One transaction over these appends, and what each came to once it has returned.
    fn commit(&mut self, work: Vec<Work>, group: &mut Group) -> Result<Vec<Outcome>, Unsure> {
        let mut transaction = Transaction::begin(&self.connection, &self.shared.index)?;
        if let Some(files) = &mut self.files {
            // Nobody else can commit from here on.
            files.check(&self.connection, Written::Nothing)?;
        }
        let mut outcomes = Vec::with_capacity(work.len());
        for work in work {
            let added = match work {
                Work::Append(append, seal) => {
                    group.add(&mut transaction, self.clock.as_ref(), append, &seal)
                }
                Work::TakeOver(batches, bookmark) => {
                    let taken = group.take_over(&mut transaction, batches, bookmark.as_deref());
                    taken.map(|()| Appended {
                        places: Vec::new(),
                        repeated: false,
                    })
                }
            };
            outcomes.push(match added {
                Ok(appended) => Ok(appended),
                Err(Failure::Refused(error)) => Err(error),
                Err(Failure::Engine(error)) => return Err(error.into()),
            });
        }
        drop(transaction);
        self.run("COMMIT")?;
        self.look(Written::Wal)?;
        Ok(outcomes)
    }

    /// Lets everyone see the events of a committed group, and gives the last position, and what
    /// the tail has let go of: to free it is not worth a caller's wait.
    fn publish(&mut self, group: Group) -> (Position, Vec<tail::Group>) {
        let mut evicted = Vec::new();
        if !group.events.is_empty() {
            self.pages += 3 + group.bytes / PAGE_BYTES;
            let mut tail = self
                .shared
                .tail
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            evicted = tail.keep(group.events);
        }
        let head = {
            let index = self.shared.index.write();
            let mut index = index.unwrap_or_else(PoisonError::into_inner);
            index.publish();
            index.head().position
        };
        self.shared.tell(head);
        (head, evicted)
    }

    /// Whether everything is as it must be before the next group, where there may be one: no
    /// transaction is open, readers see whatever is placed, and nobody panicked while they changed
    /// what is shared.
    fn is_between_groups(&self) -> bool {
        let Shared { index, tail, .. } = &*self.shared;
        let is_whole = || {
            let index = self.shared.index();
            self.connection.is_autocommit() && index.placed() == index.head()
        };
        let is_sound = !index.is_poisoned() && !tail.is_poisoned() && is_whole();
        is_sound || self.shared.refusing.get().is_some()
    }

    /// Moves the write-ahead log to the file once it is long enough.
    fn checkpoint(&mut self) {
        if self.pages < CHECKPOINT_PAGES {
            return;
        }
        let moved = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                let (all, moved): (i64, i64) = (row.get(1)?, row.get(2)?);
                Ok(usize::try_from(all - moved).unwrap_or_default())
            });
        // It may have written some of the pages where it failed, too.
        if let Err(Unsure::Changed(why)) = self.look(Written::Database) {
            return self.refuse_replaced(&why);
        }
        match moved {
            Ok(left) => self.pages = left.min(CHECKPOINT_PAGES / 2),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                self.pages = CHECKPOINT_PAGES / 2;
            }
            // What the failed write left of the file in memory is unknown, so that a later one
            // must not throw the write-ahead log away.
            Err(error) => self.refuse_writes(Arc::new(error)),
        }
    }

    /// Has the keeper do its part at the head that readers see. Where the log may lack what was
    /// acknowledged, the checkpoint that is there stays.
    fn keep(&mut self, part: impl FnOnce(&mut Keeper, &Connection, Position)) {
        let head = self.shared.index().head().position;
        let refusing = self.shared.refusing.get();
        let stays = refusing.is_some_and(|why| why.position().is_some());
        let Some(keeper) = self.keeper.as_mut().filter(|_| !stays) else {
            return;
        };
        if let Err(panicked) = caught(|| part(keeper, &self.connection, head)) {
            self.shared.workers.keeper.recovered(panicked);
        }
    }

    /// Looks whether the files are those that were written.
    fn look(&mut self, written: Written) -> Result<(), Unsure> {
        match &mut self.files {
            Some(files) => files.check(&self.connection, written),
            None => Ok(()),
        }
    }

    fn mark(&self) -> Mark {
        let index = self.shared.index.read();
        index.unwrap_or_else(PoisonError::into_inner).mark()
    }

    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

fn refuse(answers: Vec<Answer>, error: &AppendError) {
    for answer in answers {
        let _ = answer.send(Err(error.clone().into()));
    }
}

#[cfg(test)]
mod tests;
