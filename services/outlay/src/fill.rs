//! Fills a fresh data folder with the demo's history, on a scripted clock.
//!
//! The history is recorded in memory first and replicated then: a durable write for each of its
//! days would take seconds.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use events::log::Origin;
use events::time::RecordedAt;
use ledger::{Ledger, Register, Request};
use store::{EventStore, ManualClock, MemoryStore, SystemClock, replicate_log};
use store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::demo::history;

/// When the register is founded: before anything else is recorded.
const FOUNDED: &str = "2021-01-01T00:00:00Z";

/// Records the history into `folder`, which must be empty or absent.
///
/// It has a runtime of its own: what follows the log there ends with it.
///
/// # Errors
/// A record that is refused; a folder that cannot be written to.
pub(crate) async fn fill(folder: PathBuf) -> Result<()> {
    let filled = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let folder = SqliteStore::open(&folder, Arc::new(SystemClock))?;
            let history = recorded().await?;
            let end = history.head().await?.position;
            replicate_log(&*history, &folder, end, |_| {}).await?;
            anyhow::Ok(())
        })
    });
    filled.await?.context("the demo could not be filled")
}

/// The history as a log.
async fn recorded() -> Result<Arc<dyn EventStore>> {
    let clock = Arc::new(ManualClock::new(RecordedAt::parse(FOUNDED)?));
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new(clock.clone()));
    let ledger = Ledger::open(Arc::clone(&store));
    ledger.settle(Register::BuiltIn).await?;
    for step in history() {
        clock.move_to(step.at);
        let origin = Origin {
            actor: "demo".to_owned(),
            correlation_id: Uuid::new_v4(),
            causation_id: None,
        };
        let request = Request {
            record: step.record,
            origin,
            if_match: None,
        };
        ledger.record(request).await?;
    }
    Ok(store)
}
