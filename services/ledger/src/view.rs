//! The view: what events make of the figures, kept up by following the log.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use events::Event;
use events::log::{Position, Recorded, Stored};
use events::names::LineId;
use events::register::Registers;
use projections::{Figures, Projection as _};
use store::{EventStore, Follower};
use tokio::sync::watch;

use crate::error::LedgerError;
use crate::transit::{Pending, Transit};

/// How long a reader waits before it asks the log again after it could not be read.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The figures and what is in transit, up to a position.
///
/// What decisions look at stands behind a lock of its own: a long question holds up no record.
pub(crate) struct View {
    state: RwLock<State>,
    opened: RwLock<Opened>,
    applied: watch::Sender<Progressed>,
}

#[derive(Default)]
struct State {
    figures: Figures,
    transit: Transit,
}

/// What a decision looks at beyond its own stream.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) registers: Registers,
    pub(crate) lines: BTreeSet<LineId>,
}

impl Opened {
    fn apply(&mut self, recorded: &Recorded<Event>) {
        match &recorded.event {
            Event::Register(event) => self.registers.evolve(event),
            Event::Line(_) => self.lines.extend(LineId::of_stream(&recorded.stream)),
            Event::Schedule(_) | Event::Statement(_) => {}
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
    pub(crate) fn new() -> Self {
        Self {
            state: RwLock::default(),
            opened: RwLock::default(),
            applied: watch::Sender::default(),
        }
    }

    pub(crate) fn figures(&self) -> FiguresGuard<'_> {
        FiguresGuard(self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn opened(&self) -> RwLockReadGuard<'_, Opened> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pending(&self) -> Vec<Pending> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .transit
            .pending()
    }

    /// The last position applied.
    pub(crate) fn applied(&self) -> Position {
        self.applied.borrow().applied
    }

    /// Whether an event that cannot be read stopped it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.applied.borrow().stopped
    }

    /// Waits until the figures are at `position`.
    pub(crate) async fn reach(&self, position: Position) -> Result<(), LedgerError> {
        let mut applied = self.applied.subscribe();
        let reached = applied
            .wait_for(|now| now.applied >= position || now.stopped)
            .await;
        match reached {
            Ok(now) if now.applied >= position => Ok(()),
            Ok(now) => Err(LedgerError::Stopped {
                applied: now.applied,
            }),
            // The sender is ours, so it is gone only with this view.
            Err(_) => Err(LedgerError::Stopped {
                applied: self.applied(),
            }),
        }
    }

    /// Applies what there is and what comes, for as long as `store` lives and its events can be
    /// read. An event that cannot be read stops the view for good: skipping it would lose data.
    pub(crate) async fn follow(self: Arc<Self>, store: Arc<dyn EventStore>) {
        let mut follower = Follower::new(store, Position::START);
        loop {
            match follower.next_batch().await {
                Ok(batch) => {
                    let view = Arc::clone(&self);
                    // Off the serving threads: it waits for questions that are being answered.
                    let applied = tokio::task::spawn_blocking(move || view.apply(batch)).await;
                    let applied = match applied {
                        Ok(applied) => applied,
                        Err(ended) => {
                            // Otherwise the process is on its way out.
                            if ended.is_panic() {
                                tracing::error!("the figures stopped: an event made them panic");
                            }
                            self.applied.send_modify(|now| now.stopped = true);
                            return;
                        }
                    };
                    if let Err(error) = applied {
                        tracing::error!(error = %describe(&error), "the figures stopped");
                        self.applied.send_modify(|now| now.stopped = true);
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(error = %describe(&error), "the log cannot be read");
                    tokio::time::sleep(READ_AGAIN).await;
                }
            }
        }
    }

    fn apply(&self, batch: Vec<Recorded<Stored>>) -> Result<(), LedgerError> {
        // Decoded before the lock is taken: questions go on meanwhile.
        let mut decoded = Vec::with_capacity(batch.len());
        let outcome = batch.into_iter().try_for_each(|recorded| {
            decoded.push(decode(recorded)?);
            Ok(())
        });
        if let Some(last) = decoded.last().map(|recorded| recorded.position) {
            {
                let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
                for recorded in &decoded {
                    opened.apply(recorded);
                }
            }
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for recorded in &decoded {
                state.figures.apply(recorded);
                state.transit.apply(recorded);
            }
            drop(state);
            self.applied.send_modify(|now| now.applied = last);
        }
        outcome
    }
}

/// The event that a store kept.
pub(crate) fn decode(recorded: Recorded<Stored>) -> Result<Recorded<Event>, LedgerError> {
    let Recorded {
        position, revision, ..
    } = recorded;
    let stream = recorded.stream.clone();
    recorded
        .try_map(|stored| Event::decode(&stream, &stored))
        .map_err(|source| LedgerError::Decode {
            stream: stream.clone(),
            revision,
            position,
            source: Arc::new(source),
        })
}

/// An error with its causes, in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
