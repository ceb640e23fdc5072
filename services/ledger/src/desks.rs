//! All desks: records are decided one after the other on the queued state, and share one durable
//! append.
//!
//! Only another process can be first. Then the stream is read again and everything still queued
//! is decided again, three times at most. What is refused is decided again too, once, where
//! another process had recorded something that was not here yet: a refusal is final, and judges
//! everything recorded before.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::log::{EventId, Position, Revision, StreamName};
use events::time::EffectiveOn;
use lru::LruCache;
use store::{Append, AppendError, Appended, EventStore, Expected, Seal};
use tokio::sync::oneshot;

use crate::aggregate::{Aggregate, World};
use crate::desk::{Desk, IdleAgain, Job, Kept, State};
use crate::error::{LedgerError, RecordError};
use crate::pages::decode;
use crate::round::Round;
use crate::task::{Done, Task};
use crate::view::View;

/// How often a record is decided before another process has been first too often.
const ATTEMPTS: usize = 3;
/// How long a refusal waits to be confirmed.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most events read at once when a stream is folded.
const PAGE: usize = 4_096;
/// Most vouchers remembered over all desks; about 300 bytes each.
const MOST_REMEMBERED: usize = 500_000;

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
    /// Those that need not stand together are halved where together they are more than the store
    /// takes at once.
    pub(crate) async fn submit(
        self: &Arc<Self>,
        stream: StreamName,
        tasks: Vec<Task>,
        atomic: bool,
    ) -> Vec<Result<Done, RecordError>> {
        let (mut left, mut done) = (VecDeque::from([Arc::from(tasks)]), Vec::new());
        while let Some(tasks) = left.pop_front() {
            let came = self.queue(stream.clone(), Arc::clone(&tasks), atomic).await;
            if !atomic && tasks.len() > 1 && came.iter().any(is_too_large) {
                let (first, rest) = tasks.split_at(tasks.len() / 2);
                left.push_front(rest.into());
                left.push_front(first.into());
            } else {
                done.extend(came);
            }
        }
        done
    }

    async fn queue(
        self: &Arc<Self>,
        stream: StreamName,
        tasks: Arc<[Task]>,
        atomic: bool,
    ) -> Vec<Result<Done, RecordError>> {
        let count = tasks.len();
        let (reply, answer) = oneshot::channel();
        let desk = self.desk(stream);
        let job = Job {
            tasks,
            atomic,
            reply,
        };
        if desk.queue(job) {
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
        let mut state = desk.keep().await;
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
        let (desk, _) = open
            .desks
            .get_or_insert(stream.clone(), || (Arc::new(Desk::new(stream)), 0));
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
        let (tasks, atomic) = (Arc::from([task]), false);
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
            let jobs = desk.next_jobs();
            if jobs.is_empty() {
                return;
            }
            let mut state = desk.keep().await;
            self.settle(&desk, &mut state, jobs).await;
        }
    }

    /// Decides `jobs`, appends what they add, and answers them: together, or each by itself where
    /// together they are more than the store takes at once.
    async fn settle(&self, desk: &Desk, state: &mut Option<State>, jobs: Vec<Job>) {
        for job in self.settle_together(desk, state, jobs).await {
            self.settle_together(desk, state, vec![job]).await;
        }
    }

    /// Decides `jobs`, appends what they add, and answers them; gives those back that can only be
    /// answered apart.
    async fn settle_together(
        &self,
        desk: &Desk,
        state: &mut Option<State>,
        jobs: Vec<Job>,
    ) -> Vec<Job> {
        let (mut attempts, mut confirmed) = (0, false);
        loop {
            let applied = self.view.applied();
            let (base, known) = match self.prepare(desk, state, &jobs).await {
                Ok(prepared) => prepared,
                Err(error) => {
                    answer_all(jobs, &error);
                    return Vec::new();
                }
            };
            // Taken out: whatever fails from here on, the stream is read again.
            *state = None;
            let (base_revision, round) = (base.revision, self.decide(base, &known, &jobs));
            let (decided, after) = round.finish();
            let weight = after.aggregate.weight();
            let adds_nothing = decided.events.is_empty();
            if adds_nothing {
                *state = Some(after.clone());
            }
            if decided.refuses() && !confirmed {
                match self.confirm().await {
                    Ok(latest) if latest > applied => {
                        confirmed = true;
                        continue;
                    }
                    Ok(_) => {}
                    Err(error) => {
                        answer_all(jobs, &error.into());
                        return Vec::new();
                    }
                }
            }
            attempts += 1;
            if adds_nothing {
                self.weigh(desk, weight);
                decided.answer(jobs, &Appended::default());
                return Vec::new();
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
                    decided.answer(jobs, &appended);
                    return Vec::new();
                }
                Err(AppendError::Conflict { .. }) if attempts < ATTEMPTS => {}
                Err(AppendError::Conflict { .. }) => {
                    decided.fail(jobs, &RecordError::Conflict);
                    return Vec::new();
                }
                Err(AppendError::TooLarge { .. }) if jobs.len() > 1 => return jobs,
                Err(error) => {
                    decided.fail(jobs, &RecordError::Append(error));
                    return Vec::new();
                }
            }
        }
    }

    /// Waits until everything recorded until now is here and counted; gives where the log ends.
    pub(crate) async fn confirm(&self) -> Result<Position, LedgerError> {
        let latest = async {
            let latest = self.view.latest(&*self.store).await?;
            self.view.reach(latest).await?;
            Ok(latest)
        };
        let confirmed = tokio::time::timeout(PATIENCE, latest).await;
        confirmed.unwrap_or_else(|_| {
            Err(LedgerError::Unconfirmed {
                instant: self.store.now(),
                applied: self.view.applied(),
            })
        })
    }

    /// The state to decide on, and which of the tasks' events exist already.
    async fn prepare(
        &self,
        desk: &Desk,
        state: &mut Option<State>,
        jobs: &[Job],
    ) -> Result<(State, BTreeSet<EventId>), RecordError> {
        // First the state: what another process adds after it is found, and so no new record.
        let loaded = self.load(&desk.stream, state).await?;
        *state = None;
        let mut known = BTreeSet::new();
        for task in jobs.iter().flat_map(|job| &*job.tasks) {
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
        // A record's stream has an aggregate, and tasks come from records.
        loaded
            .map(|loaded| (loaded, known))
            .ok_or(RecordError::Conflict)
    }

    /// The state of `stream` with everything that the store has of it: what another node added
    /// since is folded into what the desk remembers.
    async fn load(
        &self,
        stream: &StreamName,
        state: &mut Option<State>,
    ) -> Result<Option<State>, LedgerError> {
        let end = self.store.stream_head(stream).await?;
        if let Some(known) = state.as_ref().filter(|known| known.revision >= end) {
            return Ok(Some(known.clone()));
        }
        let (mut aggregate, mut revision) = match state.take() {
            Some(State {
                aggregate,
                revision,
            }) => (Arc::unwrap_or_clone(aggregate), revision),
            None => match Aggregate::find(stream) {
                Some(aggregate) => (aggregate, None),
                None => return Ok(None),
            },
        };
        while revision < end {
            let from = revision.map_or(Revision::FIRST, Revision::next);
            let page = self.store.read_stream(stream, from, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for recorded in page {
                let recorded = decode(&recorded)?;
                revision = Some(recorded.revision);
                aggregate = aggregate.evolve(&recorded.event);
            }
        }
        *state = Some(State {
            aggregate: Arc::new(aggregate),
            revision,
        });
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
        let mut round = Round::new(base, self.store.read_only());
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

fn is_too_large(done: &Result<Done, RecordError>) -> bool {
    matches!(done, Err(RecordError::Append(AppendError::TooLarge { .. })))
}
