//! Checkpoints that the log beside them does not bear out: it was set back, and is read, but takes
//! no event until somebody accepts that.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod folder;
mod numbered;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::log::{EventId, Position};
use events::time::RecordedAt;
use folder::Folder;
use numbered::{add, copy_of, extend, open};
use store::checkpoint::{self, Anchor, Kind};
use store::{AppendError, EventStore as _, NoObserver, ReadOnly, SystemClock};
use store_sqlite::{Accepted, OpenError, SqliteStore};
use uuid::Uuid;

const INDEX: &str = "index.checkpoint";
const FIGURES: &str = "figures.checkpoint";

/// A log of forty events, and what a log of sixty left beside it.
async fn set_back() -> Folder {
    let (folder, newer) = (Folder::new(), Folder::new());
    extend(&open(folder.path()), 1..=40).await;
    for name in ["outlay.db", INDEX] {
        fs::copy(folder.path().join(name), newer.path().join(name)).unwrap();
    }
    extend(&open(newer.path()), 41..=60).await;
    fs::copy(newer.path().join(INDEX), folder.path().join(INDEX)).unwrap();
    folder
}

/// Leaves a checkpoint of this kind and version in `folder`, on an event that no log has.
fn leave(folder: &Folder, name: &'static str, version: u16, position: u64) -> PathBuf {
    let path = folder.path().join(format!("{name}.checkpoint"));
    let anchor = Anchor {
        position: Position(position),
        id: EventId(Uuid::from_u128(7_000)),
        recorded_at: RecordedAt::EPOCH,
    };
    let kind = Kind { name, version };
    checkpoint::write(&path, kind, anchor, |out| out.write_all(b"payload")).unwrap();
    path
}

/// The log in `folder` ends at `head`, is read, and takes nothing, however often it is opened.
async fn is_set_back(folder: &Path, head: u64, witnessed: u64) {
    let kept = || {
        let files = [INDEX, FIGURES].map(|name| fs::read(folder.join(name)).ok());
        files.map(|file| file.map(|bytes| bytes.len()))
    };
    let before = kept();
    for number in [9_001, 9_002] {
        let store = open(folder);
        let said = |why: &ReadOnly| {
            let set_back = ReadOnly::SetBack {
                witnessed: Position(witnessed),
                head: Position(head),
            };
            why.to_string() == set_back.to_string()
        };
        let read_only = store.read_only();
        assert!(read_only.as_ref().is_some_and(said), "{read_only:?}");
        let refused = add(&store, number).await;
        assert!(
            matches!(&refused, Err(AppendError::ReadOnly(why)) if said(why)),
            "{refused:?}"
        );
        let all = store.read(Position::START, usize::MAX).await.unwrap();
        assert_eq!(u64::try_from(all.len()).unwrap(), head);
        drop(store);
        assert_eq!(kept(), before);
    }
}

/// What is accepted of `folder`: where its log ends, and the names of what is put aside.
fn accepted(folder: &Folder) -> Option<(u64, Vec<String>)> {
    let accepted = SqliteStore::accept_rollback(folder.path()).unwrap();
    let Accepted { head, aside } = accepted?;
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let names = aside.into_iter().map(|witness| name(witness.path));
    Some((head.0, names.collect()))
}

#[tokio::test]
async fn a_log_that_ends_before_its_checkpoint_takes_nothing_until_that_is_accepted() {
    let folder = set_back().await;
    let evidence = fs::read(folder.path().join(INDEX)).unwrap();
    is_set_back(folder.path(), 40, 60).await;

    let aside = "index.checkpoint.rollback-60".to_owned();
    assert_eq!(accepted(&folder), Some((40, vec![aside.clone()])));
    assert_eq!(fs::read(folder.path().join(&aside)).unwrap(), evidence);
    assert_eq!(accepted(&folder), None);
    let store = open(folder.path());
    assert!(store.read_only().is_none());
    extend(&store, 101..=130).await;
    drop(store);
    assert!(open(folder.path()).read_only().is_none());

    // Set back once more: nothing that was put aside is written over.
    fs::write(folder.path().join(INDEX), &evidence).unwrap();
    is_set_back(folder.path(), 70, 60).await;
    assert_eq!(accepted(&folder), Some((70, vec![format!("{aside}-2")])));
    assert_eq!(fs::read(folder.path().join(aside)).unwrap(), evidence);
}

