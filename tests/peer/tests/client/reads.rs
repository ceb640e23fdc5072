//! Reads of a stream and of the whole log, either way, with filters.

use eventstore::{
    Client, Error, ReadAllOptions, ReadStream, ReadStreamOptions, StreamPosition, StreamState,
    SubscriptionFilter,
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
