//! The view: what events make of the figures, kept up by following the log.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use events::Event;
use events::log::{Position, Revision};
use events::names::LineId;
use events::register::Registers;
use projections::Figures;
use projections::alerts::{Alerts, Told};
use store::panics::{beside, caught_in};
use store::{EventStore, ReadError, Worker};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::checkpoint::{Image, Keeper};
use crate::error::{LedgerError, describe, note_unread};
use crate::pages::{Ended, Fact, Read, apply_pages};
use crate::transit::Transit;

/// How long a reader waits before it asks the log again after it could not be read.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// How long to wait before it asks again without being told of anything: a store opened for
/// reading learns of another process's events only when it is asked.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What is told where an event made us panic while it was applied.
const HALF_COUNTED: &str = "an event made them panic while it was counted: start the service again";

/// The figures and what is in transit, up to a position.
///
/// What decisions look at stands behind a lock of its own: a long question holds up no decision.
/// It does hold up the answer to a record, which waits for the figures to count it.
///
/// Whoever follows the log into it has its locks poisoned by a panic while an event is applied: half
/// of it may be counted, so that nothing here is looked at any more.
pub(crate) struct View {
    state: RwLock<State>,
    opened: RwLock<Opened>,
    applied: watch::Sender<Position>,
    keeper: Option<Keeper>,
    /// Who follows the log.
    follower: Arc<Worker>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) figures: Figures,
    pub(crate) transit: Transit,
    pub(crate) alerts: Alerts,
}

impl State {
    fn apply(&mut self, read: Read) {
        let Read {
            position,
            revision,
            fact,
        } = read;
        match fact {
            Fact::Plain(line, event) => {
                self.figures.apply_line(position, line, revision, &event);
            }
            Fact::Linked(line, event) => {
                self.figures.apply_line(position, line, revision, &*event);
                self.transit.apply(position, line, &event);
            }
            Fact::Alert(id, event) => {
                let event = *event;
                let told = Told {
                    position,
                    revision,
                    event,
                };
                self.alerts.apply(id, told);
                self.figures.passed(position);
            }
            Fact::Other(event) => self.figures.apply_other(position, *event),
        }
    }
}

/// What a decision looks at beyond its own stream.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) registers: Registers,
    pub(crate) lines: BTreeSet<LineId>,
}

impl Opened {
    /// What `figures` know of it.
    fn of(figures: &Figures) -> Self {
        let registers = figures.registers().clone();
        let lines = figures.lines_after(None).map(|line| line.id).collect();
        Self { registers, lines }
    }

    /// Whether this event changes anything here.
    fn counts(read: &Read) -> bool {
        match &read.fact {
            Fact::Plain(..) | Fact::Linked(..) => read.revision == Revision::FIRST,
            Fact::Alert(..) => false,
            Fact::Other(event) => matches!(&**event, Event::Register(_)),
        }
    }

    fn apply(&mut self, read: &Read) {
        match &read.fact {
            Fact::Plain(line, _) | Fact::Linked(line, _) => {
                self.lines.insert(*line);
            }
            Fact::Alert(..) => {}
            Fact::Other(event) => {
                if let Event::Register(event) = &**event {
                    self.registers.evolve(event);
                }
            }
        }
    }
}

/// The figures while nobody changes them.
pub(crate) struct FiguresGuard<'a>(RwLockReadGuard<'a, State>);

impl std::ops::Deref for FiguresGuard<'_> {
    type Target = Figures;

    fn deref(&self) -> &Figures {
        &self.0.figures
    }
}

impl View {
    /// A view of nothing yet, that begins with the checkpoint which `keeper` has, once `follower`
    /// follows the log.
    pub(crate) fn new(keeper: Option<Keeper>, follower: Arc<Worker>) -> Self {
        Self {
            state: RwLock::default(),
            opened: RwLock::default(),
            applied: watch::Sender::default(),
            keeper,
            follower,
        }
    }

