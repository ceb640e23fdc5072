//! Subscriptions: what was before, then what comes.

use eventstore::{
    Error, Position, StreamPosition, StreamState, SubscribeToAllOptions, SubscribeToStreamOptions,
    SubscriptionFilter,
};
use peer::Cluster;

use super::{alone, append, client, hear, start};

fn all() -> SubscribeToAllOptions {
    SubscribeToAllOptions::default().position(StreamPosition::Start)
}

fn of_lines() -> SubscriptionFilter {
    SubscriptionFilter::on_stream_name().add_prefix("line-")
}

/// The position of an event.
fn place(cluster: &Cluster, id: u128) -> StreamPosition<Position> {
    let events = cluster.events();
    let found = events.iter().find(|event| event.id.as_u128() == id);
    let position = found.expect("the event is there").position;
    StreamPosition::Position(Position {
        commit: position,
        prepare: position,
    })
}

#[tokio::test]
async fn the_whole_log_is_caught_up_with_and_then_live() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2])
        .await
        .expect("new");

    let mut subscription = client.subscribe_to_all(&all().filter(of_lines())).await;
    let before = hear(&mut subscription, 5).await;
    append(&client, "line-2", StreamState::NoStream, &[3])
        .await
        .expect("new");
    let live = hear(&mut subscription, 1).await;

    let expected = [
        "confirmed",
        "0@line-1",
        "1@line-1",
        "checkpoint",
        "caught up",
    ];
    assert_eq!(before, expected);
    assert_eq!(live, ["0@line-2"]);
}

#[tokio::test]
async fn without_a_filter_other_programs_and_the_server_are_heard_too() {
    let cluster = start(peer::Options {
        stats_every: 2,
        ..peer::Options::default()
    })
    .await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");
    cluster.append_foreign("orders-7", "placed", "{}");

    let mut subscription = client.subscribe_to_all(&all()).await;

    let expected = [
        "confirmed",
        "0@$settings",
        "0@line-1",
        "0@orders-7",
        "0@$stats-127.0.0.1:2113",
        "caught up",
    ];
    assert_eq!(hear(&mut subscription, 6).await, expected);
}

#[tokio::test]
async fn it_goes_on_after_a_position() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2, 3])
        .await
        .expect("new");
    let options = all().position(place(&cluster, 2));

    let mut subscription = client.subscribe_to_all(&options).await;

    let expected = ["confirmed", "2@line-1", "caught up"];
    assert_eq!(hear(&mut subscription, 3).await, expected);
}

#[tokio::test]
async fn a_position_between_two_events_is_refused() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2])
        .await
        .expect("new");
    let StreamPosition::Position(Position { commit, prepare }) = place(&cluster, 1) else {
        panic!("a position");
    };
    let between = StreamPosition::Position(Position {
        commit: commit + 1,
        prepare: prepare + 1,
    });

    let mut subscription = client.subscribe_to_all(&all().position(between)).await;

    let refused = subscription.next().await;
    let Err(Error::Grpc { message, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(message, "Trying to read from an invalid position.");
}

#[tokio::test]
async fn checkpoints_pass_what_a_filter_leaves_out() {
    let cluster = alone().await;
    let client = client(&cluster);
    let filter = of_lines().max(2);
    let mut subscription = client.subscribe_to_all(&all().filter(filter)).await;
    let begun = ["confirmed", "checkpoint", "caught up"];
    assert_eq!(hear(&mut subscription, 3).await, begun);

    for _ in 0..4 {
        cluster.append_foreign("orders-7", "placed", "{}");
    }
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");

    let heard = hear(&mut subscription, 3).await;
    assert_eq!(heard, ["checkpoint", "checkpoint", "0@line-1"]);
}

#[tokio::test]
async fn a_stream_is_followed_after_a_revision() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2, 3])
        .await
        .expect("new");
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Position(0));

    let mut subscription = client.subscribe_to_stream("line-1", &options).await;
    let before = hear(&mut subscription, 4).await;
    append(&client, "line-2", StreamState::NoStream, &[4])
        .await
        .expect("new");
    append(&client, "line-1", StreamState::StreamRevision(2), &[5])
        .await
        .expect("at 2");

    assert_eq!(before, ["confirmed", "1@line-1", "2@line-1", "caught up"]);
    assert_eq!(hear(&mut subscription, 1).await, ["3@line-1"]);
}

#[tokio::test]
async fn a_stream_that_is_not_there_yet_is_waited_for() {
    let cluster = alone().await;
    let client = client(&cluster);
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Start);

    let mut subscription = client.subscribe_to_stream("line-1", &options).await;
    assert_eq!(hear(&mut subscription, 2).await, ["confirmed", "caught up"]);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");

    assert_eq!(hear(&mut subscription, 1).await, ["0@line-1"]);
}

#[tokio::test]
async fn who_follows_a_stream_is_told_that_it_is_gone_for_ever() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::End);
    let mut subscription = client.subscribe_to_stream("line-1", &options).await;
    assert_eq!(hear(&mut subscription, 2).await, ["confirmed", "caught up"]);

    client
        .tombstone_stream("line-1", &eventstore::TombstoneStreamOptions::default())
        .await
        .expect("it is there");

    let gone = subscription.next().await;
    assert!(matches!(gone, Err(Error::ResourceDeleted)), "{gone:?}");
}

#[tokio::test]
async fn a_long_log_comes_whole_and_in_order() {
    let cluster = alone().await;
    let client = client(&cluster);
    let ids: Vec<u128> = (1..=500).collect();
    for (some, number) in ids.chunks(100).zip(0..) {
        append(
            &client,
            &format!("line-{number}"),
            StreamState::NoStream,
            some,
        )
        .await
        .expect("new");
    }

    let mut subscription = client.subscribe_to_all(&all().filter(of_lines())).await;

    let mut found = Vec::new();
    for _ in &ids {
        let event = subscription.next().await.expect("an event");
        found.push(event.get_original_event().id.as_u128());
    }
    assert_eq!(found, ids);
}
