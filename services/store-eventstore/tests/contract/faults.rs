//! What goes wrong between a node and the cluster, one fault at a time: appends are answered as
//! they came out, once, and what is followed goes on.

use std::sync::Arc;
use std::time::Duration;

use peer::{Cluster, Options, Rpc};
use store::{AppendError, EventStore as _};
use store_eventstore::{EventStoreDb, Settings};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::given::{add, cluster, node, numbers, open, until, written};

/// Adds an event before a fault, one with it, and one after it.
async fn survives(cluster: &Cluster, fault: impl AsyncFnOnce()) -> Arc<EventStoreDb> {
    let store = node(cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    fault().await;
    let with_fault = add(&store, "a", Some(0), 2).await.unwrap();
    assert_eq!(with_fault.places[0].revision.0, 1);
    assert!(!with_fault.repeated, "it wrote it itself");
    add(&store, "b", None, 3).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2, 3]);
    assert_eq!(written(cluster), [1, 2, 3]);
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_reply_is_lost_is_written_once() {
    let cluster = cluster(1).await;
    survives(&cluster, async || cluster.faults().lose_replies(1)).await;
}

/// Where the copy cannot tell, since nothing comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_reply_is_lost_is_read_back() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    cluster.faults().stall_subscriptions(true);
    cluster.faults().lose_replies(1);
    let (reads, appends) = (
        cluster.calls().of(Rpc::Read),
        cluster.calls().of(Rpc::BatchedAppend),
    );
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { add(&store, "a", Some(0), 2).await })
    };
    until("it is read back", async || {
        cluster.calls().of(Rpc::Read) > reads
    })
    .await;
    cluster.faults().stall_subscriptions(false);
    let read_back = waiting.await.unwrap().unwrap();
    assert!(!read_back.repeated, "it wrote it itself");
    assert_eq!(
        cluster.calls().of(Rpc::BatchedAppend),
        appends + 1,
        "it is not sent again"
    );
    assert_eq!(written(&cluster), [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_lost_is_sent_again() {
    let cluster = cluster(1).await;
    survives(&cluster, async || cluster.faults().lose_requests(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_times_out_at_the_server_is_looked_up() {
    for committed in [true, false] {
        let cluster = cluster(1).await;
        survives(&cluster, async || cluster.faults().time_out(1, committed)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_over_to_the_new_leader() {
    let cluster = cluster(3).await;
    survives(&cluster, async || {
        cluster.kill_leader().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_follows_the_leader_that_was_elected() {
    let cluster = cluster(3).await;
    survives(&cluster, async || cluster.elect((cluster.leader() + 1) % 3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_again_is_reached_again() {
    let cluster = cluster(1).await;
    let store = survives(&cluster, async || {
        cluster.down(0).await;
        cluster.up(0).await.unwrap();
    })
    .await;
    // An append that is sent while it is down waits for it.
    cluster.down(0).await;
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { add(&store, "b", Some(0), 4).await })
    };
    until("nothing answers it", async || {
        store.silent_for() > Some(Duration::from_millis(300))
    })
    .await;
    cluster.up(0).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(written(&cluster), [1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_the_server_ends_is_made_anew() {
    let cluster = cluster(1).await;
    survives(&cluster, async || cluster.faults().end_subscriptions()).await;
    survives_break(&cluster).await;
}

/// Another node over the same log, whose subscription breaks.
async fn survives_break(cluster: &Cluster) {
    let store = node(cluster).await;
    cluster.faults().break_subscriptions();
    add(&store, "b", Some(0), 4).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2, 3, 4]);
}

/// The client spins on a stream that was ended well; its thread must not go on for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_thread_is_left_of_a_subscription_that_ended() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    let other = Cluster::start(Options::default()).await.unwrap();
    drop(node(&other).await);
    for number in 0..5_u64 {
        cluster.faults().end_subscriptions();
        let before = number.checked_sub(1);
        add(&store, "a", before, u128::from(number) + 1)
            .await
            .unwrap();
    }
    drop(store);
    until("no thread spins", async || threads("outlay-follow") == 0).await;
}

/// How many threads of this process are called so, while the other tests have theirs too: only
/// those count that have used a second of a processor.
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let is_busy = |task: std::io::Result<std::fs::DirEntry>| {
        let stat = task
            .ok()
            .and_then(|it| std::fs::read_to_string(it.path().join("stat")).ok());
        stat.is_some_and(|stat| {
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split(' ').collect();
            let ticks = fields.get(12).and_then(|it| it.parse::<u64>().ok());
            stat.contains(name) && ticks.is_some_and(|ticks| ticks > 100)
        })
    };
    tasks.filter_map(|task| is_busy(task).then_some(())).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_stalls_is_noticed() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    let subscribed = || cluster.calls().of(Rpc::Subscribe);
    let before = subscribed();
    cluster.faults().stall_subscriptions(true);
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { add(&store, "a", Some(0), 2).await })
    };
    // What was acknowledged does not come, so that another subscription is asked for.
    until("it subscribes again", async || subscribed() > before).await;
    cluster.faults().stall_subscriptions(false);
    waiting.await.unwrap().unwrap();
    assert_eq!(numbers(&store).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_link_is_only_slow() {
    let cluster = cluster(1).await;
    survives(&cluster, async || {
        cluster.faults().delay(Duration::from_millis(150));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_waits_for_a_server_that_is_not_up_yet() {
    // Whoever connects finds that it is no server, so that it is known that it was tried.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    let address = format!("esdb://127.0.0.1:{port}?tls=false");
    let settings = Settings::new(address.parse().unwrap());
    let opening = tokio::spawn(open(settings, Arc::new(store::SystemClock)));
    for _ in 0..3 {
        drop(nobody.accept().await.unwrap());
    }
    drop(nobody);
    let options = Options {
        port: Some(port),
        ..Options::default()
    };
    let cluster = Cluster::start(options).await.unwrap();
    let store = opening.await.unwrap();
    add(&store, "a", None, 1).await.unwrap();
    assert_eq!(written(&cluster), [1]);
}

/// It asks now and then whether there is something, and goes on with what it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_nothing_keeps_its_subscription() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    let (reads, subscriptions) = (
        cluster.calls().of(Rpc::Read),
        cluster.calls().of(Rpc::Subscribe),
    );
    until("it asks", async || cluster.calls().of(Rpc::Read) > reads).await;
    // What was found to be there would have to come within a second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(cluster.calls().of(Rpc::Subscribe), subscriptions);
    let silent_for = store.silent_for().unwrap();
    assert!(silent_for < Duration::from_secs(15), "{silent_for:?}");
}

/// Its ticket is open for as long as the append is tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_nobody_answers_is_unknown_in_the_end() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    cluster.down(0).await;
    let unknown = add(&store, "a", Some(0), 2).await;
    assert!(
        matches!(unknown, Err(AppendError::OutOfReach)),
        "{unknown:?}"
    );
    cluster.up(0).await.unwrap();
    add(&store, "a", Some(0), 2).await.unwrap();
    assert_eq!(written(&cluster), [1, 2]);
}

/// Two nodes, each with half of the streams, while the leader is killed three times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_missing_when_leaders_die() {
    const STREAMS: u128 = 8;
    const EACH: u64 = 150;
    let cluster = Arc::new(cluster(3).await);
    let nodes = [node(&cluster).await, node(&cluster).await];
    let mut writers = JoinSet::new();
    for stream in 0..STREAMS {
        let store = Arc::clone(&nodes[usize::try_from(stream % 2).unwrap()]);
        writers.spawn(async move {
            for revision in 0..EACH {
                let number = stream * 1_000_000 + u128::from(revision);
                let rest = format!("s{stream}");
                // Whoever is told that it is unknown asks again.
                while add(&store, &rest, revision.checked_sub(1), number)
                    .await
                    .is_err()
                {}
            }
        });
    }
    for round in 1..=3 {
        until("much is written", async || {
            written(&cluster).len() >= round * 250
        })
        .await;
        let dead = cluster.kill_leader().await;
        cluster.up(dead).await.unwrap();
    }
    writers.join_all().await;
    let mut all = written(&cluster);
    let log = all.clone();
    all.sort_unstable();
    let expected = (0..STREAMS).flat_map(|stream| {
        (0..u128::from(EACH)).map(move |revision| stream * 1_000_000 + revision)
    });
    assert!(all.into_iter().eq(expected), "each once");
    for store in &nodes {
        store.latest().await.unwrap();
        assert_eq!(numbers(store).await, log);
    }
    let difference =
        store::difference(&*nodes[0], &*nodes[1], events::log::Position(1_200), |_| {});
    assert_eq!(difference.await.unwrap(), None);
}
