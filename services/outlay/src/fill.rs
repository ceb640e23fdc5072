//! Fills a fresh data folder with the demo's history, on a scripted clock.
//!
//! The history is recorded in memory first and copied then, event by event: a durable write for
//! each of its days would take seconds, and the copy takes a few for all of them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use events::log::{Origin, Position, Recorded, Revision, Stored};
use events::time::RecordedAt;
use ledger::{Ledger, Register, Request};
use store::{
    Append, Clock, EventStore, Expected, ManualClock, MemoryStore, NewEvent, NoSeal, SystemClock,
};
use store_sqlite::SqliteStore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::demo::history;

/// When the register is founded: before anything else is recorded.
const FOUNDED: &str = "2021-01-01T00:00:00Z";

/// Events that are on their way to the folder at once.
const CHUNK: usize = 256;

/// Records the history into `folder`, which must be empty or absent.
///
/// It has a runtime of its own: what follows the log there ends with it, and lets go of the folder.
/// On its one thread, events also reach the folder in the order in which they are sent.
///
/// # Errors
/// A record that is refused; a folder that cannot be written to.
pub(crate) async fn fill(folder: PathBuf) -> Result<()> {
    let filled = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { copy(&recorded().await?, &folder).await })
    });
    filled.await?.context("the demo could not be filled")
}

/// The history as a log.
async fn recorded() -> Result<Vec<Recorded<Stored>>> {
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
    Ok(store.read(Position::START, usize::MAX).await?)
}

/// Appends `log` to the empty store of `folder`, as it stands.
async fn copy(log: &[Recorded<Stored>], folder: &Path) -> Result<()> {
    let stamps = log.iter().map(|recorded| recorded.recorded_at).collect();
    let store = SqliteStore::open(folder, Arc::new(Stamps(Mutex::new(stamps))))?;
    let store: Arc<dyn EventStore> = Arc::new(store);
    for chunk in log.chunks(CHUNK) {
        let mut appends = JoinSet::new();
        for recorded in chunk.iter().cloned() {
            let store = Arc::clone(&store);
            appends.spawn(async move {
                let (position, at) = (recorded.position, recorded.recorded_at);
                let appended = store.append(append(recorded), &NoSeal::shared()).await?;
                let is_same = |it: &store::Place| it.position == position && it.recorded_at == at;
                ensure!(
                    appended.places.iter().all(is_same),
                    "position {position} is elsewhere"
                );
                Ok(())
            });
        }
        while let Some(done) = appends.join_next().await {
            done??;
        }
    }
    Ok(())
}

fn append(recorded: Recorded<Stored>) -> Append {
    let before = recorded.revision.0.checked_sub(1).map(Revision);
    Append {
        stream: recorded.stream,
        expected: Expected::from(before),
        events: vec![NewEvent {
            id: recorded.id,
            origin: recorded.origin,
            event: recorded.event,
        }],
    }
}

/// A clock that tells one instant after the other: a store asks once for each append.
struct Stamps(Mutex<VecDeque<RecordedAt>>);

impl Clock for Stamps {
    fn now(&self) -> RecordedAt {
        let mut stamps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stamps.pop_front().unwrap_or_else(|| SystemClock.now())
    }
}
