//! The view: what events make of the figures, kept up by following the log.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use events::Event;
use events::log::{Position, Revision};
use events::names::LineId;
use events::register::Registers;
use projections::Figures;
use projections::alerts::{Alerts, Told};
use store::{EventStore, ReadError};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::checkpoint::{Image, Keeper};
use crate::error::{LedgerError, describe};
use crate::pages::{Ended, Fact, Read, apply_pages};
use crate::transit::Transit;

/// How long a reader waits before it asks the log again after it could not be read.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// How long to wait before it asks again without being told of anything: a store opened for
/// reading learns of another process's events only when it is asked.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Most events applied before the checkpoint is thought of: a second or so.
const MOST_APPLIED: u64 = 1 << 20;

/// The figures and what is in transit, up to a position.
///
/// What decisions look at stands behind a lock of its own: a long question holds up no decision.
/// It does hold up the answer to a record, which waits for the figures to count it.
pub(crate) struct View {
    state: RwLock<State>,
    opened: RwLock<Opened>,
    applied: watch::Sender<Progressed>,
    keeper: Option<Keeper>,
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

/// How far the view is, and why it went no further.
#[derive(Clone, Debug, Default)]
struct Progressed {
    applied: Position,
    stopped: bool,
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
    /// A view of nothing yet, that begins with the checkpoint which `keeper` has.
    pub(crate) fn new(keeper: Option<Keeper>) -> Self {
        Self {
            state: RwLock::default(),
            opened: RwLock::default(),
            applied: watch::Sender::default(),
            keeper,
        }
    }

    pub(crate) fn figures(&self) -> FiguresGuard<'_> {
        FiguresGuard(self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The alerts while nobody changes them, given to `look`.
    pub(crate) fn alerts<T>(&self, look: impl FnOnce(&Alerts) -> T) -> T {
        look(
            &self
                .state
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .alerts,
        )
    }

    /// Waits until something after `position` is applied, or nothing ever will be.
    pub(crate) async fn pass(&self, position: Position) {
        let mut applied = self.applied.subscribe();
        // The sender is ours, so it is gone only with this view.
        let _ = applied
            .wait_for(|now| now.applied > position || now.stopped)
            .await;
    }

    pub(crate) fn opened(&self) -> RwLockReadGuard<'_, Opened> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the first steps of what is in transit are.
    pub(crate) fn pending(&self) -> Vec<Position> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.transit.positions()
    }

    /// The last position applied.
    pub(crate) fn applied(&self) -> Position {
        self.applied.borrow().applied
    }

    /// The position of the checkpoint that is there; the start where there is none.
    pub(crate) fn checkpoint(&self) -> Position {
        self.keeper
            .as_ref()
            .map_or(Position::START, Keeper::position)
    }

    /// What is told of a view that an event which cannot be read has stopped.
    fn stopped(&self) -> LedgerError {
        LedgerError::Stopped {
            applied: self.applied(),
            why: "an event after it cannot be read".to_owned(),
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
        if self.applied.borrow().stopped {
            return Err(self.stopped());
        }
        Ok(())
    }

    /// Waits until the figures are at `position`.
    pub(crate) async fn reach(&self, position: Position) -> Result<(), LedgerError> {
        let mut applied = self.applied.subscribe();
        let reached = applied
            .wait_for(|now| now.applied >= position || now.stopped)
            .await;
        match reached {
            Ok(now) if now.applied >= position => Ok(()),
            // The sender is ours, so it is gone only with this view.
            Ok(_) | Err(_) => {
                drop(reached);
                Err(self.stopped())
            }
        }
    }

    /// Applies what there is and what comes, for as long as `store` lives and its events can be
    /// read. An event that cannot be read stops the view for good: skipping it would lose data.
    pub(crate) async fn follow(self: Arc<Self>, store: Arc<dyn EventStore>) {
        self.begin(&*store).await;
        let mut told = store.watch_head();
        let mut unread = None;
        loop {
            told.mark_unchanged();
            let caught = self.catch_up(&store).await;
            note(&mut unread, caught.as_ref().err());
            match caught {
                // Told or not, what can be read decides: the wait only spares asking in vain.
                Ok(Caught::Up) => drop(timeout(ASK_AGAIN, told.changed()).await),
                Ok(Caught::Some) => {}
                Ok(Caught::Stopped) => {
                    self.applied.send_modify(|now| now.stopped = true);
                    return;
                }
                Err(_) => tokio::time::sleep(READ_AGAIN).await,
            }
        }
    }

    /// Begins where the checkpoint ends, if there is one.
    async fn begin(&self, store: &dyn EventStore) {
        let Some(keeper) = &self.keeper else { return };
        let Some(state) = keeper.load(store).await else {
            return;
        };
        let applied = state.figures.applied();
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Opened::of(&state.figures);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        self.applied.send_modify(|now| now.applied = applied);
        tracing::info!(
            position = applied.0,
            "the figures begin with their checkpoint"
        );
    }

    /// Applies what there is, or much of it.
    async fn catch_up(self: &Arc<Self>, store: &Arc<dyn EventStore>) -> Result<Caught, ReadError> {
        let (applied, head) = (self.applied(), store.head().await?.position);
        let until = head.min(Position(applied.0.saturating_add(MOST_APPLIED)));
        let view = Arc::clone(self);
        let apply = move |events: &mut Vec<Read>| view.apply(events);
        match apply_pages(store, (applied, until), apply).await {
            Ok(()) => {}
            Err(Ended::Unread(error)) => return Err(error),
            Err(Ended::Refused(error)) => {
                tracing::error!(error = %describe(&error), "the figures stopped");
                return Ok(Caught::Stopped);
            }
            Err(Ended::Panicked) => {
                tracing::error!("the figures stopped: an event made them panic");
                return Ok(Caught::Stopped);
            }
            Err(Ended::Cancelled) => return Ok(Caught::Stopped),
        }
        if let Some(keeper) = &self.keeper {
            let image = || self.image();
            keeper.consider(self.applied(), image, &**store).await;
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
        self.applied.send_modify(|now| now.applied = last);
    }

    /// Leaves a checkpoint for the next start, where checkpoints are kept.
    pub(crate) async fn close(&self, store: &dyn EventStore) {
        if let Some(keeper) = &self.keeper {
            keeper.close(|| self.image(), store).await;
        }
    }

    /// Everything as it is.
    fn image(&self) -> Image {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Image {
            applied: state.figures.applied(),
            figures: state.figures.save(),
            pending: state.transit.positions(),
            alerts: state.alerts.positions(),
        }
    }
}

/// What catching up came to.
enum Caught {
    /// There was nothing to apply.
    Up,
    /// There was something.
    Some,
    /// There is an event that cannot be applied.
    Stopped,
}

/// Logs that the log cannot be read, and that it can be again: once each, however often it is
/// tried. `before` is what was said last.
fn note(before: &mut Option<String>, error: Option<&ReadError>) {
    let now = error.map(|error| describe(error));
    if *before == now {
        return;
    }
    if let Some(error) = &now {
        tracing::error!(error, "the log cannot be read");
    } else {
        tracing::info!("the log can be read again");
    }
    *before = now;
}
