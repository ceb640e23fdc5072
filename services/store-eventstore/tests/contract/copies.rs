//! Copies: every node makes the same of the log, goes on where it stopped, and notices when its
//! copy is of another log.

use std::sync::Arc;
use std::time::Duration;

use events::log::Position;
use events::time::RecordedAt;
use peer::{Cluster, Options};
use store::memory::{Faults, MemoryLog};
use store::{
    AppendError, Clock, Commit, CommitObserver, Ended, EventStore as _, ManualClock, MemoryStore,
    Mirror, ReadOnly, SystemClock, difference,
};
use store_eventstore::{EventStoreDb, OpenError};

use crate::given::{self, add, cluster, memory, numbers, open, settings, until, written};

fn at(text: &str) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(RecordedAt::parse(text).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_whose_clocks_differ_stamp_alike() {
    let cluster = cluster(1).await;
    let early = at("2025-03-14T00:00:00Z");
    let late = at("2025-03-14T00:00:10.5Z");
    let one = open(settings(&cluster), early.clone()).await;
    let other = open(settings(&cluster), late).await;
    add(&one, "a", None, 1).await.unwrap();
    other.latest().await.unwrap();
    add(&other, "a", Some(0), 2).await.unwrap();
    one.latest().await.unwrap();
    let lifted = add(&one, "a", Some(1), 3).await.unwrap();
    assert_eq!(
        lifted.places[0].recorded_at.to_string(),
        "2025-03-14T00:00:10.500001Z"
    );
    early.step(Duration::from_mins(1));
    add(&one, "a", Some(2), 4).await.unwrap();
    other.latest().await.unwrap();
    let late = open(settings(&cluster), at("2030-01-01T00:00:00Z")).await;
    for node in [&other, &late] {
        let differs = difference(&*one, &**node, Position(4), |_| {}).await;
        assert_eq!(differs.unwrap(), None);
        let instant = lifted.places[0].recorded_at;
        assert_eq!(node.position_at(instant).await.unwrap(), Position(3));
    }
}

async fn over(log: &MemoryLog, cluster: &peer::Cluster) -> Result<EventStoreDb, OpenError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let copy: Arc<dyn Mirror> = Arc::new(MemoryStore::open(log.clone(), clock.clone()));
    given::over(settings(cluster), copy, clock).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_on_where_it_stopped() {
    let cluster = cluster(1).await;
    let log = MemoryLog::default();
    let store = over(&log, &cluster).await.unwrap();
    for revision in 0..50_u64 {
        let before = revision.checked_sub(1);
        add(&store, "a", before, u128::from(revision) + 1)
            .await
            .unwrap();
    }
    drop(store);
    let other = open(settings(&cluster), Arc::new(SystemClock)).await;
    add(&other, "b", None, 51).await.unwrap();

    let reads = || cluster.calls().of(peer::Rpc::Subscribe);
    let before = reads();
    let store = over(&log, &cluster).await.unwrap();
    assert_eq!(store.head().await.unwrap().position, Position(50));
    assert_eq!(store.latest().await.unwrap().position, Position(51));
    assert_eq!(reads(), before + 1);
    assert!(numbers(&store).await.into_iter().eq(1..=51));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_another_log_is_not_gone_on_with() {
    let (one, other) = (cluster(1).await, cluster(1).await);
    let log = MemoryLog::default();
    let store = over(&log, &one).await.unwrap();
    add(&store, "a", None, 1).await.unwrap();
    drop(store);
    // Neither where the other log is empty, nor where it has another event there.
    for _ in 0..2 {
        let refused = over(&log, &other).await.err().unwrap();
        assert!(matches!(refused, OpenError::AnotherLog { .. }), "{refused}");
        let store = open(settings(&other), Arc::new(SystemClock)).await;
        let _ = add(&store, "a", None, 7).await;
    }
    over(&log, &one).await.unwrap();
    // A log that was never a copy has no bookmark.
    let mine = memory();
    let new = given::append("a", None, 1);
    mine.append(new, &store::NoSeal::shared()).await.unwrap();
    let refused = given::over(settings(&one), mine, Arc::new(SystemClock)).await;
    assert!(matches!(
        refused.err().unwrap(),
        OpenError::AnotherLog { .. }
    ));
}

/// Both logs are in one log of the cluster's, where the last event of one is found from the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_other_streams_of_the_same_cluster_is_not_gone_on_with() {
    let cluster = cluster(1).await;
    let log = MemoryLog::default();
    let store = over(&log, &cluster).await.unwrap();
    add(&store, "a", None, 1).await.unwrap();
    drop(store);
    let mut settings = settings(&cluster);
    settings.stream_prefix = "test.".parse().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let copy = Arc::new(MemoryStore::open(log.clone(), clock.clone()));
    let refused = given::over(settings, copy, clock).await.err().unwrap();
    assert!(matches!(refused, OpenError::AnotherLog { .. }), "{refused}");
    over(&log, &cluster).await.unwrap();
}

/// A backup that is older than what was folded, or an empty cluster where the old one was: neither
/// is followed, nor is anything written to it that was decided on the old log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_was_set_back_is_neither_followed_nor_written_to() {
    let old = cluster(1).await;
    let counted = Arc::new(Counted::default());
    let (clock, copy) = (Arc::new(SystemClock), memory());
    let store = EventStoreDb::open(settings(&old), copy, clock, counted.clone()).await;
    let store = Arc::new(store.unwrap());
    add(&store, "a", None, 1).await.unwrap();
    add(&store, "a", Some(0), 2).await.unwrap();
    let port = old.port(0);
    old.down(0).await;
    drop(old);
    let under_way = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { add(&store, "b", None, 3).await })
    };
    let options = Options {
        port: Some(port),
        ..Options::default()
    };
    let new = Cluster::start(options).await.unwrap();
    until("it stops", async || store.stopped().is_some()).await;
    let told = store.latest().await.unwrap_err();
    let told = std::error::Error::source(&told).unwrap().to_string();
    assert!(told.contains("another one now"), "{told}");
    let refused = add(&store, "b", None, 3).await;
    assert!(
        matches!(refused, Err(AppendError::ReadOnly(_))),
        "{refused:?}"
    );
    under_way.await.unwrap().unwrap_err();
    assert!(written(&new).is_empty());
    assert!(matches!(store.read_only(), Some(ReadOnly::Stopped(_))));
    let told = counted.0.lock().unwrap().clone();
    assert_eq!(told[..2], [true, true]);
    assert!(told[2..].iter().all(|committed| !committed), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copier_that_panics_is_told_of_and_nothing_is_written_any_more() {
    let cluster = cluster(1).await;
    let (clock, faults) = (Arc::new(SystemClock), Arc::new(Faults::default()));
    let copy = MemoryStore::new(clock.clone()).with(faults.clone());
    let store = given::over(settings(&cluster), Arc::new(copy), clock).await;
    let store = store.unwrap();
    add(&store, "a", None, 1).await.unwrap();
    let copier = || store.workers().into_iter().find(|it| it.name == "copier");
    assert!(copier().unwrap().is_up);
    assert!(store.read_only().is_none());
    faults.set("reflect", true);
    let added = add(&store, "a", Some(0), 2).await;
    assert!(added.is_err(), "{added:?}");
    until("it is down", async || !copier().unwrap().is_up).await;
    let why = "it panicked: 'reflect' panics, as a test wants it".to_owned();
    assert_eq!(copier().unwrap().ended, Some(Ended::ForGood(why)));
    assert!(matches!(store.read_only(), Some(ReadOnly::Stopped(_))));
    faults.set("reflect", false);
    let refused = add(&store, "a", Some(1), 3).await;
    assert!(
        matches!(refused, Err(AppendError::ReadOnly(_))),
        "{refused:?}"
    );
}

/// Whether what an observer was told of was a commit, or a failure.
#[derive(Default)]
struct Counted(std::sync::Mutex<Vec<bool>>);

impl CommitObserver for Counted {
    fn committed(&self, commit: &Commit) {
        assert_eq!((commit.appends, commit.events), (1, 1));
        self.0.lock().unwrap().push(true);
    }

    fn failed(&self) {
        self.0.lock().unwrap().push(false);
    }
}
