//! Reading changes nothing in a folder, whatever state its log is in, and gives all of it or an
//! error.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use events::log::{EventId, Origin, Position, Recorded, Stored, StreamName};
use folder::Folder;
use rusqlite::Connection;
use store::{Append, EventStore as _, Expected, NewEvent, NoSeal, SystemClock};
use store_sqlite::{OpenError, SqliteStore};
use uuid::Uuid;

/// What belongs to a log that was not closed.
const UNCLOSED: [&str; 2] = ["outlay.db-wal", "outlay.db-shm"];

async fn append(store: &SqliteStore, stream: &str, numbers: impl Iterator<Item = u128>) {
    let event = |number| NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::nil(),
            causation_id: None,
        },
        event: Stored {
            name: "line.disbursed".to_owned(),
            version: 1,
            data: "{}".to_owned(),
        },
    };
    let append = Append {
        stream: StreamName::new("line", stream),
        expected: Expected::NoStream,
        events: numbers.map(event).collect(),
    };
    store.append(append, &NoSeal::shared()).await.unwrap();
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(SystemClock)).unwrap()
}

fn open_read_only(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open_read_only(folder, Arc::new(SystemClock))
}

async fn events(store: &SqliteStore) -> Vec<Recorded<Stored>> {
    store.read(Position::START, 1000).await.unwrap()
}

/// A log of three events in `closed`, and the same with three more, as a crash leaves it, in
/// `crashed`; both are folders in `folder`. What was in each.
async fn logs(folder: &Path) -> [Vec<Recorded<Stored>>; 2] {
    let (closed, crashed) = (folder.join("closed"), folder.join("crashed"));
    let store = open(&closed);
    append(&store, "a", 1..=3).await;
    let before = events(&store).await;
    drop(store);
    let living = folder.join("living");
    copy(&closed, &living, &[]);
    let store = open(&living);
    append(&store, "b", 4..=6).await;
    let after = events(&store).await;
    assert_eq!(after.len(), 6);
    copy(&living, &crashed, &[]);
    drop(store);
    [before, after]
}

/// Copies a folder without the files of these names.
fn copy(from: &Path, to: &Path, without: &[&str]) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let name = file.unwrap().file_name();
        if !without.iter().any(|other| name == *other) {
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

/// Names, contents and times of the files of a folder, and its own time.
type Listing = (SystemTime, Vec<(String, Vec<u8>, SystemTime)>);

fn listing(folder: &Path) -> Listing {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let modified = path.metadata().unwrap().modified().unwrap();
            (name, fs::read(path).unwrap(), modified)
        })
        .collect();
    files.sort();
    (folder.metadata().unwrap().modified().unwrap(), files)
}

#[tokio::test]
async fn reading_changes_nothing_whatever_was_left() {
    let folder = Folder::new();
    let [before, after] = logs(folder.path()).await;
    let [wal, shm] = UNCLOSED;
    let cases: [(&str, &str, &[&str], _); 5] = [
        ("stopped", "closed", &[], &before),
        ("both", "crashed", &[], &after),
        ("log alone", "crashed", &[shm], &after),
        // What only the write-ahead log had is nowhere.
        ("index alone", "crashed", &[wal], &before),
        ("neither", "crashed", &[wal, shm], &before),
    ];
    for (case, from, without, expected) in cases {
        let archived = folder.path().join(case);
        copy(&folder.path().join(from), &archived, without);
        let left = listing(&archived);
        let store = open_read_only(&archived).unwrap();
        assert_eq!(events(&store).await, *expected, "{case}");
        assert!(listing(&archived) == left, "{case}: changed while open");
        drop(store);
        assert!(listing(&archived) == left, "{case}: changed");
        drop(open(&archived));
        let kept = events(&open_read_only(&archived).unwrap()).await;
        assert_eq!(kept, *expected, "{case}: whoever writes has the same");
    }
}

#[tokio::test]
async fn an_empty_log_that_was_not_closed_is_read_too() {
    let folder = Folder::new();
    let living = folder.path().join("living");
    let store = open(&living);
    for (case, without) in [("both", &[][..]), ("log alone", &["outlay.db-shm"])] {
        let archived = folder.path().join(case);
        copy(&living, &archived, without);
        assert!(events(&open_read_only(&archived).unwrap()).await.is_empty());
    }
    drop(store);
}

#[tokio::test]
async fn what_is_left_to_undo_is_undone_in_a_copy() {
    let folder = Folder::new();
    let [before, _] = logs(folder.path()).await;
    let (closed, archived) = (folder.path().join("closed"), folder.path().join("archived"));
    let file = Connection::open(closed.join("outlay.db")).unwrap();
    // Another program's mode, in which it breaks off in the midst of writing pages.
    file.execute_batch(
        "PRAGMA journal_mode = delete; PRAGMA cache_size = 1; BEGIN;
         CREATE TABLE notes (text);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO notes SELECT hex(randomblob(500)) FROM n",
    )
    .unwrap();
    copy(&closed, &archived, &[]);
    drop(file);
    let left = listing(&archived);
    assert!(
        left.1
            .iter()
            .any(|(name, _, _)| name == "outlay.db-journal")
    );
    assert_eq!(events(&open_read_only(&archived).unwrap()).await, before);
    assert!(listing(&archived) == left);
}

