//! What the cluster or this store will not have, and what is told then.

use std::sync::Arc;
use std::time::Duration;

use events::log::{Position, Recorded, Revision, Stored};
use peer::{Cluster, Options, Rpc};
use store::memory::Gate;
use store::{
    AppendError, EventStore as _, MemoryStore, NoSeal, Place, ReadError, Seal, SealError,
    SystemClock,
};
use store_eventstore::{EventStoreDb, OpenError, Settings};

use crate::given::{
    add, append, cluster, memory, node, numbers, over, settings, stream, until, written,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_second_learns_what_was_first() {
    let cluster = cluster(1).await;
    let (here, there) = (node(&cluster).await, node(&cluster).await);
    add(&here, "a", None, 1).await.unwrap();
    there.latest().await.unwrap();
    cluster.faults().stall_subscriptions(true);
    let first = {
        let here = Arc::clone(&here);
        tokio::spawn(async move { add(&here, "a", Some(0), 2).await })
    };
    let tried = || cluster.calls().of(Rpc::BatchedAppend);
    until("the first is tried", async || tried() >= 2).await;
    // The other has not heard of it, and asks the server.
    let second = {
        let there = Arc::clone(&there);
        tokio::spawn(async move { add(&there, "a", Some(0), 3).await })
    };
    until("the second is tried", async || tried() >= 3).await;
    cluster.faults().stall_subscriptions(false);
    first.await.unwrap().unwrap();
    let other = second.await.unwrap();
    let Err(AppendError::Conflict { current, .. }) = other else {
        unreachable!("a conflict was due, not {other:?}");
    };
    assert_eq!(current, Some(Revision(1)));
    // And knows it as soon as it is told.
    assert_eq!(there.stream_head(&stream("a")).await.unwrap(), current);
    assert_eq!(written(&cluster), [1, 2]);
}

/// Two batches that begin alike, sent to two nodes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_of_which_another_node_wrote_a_part_is_a_conflict() {
    let cluster = cluster(1).await;
    let (here, there) = (node(&cluster).await, node(&cluster).await);
    cluster.faults().stall_subscriptions(true);
    let send = |store: &Arc<EventStoreDb>, count| {
        let (store, mut all) = (Arc::clone(store), append("a", None, 1));
        all.events
            .extend((2..=count).flat_map(|number| append("a", None, number).events));
        tokio::spawn(async move { store.append(all, &NoSeal::shared()).await })
    };
    let part = send(&there, 3);
    until("a part is written", async || written(&cluster).len() == 3).await;
    let whole = send(&here, 5);
    until("the whole is tried", async || {
        cluster.calls().of(Rpc::BatchedAppend) >= 2
    })
    .await;
    cluster.faults().stall_subscriptions(false);
    part.await.unwrap().unwrap();
    let Err(AppendError::Conflict { current, .. }) = whole.await.unwrap() else {
        unreachable!("a part of it is there");
    };
    assert_eq!(current, Some(Revision(2)));
    // And it is here, though nothing else came.
    assert_eq!(here.stream_head(&stream("a")).await.unwrap(), current);
    assert_eq!(written(&cluster), [1, 2, 3]);
}

/// Has another node write the same, just before its own is sent.
struct Overtaken(Arc<EventStoreDb>);

