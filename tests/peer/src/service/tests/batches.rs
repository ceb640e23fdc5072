//! Batches: appends in parts, and how they are refused.

use prost::{Message, Name};
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::{event, node};
use crate::cluster::Options;
use crate::protocol::shared::WrongExpectedVersion;
use crate::protocol::shared::wrong_expected_version::{
    CurrentStreamRevisionOption, ExpectedStreamPositionOption,
};
use crate::protocol::streams::batch_append_req::Options as BatchOptions;
use crate::protocol::streams::batch_append_req::options::ExpectedStreamPosition;
use crate::protocol::streams::batch_append_resp::Result as Answer;
use crate::protocol::streams::{BatchAppendReq, BatchAppendResp};
use crate::service::batch::Batch;
use crate::service::line::Line;
use crate::service::{Node, append, recorded};

/// A message of a batch; the first of an append says to which stream.
fn part(append: u128, begins: Option<ExpectedStreamPosition>, ids: &[u128]) -> BatchAppendReq {
    BatchAppendReq {
        correlation_id: Some(recorded::structured(Uuid::from_u128(append))),
        options: begins.map(|expected| BatchOptions {
            stream_identifier: Some(recorded::identifier("line-1")),
            expected_stream_position: Some(expected),
            deadline_option: None,
        }),
        proposed_messages: ids.iter().copied().map(event).collect(),
        is_final: false,
    }
}

fn last(mut part: BatchAppendReq) -> BatchAppendReq {
    part.is_final = true;
    part
}

/// Sends messages, and gives what is answered to them.
async fn batch(node: &Node, messages: Vec<BatchAppendReq>) -> Vec<(u128, Answer)> {
    let (line, replies) = Line::open(&node.site);
    let mut batch = Batch::new(node.clone(), true, line);
    for message in messages {
        batch.take(message).await.expect("the call goes on");
    }
    drop(batch);
    let replies: Vec<BatchAppendResp> = replies.map(|it| it.expect("no refusal")).collect().await;
    let replies = replies.into_iter().map(|reply| {
        assert_eq!(
            reply.stream_identifier,
            Some(recorded::identifier("line-1"))
        );
        let id = append::id_of(reply.correlation_id).expect("an id");
        (id.as_u128(), reply.result.expect("an answer"))
    });
    replies.collect()
}

#[tokio::test]
async fn an_append_of_a_batch_may_come_in_parts_between_others() {
    use ExpectedStreamPosition::{Any, NoStream};

    let node = node(Options::default());
    let answers = batch(
        &node,
        vec![
            part(1, Some(NoStream(())), &[11]),
            last(part(2, Some(NoStream(())), &[21])),
            part(1, None, &[12]),
            last(part(3, Some(Any(())), &[31])),
            last(part(1, None, &[13])),
        ],
    )
    .await;

    let answered: Vec<u128> = answers.iter().map(|(id, _)| *id).collect();
    assert_eq!(answered, [2, 3, 1], "each when it is final");
    assert!(matches!(answers[0].1, Answer::Success(_)));
    assert!(
        matches!(answers[2].1, Answer::Error(_)),
        "there is a stream"
    );
    let revisions = node.site.log().last_of("line-1");
    assert_eq!(revisions, Some(1), "nothing of the refused one was written");
}

#[tokio::test]
async fn a_conflict_in_a_batch_packs_what_was_expected_and_found() {
    use ExpectedStreamPosition::StreamPosition;

    let node = node(Options::default());
    let refused = last(part(1, Some(StreamPosition(7)), &[1]));
    let answers = batch(&node, vec![refused]).await;

    let [(1, Answer::Error(status))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!(status.message, "WrongExpectedVersion");
    let packed = status.details.as_ref().expect("details");
    assert_eq!(
        packed.type_url,
        "type.googleapis.com/event_store.client.WrongExpectedVersion"
    );
    assert_eq!(packed.type_url, WrongExpectedVersion::type_url());
    let details = WrongExpectedVersion::decode(packed.value.as_slice()).expect("it is one");
    let expected = WrongExpectedVersion {
        current_stream_revision_option: Some(CurrentStreamRevisionOption::CurrentNoStream(())),
        expected_stream_position_option: Some(
            ExpectedStreamPositionOption::ExpectedStreamPosition(7),
        ),
    };
    assert_eq!(details, expected);
}

#[tokio::test]
async fn what_is_too_large_is_answered_once_and_what_follows_of_it_is_ignored() {
    let node = node(Options {
        max_append_size: 30,
        ..Options::default()
    });
    let answers = batch(
        &node,
        vec![
            part(1, Some(ExpectedStreamPosition::Any(())), &[1]),
            part(1, None, &[2, 3]),
            last(part(1, None, &[4])),
        ],
    )
    .await;

    let [(1, Answer::Error(status))] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!(status.message, "MaximumAppendSizeExceeded");
    assert_eq!(node.site.log().last_of("line-1"), None);
}
