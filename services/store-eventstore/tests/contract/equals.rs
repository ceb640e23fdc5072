//! Equal appends of two nodes: the cluster keeps one and tells both that it has it, so that each
//! node has to find out whose it is.

use std::sync::Arc;

use peer::{Cluster, Rpc};
use store::memory::Gate;
use store::{Append, AppendError, Appended, EventStore as _, MemoryStore, NoSeal, SystemClock};
use store_eventstore::EventStoreDb;
use tokio::task::JoinHandle;

use crate::given::{append, cluster, node, over, settings, until, written};

/// A node whose copy takes nothing while the gate is closed.
async fn behind(cluster: &Cluster) -> (Arc<EventStoreDb>, Arc<Gate>) {
    let (gate, clock) = (Arc::new(Gate::default()), Arc::new(SystemClock));
    let copy = MemoryStore::new(clock.clone()).behind(Arc::clone(&gate));
    let store = over(settings(cluster), Arc::new(copy), clock).await;
    let store = Arc::new(store.unwrap());
    store.latest().await.unwrap();
    (store, gate)
}

/// The events with these numbers as one append to an empty stream.
fn numbered(numbers: impl IntoIterator<Item = u128>) -> Append {
    let events = numbers
        .into_iter()
        .flat_map(|number| append("a", None, number).events);
    Append {
        events: events.collect(),
        ..append("a", None, 1)
    }
}

fn send(store: &Arc<EventStoreDb>, all: Append) -> JoinHandle<Result<Appended, AppendError>> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.append(all, &NoSeal::shared()).await })
}

async fn tried(cluster: &Cluster, appends: usize) {
    let tried = || cluster.calls().of(Rpc::BatchedAppend);
    until("it is tried", async || tried() >= appends).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_lags_behind_is_told_that_another_wrote_first() {
    let cluster = cluster(1).await;
    let ahead = node(&cluster).await;
    let (lags, gate) = behind(&cluster).await;
    gate.close(true);
    let first = send(&ahead, numbered(1..=3)).await.unwrap().unwrap();
    let second = send(&lags, numbered(1..=3));
    tried(&cluster, 2).await;
    gate.close(false);
    let second = second.await.unwrap().unwrap();
    assert_eq!((first.repeated, second.repeated), (false, true));
    assert_eq!(first.places, second.places);
    assert_eq!(written(&cluster), [1, 2, 3]);
}

/// Neither node hears of anything before both have sent it, and what was answered may be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_equals_at_once_one_is_a_repeat() {
    for lost in 0..=2 {
        let cluster = cluster(1).await;
        let nodes = [node(&cluster).await, node(&cluster).await];
        cluster.faults().stall_subscriptions(true);
        cluster.faults().lose_replies(lost);
        let both = nodes.each_ref().map(|node| send(node, numbered([1, 2])));
        tried(&cluster, 2).await;
        cluster.faults().stall_subscriptions(false);
        let mut repeated = Vec::new();
        for one in both {
            repeated.push(one.await.unwrap().unwrap().repeated);
        }
        repeated.sort_unstable();
        assert_eq!(repeated, [false, true], "{lost} replies were lost");
        assert_eq!(written(&cluster), [1, 2]);
    }
}

/// What one node writes in two appends another sends in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_another_node_wrote_in_two_is_a_repeat() {
    let cluster = cluster(1).await;
    let ahead = node(&cluster).await;
    let (lags, gate) = behind(&cluster).await;
    gate.close(true);
    send(&ahead, numbered([1])).await.unwrap().unwrap();
    let between = append("b", None, 7);
    send(&ahead, between).await.unwrap().unwrap();
    send(&ahead, append("a", Some(0), 2))
        .await
        .unwrap()
        .unwrap();
    let whole = send(&lags, numbered([1, 2]));
    tried(&cluster, 4).await;
    gate.close(false);
    let whole = whole.await.unwrap().unwrap();
    assert!(whole.repeated);
    let positions: Vec<u64> = whole.places.iter().map(|it| it.position.0).collect();
    assert_eq!(positions, [1, 3]);
    assert_eq!(written(&cluster), [1, 7, 2]);
}

/// Whoever was told that it is unknown asks again: it was another append that wrote it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_append_of_unknown_outcome_wrote_is_a_repeat() {
    let cluster = cluster(1).await;
    let (store, gate) = behind(&cluster).await;
    gate.close(true);
    let given_up = send(&store, numbered([1]));
    until("it is written", async || written(&cluster) == [1]).await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    let again = send(&store, numbered([1]));
    gate.close(false);
    assert!(again.await.unwrap().unwrap().repeated);
    assert_eq!(written(&cluster), [1]);
}
