//! Appends: alone and in batches, refused, repeated, too large.

use eventstore::{BatchAppendOptions, CurrentRevision, Error, StreamState};
use peer::{Options, Rpc};

use super::{alone, append, client, events, start, written};

#[tokio::test]
async fn an_append_is_all_of_it_at_the_next_revisions() {
    let cluster = alone().await;
    let client = client(&cluster);

    let first = append(&client, "line-1", StreamState::NoStream, &[1, 2]).await;
    let second = append(&client, "line-1", StreamState::StreamRevision(1), &[3]).await;

    assert_eq!(first.expect("it is new").next_expected_version, 1);
    assert_eq!(second.expect("it is at 1").next_expected_version, 2);
    assert_eq!(written(&cluster), [1, 2, 3]);
}

#[tokio::test]
async fn a_conflict_says_what_is_there_and_writes_nothing() {
    let cluster = alone().await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("it is new");

    let refused = append(&client, "line-1", StreamState::NoStream, &[2]).await;

    let Err(Error::WrongExpectedVersion { expected, current }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(expected, StreamState::NoStream);
    assert_eq!(current, CurrentRevision::Current(0));
    assert_eq!(written(&cluster), [1]);
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_time() {
    let cluster = alone().await;
    let client = client(&cluster);
    let first = append(&client, "line-1", StreamState::NoStream, &[1, 2]).await;
    append(&client, "line-1", StreamState::StreamRevision(1), &[3])
        .await
        .expect("it is at 1");

    let repeated = append(&client, "line-1", StreamState::NoStream, &[1, 2]).await;

    let (first, repeated) = (first.expect("new"), repeated.expect("known"));
    assert_eq!(repeated.next_expected_version, first.next_expected_version);
    assert_eq!(repeated.position, first.position);
    assert_eq!(written(&cluster), [1, 2, 3]);
}

#[tokio::test]
async fn a_batch_appends_to_many_streams_until_one_is_refused() {
    let cluster = alone().await;
    let client = client(&cluster);
    let options = BatchAppendOptions::default();
    let batch = client.batch_append(&options).await.expect("a call");

    let first = batch.append_to_stream("line-1", StreamState::NoStream, events(&[1, 2]));
    let second = batch.append_to_stream("line-2", StreamState::Any, events(&[3]));
    let (first, second) = tokio::join!(first, second);
    let refused = batch
        .append_to_stream("line-1", StreamState::StreamRevision(7), events(&[4]))
        .await;

    assert_eq!(first.expect("new").current_revision(), Some(1));
    assert_eq!(second.expect("any").current_revision(), Some(0));
    let refused = refused.expect_err("the stream is not at 7").to_string();
    assert!(refused.contains("WrongExpectedVersion"), "{refused}");
    assert_eq!(written(&cluster), [1, 2, 3]);
    assert_eq!(cluster.calls().of(Rpc::BatchAppend), 1);
    assert_eq!(cluster.calls().of(Rpc::BatchedAppend), 3);
}

#[tokio::test]
async fn an_append_beyond_the_limit_is_refused_whole() {
    let cluster = start(Options {
        max_append_size: 40,
        ..Options::default()
    })
    .await;
    let client = client(&cluster);

    let within = append(&client, "line-1", StreamState::Any, &[1, 2]).await;
    let beyond = append(&client, "line-2", StreamState::Any, &[3, 4, 5]).await;

    within.expect("34 bytes are within the limit");
    let beyond = beyond.expect_err("51 are not").to_string();
    assert!(
        beyond.contains("Maximum Append Size of 40 Exceeded."),
        "{beyond}"
    );
    assert_eq!(written(&cluster), [1, 2]);
}