impl Seal for Overtaken {
    fn seal(&self, _: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError> {
        tokio::task::block_in_place(|| {
            let wrote = add(&self.0, "a", None, 1);
            tokio::runtime::Handle::current().block_on(wrote).unwrap();
            // It comes to the first node too, which is about to write it into its copy.
            std::thread::sleep(Duration::from_millis(300));
        });
        Ok(Vec::new())
    }

    fn withdraw(&self, _: Position) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_equal_that_another_node_wrote_is_answered_when_it_is_in_the_copy() {
    let cluster = cluster(1).await;
    let (gate, clock) = (Arc::new(Gate::default()), Arc::new(SystemClock));
    let copy = Arc::new(MemoryStore::new(clock.clone()).behind(gate.clone()));
    let here = Arc::new(over(settings(&cluster), copy, clock).await.unwrap());
    let there = node(&cluster).await;
    // Both subscribe.
    add(&there, "b", None, 7).await.unwrap();
    here.latest().await.unwrap();
    let subscriptions = cluster.calls().of(Rpc::Subscribe);
    gate.close(true);
    let same = {
        let here = Arc::clone(&here);
        let seal: Arc<dyn Seal> = Arc::new(Overtaken(Arc::clone(&there)));
        tokio::spawn(async move { here.append(append("a", None, 1), &seal).await })
    };
    until("it is written", async || gate.holds()).await;
    // Its own may be sent, and answered, meanwhile.
    tokio::time::sleep(Duration::from_millis(300)).await;
    gate.close(false);
    let first = there.at(Position(2)).await.unwrap().unwrap();
    let same = same.await.unwrap().unwrap();
    assert!(same.repeated);
    assert_eq!(same.places, [Place::from(&first)]);
    assert_eq!(cluster.calls().of(Rpc::Subscribe), subscriptions);
    assert_eq!(written(&cluster), [7, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_append_takes_no_other_along() {
    let cluster = cluster(1).await;
    let (here, there) = (node(&cluster).await, node(&cluster).await);
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..200_u128 {
        for (node, store) in [(1, &here), (2, &there)] {
            let store = Arc::clone(store);
            crowd.spawn(async move {
                // Every other one is for the same revision of one stream.
                let rest = if number % 2 == 0 {
                    "one".to_owned()
                } else {
                    format!("s{number}")
                };
                let id = if number % 2 == 0 {
                    node * 1_000 + number
                } else {
                    number
                };
                (number, add(&store, &rest, None, id).await)
            });
        }
    }
    let mut first = 0;
    for (number, outcome) in crowd.join_all().await {
        match outcome {
            Ok(_) if number % 2 == 0 => first += 1,
            Ok(_) => {}
            Err(AppendError::Conflict { .. }) if number % 2 == 0 => {}
            other => unreachable!("{number}: {other:?}"),
        }
    }
    assert_eq!(first, 1);
    // Of equals, each once.
    assert_eq!(written(&cluster).len(), 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_larger_than_the_server_takes_is_refused() {
    let options = Options {
        max_append_size: 4_096,
        ..Options::default()
    };
    let cluster = Cluster::start(options).await.unwrap();
    let large = |rest| {
        let mut large = append(rest, None, 1);
        large.events[0].event.data = format!("\"{}\"", "x".repeat(5_000));
        large
    };
    let told_rightly = Settings {
        max_append_bytes: 4_096,
        ..settings(&cluster)
    };
    for (rest, settings, limit) in [
        ("a", told_rightly, Some(4_096)),
        ("b", settings(&cluster), None),
    ] {
        let store = crate::given::open(settings, Arc::new(SystemClock)).await;
        let refused = store.append(large(rest), &NoSeal::shared()).await;
        let Err(AppendError::TooLarge { bytes, most }) = refused else {
            unreachable!("it is too large: {refused:?}");
        };
        assert!(bytes > 5_000);
        assert_eq!(most, limit);
        let number = u128::from(rest.as_bytes()[0]);
        add(&store, rest, None, number).await.unwrap();
        assert_eq!(numbers(&store).await.last(), Some(&number));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_refused_and_a_right_one_is_not() {
    let options = Options {
        tls: true,
        credentials: Some(("outlay".to_owned(), "ge@heim/?%".to_owned())),
        ..Options::default()
    };
    let cluster = Cluster::start(options).await.unwrap();
    add(&*node(&cluster).await, "a", None, 1).await.unwrap();
    let wrong = cluster.connection_string().replace("heim", "falsch");
    let settings = Settings::new(wrong.parse().unwrap());
    let refused = over(settings, memory(), Arc::new(SystemClock)).await;
    let refused = refused.err().unwrap();
    assert!(matches!(refused, OpenError::Denied { .. }), "{refused}");
    assert!(!refused.to_string().contains("falsch"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_others_are_passed_over() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    cluster.append_foreign("orders-1", "order.placed", "{}");
    add(&store, "a", None, 1).await.unwrap();
    cluster.append_foreign("lines-1", "line.tested", "{}");
    let second = add(&store, "a", Some(0), 2).await.unwrap();
    assert_eq!(second.places[0].position, Position(2));
}

/// Skipping it would lose data; the rest of the log is not folded, and nothing is taken any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_in_our_streams_that_is_not_ours_stops_the_store() {
    let cluster = cluster(1).await;
    let store = node(&cluster).await;
    add(&store, "a", None, 1).await.unwrap();
    cluster.append_foreign("line-b", "line.tested", "{}");
    let Err(ReadError::Engine(cause)) = store.latest().await else {
        unreachable!("it is not ours");
    };
    let told = cause.to_string();
    assert!(told.contains("stream 'line-b', revision 0"), "{told}");
    assert!(told.contains("stream_prefix"), "{told}");
    assert!(store.stopped().is_some());
    let refused = add(&store, "a", Some(0), 2).await;
    assert!(
        matches!(refused, Err(AppendError::ReadOnly(_))),
        "{refused:?}"
    );
    // What was folded is there.
    let kept = store.read_stream(&stream("a"), Revision(0), 9).await;
    assert_eq!(kept.unwrap().len(), 1);
}
