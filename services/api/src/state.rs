//! What every handler shares: the ledger, once there is one, and the metrics.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use events::log::Position;
use ledger::{Ledger, LedgerError, Progress, ReadOnly};
use projections::Figures;
use tokio::sync::watch;

use crate::error::ApiError;
use crate::kept::Kept;
use crate::metrics::Metrics;

/// How long a reader waits for this node to apply what was written on another.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The header that asks for at least a position.
pub(crate) const AT_LEAST: &str = "outlay-at-least";

/// The ledger and the metrics. Cheap to clone; clones share everything.
///
/// The service binds first and opens its store later: until then it is alive and not ready.
#[derive(Clone, Default)]
pub struct AppState(Arc<Shared>);

#[derive(Default)]
struct Shared {
    ledger: OnceLock<Ledger>,
    settled: AtomicBool,
    metrics: Arc<Metrics>,
    kept: Kept,
    leaving: watch::Sender<bool>,
}

impl AppState {
    /// A state without a ledger: alive, and not ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// A state over a ledger that has settled: ready at once.
    pub fn ready(ledger: Ledger) -> Self {
        let state = Self::new();
        state.opened(ledger);
        state.settled();
        state
    }

    /// Takes note that the store is open: `/readyz` tells from now on how far the figures are.
    /// The first ledger stays.
    pub fn opened(&self, ledger: Ledger) {
        let _ = self.0.ledger.set(ledger);
    }

    /// Takes note that the ledger has settled: questions and records are answered from now on.
    pub fn settled(&self) {
        self.0.settled.store(true, Ordering::Release);
    }

    /// The ledger, once the store is open.
    pub fn find_ledger(&self) -> Option<&Ledger> {
        self.0.ledger.get()
    }

    /// Whether questions and records are answered.
    pub fn is_ready(&self) -> bool {
        self.0.settled.load(Ordering::Acquire)
    }

    /// Takes note that the service ends: streams that have no end of their own end now.
    pub(crate) fn leave(&self) {
        self.0.leaving.send_replace(true);
    }

    /// Waits until the service ends.
    pub(crate) async fn leaving(&self) {
        let mut leaving = self.0.leaving.subscribe();
        // The sender is ours, so it is gone only with this state.
        let _ = leaving.wait_for(|leaving| *leaving).await;
    }

    /// How far the service is.
    ///
    /// # Errors
    /// [`LedgerError::Stopped`] where nothing new will be counted; [`LedgerError`] where the log
    /// cannot be read.
    pub(crate) async fn readiness(&self) -> Result<Readiness, LedgerError> {
        let Some(ledger) = self.find_ledger() else {
            return Ok(Readiness::NotYet(None));
        };
        ledger.goes_on()?;
        let progress = ledger.progress().await?;
        ledger.check().await;
        if let Some(why) = ledger.read_only() {
            return Ok(Readiness::ReadOnly(why));
        }
        Ok(if self.is_ready() {
            Readiness::Ready(progress)
        } else {
            Readiness::NotYet(Some(progress))
        })
    }

    /// Answers that may be given again.
    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// What is counted and timed. A store that tells them of its commits takes a share of them
    /// alone: with all of this state it would hold itself, and never be closed.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }
}

/// How far a service is that nothing stops.
pub(crate) enum Readiness {
    /// Questions and records are answered.
    Ready(Progress),
    /// Not yet; the log may not be open.
    NotYet(Option<Progress>),
    /// Questions are answered, and no record is taken.
    ReadOnly(ReadOnly),
}

/// The ledger of a request, as far as its `Outlay-At-Least` asks.
pub(crate) struct Ready(pub(crate) Ledger);

impl FromRequestParts<AppState> for Ready {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ledger = state.find_ledger().filter(|_| state.is_ready());
        let ledger = ledger.ok_or(ApiError::NotReady)?.clone();
        ledger.is_whole()?;
        let mut given = parts.headers.get_all(AT_LEAST).iter();
        if let Some(asked) = given.next() {
            // Of several, nobody knows which is meant.
            let asked = asked.to_str().ok().filter(|_| given.next().is_none());
            let asked = asked.and_then(find_position);
            let refused = || ApiError::Header {
                name: "Outlay-At-Least",
                why: "Outlay-At-Least is one position: a whole number".to_owned(),
            };
            reach(&ledger, "Outlay-At-Least", asked.ok_or_else(refused)?).await?;
        }
        Ok(Self(ledger))
    }
}

/// Waits until the figures are at `asked`, which must be in the log.
pub(crate) async fn reach(
    ledger: &Ledger,
    name: &'static str,
    asked: Position,
) -> Result<(), ApiError> {
    if asked <= ledger.applied() {
        return Ok(());
    }
    match ledger.reach(asked, PATIENCE).await {
        Err(LedgerError::PastTheEnd { asked, head }) => {
            Err(ApiError::PastTheEnd { name, asked, head })
        }
        reached => Ok(reached?),
    }
}

/// What `answer` makes of the figures, off the threads that serve others.
pub(crate) async fn look<T: Send + 'static>(
    ledger: &Ledger,
    answer: impl FnOnce(&Figures) -> T + Send + 'static,
) -> Result<T, ApiError> {
    apart(ledger, move |ledger| ledger.figures(answer)).await
}

/// What `ask` makes of the ledger, off the threads that serve others.
pub(crate) async fn apart<T: Send + 'static>(
    ledger: &Ledger,
    ask: impl FnOnce(&Ledger) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let ledger = ledger.clone();
    let answered = tokio::task::spawn_blocking(move || ask(&ledger)).await;
    answered.map_err(|_| ApiError::Panicked)
}

/// The position written so.
pub(crate) fn find_position(text: &str) -> Option<Position> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).map(Position)
}
