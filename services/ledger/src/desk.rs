//! The desk of a stream: where its records queue up, are decided one after the other on the
//! queued state, and share one durable append.
//!
//! Only another process can be first. Then the stream is read again and everything still queued
//! is decided again, three times at most.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use events::log::{EventId, Revision, StreamName};
use events::time::EffectiveOn;
use lru::LruCache;
use store::{Append, AppendError, EventStore, Expected, Seal};
use tokio::sync::oneshot;

use crate::aggregate::{Aggregate, World};
use crate::error::{LedgerError, RecordError};
use crate::pages::decode;
use crate::round::Round;
use crate::task::{Done, Task};
use crate::view::View;

/// How often a record is decided before another process has been first too often.
const ATTEMPTS: usize = 3;
/// Most records that one append takes.
const MOST: usize = 1_024;
/// Most events read at once when a stream is folded.
const PAGE: usize = 4_096;
/// Most vouchers remembered over all desks; about 300 bytes each.
const MOST_REMEMBERED: usize = 500_000;

/// Tasks that queue up together. Atomic ones stand or fall together.
pub(crate) struct Job {
    pub(crate) tasks: Vec<Task>,
    pub(crate) atomic: bool,
    pub(crate) reply: oneshot::Sender<Vec<Result<Done, RecordError>>>,
}

/// The desk of one stream.
pub(crate) struct Desk {
    stream: StreamName,
    queue: Mutex<Queue>,
    state: tokio::sync::Mutex<Option<State>>,
}

/// A desk that one caller keeps until it is dropped: everything queued there waits.
pub(crate) type Kept<'a> = tokio::sync::MutexGuard<'a, Option<State>>;

impl Desk {
    /// Keeps the desk. Whoever keeps one waits for no other kept one, or both wait for ever.
    pub(crate) async fn keep(&self) -> Kept<'_> {
        self.state.lock().await
    }
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    busy: bool,
}

/// Leaves a desk idle when its worker panics: who is queued is told, and who comes next is served.
struct IdleAgain<'a>(&'a Desk);

impl Drop for IdleAgain<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            tracing::error!(stream = %self.0.stream, "the worker of a desk panicked");
            *queue = Queue::default();
        }
    }
}

/// A stream folded up to a revision.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) aggregate: Arc<Aggregate>,
    pub(crate) revision: Option<Revision>,
}

/// All desks, the least used of which are forgotten when they remember too much.
pub(crate) struct Desks {
    store: Arc<dyn EventStore>,
    seal: Arc<dyn Seal>,
    view: Arc<View>,
    open: Mutex<OpenDesks>,
}

struct OpenDesks {
    desks: LruCache<StreamName, (Arc<Desk>, usize)>,
    remembered: usize,
}

impl Desks {
    pub(crate) fn new(store: Arc<dyn EventStore>, seal: Arc<dyn Seal>, view: Arc<View>) -> Self {
        let open = OpenDesks {
            desks: LruCache::unbounded(),
            remembered: 0,
        };
        Self {
            store,
            seal,
            view,
            open: Mutex::new(open),
        }
    }

    /// Queues `tasks` at the desk of `stream` and waits for what they come to, in their order.
    pub(crate) async fn submit(
        self: &Arc<Self>,
        stream: StreamName,
        tasks: Vec<Task>,
        atomic: bool,
    ) -> Vec<Result<Done, RecordError>> {
        let count = tasks.len();
        let (reply, answer) = oneshot::channel();
        let desk = self.desk(stream);
        let idle = {
            let mut queue = desk.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.jobs.push_back(Job {
                tasks,
                atomic,
                reply,
            });
            !std::mem::replace(&mut queue.busy, true)
        };
        if idle {
            // A task of its own: who waits for an answer may go away, who queued up behind may not.
            tokio::spawn(Arc::clone(self).work(desk));
        }
        // The sender is dropped unanswered only when its worker panicked or the runtime ends.
        answer
            .await
            .unwrap_or_else(|_| vec![Err(RecordError::Broken); count])
    }

    /// Queues one task and waits for what it comes to.
    pub(crate) async fn submit_one(
        self: &Arc<Self>,
        stream: StreamName,
        task: Task,
    ) -> Result<Done, RecordError> {
        let done = self.submit(stream, vec![task], false).await;
        done.into_iter()
            .next()
            .unwrap_or(Err(RecordError::Conflict))
    }

    /// The state of `stream` with everything that is durable.
    pub(crate) async fn state(&self, stream: StreamName) -> Result<Option<State>, LedgerError> {
        let desk = self.desk(stream);
        let mut state = desk.state.lock().await;
        let loaded = self.load(&desk.stream, &mut state).await?;
        self.weigh(
            &desk,
            loaded.as_ref().map_or(1, |state| state.aggregate.weight()),
        );
        Ok(loaded)
    }

