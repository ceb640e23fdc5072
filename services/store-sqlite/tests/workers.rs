//! What panics on the writer's thread ends no writer: records go on, and what it was is told.
//!
//! Whatever those threads log panics too, in all of these tests.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use events::log::{EventId, Origin, Position, Recorded, Stored, StreamName};
use events::time::RecordedAt;
use folder::Folder;
use store::{
    Append, AppendError, Appended, Clock, Commit, CommitObserver, Ended, EventStore, Expected,
    NewEvent, NoObserver, NoSeal, Seal, SealError, SystemClock, WorkerState,
};
use store_sqlite::SqliteStore;
use tracing::span;
use uuid::Uuid;

/// Panics while it is told to, whatever it is asked.
#[derive(Default)]
struct Faulty {
    panics: AtomicBool,
}

impl Faulty {
    fn now(panics: bool) -> Arc<Self> {
        let panics = AtomicBool::new(panics);
        Arc::new(Self { panics })
    }

    fn set(&self, panics: bool) {
        self.panics.store(panics, Ordering::SeqCst);
    }

    fn asked(&self) {
        assert!(!self.panics.load(Ordering::SeqCst), "as a test wants it");
    }
}

impl CommitObserver for Faulty {
    fn committed(&self, _commit: &Commit) {
        self.asked();
    }

    fn failed(&self) {
        self.asked();
    }
}

impl Seal for Faulty {
    fn seal(&self, _batch: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError> {
        self.asked();
        Ok(vec![1])
    }

    fn withdraw(&self, _position: Position) {
        self.asked();
    }
}

impl Clock for Faulty {
    fn now(&self) -> RecordedAt {
        self.asked();
        SystemClock.now()
    }
}

/// A log that panics on the store's own threads.
struct FaultyLog;

impl tracing::Subscriber for FaultyLog {
    fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let thread = std::thread::current();
        let ours = ["outlay-writer", "outlay-keeper"];
        let is_ours = thread.name().is_some_and(|name| ours.contains(&name));
        assert!(!is_ours, "nothing can be logged: {event:?}");
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

fn open(folder: &Path, clock: Arc<dyn Clock>, observer: Arc<dyn CommitObserver>) -> SqliteStore {
    static LOG: Once = Once::new();
    LOG.call_once(|| tracing::subscriber::set_global_default(FaultyLog).unwrap());
    SqliteStore::open_observed(folder, clock, observer).unwrap()
}

async fn add(store: &SqliteStore, number: u128, seal: Arc<dyn Seal>) -> Result<u64, AppendError> {
    let append = Append {
        stream: StreamName::new("line", number),
        expected: Expected::NoStream,
        events: vec![NewEvent {
            id: EventId(Uuid::from_u128(number)),
            origin: Origin {
                actor: "local".to_owned(),
                correlation_id: Uuid::nil(),
                causation_id: None,
            },
            event: Stored {
                name: format!("line.tested_{number}"),
                version: 1,
                data: "{}".to_owned(),
            },
        }],
    };
    let Appended { places, .. } = store.append(append, &seal).await?;
    Ok(places.last().unwrap().position.0)
}

fn worker(store: &SqliteStore, name: &str) -> WorkerState {
    let mut states = store.workers().into_iter();
    states.find(|state| state.name == name).unwrap()
}

/// That `store` takes events, and its writer went on after so many panics.
#[track_caller]
fn goes_on(store: &SqliteStore, panics: u64) {
    assert!(store.read_only().is_none(), "{:?}", store.read_only());
    let writer = worker(store, "writer");
    assert_eq!((writer.is_up, writer.restarts), (true, panics));
    let has_ended = matches!(writer.ended, Some(Ended::Panicked(_)));
    assert_eq!(has_ended, panics > 0, "{writer:?}");
}

/// That the log in `folder` has these events and no others, when it is read from the first on.
async fn is_sound(folder: &Folder, numbers: &[u128]) {
    let _ = std::fs::remove_file(folder.path().join("index.checkpoint"));
    let store = open(folder.path(), Arc::new(SystemClock), Arc::new(NoObserver));
    let log = store.read(Position::START, 100).await.unwrap();
    let ids: Vec<_> = log.iter().map(|event| event.id.0.as_u128()).collect();
    assert_eq!(ids, numbers);
}

#[tokio::test]
async fn an_observer_that_panics_ends_no_writer() {
    let folder = Folder::new();
    let observer = Faulty::now(true);
    let store = open(folder.path(), Arc::new(SystemClock), observer);
    for number in 1..=3 {
        let added = add(&store, number, NoSeal::shared()).await;
        assert_eq!(u128::from(added.unwrap()), number);
    }
    goes_on(&store, 0);
    drop(store);
    is_sound(&folder, &[1, 2, 3]).await;
}

#[tokio::test]
async fn a_seal_that_panics_fails_what_it_was_to_seal_and_nothing_after() {
    let folder = Folder::new();
    let store = open(folder.path(), Arc::new(SystemClock), Arc::new(NoObserver));
    assert_eq!(add(&store, 1, NoSeal::shared()).await.unwrap(), 1);
    let seal = Faulty::now(true);
    for panics in 1..=3 {
        let refused = add(&store, 2, seal.clone()).await;
        assert!(
            matches!(refused, Err(AppendError::Engine(_))),
            "{refused:?}"
        );
        goes_on(&store, panics);
    }
    assert_eq!(add(&store, 3, NoSeal::shared()).await.unwrap(), 2);
    seal.set(false);
    assert_eq!(add(&store, 2, seal).await.unwrap(), 3);
    drop(store);
    is_sound(&folder, &[1, 3, 2]).await;
}

#[tokio::test]
async fn a_clock_that_panics_fails_what_it_was_to_stamp_and_nothing_after() {
    let folder = Folder::new();
    let clock = Faulty::now(false);
    let store = open(folder.path(), clock.clone(), Arc::new(NoObserver));
    assert_eq!(add(&store, 1, NoSeal::shared()).await.unwrap(), 1);
    clock.set(true);
    let refused = add(&store, 2, NoSeal::shared()).await;
    assert!(
        matches!(refused, Err(AppendError::Engine(_))),
        "{refused:?}"
    );
    goes_on(&store, 1);
    clock.set(false);
    assert_eq!(add(&store, 2, NoSeal::shared()).await.unwrap(), 2);
    drop(store);
    is_sound(&folder, &[1, 2]).await;
}

#[tokio::test]
async fn an_index_checkpoint_that_cannot_be_written_ends_nothing() {
    let folder = Folder::new();
    // It is to be renamed to, and cannot be.
    std::fs::create_dir_all(folder.path().join("index.checkpoint/taken")).unwrap();
    let store = open(folder.path(), Arc::new(SystemClock), Arc::new(NoObserver));
    assert_eq!(add(&store, 1, NoSeal::shared()).await.unwrap(), 1);
    goes_on(&store, 0);
    assert!(worker(&store, "index.checkpoint").is_up);
    // It says so at the end, which cannot be logged.
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index.checkpoint")).unwrap();
    is_sound(&folder, &[1]).await;
}
