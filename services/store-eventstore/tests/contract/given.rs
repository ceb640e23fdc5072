//! Stores over a peer, and appends in few words.

use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Origin, Position, Revision, Stored, StreamName};
use peer::{Cluster, Options};
use store::{
    Append, AppendError, Appended, Clock, EventStore, Expected, MemoryStore, Mirror, NewEvent,
    NoObserver, NoSeal, SystemClock,
};
use store_eventstore::{EventStoreDb, OpenError, Settings};
use uuid::Uuid;

/// A peer of `nodes`.
pub(crate) async fn cluster(nodes: usize) -> Cluster {
    let options = Options {
        nodes,
        ..Options::default()
    };
    Cluster::start(options).await.unwrap()
}

/// How `cluster` is reached.
pub(crate) fn settings(cluster: &Cluster) -> Settings {
    Settings::new(cluster.connection_string().parse().unwrap())
}

/// An empty copy in memory.
pub(crate) fn memory() -> Arc<dyn Mirror> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

/// A store over `settings` with `copy`, that nobody counts the appends of.
pub(crate) async fn over(
    settings: Settings,
    copy: Arc<dyn Mirror>,
    clock: Arc<dyn Clock>,
) -> Result<EventStoreDb, OpenError> {
    EventStoreDb::open(settings, copy, clock, Arc::new(NoObserver)).await
}

/// A store over `settings` with an empty copy in memory, once it has everything.
pub(crate) async fn open(settings: Settings, clock: Arc<dyn Clock>) -> Arc<EventStoreDb> {
    let store = over(settings, memory(), clock).await.unwrap();
    store.latest().await.unwrap();
    Arc::new(store)
}

/// A store over `cluster` with the clock of this machine.
pub(crate) async fn node(cluster: &Cluster) -> Arc<EventStoreDb> {
    open(settings(cluster), Arc::new(SystemClock)).await
}

/// The stream `rest` of lines.
pub(crate) fn stream(rest: &str) -> StreamName {
    StreamName::new("line", rest)
}

/// An append of one event with the id `number` to a stream of which `before` is the last revision.
pub(crate) fn append(rest: &str, before: Option<u64>, number: u128) -> Append {
    let new = NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: "local".to_owned(),
            correlation_id: Uuid::nil(),
            causation_id: None,
        },
        event: Stored {
            name: "line.tested".to_owned(),
            version: 1,
            data: format!("{{\"number\":\"{number}\"}}"),
        },
    };
    Append {
        stream: stream(rest),
        expected: Expected::from(before.map(Revision)),
        events: vec![new],
    }
}

/// What `store` makes of such an append.
pub(crate) async fn add(
    store: &EventStoreDb,
    rest: &str,
    before: Option<u64>,
    number: u128,
) -> Result<Appended, AppendError> {
    let append = append(rest, before, number);
    store.append(append, &NoSeal::shared()).await
}

/// The numbers of the events in `store`, in the order of the log.
pub(crate) async fn numbers(store: &EventStoreDb) -> Vec<u128> {
    let all = store.read(Position::START, usize::MAX).await.unwrap();
    all.iter().map(|one| one.id.0.as_u128()).collect()
}

/// How often each event of ours is in the log of `cluster`.
pub(crate) fn written(cluster: &Cluster) -> Vec<u128> {
    let ours = |it: &peer::LoggedEvent| it.stream.starts_with("line-");
    let events = cluster.events().into_iter().filter(ours);
    events.map(|it| it.id.as_u128()).collect()
}

/// Waits until it is so, for half a minute at most.
pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(waited.is_ok(), "it is still not so that {what}");
}
