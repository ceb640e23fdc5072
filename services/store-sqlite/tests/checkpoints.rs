//! A checkpoint makes opening fast and nothing else: with one, without one and with a wrong one
//! the log is the same.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;
mod numbered;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use folder::Folder;
use numbered::{copy_of, extend, open};
use rusqlite::Connection;
use store::{EventStore, SystemClock};
use store_sqlite::SqliteStore;
use uuid::Uuid;

fn file(folder: &Folder) -> PathBuf {
    folder.path().join("index.checkpoint")
}

/// Everything that can be asked of the log, which must be these numbers in their order.
async fn check(store: &dyn EventStore, numbers: &[u128]) -> Vec<Recorded<Stored>> {
    let all = store.read(Position::START, usize::MAX).await.unwrap();
    let ids: Vec<_> = all.iter().map(|recorded| recorded.id.0.as_u128()).collect();
    assert_eq!(ids, numbers);
    for recorded in &all {
        assert_eq!(
            store.find(recorded.id).await.unwrap().as_ref(),
            Some(recorded)
        );
    }
    for number in 0..5 {
        let stream = StreamName::new("line", number);
        let expected: Vec<_> = all
            .iter()
            .filter(|it| it.stream == stream)
            .cloned()
            .collect();
        let found = store
            .read_stream(&stream, Revision::FIRST, usize::MAX)
            .await;
        assert_eq!(found.unwrap(), expected);
        let last = expected.last().map(|recorded| recorded.revision);
        assert_eq!(store.stream_head(&stream).await.unwrap(), last);
    }
    assert_eq!(
        store.find(EventId(Uuid::from_u128(999_999))).await.unwrap(),
        None
    );
    all
}

/// Whether opening still reads the event at position 2, which is damaged in a copy of `folder`.
fn reads_the_second_event(folder: &Folder) -> bool {
    let copy = copy_of(folder);
    let connection = Connection::open(copy.path().join("outlay.db")).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER events_are_not_changed; \
             UPDATE events SET revision = 40 WHERE position = 2",
        )
        .unwrap();
    drop(connection);
    SqliteStore::open(copy.path(), Arc::new(SystemClock)).is_err()
}

fn numbers(last: u128) -> Vec<u128> {
    (1..=last).collect()
}

#[tokio::test]
async fn opening_reads_only_what_came_after_the_checkpoint() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    let before = check(&store, &numbers(40)).await;
    drop(store);
    assert!(!reads_the_second_event(&folder));

    let store = open(folder.path());
    assert_eq!(check(&store, &numbers(40)).await, before);
    let checkpoint = fs::read(file(&folder)).unwrap();
    extend(&store, 41..=60).await;
    drop(store);
    fs::write(file(&folder), checkpoint).unwrap();
    assert!(!reads_the_second_event(&folder));
    let store = open(folder.path());
    check(&store, &numbers(60)).await;
    extend(&store, 61..=70).await;
    check(&store, &numbers(70)).await;
}

#[tokio::test]
async fn without_a_checkpoint_the_log_is_the_same() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    let before = check(&store, &numbers(40)).await;
    drop(store);
    fs::remove_file(file(&folder)).unwrap();
    assert!(reads_the_second_event(&folder));
    assert_eq!(check(&open(folder.path()), &numbers(40)).await, before);
    assert!(file(&folder).exists(), "there is one for the next start");
}

#[tokio::test]
async fn a_process_that_was_killed_left_a_checkpoint_of_earlier() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    drop(store);
    let store = open(folder.path());
    extend(&store, 41..=60).await;
    // As the disk is when the process is gone without a word.
    let killed = copy_of(&folder);
    drop(store);
    assert!(!reads_the_second_event(&killed));
    check(&open(killed.path()), &numbers(60)).await;
}

#[tokio::test]
async fn a_torn_checkpoint_is_thrown_away() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    drop(store);
    let whole = fs::read(file(&folder)).unwrap();
    for length in [0, 10, 72, 100, whole.len() - 1] {
        fs::write(file(&folder), whole.get(..length).unwrap()).unwrap();
        assert!(reads_the_second_event(&folder), "{length} bytes");
        check(&open(folder.path()), &numbers(40)).await;
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(file(&folder), flipped).unwrap();
    assert!(reads_the_second_event(&folder));
    check(&open(folder.path()), &numbers(40)).await;
}

#[tokio::test]
async fn a_reader_takes_the_checkpoint_and_leaves_none() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    drop(store);
    let read_only = || SqliteStore::open_read_only(folder.path(), Arc::new(SystemClock)).unwrap();
    let before = fs::read(file(&folder)).unwrap();
    check(&read_only(), &numbers(40)).await;
    assert_eq!(fs::read(file(&folder)).unwrap(), before);
    fs::remove_file(file(&folder)).unwrap();
    check(&read_only(), &numbers(40)).await;
    assert!(!file(&folder).exists());
}
