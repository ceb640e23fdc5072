//! Reads and subscriptions: the ends of streams, the end of a subscription, ids.

use tokio_stream::StreamExt;
use uuid::Uuid;

use super::{given, node};
use crate::cluster::Options;
use crate::log::Expected;
use crate::protocol::shared::uuid as wire;
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_req::Options as ReadOptions;
use crate::protocol::streams::read_req::options as asked;
use crate::protocol::streams::read_req::options::{
    AllOptions, ControlOption, CountOption, FilterOption, StreamOption, StreamOptions, UuidOption,
};
use crate::protocol::streams::read_resp::{Content, Position};
use crate::service::line::Replies;
use crate::service::{append, recorded};

fn of_stream(revision: asked::stream_options::RevisionOption) -> StreamOption {
    StreamOption::Stream(StreamOptions {
        stream_identifier: Some(recorded::identifier("line-1")),
        revision_option: Some(revision),
    })
}

fn of_all() -> StreamOption {
    let all_option = Some(asked::all_options::AllOption::Start(()));
    StreamOption::All(AllOptions { all_option })
}

/// A read that begins with the first revision and ends with the last.
fn read(what: StreamOption, count: CountOption) -> ReadOptions {
    ReadOptions {
        read_direction: asked::ReadDirection::Forwards.into(),
        resolve_links: false,
        uuid_option: Some(UuidOption {
            content: Some(asked::uuid_option::Content::Structured(())),
        }),
        control_option: Some(ControlOption { compatibility: 1 }),
        stream_option: Some(what),
        count_option: Some(count),
        filter_option: Some(FilterOption::NoFilter(())),
    }
}

fn subscription(what: StreamOption) -> ReadOptions {
    let subscription = asked::SubscriptionOptions {};
    read(what, CountOption::Subscription(subscription))
}

async fn next(replies: &mut Replies<ReadResp>) -> Content {
    let reply = replies.next().await.expect("something is said");
    reply.expect("no refusal").content.expect("a content")
}

#[tokio::test]
async fn a_subscription_that_is_ended_ends_without_a_status() {
    let node = node(Options::default());
    let mut replies = node
        .subscribe_to(subscription(of_all()))
        .expect("it is one");
    while !matches!(next(&mut replies).await, Content::CaughtUp(_)) {}

    node.site.faults.end_subscriptions();
    assert!(replies.next().await.is_none());

    let mut another = node
        .subscribe_to(subscription(of_all()))
        .expect("it is one");
    assert!(matches!(next(&mut another).await, Content::Confirmation(_)));
}

#[tokio::test]
async fn where_it_caught_up_is_said_from_version_25_on() {
    use asked::stream_options::RevisionOption::Start;

    for (version, is_said) in [("24.10.0", false), ("25.0.1", true)] {
        let node = node(Options {
            version: version.to_owned(),
            ..Options::default()
        });
        given(&node, "line-1", [1, 2]);
        let position = node.site.log().events().last().expect("an event").position;
        let position = Some(Position {
            commit_position: position,
            prepare_position: position,
        });

        for (what, revision, position) in [
            (of_all(), None, position.filter(|_| is_said)),
            (of_stream(Start(())), Some(1).filter(|_| is_said), None),
        ] {
            let mut replies = node.subscribe_to(subscription(what)).expect("it is one");
            let caught_up = loop {
                if let Content::CaughtUp(caught_up) = next(&mut replies).await {
                    break caught_up;
                }
            };
            assert_eq!(caught_up.timestamp.is_some(), is_said);
            assert_eq!(caught_up.position, position);
            assert_eq!(caught_up.stream_revision, revision);
        }
    }
}

#[tokio::test]
async fn ids_are_written_as_they_are_asked_for() {
    use asked::stream_options::RevisionOption::Start;
    use asked::uuid_option::Content as Form;

    let node = node(Options::default());
    let id = 0xFFEE_DDCC_BBAA_9988_7766_5544_3322_1100;
    given(&node, "line-1", [id]);
    let structured = wire::Value::Structured(wire::Structured {
        most_significant_bits: 0xFFEE_DDCC_BBAA_9988_u64.cast_signed(),
        least_significant_bits: 0x7766_5544_3322_1100,
    });
    let text = wire::Value::String("ffeeddcc-bbaa-9988-7766-554433221100".to_owned());

    for (form, expected) in [(Form::Structured(()), structured), (Form::String(()), text)] {
        let mut options = read(of_stream(Start(())), CountOption::Count(1));
        options.uuid_option = Some(UuidOption {
            content: Some(form),
        });
        let mut replies = node.read_from(options).expect("it is a read");
        let Content::Event(event) = next(&mut replies).await else {
            panic!("an event comes first");
        };
        let written = event.event.expect("an event").id;
        assert_eq!(append::id_of(written.clone()), Some(Uuid::from_u128(id)));
        assert_eq!(written.expect("an id").value, Some(expected));
    }
}

#[tokio::test]
async fn a_reader_that_can_tell_is_told_where_the_stream_begins_and_ends() {
    use asked::stream_options::RevisionOption::Start;

    let node = node(Options::default());
    given(&node, "line-1", 1..=40);
    node.site.write(|log| log.delete("line-1", Expected::Any));
    given(&node, "line-1", [41]);
    let mut options = read(of_stream(Start(())), CountOption::Count(100));

    let mut replies = node.read_from(options.clone()).expect("it is a read");
    assert_eq!(next(&mut replies).await, Content::FirstStreamPosition(40));
    assert!(matches!(next(&mut replies).await, Content::Event(_)));
    assert_eq!(next(&mut replies).await, Content::LastStreamPosition(40));
    assert!(replies.next().await.is_none());

    options.control_option = None;
    let mut replies = node.read_from(options).expect("it is a read");
    assert!(matches!(next(&mut replies).await, Content::Event(_)));
    assert!(replies.next().await.is_none());
}
