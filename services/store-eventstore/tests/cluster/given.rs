//! Stores over a peer, and appends in few words.

use std::sync::Arc;

use peer::{Cluster, Options};
use store::{Clock, EventStore as _, MemoryStore, Mirror, SystemClock};
use store_eventstore::{EventStoreDb, Settings};

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

/// A store over `settings` with an empty copy in memory, once it has everything.
pub(crate) async fn open(settings: Settings, clock: Arc<dyn Clock>) -> Arc<EventStoreDb> {
    let copy: Arc<dyn Mirror> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let store = EventStoreDb::open(settings, copy, clock).await.unwrap();
    store.latest().await.unwrap();
    Arc::new(store)
}