    /// The desk of `stream`; where it is kept, nobody else decides there.
    pub(crate) fn desk(&self, stream: StreamName) -> Arc<Desk> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (desk, _) = open.desks.get_or_insert(stream.clone(), || {
            let (queue, state) = (Mutex::default(), tokio::sync::Mutex::default());
            (
                Arc::new(Desk {
                    stream,
                    queue,
                    state,
                }),
                0,
            )
        });
        Arc::clone(desk)
    }

    /// What `task` comes to at a desk that the caller keeps.
    pub(crate) async fn settle_one(
        &self,
        desk: &Desk,
        kept: &mut Kept<'_>,
        task: Task,
    ) -> Result<Done, RecordError> {
        let (reply, answer) = oneshot::channel();
        let (tasks, atomic) = (vec![task], false);
        self.settle(
            desk,
            kept,
            vec![Job {
                tasks,
                atomic,
                reply,
            }],
        )
        .await;
        let done = answer.await.unwrap_or_default();
        done.into_iter().next().unwrap_or(Err(RecordError::Broken))
    }

    /// Takes note of what a desk remembers, and forgets idle ones where all remember too much.
    fn weigh(&self, desk: &Desk, weight: usize) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, before)) = open.desks.get_mut(&desk.stream) {
            let before = std::mem::replace(before, weight);
            open.remembered = open.remembered + weight - before;
        }
        let mut busy = Vec::new();
        while open.remembered > MOST_REMEMBERED {
            let Some((stream, (desk, weight))) = open.desks.pop_lru() else {
                break;
            };
            if Arc::strong_count(&desk) > 1 {
                busy.push((stream, (desk, weight)));
                if busy.len() > 64 {
                    break;
                }
            } else {
                open.remembered -= weight;
            }
        }
        for (stream, desk) in busy {
            open.desks.put(stream, desk);
        }
    }

    async fn work(self: Arc<Self>, desk: Arc<Desk>) {
        let _idle_again = IdleAgain(&desk);
        loop {
            let mut jobs = Vec::new();
            {
                let mut queue = desk.queue.lock().unwrap_or_else(PoisonError::into_inner);
                let mut tasks = 0;
                while let Some(job) = queue.jobs.pop_front() {
                    tasks += job.tasks.len();
                    jobs.push(job);
                    if tasks >= MOST {
                        break;
                    }
                }
                if jobs.is_empty() {
                    queue.busy = false;
                    return;
                }
            }
            let mut state = desk.state.lock().await;
            self.settle(&desk, &mut state, jobs).await;
        }
    }

    /// Decides `jobs`, appends what they add, and answers them.
    async fn settle(&self, desk: &Desk, state: &mut Option<State>, jobs: Vec<Job>) {
        for _ in 0..ATTEMPTS {
            let (base, known) = match self.prepare(desk, state, &jobs).await {
                Ok(prepared) => prepared,
                Err(error) => return answer_all(jobs, &error),
            };
            // Taken out: whatever fails from here on, the stream is read again.
            *state = None;
            let (base_revision, round) = (base.revision, self.decide(base, &known, &jobs));
            let (decided, after) = round.finish();
            let weight = after.aggregate.weight();
            if decided.events.is_empty() {
                *state = Some(after);
                self.weigh(desk, weight);
                return decided.answer(jobs, &[]);
            }
            let append = Append {
                stream: desk.stream.clone(),
                expected: Expected::from(base_revision),
                events: decided.events.clone(),
            };
            match self.store.append(append, &self.seal).await {
                Ok(appended) => {
                    if !appended.repeated {
                        *state = Some(after);
                        self.weigh(desk, weight);
                    }
                    return decided.answer(jobs, &appended.places);
                }
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return decided.fail(jobs, &RecordError::Append(error)),
            }
        }
        answer_all(jobs, &RecordError::Conflict);
    }

    /// The state to decide on, and which of the tasks' events exist already.
    async fn prepare(
        &self,
        desk: &Desk,
        state: &mut Option<State>,
        jobs: &[Job],
    ) -> Result<(State, BTreeSet<EventId>), RecordError> {
        let mut known = BTreeSet::new();
        for task in jobs.iter().flat_map(|job| &job.tasks) {
            if self
                .store
                .find(task.id)
                .await
                .map_err(LedgerError::from)?
                .is_some()
            {
                known.insert(task.id);
            }
        }
        let loaded = self.load(&desk.stream, state).await?;
        *state = None;
        // A record's stream has an aggregate, and tasks come from records.
        loaded
            .map(|loaded| (loaded, known))
            .ok_or(RecordError::Conflict)
    }

    async fn load(
        &self,
        stream: &StreamName,
        state: &mut Option<State>,
    ) -> Result<Option<State>, LedgerError> {
        if state.is_none() {
            let Some(mut aggregate) = Aggregate::find(stream) else {
                return Ok(None);
            };
            let mut revision = None;
            loop {
                let from = revision.map_or(Revision::FIRST, Revision::next);
                let page = self.store.read_stream(stream, from, PAGE).await?;
                let last = page.len() < PAGE;
                for recorded in page {
                    let recorded = decode(&recorded)?;
                    revision = Some(recorded.revision);
                    aggregate = aggregate.evolve(&recorded.event);
                }
                if last {
                    break;
                }
            }
            *state = Some(State {
                aggregate: Arc::new(aggregate),
                revision,
            });
        }
        Ok(state.clone())
    }

    fn decide(&self, base: State, known: &BTreeSet<EventId>, jobs: &[Job]) -> Round {
        let opened = self.view.opened();
        let is_open = |line| opened.lines.contains(&line);
        let world = World {
            today: EffectiveOn::at(self.store.now()),
            registers: &opened.registers,
            is_open: &is_open,
            window_until: None,
        };
        let mut round = Round::new(base);
        for job in jobs {
            round.take(job, known, &world);
        }
        round
    }
}

fn answer_all(jobs: Vec<Job>, error: &RecordError) {
    for job in jobs {
        let _ = job.reply.send(vec![Err(error.clone()); job.tasks.len()]);
    }
}
