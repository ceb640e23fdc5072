//! What is made to go wrong goes wrong in that way and no other.

use std::time::{Duration, Instant};

use eventstore::{
    BatchAppendOptions, Error, ReadAllOptions, StreamPosition, StreamState, SubscribeToAllOptions,
    Subscription, SubscriptionFilter,
};
use peer::Rpc;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{alone, append, client, events, hear, written};

/// Long enough for a message that is on its way.
const A_MOMENT: Duration = Duration::from_millis(200);

fn lines() -> SubscribeToAllOptions {
    SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix("line-"))
}

#[tokio::test]
async fn a_lost_reply_leaves_the_append_in_the_log() {
    let cluster = alone().await;
    let client = client(&cluster);
    cluster.faults().lose_replies(1);

    let lost = append(&client, "line-1", StreamState::NoStream, &[1]).await;
    assert!(matches!(lost, Err(Error::ServerError(_))), "{lost:?}");
    assert_eq!(written(&cluster), [1]);

    let repeated = append(&client, "line-1", StreamState::NoStream, &[1]).await;
    assert_eq!(repeated.expect("known").next_expected_version, 0);
    assert_eq!(written(&cluster), [1]);
}

#[tokio::test]
async fn a_lost_request_leaves_nothing() {
    let cluster = alone().await;
    let client = client(&cluster);
    cluster.faults().lose_requests(2);

    for _ in 0..2 {
        let lost = append(&client, "line-1", StreamState::NoStream, &[1]).await;
        assert!(matches!(lost, Err(Error::ServerError(_))), "{lost:?}");
        assert_eq!(written(&cluster), []);
    }

    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("the third goes through");
    assert_eq!(cluster.calls().of(Rpc::Append), 3);
}

#[tokio::test]
async fn a_time_out_says_nothing_of_what_was_committed() {
    for (committed, expected) in [(false, vec![]), (true, vec![1])] {
        let cluster = alone().await;
        let client = client(&cluster);
        cluster.faults().time_out(1, committed);

        let unknown = append(&client, "line-1", StreamState::NoStream, &[1]).await;

        let Err(Error::Grpc { code, message }) = unknown else {
            panic!("{unknown:?}");
        };
        assert_eq!(code, tonic::Code::Aborted);
        assert!(message.starts_with("Operation timed out"), "{message}");
        assert_eq!(written(&cluster), expected);
    }
}

#[tokio::test]
async fn a_lost_reply_breaks_a_batch_as_a_whole() {
    let cluster = alone().await;
    let client = client(&cluster);
    let options = BatchAppendOptions::default();
    let batch = client.batch_append(&options).await.expect("a call");
    cluster.faults().lose_replies(1);

    let first = batch.append_to_stream("line-1", StreamState::NoStream, events(&[1]));
    let second = batch.append_to_stream("line-2", StreamState::NoStream, events(&[2]));
    let (first, second) = tokio::join!(first, second);

    assert!(matches!(first, Err(Error::ServerError(_))), "{first:?}");
    assert!(matches!(second, Err(Error::ServerError(_))), "{second:?}");
    assert_eq!(written(&cluster), [1], "the second was not read any more");
}

#[tokio::test]
async fn a_batch_says_which_append_timed_out() {
    let cluster = alone().await;
    let client = client(&cluster);
    let options = BatchAppendOptions::default();
    let batch = client.batch_append(&options).await.expect("a call");
    cluster.faults().time_out(1, true);

    let unknown = batch
        .append_to_stream("line-1", StreamState::NoStream, events(&[1]))
        .await
        .expect_err("it timed out");

    assert!(unknown.to_string().contains("Timeout"), "{unknown}");
    assert_eq!(written(&cluster), [1]);
}

#[tokio::test]
async fn broken_subscriptions_end_as_unavailable_and_new_ones_begin() {
    let cluster = alone().await;
    let client = client(&cluster);
    let mut subscription = client.subscribe_to_all(&lines()).await;
    let begun = ["confirmed", "checkpoint", "caught up"];
    assert_eq!(hear(&mut subscription, 3).await, begun);

    cluster.faults().break_subscriptions();

    let broken = subscription.next().await;
    assert!(matches!(broken, Err(Error::ServerError(_))), "{broken:?}");
    let mut another = client.subscribe_to_all(&lines()).await;
    assert_eq!(hear(&mut another, 3).await, begun);
}

#[tokio::test]
async fn stalled_subscriptions_are_silent_and_then_tell_everything() {
    let cluster = alone().await;
    let client = client(&cluster);
    let mut open = listen(client.subscribe_to_all(&lines()).await);
    assert_eq!(
        next(&mut open, 3).await,
        ["confirmed", "checkpoint", "caught up"]
    );

    cluster.faults().stall_subscriptions(true);
    let mut new = listen(client.subscribe_to_all(&lines()).await);
    append(&client, "line-1", StreamState::NoStream, &[1, 2])
        .await
        .expect("appends go on");
    assert!(timeout(A_MOMENT, open.recv()).await.is_err());
    assert!(timeout(A_MOMENT, new.recv()).await.is_err());

    cluster.faults().stall_subscriptions(false);
    assert_eq!(next(&mut open, 2).await, ["0@line-1", "1@line-1"]);
    let all = [
        "confirmed",
        "0@line-1",
        "1@line-1",
        "checkpoint",
        "caught up",
    ];
    assert_eq!(next(&mut new, 5).await, all);
}

/// Has a task hear a subscription: this client forgets one whose next message is not waited for
/// to the end, and begins another.
fn listen(mut subscription: Subscription) -> mpsc::UnboundedReceiver<String> {
    let (said, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = hear(&mut subscription, 1).await.pop() {
            if said.send(message).is_err() {
                return;
            }
        }
    });
    heard
}

async fn next(heard: &mut mpsc::UnboundedReceiver<String>, messages: usize) -> Vec<String> {
    let mut next = Vec::new();
    for _ in 0..messages {
        next.push(heard.recv().await.expect("somebody listens"));
    }
    next
}

#[tokio::test]
async fn a_slow_link_delays_messages_together_and_in_order() {
    let by = Duration::from_millis(100);
    let cluster = alone().await;
    let client = client(&cluster);
    let ids: Vec<u128> = (1..=40).collect();
    cluster.faults().delay(by);

    let began = Instant::now();
    append(&client, "line-1", StreamState::NoStream, &ids)
        .await
        .expect("new");
    assert!(began.elapsed() >= by);

    let began = Instant::now();
    let options = ReadAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix("line-"));
    let mut read = client.read_all(&options).await.expect("a call");
    let mut found = Vec::new();
    while let Some(event) = read.next().await.expect("an event") {
        found.push(event.get_original_event().id.as_u128());
    }
    assert_eq!(found, ids);
    assert!(began.elapsed() >= by);
    assert!(
        began.elapsed() < by * 20,
        "forty messages do not wait one by one"
    );
}
