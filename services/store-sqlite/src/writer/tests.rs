//! A writer without its thread, on connections that fail when they are told to.

use std::sync::Mutex;

use events::log::{EventId, Origin, Recorded, Stored, StreamName};
use store::{Expected, NewEvent, NoObserver, SealError, SystemClock};
use uuid::Uuid;

use super::*;
use crate::index::Index;
use crate::{open, schema};

/// The positions sealed and not withdrawn.
#[derive(Default)]
struct Witness(Mutex<Vec<u64>>);

impl Seal for Witness {
    fn seal(&self, batch: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError> {
        let positions = batch.iter().map(|recorded| recorded.position.0);
        self.0.lock().unwrap().extend(positions);
        Ok(vec![1])
    }

    fn withdraw(&self, position: Position) {
        self.0
            .lock()
            .unwrap()
            .retain(|&sealed| sealed <= position.0);
    }
}

struct Bench {
    folder: tempfolder::Folder,
    writer: Writer,
    witness: Arc<Witness>,
}

mod tempfolder {
    //! A folder of its own, removed afterwards.

    use std::path::{Path, PathBuf};

    pub(super) struct Folder(pub(super) PathBuf);

    impl Folder {
        pub(super) fn new(name: &str) -> Self {
            let name = format!("store-sqlite-writer-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

impl Bench {
    fn new(name: &str) -> Self {
        let folder = tempfolder::Folder::new(name);
        let writer = writer(folder.path());
        Self {
            folder,
            writer,
            witness: Arc::default(),
        }
    }

    /// What one group of appends, each of one event to a stream of its own, comes to.
    fn serve(&mut self, numbers: impl IntoIterator<Item = u128>) -> Vec<Outcome> {
        let (mut jobs, mut outcomes) = (Vec::new(), Vec::new());
        for number in numbers {
            let (answer, outcome) = oneshot::channel();
            jobs.push(Job {
                work: Work::Append(append(number), self.witness.clone()),
                answer,
            });
            outcomes.push(outcome);
        }
        self.writer.serve(&mut jobs);
        let outcomes = outcomes.into_iter();
        outcomes
            .map(|mut outcome| outcome.try_recv().unwrap())
            .collect()
    }

    /// Has the next write fail.
    fn drop_seals(&mut self) {
        let connection = &self.writer.connection;
        connection.execute_batch("DROP TABLE seals").unwrap();
        self.writer.look(Written::Wal).unwrap();
    }

    fn head(&self) -> u64 {
        self.writer.mark().position().0
    }
}

fn writer(folder: &Path) -> Writer {
    let mut connection = open::writing(&open::file(folder)).unwrap();
    schema::set_for_writing(&connection, Kind::Log).unwrap();
    schema::prepare(&mut connection).unwrap();
    let (shared, _) = Shared::load(&connection, folder).unwrap();
    let (clock, observer) = (Arc::new(SystemClock), Arc::new(NoObserver));
    let writer = Writer::new(connection, shared, clock, observer);
    writer.watching(Kind::Log, folder).unwrap()
}

fn append(number: u128) -> Append {
    Append {
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
                name: format!("line.tested_{}", number % 3),
                version: 1,
                data: format!("\"{}\"", "x".repeat(5_000)),
            },
        }],
    }
}

#[test]
fn a_full_disk_is_no_reason_to_stop() {
    let mut bench = Bench::new("full");
    assert!(bench.serve(1..=3).iter().all(Result::is_ok));
    let pages = |limit: u32| format!("PRAGMA max_page_count = {limit}");
    let run = |bench: &Bench, pragma: &str| {
        let connection = &bench.writer.connection;
        connection.query_row(pragma, [], |_| Ok(())).unwrap();
    };
    run(&bench, &pages(30));

    let outcomes = bench.serve(4..=100);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(ReplicaError::Append(AppendError::Full))))
    );
    assert_eq!(bench.head(), 3);
    assert_eq!(*bench.witness.0.lock().unwrap(), [1, 2, 3]);

    run(&bench, &pages(1_000_000));
    assert!(bench.serve(4..=100).iter().all(Result::is_ok));
    assert_eq!(bench.head(), 100);
    assert!(bench.witness.0.lock().unwrap().iter().copied().eq(1..=100));
}

#[test]
fn a_writer_that_cannot_log_takes_events_again_once_there_is_room() {
    let mut bench = Bench::new("unlogged");
    let pages = |bench: &Bench, limit: u32| {
        let connection = &bench.writer.connection;
        let pragma = format!("PRAGMA max_page_count = {limit}");
        connection.query_row(&pragma, [], |_| Ok(())).unwrap();
    };
    pages(&bench, 30);
    let outcomes = tracing::subscriber::with_default(FaultyLog, || bench.serve(1..=100));
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(ReplicaError::Append(AppendError::Full))))
    );
    assert!(bench.writer.is_between_groups());
    pages(&bench, 1_000_000);
    assert!(bench.serve(1..=100).iter().all(Result::is_ok));
    assert_eq!(bench.head(), 100);
}

