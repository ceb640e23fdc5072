//! The peer, asked by the client that our store uses. Each call is made as a program would.

#![expect(clippy::expect_used, reason = "all of it is a test")]

mod appends;
mod faults;
mod nodes;
mod reads;
mod secured;
mod subscriptions;

use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, Error, EventData, StreamState, Subscription,
    SubscriptionEvent, WriteResult,
};
use peer::{Cluster, Options};
use uuid::Uuid;

/// A cluster of one node.
async fn alone() -> Cluster {
    start(Options::default()).await
}

async fn start(options: Options) -> Cluster {
    Cluster::start(options).await.expect("the cluster starts")
}

fn client(cluster: &Cluster) -> Client {
    connect(&cluster.connection_string())
}

fn connect(to: &str) -> Client {
    let settings: ClientSettings = to.parse().expect("a connection string");
    Client::new(settings).expect("a client")
}

/// An event with a payload that names it.
fn event(id: u128) -> EventData {
    EventData::binary("noted", format!("event {id}").into()).id(Uuid::from_u128(id))
}

fn events(ids: &[u128]) -> Vec<EventData> {
    ids.iter().copied().map(event).collect()
}

async fn append(
    client: &Client,
    stream: &str,
    state: StreamState,
    ids: &[u128],
) -> Result<WriteResult, Error> {
    let options = AppendToStreamOptions::default().stream_state(state);
    client.append_to_stream(stream, &options, events(ids)).await
}

/// The ids that the log has in streams of lines, in its order.
fn written(cluster: &Cluster) -> Vec<u128> {
    let events = cluster.events().into_iter();
    events
        .filter(|event| event.stream.starts_with("line-"))
        .map(|event| event.id.as_u128())
        .collect()
}

/// What a subscription says, as words: tests compare lists of them.
async fn hear(subscription: &mut Subscription, messages: usize) -> Vec<String> {
    let mut heard = Vec::new();
    for _ in 0..messages {
        heard.push(match subscription.next_subscription_event().await {
            Ok(SubscriptionEvent::Confirmed(_)) => "confirmed".to_owned(),
            Ok(SubscriptionEvent::EventAppeared(event)) => {
                let event = event.get_original_event();
                format!("{}@{}", event.revision, event.stream_id())
            }
            Ok(SubscriptionEvent::CaughtUp(_)) => "caught up".to_owned(),
            Ok(SubscriptionEvent::Checkpoint(_)) => "checkpoint".to_owned(),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("{error}"),
        });
    }
    heard
}
