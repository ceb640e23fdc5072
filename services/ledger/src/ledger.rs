//! The ledger: one store, the desks that write to it, and the view that answers.

use std::sync::Arc;
use std::time::Duration;

use events::line::Line;
use events::log::{EventId, Origin, Position, Recorded, Revision, Stored, StreamName};
use events::names::LineId;
use events::time::{EffectiveOn, RecordedAt};
use projections::Figures;
use store::panics::{beside, caught_in};
use store::{EventStore, NoSeal, ReadOnly, WorkerState, Workers};
use uuid::Uuid;

use crate::answer::Answer;
use crate::batch::{BatchRow, Mode};
use crate::checkpoint::{Checkpoints, Keeper};
use crate::desk::State;
use crate::desks::Desks;
use crate::error::{LedgerError, RecordError};
use crate::founding::Register;
use crate::record::{Request, has_two_steps};
use crate::view::View;

/// How far the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last position applied.
    pub applied: Position,
    /// The last position of the log.
    pub head: Position,
    /// The position of the checkpoint of the figures; the start where there is none.
    pub checkpoint: Position,
}

/// Records, and answers as of two clocks. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Ledger(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) view: Arc<View>,
    pub(crate) desks: Arc<Desks>,
    workers: Workers,
    /// One reversal of a transfer at a time: it keeps the desk of one line while it asks another.
    pub(crate) reversing: tokio::sync::Mutex<()>,
}

impl Ledger {
    /// A ledger over `store`, whose figures begin to catch up at once.
    /// [`settle`](Self::settle) or [`catch_up`](Self::catch_up) waits for them.
    pub fn open(store: Arc<dyn EventStore>) -> Self {
        Self::over(store, None)
    }

    /// As [`open`](Self::open), with figures that begin where their checkpoint ends.
    pub fn open_kept(store: Arc<dyn EventStore>, checkpoints: Checkpoints) -> Self {
        Self::over(store, Some(Keeper::new(checkpoints)))
    }

    pub(crate) fn over(store: Arc<dyn EventStore>, keeper: Option<Keeper>) -> Self {
        let workers = Workers::default();
        let follower = workers.add("figures");
        let view = Arc::new(View::new(keeper, Arc::clone(&follower)));
        let both = (Arc::clone(&view), Arc::clone(&store));
        tokio::spawn(follower.supervise(move || {
            let (view, store) = both.clone();
            view.follow(store)
        }));
        if let Some(keeper) = view.keeper().cloned() {
            let kept = (Arc::clone(&view), Arc::clone(&store));
            tokio::spawn(workers.add("figures.checkpoint").supervise(move || {
                let (view, store) = kept.clone();
                keeper.clone().keep(view, store)
            }));
        }
        let desks = Arc::new(Desks::new(
            Arc::clone(&store),
            NoSeal::shared(),
            Arc::clone(&view),
        ));
        Self(Arc::new(Inner {
            store,
            view,
            desks,
            workers,
            reversing: tokio::sync::Mutex::default(),
        }))
    }