#[tokio::test]
async fn a_link_leads_to_all_of_the_log() {
    let folder = Folder::new();
    let [_, after] = logs(folder.path()).await;
    let linked = folder.path().join("linked");
    fs::create_dir(&linked).unwrap();
    symlink("../crashed/outlay.db", linked.join("outlay.db")).unwrap();
    assert_eq!(events(&open_read_only(&linked).unwrap()).await, after);
}

#[tokio::test]
async fn any_name_of_a_folder_will_do() {
    let folder = Folder::new();
    let [before, after] = logs(folder.path()).await;
    for (from, expected) in [("closed", before), ("crashed", after)] {
        let odd = folder.path().join(format!("{from} niên độ?mode=rw&x=#%41"));
        copy(&folder.path().join(from), &odd, &[]);
        assert_eq!(events(&open_read_only(&odd).unwrap()).await, expected);
    }
}

#[tokio::test]
async fn a_writer_that_begins_later_is_followed() {
    let folder = Folder::new();
    logs(folder.path()).await;
    let closed = folder.path().join("closed");
    let reader = open_read_only(&closed).unwrap();
    let writer = open(&closed);
    assert_eq!(events(&reader).await, events(&writer).await);
    append(&writer, "b", 4..=6).await;
    assert_eq!(events(&reader).await.len(), 6);
    assert_eq!(events(&reader).await, events(&writer).await);
}

#[tokio::test]
async fn a_writer_that_came_and_went_is_followed() {
    let folder = Folder::new();
    logs(folder.path()).await;
    let closed = folder.path().join("closed");
    let reader = open_read_only(&closed).unwrap();
    append(&open(&closed), "b", 4..=6).await;
    assert_eq!(events(&reader).await.len(), 6);
}

#[tokio::test]
async fn what_was_written_to_while_it_was_read_is_no_answer() {
    let folder = Folder::new();
    logs(folder.path()).await;
    let closed = folder.path().join("closed");
    let reader = open_read_only(&closed).unwrap();
    let mut writes = Some(|| {
        let file = Connection::open(closed.join("outlay.db")).unwrap();
        file.execute_batch("CREATE TABLE notes (text); PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
    });
    let read = reader.scan(Position::START, 10, &mut |_| {
        if let Some(write) = writes.take() {
            write();
        }
    });
    let said = |error: store::ReadError| std::error::Error::source(&error).unwrap().to_string();
    let expected = "outlay.db was changed while it was read; ask again, or ask the server that \
                    writes to it, with --server";
    assert_eq!(said(read.unwrap_err()), expected);
    // What was read may have been remembered.
    assert_eq!(said(reader.head().await.unwrap_err()), expected);
    assert_eq!(events(&open_read_only(&closed).unwrap()).await.len(), 3);
}

#[tokio::test]
async fn a_log_that_is_replaced_is_not_read_on() {
    let folder = Folder::new();
    logs(folder.path()).await;
    let closed = folder.path().join("closed");
    let reader = open_read_only(&closed).unwrap();
    fs::copy(closed.join("outlay.db"), closed.join("other")).unwrap();
    fs::rename(closed.join("other"), closed.join("outlay.db")).unwrap();
    assert!(reader.head().await.is_err());
}

#[tokio::test]
async fn a_log_at_rest_is_held_against_writers_and_not_changed() {
    let folder = Folder::new();
    let [before, _] = logs(folder.path()).await;
    let closed = folder.path().join("closed");
    let left = listing(&closed);
    let open_at_rest = || SqliteStore::open_at_rest(&closed, Arc::new(SystemClock));
    let (one, other) = (open_at_rest().unwrap(), open_at_rest().unwrap());
    assert_eq!(events(&one).await, before);
    assert_eq!(events(&other).await, before);
    let writer = || SqliteStore::open(&closed, Arc::new(SystemClock)).err();
    assert!(matches!(writer(), Some(OpenError::InUse { .. })));
    drop((one, other));
    assert!(listing(&closed) == left);
    let writer = open(&closed);
    assert!(matches!(
        open_at_rest().err(),
        Some(OpenError::InUse { .. })
    ));
    drop(writer);
    // Where nobody ever wrote, there is nothing to hold.
    fs::remove_file(closed.join("outlay.lock")).unwrap();
    let left = listing(&closed);
    assert_eq!(events(&open_at_rest().unwrap()).await, before);
    assert!(listing(&closed) == left);
}