    pub(crate) fn figures(&self) -> FiguresGuard<'_> {
        FiguresGuard(self.state())
    }

    /// The alerts while nobody changes them, given to `look`.
    pub(crate) fn alerts<T>(&self, look: impl FnOnce(&Alerts) -> T) -> T {
        look(&self.state().alerts)
    }

    /// # Panics
    /// Where an event is half counted, as [`is_whole`](Self::is_whole) tells.
    #[expect(
        clippy::expect_used,
        reason = "a figure that is wrong is worse than none"
    )]
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("no event is half counted")
    }

    /// # Panics
    /// As the figures.
    #[expect(clippy::expect_used, reason = "what is half changed decides nothing")]
    pub(crate) fn opened(&self) -> RwLockReadGuard<'_, Opened> {
        self.opened.read().expect("no event is half counted")
    }

    /// Waits until something after `position` is applied, or nothing is applied any more.
    pub(crate) async fn pass(&self, position: Position) {
        self.until_or_stopped(|applied| applied > position).await;
    }

    /// Waits until what is applied is as it should be.
    pub(crate) async fn until(&self, is_so: impl Fn(Position) -> bool) {
        let mut applied = self.applied.subscribe();
        // The sender is ours, so it is gone only with this view.
        let _ = applied.wait_for(|applied| is_so(*applied)).await;
    }

    /// Waits until it is, or nothing is applied any more.
    async fn until_or_stopped(&self, is_so: impl Fn(Position) -> bool) {
        tokio::select! {
            biased;
            () = self.until(is_so) => {}
            () = self.follower.down() => {}
        }
    }

    /// Where the first steps of what is in transit are.
    pub(crate) fn pending(&self) -> Vec<Position> {
        self.state().transit.positions()
    }

    /// The last position applied.
    pub(crate) fn applied(&self) -> Position {
        *self.applied.borrow()
    }

    /// The position of the checkpoint that is there; the start where there is none.
    pub(crate) fn checkpoint(&self) -> Position {
        self.keeper
            .as_ref()
            .map_or(Position::START, Keeper::position)
    }

    /// What is told of a view that nobody follows the log into. What a panic says goes to the
    /// service's log alone.
    fn stopped(&self) -> LedgerError {
        let panicked = "what follows the log panicked and is started again";
        let why = match self.follower.state().ended {
            Some(store::Ended::ForGood(why)) => why,
            Some(store::Ended::Panicked(_)) => panicked.to_owned(),
            None => "nobody follows the log any more".to_owned(),
        };
        LedgerError::Stopped {
            applied: self.applied(),
            why,
        }
    }

    /// Where the log ends, with everything that was acknowledged anywhere.
    pub(crate) async fn latest(&self, store: &dyn EventStore) -> Result<Position, LedgerError> {
        match store.latest().await {
            Ok(latest) => Ok(latest.position),
            Err(error) => {
                self.goes_on(store)?;
                Err(error.into())
            }
        }
    }

    /// Fails where nothing that is recorded from now on will be applied.
    pub(crate) fn goes_on(&self, store: &dyn EventStore) -> Result<(), LedgerError> {
        if let Some(cause) = store.stopped() {
            return Err(LedgerError::Stopped {
                applied: self.applied(),
                why: describe(&*cause),
            });
        }
        if !self.follower.is_up() {
            return Err(self.stopped());
        }
        Ok(())
    }

    /// Fails where an event is half counted, so that nothing here can be looked at.
    pub(crate) fn is_whole(&self) -> Result<(), LedgerError> {
        if self.state.is_poisoned() || self.opened.is_poisoned() {
            return Err(self.stopped());
        }
        Ok(())
    }

    /// Waits until the figures are at `position`.
    pub(crate) async fn reach(&self, position: Position) -> Result<(), LedgerError> {
        self.until_or_stopped(|applied| applied >= position).await;
        if self.applied() >= position {
            Ok(())
        } else {
            Err(self.stopped())
        }
    }

    /// Applies what there is and what comes, for as long as it is polled and events can be read, and
    /// says why it ends. An event that cannot be read stops the view for good: skipping it would
    /// lose data. What panicked elsewhere than while an event was applied can begin again.
    pub(crate) async fn follow(self: Arc<Self>, store: Arc<dyn EventStore>) -> String {
        self.begin(&*store).await;
        let mut told = store.watch_head();
        let mut unread = None;
        loop {
            told.mark_unchanged();
            let caught = self.catch_up(&store).await;
            note_unread(&mut unread, caught.as_ref().err());
            match caught {
                // Told or not, what can be read decides: the wait only spares asking in vain.
                Ok(Caught::Up) => drop(timeout(ASK_AGAIN, told.changed()).await),
                Ok(Caught::Some) => {}
                Ok(Caught::Stopped(why)) => return why,
                Err(error @ (ReadError::Unreadable(_) | ReadError::Damaged { .. })) => {
                    return describe(&error);
                }
                Err(ReadError::Engine(_)) => tokio::time::sleep(READ_AGAIN).await,
            }
        }
    }

    /// Begins where the checkpoint ends, if there is one and nothing is applied yet.
    async fn begin(&self, store: &dyn EventStore) {
        let Some(keeper) = &self.keeper else { return };
        if self.applied() > Position::START {
            return;
        }
        // One that makes us panic is as good as none.
        let Ok(Some(state)) = caught_in(keeper.load(store)).await else {
            return;
        };
        let applied = state.figures.applied();
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Opened::of(&state.figures);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        self.applied.send_replace(applied);
        tracing::info!(
            position = applied.0,
            "the figures begin with their checkpoint"
        );
    }

    /// Applies what there is.
    async fn catch_up(self: &Arc<Self>, store: &Arc<dyn EventStore>) -> Result<Caught, ReadError> {
        let (applied, head) = (self.applied(), store.head().await?.position);
        let view = Arc::clone(self);
        let apply = move |events: &mut Vec<Read>| view.apply(events);
        match apply_pages(store, (applied, head), apply).await {
            Ok(()) => {}
            Err(Ended::Unread(error)) => return Err(error),
            Err(Ended::Refused(error)) => {
                beside(|| tracing::error!(error = %describe(&error), "the figures stopped"));
                return Ok(Caught::Stopped(error.to_string()));
            }
            // Nothing of what it read is applied.
            Err(Ended::Panicked(panicked)) => resume_unwind(Box::new(panicked.said())),
            Err(Ended::HalfApplied(panicked)) => {
                beside(|| tracing::error!(%panicked, "the figures stopped"));
                return Ok(Caught::Stopped(HALF_COUNTED.to_owned()));
            }
            Err(Ended::Cancelled) => return Ok(Caught::Stopped("the process ends".to_owned())),
        }
        let has_moved = self.applied() > applied;
        Ok(if has_moved { Caught::Some } else { Caught::Up })
    }

    /// Applies the events of a page.
    fn apply(&self, events: &mut Vec<Read>) {
        let Some(last) = events.last().map(|last| last.position) else {
            return;
        };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for read in events.drain(..) {
            if Opened::counts(&read) {
                let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
                opened.apply(&read);
            }
            state.apply(read);
        }
        drop(state);
        self.applied.send_replace(last);
    }

    #[cfg(test)]
    pub(crate) fn panic_half_way(&self) {
        let _state = self.state.write();
        panic!("as an event does that cannot be counted");
    }

    /// Who keeps checkpoints of it, where they are kept.
    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref()
    }

    /// Everything as it is; `None` where an event is half counted.
    pub(crate) fn image(&self) -> Option<Image> {
        let state = self.state.read().ok()?;
        Some(Image {
            applied: state.figures.applied(),
            figures: state.figures.save(),
            pending: state.transit.positions(),
            alerts: state.alerts.positions(),
        })
    }
}

/// What catching up came to.
enum Caught {
    /// There was nothing to apply.
    Up,
    /// There was something.
    Some,
    /// There is an event that cannot be applied, for this reason.
    Stopped(String),
}
