//! The SQLite store keeps the contract, on a real disk.

mod folder;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use events::log::{EventId, Origin, Stored, StreamName};
use folder::Folder;
use store::{
    Append, Clock, EventStore, Expected, Mirror, NewEvent, NoObserver, NoSeal, Replica, SystemClock,
};
use store_sqlite::{OpenError, SqliteStore};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_store_keeps_the_contract() {
    let folder = Folder::new();
    let open = async |name, clock: Arc<dyn Clock>| {
        let store = SqliteStore::open(&folder.path().join(name), clock).unwrap();
        let store: Arc<dyn EventStore> = Arc::new(store);
        store
    };
    store::contract::check(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_store_takes_over_logs() {
    let folder = Folder::new();
    let open = async |name, clock: Arc<dyn Clock>| {
        let store = SqliteStore::open(&folder.path().join(name), clock).unwrap();
        let store: Arc<dyn Replica> = Arc::new(store);
        store
    };
    store::contract::check_replica(open).await;
    let copy = async |clock: Arc<dyn Clock>| {
        let (folder, observer) = (folder.path().join("copy"), Arc::new(NoObserver));
        let store: Arc<dyn Mirror> =
            Arc::new(SqliteStore::open_copy(&folder, clock, observer).unwrap());
        store
    };
    store::contract::check_mirror(copy).await;
}

#[tokio::test]
async fn a_copy_is_no_log_and_a_log_no_copy() {
    let folder = Folder::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (copy, log) = (folder.path().join("copy"), folder.path().join("log"));
    let open_copy = |folder| SqliteStore::open_copy(folder, clock.clone(), Arc::new(NoObserver));
    drop(open_copy(&copy).unwrap());
    let refused = SqliteStore::open(&copy, clock.clone()).err().unwrap();
    assert!(matches!(refused, OpenError::Copy), "{refused}");
    drop(open_copy(&copy).unwrap());
    drop(SqliteStore::open_read_only(&copy, clock.clone()).unwrap());

    let store = SqliteStore::open(&log, clock.clone()).unwrap();
    let event = NewEvent {
        id: EventId(Uuid::from_u128(1)),
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::nil(),
            causation_id: None,
        },
        event: Stored {
            name: "line.tested".to_owned(),
            version: 1,
            data: "{}".to_owned(),
        },
    };
    let append = Append {
        stream: StreamName::new("line", "a"),
        expected: Expected::NoStream,
        events: vec![event],
    };
    store.append(append, &NoSeal::shared()).await.unwrap();
    drop(store);
    let refused = open_copy(&log).err().unwrap();
    assert!(matches!(refused, OpenError::NoCopy), "{refused}");
    drop(SqliteStore::open(&log, clock).unwrap());
}

#[test]
fn a_torn_copy_is_made_anew_and_a_torn_log_is_left_as_it_is() {
    let folder = Folder::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (copy, log) = (folder.path().join("copy"), folder.path().join("log"));
    let open_copy = |folder| SqliteStore::open_copy(folder, clock.clone(), Arc::new(NoObserver));
    drop(open_copy(&copy).unwrap());
    drop(SqliteStore::open(&log, clock.clone()).unwrap());
    let tear = |folder: &Path| {
        let file = folder.join("outlay.db");
        let mut bytes = fs::read(&file).unwrap();
        bytes.truncate(bytes.len() / 2);
        fs::write(&file, &bytes).unwrap();
        bytes
    };
    tear(&copy);
    // Who takes it for a log changes nothing of it.
    SqliteStore::open(&copy, clock.clone()).err().unwrap();
    SqliteStore::open_read_only(&copy, clock.clone())
        .err()
        .unwrap();
    drop(open_copy(&copy).unwrap());
    drop(SqliteStore::open_read_only(&copy, clock.clone()).unwrap());

    let torn = tear(&log);
    open_copy(&log).err().unwrap();
    SqliteStore::open(&log, clock.clone()).err().unwrap();
    assert_eq!(fs::read(log.join("outlay.db")).unwrap(), torn);
}
