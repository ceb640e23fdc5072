//! A writer without its thread, on connections that fail when they are told to.

use std::path::Path;
use std::sync::Mutex;

use events::log::{EventId, Origin, Recorded, Stored, StreamName};
use store::{Expected, NewEvent, NoObserver, SealError, SystemClock};
use uuid::Uuid;

use super::*;
use crate::bookmark::Kind;
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
    let files = Files::of(folder, &connection).unwrap();
    let (clock, observer) = (Arc::new(SystemClock), Arc::new(NoObserver));
    Writer::new(connection, shared, clock, observer).watching(Some(files))
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
