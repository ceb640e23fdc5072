//! Files that are cut, replaced, removed or written to under the process that has them open:
//! nothing is acknowledged any more.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;
mod numbered;

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use events::log::Position;
use folder::Folder;
use numbered::{add, copy_of, extend, open};
use rusqlite::Connection;
use store::{AppendError, EventStore as _, ReadOnly, SystemClock};
use store_sqlite::SqliteStore;

const LOG: &str = "outlay.db";
const WAL: &str = "outlay.db-wal";

/// Puts another file with the same content in the place of the one with this name.
fn replace(folder: &Path, name: &str) {
    let copy = folder.join("copy");
    fs::copy(folder.join(name), &copy).unwrap();
    fs::rename(copy, folder.join(name)).unwrap();
}

fn cut(folder: &Path, name: &str, length: u64) {
    let file = File::options().write(true).open(folder.join(name)).unwrap();
    file.set_len(length).unwrap();
}

fn write_as_another_program(folder: &Path) {
    let other = Connection::open(folder.join(LOG)).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
}

/// What is said after `damage` is done to the folder of a log of forty events.
async fn told_after(damage: impl FnOnce(&Path)) -> String {
    let folder = Folder::new();
    extend(&open(folder.path()), 1..=30).await;
    let store = open(folder.path());
    extend(&store, 31..=40).await;
    damage(folder.path());

    let unknown = add(&store, 41).await;
    assert!(
        matches!(unknown, Err(AppendError::Engine(_))),
        "{unknown:?}"
    );
    let refused = add(&store, 42).await;
    let Err(AppendError::ReadOnly(ReadOnly::Replaced { acknowledged, why })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(acknowledged, Position(40));
    assert!(matches!(store.read_only(), Some(ReadOnly::Replaced { .. })));
    assert_eq!(store.head().await.unwrap().position, Position(40));
    let newest = store.read(Position(35), 5).await.unwrap();
    assert_eq!(newest.len(), 5, "what was acknowledged is still read");
    why
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_files_are_others() {
    let another = "is another file than the one that was opened";
    for name in [LOG, WAL] {
        let told = told_after(|folder| replace(folder, name)).await;
        assert_eq!(told, format!("{name} {another}"));
        let told = told_after(|folder| fs::remove_file(folder.join(name)).unwrap()).await;
        assert_eq!(told, format!("{name} is gone"));
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_files_are_shorter() {
    for (name, length) in [(LOG, 0), (LOG, 4096), (WAL, 0), (WAL, 5000)] {
        let told = told_after(|folder| cut(folder, name, length)).await;
        assert_eq!(told, format!("{name} is shorter than it was"));
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_once_somebody_else_has_written() {
    let told = told_after(write_as_another_program).await;
    assert!(
        told.ends_with("was written to by another program"),
        "{told}"
    );
    let told = told_after(|folder| {
        // A backup that is copied over the file, as long as it was.
        let bytes = fs::read(folder.join(LOG)).unwrap();
        fs::write(folder.join(LOG), bytes).unwrap();
    });
    assert_eq!(told.await, "outlay.db was written to by another program");
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_folder_is_another() {
    let moved = Folder::new();
    let told = told_after(|folder| {
        fs::remove_dir(moved.path()).unwrap();
        fs::rename(folder, moved.path()).unwrap();
    });
    assert_eq!(told.await, "outlay.db is gone");
    assert!(moved.path().join(LOG).exists());

    let told = told_after(|folder| {
        fs::remove_dir_all(folder).unwrap();
        open(folder);
    });
    assert_eq!(
        told.await,
        "outlay.db is another file than the one that was opened"
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_borne_witness_of() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=10).await;
    drop(store);
    let older = copy_of(&folder);
    let store = open(folder.path());
    extend(&store, 11..=40).await;
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(folder.path().join(format!("{LOG}{suffix}"))).unwrap();
    }
    for name in [LOG, "index.checkpoint"] {
        fs::copy(older.path().join(name), folder.path().join(name)).unwrap();
    }
    assert!(add(&store, 41).await.is_err());
    drop(store);
    let told = open(folder.path()).read_only();
    let Some(ReadOnly::SetBack { witnessed, head }) = told else {
        panic!("{told:?}");
    };
    assert_eq!((witnessed, head), (Position(40), Position(10)));
}

#[tokio::test]
async fn whoever_reads_and_copies_beside_it_changes_nothing() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=10).await;
    let other = Connection::open(folder.path().join(LOG)).unwrap();
    let count = "SELECT count(*) FROM events";
    other.query_row(count, [], |_| Ok(())).unwrap();
    extend(&store, 11..=20).await;
    let backup = folder.path().join("backup.db");
    other
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    extend(&store, 21..=30).await;
    drop(other);
    let reader = SqliteStore::open_read_only(folder.path(), Arc::new(SystemClock)).unwrap();
    assert_eq!(reader.head().await.unwrap().position, Position(30));
    drop(reader);
    drop(copy_of(&folder));
    extend(&store, 31..=40).await;
}