/// A log that cannot be written.
struct FaultyLog;

impl tracing::Subscriber for FaultyLog {
    fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _span: &tracing::span::Id, _values: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _span: &tracing::span::Id, _follows: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        panic!("nothing can be logged: {event:?}");
    }

    fn enter(&self, _span: &tracing::span::Id) {}

    fn exit(&self, _span: &tracing::span::Id) {}
}

#[test]
fn a_writer_that_left_anything_half_changed_ends_and_is_seen_to() {
    let bench = Bench::new("ended");
    let shared = Arc::clone(&bench.writer.shared);
    let poisoned = std::thread::spawn(move || {
        let _index = shared.index.write().unwrap();
        panic!("as a test wants it");
    });
    poisoned.join().unwrap_err();
    let shared = Arc::clone(&bench.writer.shared);
    let (queue, thread) = bench.writer.start().unwrap();
    assert!(shared.workers.writer.is_up());
    let (answer, _outcome) = oneshot::channel();
    let work = Work::Append(append(1), bench.witness.clone());
    queue.blocking_send(Job { work, answer }).unwrap();
    thread.join().unwrap();
    assert!(!shared.workers.writer.is_up());
    let (answer, _outcome) = oneshot::channel();
    let work = Work::Append(append(2), bench.witness.clone());
    queue.blocking_send(Job { work, answer }).unwrap_err();
    // What is in the index is not to be trusted at the next start.
    assert!(!bench.folder.path().join("index.checkpoint").exists());
}

#[test]
fn what_a_seal_was_not_kept_for_is_not_in_the_index() {
    let mut bench = Bench::new("unsealed");
    let drop = "ALTER TABLE seals RENAME TO away";
    bench.writer.connection.execute_batch(drop).unwrap();
    assert!(bench.serve(1..=1).iter().all(Result::is_err));
    let index = bench.writer.shared.index();
    let id = append(1).events[0].id;
    assert_eq!(index.candidates(id).next(), None);
    assert_eq!(index.stream_code(&append(1).stream), None);
}

#[test]
fn a_failed_write_is_the_last_one() {
    let mut bench = Bench::new("failed");
    assert!(bench.serve(1..=2).iter().all(Result::is_ok));
    bench.drop_seals();

    let outcomes = bench.serve(3..=9);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(ReplicaError::Append(AppendError::Engine(_)))))
    );
    assert_eq!(bench.head(), 2);
    let outcomes = bench.serve(10..=11);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(ReplicaError::Append(AppendError::ReadOnly(_)))))
    );
}

#[test]
fn the_write_ahead_log_stays_bounded() {
    let mut bench = Bench::new("bounded");
    for first in (0..200).map(|group| group * 50) {
        assert!(bench.serve(first..first + 50).iter().all(Result::is_ok));
    }
    let file = bench.folder.path().join("outlay.db-wal");
    let bytes = std::fs::metadata(file).unwrap().len();
    assert!(bytes < 16 * 1024 * 1024, "{bytes}");
}

#[test]
fn a_checkpoint_is_written_whenever_enough_was_added() {
    let mut bench = Bench::new("kept");
    let file = bench.folder.path().join("index.checkpoint");
    let shared = Arc::clone(&bench.writer.shared);
    let keeper = Keeper::new(bench.folder.path(), shared, Position::START).every(4);
    bench.writer.keeper = Some(keeper);
    assert!(bench.serve(1..=3).iter().all(Result::is_ok));
    assert!(!file.exists(), "three are too few");
    assert!(bench.serve(4..=9).iter().all(Result::is_ok));
    bench.writer.keeper.as_mut().unwrap().wait();
    let (_, kept) = Shared::load(&bench.writer.connection, bench.folder.path()).unwrap();
    assert_eq!(kept, Position(9));

    assert!(bench.serve(10..=11).iter().all(Result::is_ok));
    let (shared, kept) = Shared::load(&bench.writer.connection, bench.folder.path()).unwrap();
    assert_eq!(
        (kept, shared.index().head().position),
        (Position(9), Position(11))
    );
    bench.writer.keep(Keeper::close);
    let (_, kept) = Shared::load(&bench.writer.connection, bench.folder.path()).unwrap();
    assert_eq!(kept, Position(11));
}

#[test]
fn what_failed_to_be_added_is_in_no_checkpoint() {
    let mut bench = Bench::new("unkept");
    let shared = Arc::clone(&bench.writer.shared);
    let keeper = Keeper::new(bench.folder.path(), shared, Position::START);
    bench.writer.keeper = Some(keeper);
    assert!(bench.serve(1..=2).iter().all(Result::is_ok));
    bench.drop_seals();
    assert!(bench.serve(3..=9).iter().all(Result::is_err));
    bench.writer.keep(Keeper::close);
    let mut index = Index::default();
    crate::scan::extend_names(&bench.writer.connection, &mut index).unwrap();
    crate::keeper::load(bench.folder.path(), &bench.writer.connection, &mut index).unwrap();
    assert_eq!(index.head().position, Position(2));
}