#[tokio::test]
async fn a_log_that_was_set_back_with_its_write_ahead_log_takes_nothing() {
    let folder = Folder::new();
    let store = open(folder.path());
    extend(&store, 1..=40).await;
    let older = copy_of(&folder);
    extend(&store, 41..=60).await;
    drop(store);
    assert!(
        fs::metadata(older.path().join("outlay.db-wal"))
            .unwrap()
            .len()
            > 0
    );
    fs::copy(folder.path().join(INDEX), older.path().join(INDEX)).unwrap();
    is_set_back(older.path(), 40, 60).await;
}

#[tokio::test]
async fn a_checkpoint_of_another_log_bears_witness_of_it() {
    let (folder, other) = (Folder::new(), Folder::new());
    // The same events in the same order, recorded at another time.
    for folder in [&folder, &other] {
        extend(&open(folder.path()), 1..=40).await;
    }
    fs::copy(other.path().join(INDEX), folder.path().join(INDEX)).unwrap();
    is_set_back(folder.path(), 40, 40).await;
}

#[tokio::test]
async fn a_log_that_is_empty_or_gone_beside_a_checkpoint_takes_nothing() {
    let folder = Folder::new();
    extend(&open(folder.path()), 1..=40).await;
    let log = folder.path().join("outlay.db");
    fs::write(&log, "").unwrap();
    is_set_back(folder.path(), 0, 40).await;
    fs::remove_file(&log).unwrap();
    is_set_back(folder.path(), 0, 40).await;
    fs::remove_file(&log).unwrap();
    let aside = vec!["index.checkpoint.rollback-40".to_owned()];
    assert_eq!(accepted(&folder), Some((0, aside)));
}

#[tokio::test]
async fn every_checkpoint_bears_witness_whatever_its_version_and_the_furthest_is_told() {
    let folder = Folder::new();
    extend(&open(folder.path()), 1..=40).await;
    leave(&folder, "figures", 999, 45);
    is_set_back(folder.path(), 40, 45).await;
    leave(&folder, "index", 0, 50);
    is_set_back(folder.path(), 40, 50).await;
    leave(&folder, "figures", 999, 12);
    is_set_back(folder.path(), 40, 50).await;
    let aside = [
        "figures.checkpoint.rollback-12",
        "index.checkpoint.rollback-50",
    ];
    assert_eq!(
        accepted(&folder),
        Some((40, aside.map(str::to_owned).into()))
    );
}

#[tokio::test]
async fn a_right_header_alone_bears_witness() {
    let folder = Folder::new();
    extend(&open(folder.path()), 1..=40).await;
    let path = leave(&folder, "figures", 1, 45);
    let whole = fs::read(&path).unwrap();
    let (mut header, mut payload) = (whole.clone(), whole.clone());
    header[30] ^= 1;
    *payload.last_mut().unwrap() ^= 1;
    for torn in [&whole[..50], &header] {
        fs::write(&path, torn).unwrap();
        assert!(open(folder.path()).read_only().is_none());
    }
    for rotten in [&whole[..whole.len() - 1], &payload] {
        fs::write(&path, rotten).unwrap();
        assert!(open(folder.path()).read_only().is_some());
    }
    // Of something else than its name says.
    fs::write(&path, &whole).unwrap();
    fs::rename(&path, folder.path().join(INDEX)).unwrap();
    assert!(open(folder.path()).read_only().is_none());
    assert_eq!(accepted(&folder), None);
}

#[tokio::test]
async fn a_copy_may_be_behind_its_checkpoints() {
    let folder = Folder::new();
    leave(&folder, "figures", 1, 45);
    leave(&folder, "index", 1, 45);
    let observer = Arc::new(NoObserver);
    let copy = SqliteStore::open_copy(folder.path(), Arc::new(SystemClock), observer).unwrap();
    assert!(copy.read_only().is_none());
}

#[tokio::test]
async fn only_a_folder_that_nobody_has_is_gone_on_with() {
    let folder = set_back().await;
    let store = open(folder.path());
    let taken = SqliteStore::accept_rollback(folder.path());
    assert!(matches!(taken, Err(OpenError::InUse { .. })), "{taken:?}");
    drop(store);
    let nothing = folder.path().join("nothing");
    let missing = SqliteStore::accept_rollback(&nothing);
    assert!(matches!(missing, Err(OpenError::Missing { .. })));
    assert!(!nothing.exists());
}
