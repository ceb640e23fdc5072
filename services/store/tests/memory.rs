//! The in-memory store keeps the contract.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use store::memory::MemoryLog;
use store::{Clock, EventStore, MemoryStore};

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
