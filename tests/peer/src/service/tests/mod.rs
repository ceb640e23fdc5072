//! What is said on the wire, where no client tells the difference or hears all of it.

mod batches;
mod reads;

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::bytes::Bytes;
use tonic::{Code, Request};
use uuid::Uuid;

use super::{Node, append, recorded};
use crate::cluster::Options;
use crate::log::Expected;
use crate::protocol::gossip::gossip_server::Gossip;
use crate::protocol::gossip::member_info::VNodeState;
use crate::protocol::streams::append_resp::wrong_expected_version as wrong;
use crate::protocol::streams::batch_append_req::ProposedMessage;
use crate::site::Site;

/// A node of a cluster of two that nobody can connect to.
fn node(options: Options) -> Node {
    let site = Site::new(&options, &[2111, 2112]);
    site.members.iter().for_each(|member| member.live(true));
    Node {
        site: Arc::new(site),
        number: 0,
    }
}

fn event(id: u128) -> ProposedMessage {
    let metadata = [("type", "noted"), ("content-type", "application/json")];
    ProposedMessage {
        id: Some(recorded::structured(Uuid::from_u128(id))),
        metadata: BTreeMap::from(metadata.map(|(key, it)| (key.to_owned(), it.to_owned()))),
        custom_metadata: Bytes::new(),
        data: Bytes::from_static(b"{}"),
    }
}

/// Appends events to a stream, whatever it holds.
fn given(node: &Node, stream: &str, ids: impl IntoIterator<Item = u128>) {
    let events = ids.into_iter().map(|id| {
        let event = event(id);
        append::proposal(event.id, &event.metadata, event.data, Bytes::new()).expect("an event")
    });
    node.site.append(stream, Expected::Any, events.collect());
}

#[test]
fn a_conflict_is_complete_for_clients_of_both_ages() {
    use wrong::CurrentRevisionOption::{CurrentNoStream, CurrentRevision};
    use wrong::CurrentRevisionOption2060::{CurrentRevision2060, NoStream2060};
    use wrong::ExpectedRevisionOption::{
        ExpectedAny, ExpectedNoStream, ExpectedRevision, ExpectedStreamExists,
    };
    use wrong::ExpectedRevisionOption2060::{Any2060, ExpectedRevision2060, StreamExists2060};

    for (expected, new, old) in [
        (Expected::Any, ExpectedAny(()), Any2060(())),
        (
            Expected::NoStream,
            ExpectedNoStream(()),
            ExpectedRevision2060(u64::MAX),
        ),
        (
            Expected::StreamExists,
            ExpectedStreamExists(()),
            StreamExists2060(()),
        ),
        (
            Expected::Revision(7),
            ExpectedRevision(7),
            ExpectedRevision2060(7),
        ),
    ] {
        let conflict = append::conflict(expected, Some(3));
        assert_eq!(conflict.expected_revision_option, Some(new));
        assert_eq!(conflict.expected_revision_option_20_6_0, Some(old));
        assert_eq!(conflict.current_revision_option, Some(CurrentRevision(3)));
        assert_eq!(
            conflict.current_revision_option_20_6_0,
            Some(CurrentRevision2060(3))
        );
    }
    let conflict = append::conflict(Expected::Revision(7), None);
    assert_eq!(conflict.current_revision_option, Some(CurrentNoStream(())));
    assert_eq!(
        conflict.current_revision_option_20_6_0,
        Some(NoStream2060(()))
    );
}

#[tokio::test]
async fn gossip_says_who_leads_and_who_is_down() {
    let node = node(Options::default());
    node.site.elect(1);
    node.site.members[0].live(false);

    let gossip = Gossip::read(&node, Request::new(())).await.expect("gossip");

    let members = gossip.into_inner().members;
    let states: Vec<(VNodeState, bool, u32)> = members
        .iter()
        .map(|it| {
            (
                it.state(),
                it.is_alive,
                it.http_end_point.as_ref().expect("one").port,
            )
        })
        .collect();
    let follower = (VNodeState::Follower, false, 2111);
    assert_eq!(states, [follower, (VNodeState::Leader, true, 2112)]);
}

#[test]
fn where_nobody_leads_no_leader_is_named() {
    let node = node(Options::default());
    node.site.elect(1);
    let refused = node.lead().expect_err("the other leads");
    assert_eq!(refused.code(), Code::NotFound);
    let port = "2112".parse().expect("a value");
    assert_eq!(refused.metadata().get("leader-endpoint-port"), Some(&port));

    node.site.members[1].live(false);
    let refused = node.lead().expect_err("the leader is down");
    assert_eq!(refused.message(), "No leader info available in response");
}
