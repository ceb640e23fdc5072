//! The history in a data folder: written through the port of the store, opened again, replayed.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use events::Event;
use events::log::{Recorded, Revision};
use events::time::RecordedAt;
use ledger::Ledger;
use store::{Append, Clock, EventStore, Expected, NewEvent, NoSeal, SystemClock};
use store_sqlite::SqliteStore;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::history::{History, Variant};
use crate::loaded::resident;
use crate::measure::Failure;
use crate::ours;

/// Events that are on their way to the folder at once: as many as its writer lets wait. Those that
/// wait for a place in its queue would overtake each other.
const CHUNK: usize = 2_048;

/// What of a data folder is the log; anything else can be thrown away and is made again.
const LOG: [&str; 4] = ["outlay.db", "outlay.db-wal", "outlay.db-shm", "outlay.lock"];

/// What became of the folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    pub(crate) write: Duration,
    /// Bytes of the folder once it is closed.
    pub(crate) bytes: u64,
}

/// Writes the history into the empty `folder`.
pub(crate) fn fill(history: &History, folder: &Path) -> Result<Filled, Failure> {
    let begin = Instant::now();
    // On its one thread, appends reach the store in the order in which they are sent.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(append_all(history, folder))?;
    drop(runtime);
    Ok(Filled {
        write: begin.elapsed(),
        bytes: files(folder)?.into_iter().map(|(_, bytes)| bytes).sum(),
    })
}

async fn append_all(history: &History, folder: &Path) -> Result<(), Failure> {
    let stamps = Arc::new(Stamps::default());
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::open(folder, stamps.clone())?);
    let mut events = history.events(Variant::Realistic).peekable();
    while events.peek().is_some() {
        let mut appends = JoinSet::new();
        for recorded in events.by_ref().take(CHUNK) {
            stamps.lock().push_back(recorded.recorded_at);
            let store = Arc::clone(&store);
            appends.spawn(async move {
                let position = recorded.position;
                let appended = store.append(append(recorded), &NoSeal::shared()).await?;
                let is_there = appended.places.iter().all(|it| it.position == position);
                is_there
                    .then_some(())
                    .ok_or_else(|| format!("{position} is elsewhere"))?;
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = appends.join_next().await {
            done??;
        }
    }
    Ok(())
}

fn append(recorded: Recorded<Event>) -> Append {
    let before = recorded.revision.0.checked_sub(1).map(Revision);
    Append {
        stream: recorded.stream,
        expected: Expected::from(before),
        events: vec![NewEvent {
            id: recorded.id,
            origin: recorded.origin,
            event: recorded.event.encode(),
        }],
    }
}

/// A clock that tells one instant after the other: a store asks once for each append.
#[derive(Default)]
struct Stamps(Mutex<VecDeque<RecordedAt>>);

impl Stamps {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<RecordedAt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Stamps {
    fn now(&self) -> RecordedAt {
        self.lock().pop_front().unwrap_or_else(|| SystemClock.now())
    }
}

/// A service over the folder, and what it took to open it. The runtime is what follows the log.
pub(crate) struct Running {
    pub(crate) ledger: Ledger,
    pub(crate) runtime: Runtime,
    pub(crate) open: Duration,
    pub(crate) replay: Duration,
    /// By how much the process has grown.
    pub(crate) bytes: u64,
    /// What was in the folder besides the log.
    pub(crate) besides: Vec<(String, u64)>,
}

/// Opens the folder; `bare` first throws away all that is not the log.
pub(crate) fn open(folder: &Path, bare: bool) -> Result<Running, Failure> {
    let mut besides = files(folder)?;
    besides.retain(|(name, _)| !LOG.contains(&name.as_str()));
    if bare {
        for (name, _) in besides.drain(..) {
            let path = folder.join(name);
            if path.is_dir() {
                std::fs::remove_dir_all(path)?;
            } else {
                std::fs::remove_file(path)?;
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let before = resident();
    let opened = runtime.block_on(ours::open(folder))?;
    Ok(Running {
        ledger: opened.ledger,
        runtime,
        open: opened.open,
        replay: opened.replay,
        bytes: resident().saturating_sub(before),
        besides,
    })
}

impl Running {
    /// Closes it as a service that is told to stop.
    pub(crate) fn close(self) {
        self.runtime.block_on(self.ledger.close());
        drop(self.ledger);
        self.runtime.shutdown_timeout(Duration::from_mins(1));
    }
}

/// The files of a folder and their sizes.
fn files(folder: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push((name, entry.metadata()?.len()));
    }
    Ok(files)
}
