//! The wiring: a store, a ledger over it, and the routes over that.

use std::path::Path;
use std::sync::Arc;

use api::{AppState, Metrics};
use axum::Router;
use ledger::{Checkpoints, Ledger, LedgerError, RecordError, Register};
use store::{Commit, CommitObserver, EventStore, MemoryStore, SystemClock};

use crate::failure::{Failure, OrFail as _};

/// The routes over the store of `folder`, which is read, once their figures are where its log
/// ends. They begin with the checkpoint that a server left there.
///
/// # Errors
/// A [`Failure`] where the log cannot be read.
pub(crate) async fn answering(
    store: Arc<dyn EventStore>,
    folder: &Path,
) -> Result<Router, Failure> {
    let ledger = Ledger::open_kept(store, Checkpoints::read_from(folder));
    ledger.catch_up().await.or_unreachable()?;
    Ok(api::router(AppState::ready(ledger)))
}

/// The routes over the store of `folder`, which is written to, once its ledger takes records.
///
/// # Errors
/// A [`Failure`] where the log cannot be read or does not take its register.
pub(crate) async fn recording(
    store: Arc<dyn EventStore>,
    folder: &Path,
) -> Result<Router, Failure> {
    let ledger = Ledger::open_kept(store, Checkpoints::read_from(folder));
    settle(&ledger, Register::BuiltIn).await?;
    Ok(api::router(AppState::ready(ledger)))
}

/// The routes over a log in memory that nothing is recorded in yet but its register.
///
/// # Errors
/// Never, unless the built-in register is refused.
pub(crate) async fn fresh() -> Result<Router, Failure> {
    let ledger = Ledger::open(Arc::new(MemoryStore::new(Arc::new(SystemClock))));
    settle(&ledger, Register::BuiltIn).await?;
    Ok(api::router(AppState::ready(ledger)))
}

/// Has `ledger` take records, with `register` in a fresh store.
///
/// # Errors
/// As [`recording`]; a refused register is refused.
pub(crate) async fn settle(ledger: &Ledger, register: Register) -> Result<(), Failure> {
    ledger.settle(register).await.map_err(|error| {
        if is_refused(&error) {
            Failure::refused(error)
        } else {
            Failure::unreachable(error)
        }
    })
}

fn is_refused(error: &RecordError) -> bool {
    matches!(
        error,
        RecordError::Ledger(
            LedgerError::RegisterExists
                | LedgerError::RegisterIncomplete { .. }
                | LedgerError::RegisterBegun { .. }
                | LedgerError::RegisterRefused { .. }
        )
    )
}

/// Tells the metrics of each durable commit.
pub(crate) struct Observer(pub(crate) Arc<Metrics>);

impl CommitObserver for Observer {
    fn committed(&self, commit: &Commit) {
        self.0.committed(commit.events, commit.duration);
    }

    fn failed(&self) {
        self.0.commit_failed();
    }
}
