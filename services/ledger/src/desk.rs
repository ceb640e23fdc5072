//! The desk of a stream: where its records queue up, and the state that they are decided on. Who
//! decides them is in `desks.rs`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::{Revision, StreamName};
use tokio::sync::oneshot;

use crate::aggregate::Aggregate;
use crate::error::RecordError;
use crate::task::{Done, Task};

/// Most records that one append takes.
const MOST: usize = 1_024;

/// Tasks that queue up together. Atomic ones stand or fall together.
pub(crate) struct Job {
    pub(crate) tasks: Arc<[Task]>,
    pub(crate) atomic: bool,
    pub(crate) reply: oneshot::Sender<Vec<Result<Done, RecordError>>>,
}

/// A stream folded up to a revision.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) aggregate: Arc<Aggregate>,
    pub(crate) revision: Option<Revision>,
}

/// The desk of one stream.
pub(crate) struct Desk {
    pub(crate) stream: StreamName,
    queue: Mutex<Queue>,
    state: tokio::sync::Mutex<Option<State>>,
}

/// A desk that one caller keeps until it is dropped: everything queued there waits.
pub(crate) type Kept<'a> = tokio::sync::MutexGuard<'a, Option<State>>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    busy: bool,
}

impl Desk {
    pub(crate) fn new(stream: StreamName) -> Self {
        Self {
            stream,
            queue: Mutex::default(),
            state: tokio::sync::Mutex::default(),
        }
    }

    /// Keeps the desk. Whoever keeps one waits for no other kept one, or both wait for ever.
    pub(crate) async fn keep(&self) -> Kept<'_> {
        self.state.lock().await
    }

    /// Queues `job`; whether nobody works the queue off, so that the caller has to see to it.
    pub(crate) fn queue(&self, job: Job) -> bool {
        let mut queue = self.lock();
        queue.jobs.push_back(job);
        !std::mem::replace(&mut queue.busy, true)
    }

    /// The next jobs, as many as one append takes; none where nobody waits, who is not worked for
    /// any more.
    pub(crate) fn next_jobs(&self) -> Vec<Job> {
        let mut queue = self.lock();
        let (mut jobs, mut tasks) = (Vec::new(), 0);
        while let Some(job) = queue.jobs.pop_front() {
            tasks += job.tasks.len();
            jobs.push(job);
            if tasks >= MOST {
                break;
            }
        }
        queue.busy = !jobs.is_empty();
        jobs
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a desk idle when its worker panics: who is queued is told, and who comes next is served.
pub(crate) struct IdleAgain<'a>(pub(crate) &'a Desk);

impl Drop for IdleAgain<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(stream = %self.0.stream, "the worker of a desk panicked");
            *self.0.lock() = Queue::default();
        }
    }
}