    /// Waits until the figures are where the log ends now, whoever wrote to it.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn catch_up(&self) -> Result<Position, LedgerError> {
        let head = self.0.view.latest(&*self.0.store).await?;
        self.0.view.reach(head).await?;
        Ok(head)
    }

    /// Catches up, founds the register and the thresholds of a fresh store, and takes transfers that
    /// a crash left in transit to their end: what a ledger that writes does before it takes records.
    /// Where the store takes no events it catches up, and answers.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read or the register given is refused;
    /// [`RecordError`] where the store does not take an event.
    pub async fn settle(&self, register: Register) -> Result<(), RecordError> {
        self.catch_up().await?;
        if self.read_only().is_some() {
            return Ok(());
        }
        self.found(register).await?;
        self.found_policy().await?;
        let completed = self.0.complete_transfers().await?;
        if completed > 0 {
            tracing::warn!(completed, "transfers that were in transit have arrived");
        }
        self.catch_up().await?;
        Ok(())
    }

    /// Leaves a checkpoint of the figures for the next start, where checkpoints are written: what
    /// a service does once it takes no more records.
    pub async fn close(&self) {
        let Inner { view, store, .. } = &*self.0;
        if let Some(keeper) = view.keeper()
            && let Err(panicked) = caught_in(keeper.close(view, &**store)).await
        {
            beside(|| tracing::error!(%panicked, "figures.checkpoint is not written"));
        }
    }

    /// Who works for it in the background; who works beside it is added there.
    pub fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// How everyone is who works in the background, of the store too.
    pub fn worker_states(&self) -> Vec<WorkerState> {
        let mut states = self.0.store.workers();
        states.extend(self.0.workers.states());
        states
    }

    /// Records one record.
    ///
    /// # Errors
    /// [`RecordError`]; nothing was added, except where the store failed, which leaves that
    /// unknown until the record is sent again.
    pub async fn record(&self, request: Request) -> Result<Answer, RecordError> {
        if !has_two_steps(&request.record) {
            return self.0.record(request).await;
        }
        let inner = Arc::clone(&self.0);
        // A task of its own: a caller who goes away does not leave a transfer half done.
        let done = tokio::spawn(async move { inner.record(request).await }).await;
        done.unwrap_or(Err(RecordError::Broken))
    }

    /// Records or judges many records; the results stand in the order of the rows, `None` for
    /// those that could not be read. A record that is recorded already is told its first answer,
    /// whatever becomes of the others.
    pub async fn record_batch(
        &self,
        rows: Vec<BatchRow>,
        mode: Mode,
    ) -> Vec<Option<Result<Answer, RecordError>>> {
        let inner = Arc::clone(&self.0);
        let count = rows.len();
        let done = tokio::spawn(async move { inner.record_batch(rows, mode).await });
        done.await
            .unwrap_or_else(|_| vec![Some(Err(RecordError::Broken)); count])
    }

    /// The figures, while `answer` looks at them. Keep it short: records wait meanwhile.
    pub fn figures<T>(&self, answer: impl FnOnce(&Figures) -> T) -> T {
        answer(&self.0.view.figures())
    }

    /// How far the figures are.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn progress(&self) -> Result<Progress, LedgerError> {
        let head = self.0.store.head().await?.position;
        Ok(Progress {
            applied: self.0.view.applied(),
            head,
            checkpoint: self.0.view.checkpoint(),
        })
    }

    /// Whether what is recorded from now on will be counted.
    ///
    /// # Errors
    /// [`LedgerError::Stopped`] where it will not.
    pub fn goes_on(&self) -> Result<(), LedgerError> {
        self.0.view.goes_on(&*self.0.store)
    }

    /// Whether the figures are whole, so that they may be asked; else asking panics.
    ///
    /// # Errors
    /// [`LedgerError::Stopped`] where a panic left an event half counted.
    pub fn is_whole(&self) -> Result<(), LedgerError> {
        self.0.view.is_whole()
    }

    /// Looks whether what keeps the log is still what was opened; [`read_only`](Self::read_only) says
    /// what was found.
    pub async fn check(&self) {
        self.0.store.check().await;
    }

    /// Why no record is taken any more, where that is so.
    pub fn read_only(&self) -> Option<ReadOnly> {
        self.0.store.read_only()
    }

    /// For how long the log, where it is kept elsewhere, has said nothing; `None` where it is kept
    /// here, or is not asked for any more.
    pub fn silent_for(&self) -> Option<Duration> {
        self.0.store.silent_for()
    }

    /// The last position applied.
    pub fn applied(&self) -> Position {
        self.0.view.applied()
    }

    /// Waits until the figures are at `position`, for `patience` at most. Where this process
    /// follows a log that others write to as well, they may have told of a position that has not
    /// come here yet.
    ///
    /// # Errors
    /// [`LedgerError::PastTheEnd`] where the log has no such position, [`LedgerError::Behind`] when
    /// patience runs out, [`LedgerError::Stopped`] where waiting is in vain.
    pub async fn reach(&self, position: Position, patience: Duration) -> Result<(), LedgerError> {
        let is_past = async {
            let head = self.0.view.latest(&*self.0.store).await?;
            if position > head {
                return Err(LedgerError::PastTheEnd {
                    asked: position,
                    head,
                });
            }
            std::future::pending().await
        };
        let reached = async {
            tokio::select! {
                biased;
                reached = self.0.view.reach(position) => reached,
                past = is_past => past,
            }
        };
        let reached = tokio::time::timeout(patience, reached).await;
        reached.unwrap_or_else(|_| {
            Err(LedgerError::Behind {
                applied: self.applied(),
                asked: position,
            })
        })
    }

    /// The present instant on the clock that stamps events.
    pub fn now(&self) -> RecordedAt {
        self.0.store.now()
    }

    /// The day it is in Vietnam.
    pub fn today(&self) -> EffectiveOn {
        EffectiveOn::at(self.now())
    }

    /// A line with everything durable, and the revision of its last event; `None` where it was
    /// never opened.
    ///
    /// # Errors
    /// [`LedgerError`] where its stream cannot be read.
    pub async fn find_line(&self, line: LineId) -> Result<Option<(Line, Revision)>, LedgerError> {
        let Some(State {
            aggregate,
            revision,
        }) = self.0.desks.state(line.stream()).await?
        else {
            return Ok(None);
        };
        let line = aggregate.line().cloned();
        Ok(line.zip(revision))
    }

    /// The event with this id.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn find_event(&self, id: EventId) -> Result<Option<Recorded<Stored>>, LedgerError> {
        self.0.find(id).await
    }

    /// The event at this position.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn event_at(&self, at: Position) -> Result<Option<Recorded<Stored>>, LedgerError> {
        Ok(self.0.store.at(at).await?)
    }

    /// Up to `limit` events after `after`, in log order.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn events(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, LedgerError> {
        Ok(self.0.store.read(after, limit).await?)
    }

    /// Up to `limit` events of `stream` from revision `from` on.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn stream_events(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, LedgerError> {
        Ok(self.0.store.read_stream(stream, from, limit).await?)
    }

    /// The last position recorded at or before `instant`, for `patience` at most: who has events
    /// until then alone cannot tell that there are no more, where others write to the log as well.
    ///
    /// # Errors
    /// [`LedgerError::Unconfirmed`] when patience runs out, [`LedgerError`] where the log cannot be
    /// read.
    pub async fn position_at(
        &self,
        instant: RecordedAt,
        patience: Duration,
    ) -> Result<Position, LedgerError> {
        let (_, last) = self.head().await?;
        if last.is_none_or(|last| last <= instant) {
            let latest = self.0.view.latest(&*self.0.store);
            let latest = tokio::time::timeout(patience, latest).await;
            let applied = self.applied();
            latest.map_err(|_| LedgerError::Unconfirmed { instant, applied })??;
        }
        Ok(self.0.store.position_at(instant).await?)
    }

    /// Where the log ends, and when its last event was recorded.
    ///
    /// # Errors
    /// [`LedgerError`] where the log cannot be read.
    pub async fn head(&self) -> Result<(Position, Option<RecordedAt>), LedgerError> {
        let head = self.0.store.head().await?;
        Ok((head.position, head.recorded_at))
    }
}

/// Where events of the service itself come from.
pub(crate) fn own_origin() -> Origin {
    Origin {
        actor: "outlay".to_owned(),
        correlation_id: Uuid::new_v4(),
        causation_id: None,
    }
}
