//! The SQLite store keeps the contract, on a real disk.

mod folder;

use std::sync::Arc;

use folder::Folder;
use store::{Clock, EventStore};
use store_sqlite::SqliteStore;

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
