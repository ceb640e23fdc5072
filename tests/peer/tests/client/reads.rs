//! Reads of a stream and of the whole log, either way, with filters.

use std::time::Duration;

use eventstore::{
    Client, DeleteStreamOptions, Error, Position, ReadAllOptions, ReadStream, ReadStreamOptions,
    StreamPosition, StreamState, SubscriptionFilter, TombstoneStreamOptions,
};

use super::{alone, append, client};

/// What a read gives, as words.
async fn all_of(mut read: ReadStream) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        match read.next().await {
            Ok(Some(event)) => {
                let event = event.get_original_event();
                found.push(format!("{}@{}", event.revision, event.stream_id()));
            }
            Ok(None) => return found,
            Err(error) => {
                found.push(error.to_string());
                return found;
            }
        }
    }
}

async fn stream(client: &Client, options: ReadStreamOptions) -> Vec<String> {
    let read = client.read_stream("line-1", &options).await;
    all_of(read.expect("the call is made")).await
}

async fn all(client: &Client, options: ReadAllOptions) -> Vec<String> {
    let read = client.read_all(&options).await;
    all_of(read.expect("the call is made")).await
}

#[tokio::test]
async fn a_stream_is_read_either_way_from_any_revision() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2, 3])
        .await
        .expect("new");
    let options = || ReadStreamOptions::default();

    let forwards = options().position(StreamPosition::Position(1));
    let backwards = options().backwards().position(StreamPosition::End);
    let from_the_middle = options().backwards().position(StreamPosition::Position(1));

    assert_eq!(stream(&client, forwards).await, ["1@line-1", "2@line-1"]);
    assert_eq!(
        stream(&client, backwards.max_count(2)).await,
        ["2@line-1", "1@line-1"]
    );
    assert_eq!(
        stream(&client, from_the_middle).await,
        ["1@line-1", "0@line-1"]
    );
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_found() {
    let cluster = alone().await;
    let client = client(&cluster);

    let mut read = client
        .read_stream("line-1", &ReadStreamOptions::default())
        .await
        .expect("the call is made");

    assert!(matches!(read.next().await, Err(Error::ResourceNotFound)));
}

#[tokio::test]
async fn the_whole_log_is_read_in_the_order_of_commits() {
    let cluster = alone().await;
    let client = client(&cluster);
    for (stream, id) in [("line-1", 1), ("schedule-1", 2), ("line-2", 3)] {
        append(&client, stream, StreamState::NoStream, &[id])
            .await
            .expect("new");
    }
    let of_lines = || SubscriptionFilter::on_stream_name().add_prefix("line-");
    let options = || ReadAllOptions::default().filter(of_lines());

    let forwards = options().forwards().position(StreamPosition::Start);
    let backwards = options().backwards().position(StreamPosition::End);

    assert_eq!(all(&client, forwards).await, ["0@line-1", "0@line-2"]);
    assert_eq!(all(&client, backwards).await, ["0@line-2", "0@line-1"]);
}

#[tokio::test]
async fn from_a_position_forwards_includes_it_and_backwards_does_not() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1, 2, 3])
        .await
        .expect("new");
    let events = cluster.events();
    let second = events.iter().find(|event| event.id.as_u128() == 2);
    let position = second.expect("the event is there").position;
    let at = StreamPosition::Position(Position {
        commit: position,
        prepare: position,
    });
    let options = || ReadAllOptions::default().position(at);

    let forwards = all(&client, options().forwards()).await;
    let backwards = all(&client, options().backwards()).await;

    assert_eq!(forwards, ["1@line-1", "2@line-1"]);
    assert_eq!(backwards, ["0@line-1", "0@$settings"]);
}

#[tokio::test]
async fn the_whole_log_is_filtered_by_expressions_and_types() {
    let cluster = alone().await;
    let client = client(&cluster);
    for stream in ["line-1", "orders-7"] {
        append(&client, stream, StreamState::NoStream, &[1])
            .await
            .expect("new");
    }
    cluster.append_foreign("orders-7", "placed", "{}");
    let streams = SubscriptionFilter::on_stream_name;
    let types = SubscriptionFilter::on_event_type;

    for (filter, expected) in [
        (streams().regex("^(?!\\$|orders).*$"), vec!["0@line-1"]),
        (
            streams().exclude_system_events(),
            vec!["0@line-1", "0@orders-7", "1@orders-7"],
        ),
        (
            types().add_prefix("pla").add_prefix("x"),
            vec!["1@orders-7"],
        ),
        (types().regex("^no.ed$"), vec!["0@line-1", "0@orders-7"]),
    ] {
        let options = ReadAllOptions::default().position(StreamPosition::Start);
        assert_eq!(all(&client, options.filter(filter)).await, expected);
    }
}

#[tokio::test]
async fn an_event_says_when_it_was_written_to_a_tenth_of_a_microsecond() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");

    let options = ReadStreamOptions::default();
    let mut read = client
        .read_stream("line-1", &options)
        .await
        .expect("a call");
    let read = read.next().await.expect("found").expect("an event");

    let event = read.get_original_event();
    let ticks: u64 = event.metadata["created"].parse().expect("a number");
    let logged = cluster.events().pop().expect("an event").created;
    assert_eq!(ticks, logged);
    let created = Duration::from_nanos(ticks * 100);
    let seconds = u64::try_from(event.created.timestamp()).expect("after 1970");
    assert_eq!(
        created.as_secs(),
        seconds,
        "the client reads the same ticks"
    );
}

#[tokio::test]
async fn a_deleted_stream_is_not_found_and_a_tombstone_is_said() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");

    let deletion = DeleteStreamOptions::default();
    client
        .delete_stream("line-1", &deletion)
        .await
        .expect("it is there");
    let options = ReadStreamOptions::default();
    let read = || client.read_stream("line-1", &options);
    let found = read().await.expect("a call").next().await;
    assert!(matches!(found, Err(Error::ResourceNotFound)), "{found:?}");

    let tombstone = TombstoneStreamOptions::default();
    client
        .tombstone_stream("line-1", &tombstone)
        .await
        .expect("it can be");
    let found = read().await.expect("a call").next().await;
    assert!(matches!(found, Err(Error::ResourceDeleted)), "{found:?}");
    let refused = append(&client, "line-1", StreamState::Any, &[2]).await;
    assert!(
        matches!(refused, Err(Error::ResourceDeleted)),
        "{refused:?}"
    );
}
