//! The contract of the port, the same as every other adapter's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use peer::Cluster;
use store::{Clock, EventStore, Replica};
use store_eventstore::{EventStoreDb, Settings};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

use crate::given;

/// A cluster for each log, by its name.
#[derive(Default)]
struct Clusters(AsyncMutex<BTreeMap<&'static str, Cluster>>);

impl Clusters {
    async fn open(&self, name: &'static str, clock: Arc<dyn Clock>) -> Arc<EventStoreDb> {
        let mut clusters = self.0.lock().await;
        if !clusters.contains_key(name) {
            clusters.insert(name, given::cluster(1).await);
        }
        let settings = given::settings(&clusters[name]);
        drop(clusters);
        given::open(settings, clock).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_the_contract_over_the_peer() {
    let clusters = Clusters::default();
    let open = async |name, clock| {
        let store: Arc<dyn EventStore> = clusters.open(name, clock).await;
        store
    };
    store::contract::check(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_takes_over_logs_over_the_peer() {
    let clusters = Clusters::default();
    let open = async |name, clock| {
        let store: Arc<dyn Replica> = clusters.open(name, clock).await;
        store
    };
    store::contract::check_replica(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_the_contract_over_a_real_cluster() {
    let Ok(url) = std::env::var("KURRENTDB_URL") else {
        // As `tests/run` says too, where nobody holds it back.
        eprintln!("KURRENTDB_URL names no cluster: nothing was tested over a real one");
        return;
    };
    let logs: Mutex<BTreeMap<&str, Uuid>> = Mutex::default();
    // A cluster has one log, and events cannot be taken from it: each test's has a prefix of its own.
    let settings = |name| {
        let log = *logs
            .lock()
            .unwrap()
            .entry(name)
            .or_insert_with(Uuid::new_v4);
        let mut settings = Settings::new(url.parse().unwrap());
        settings.stream_prefix = format!("test.{}.", log.simple()).parse().unwrap();
        settings
    };
    let open = async |name, clock| {
        let store: Arc<dyn EventStore> = given::open(settings(name), clock).await;
        store
    };
    store::contract::check(open).await;
    let open = async |name, clock| {
        let store: Arc<dyn Replica> = given::open(settings(name), clock).await;
        store
    };
    store::contract::check_replica(open).await;
}
