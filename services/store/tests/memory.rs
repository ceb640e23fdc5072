//! The in-memory store keeps the contract.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use store::memory::MemoryLog;
use store::{Clock, EventStore, MemoryStore, Mirror, Replica};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_keeps_the_contract() {
    let logs: Mutex<BTreeMap<&str, MemoryLog>> = Mutex::default();
    let open = async |name, clock: Arc<dyn Clock>| {
        let log = logs.lock().unwrap().entry(name).or_default().clone();
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::open(log, clock));
        store
    };
    store::contract::check(open).await;
}

#[tokio::test]
async fn the_memory_store_takes_over_logs() {
    let open = async |_, clock| {
        let store: Arc<dyn Replica> = Arc::new(MemoryStore::new(clock));
        store
    };
    store::contract::check_replica(open).await;
    let log = MemoryLog::default();
    let open = async |clock| {
        let store: Arc<dyn Mirror> = Arc::new(MemoryStore::open(log.clone(), clock));
        store
    };
    store::contract::check_mirror(open).await;
}
