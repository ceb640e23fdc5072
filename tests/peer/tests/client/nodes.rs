//! Nodes: who leads, who is down, who can be reached.

use std::time::Duration;

use eventstore::{Error, StreamPosition, StreamState, SubscribeToAllOptions};
use peer::{Cluster, Options, Rpc};

use super::{append, client, connect, start, written};

async fn cluster_of(nodes: usize) -> Cluster {
    start(Options {
        nodes,
        ..Options::default()
    })
    .await
}

/// A connection to one node of a cluster, without looking for the others.
fn to_node(cluster: &Cluster, node: usize, preference: &str) -> String {
    let port = cluster.port(node);
    format!("esdb://127.0.0.1:{port}?tls=false&nodePreference={preference}&discoveryInterval=50")
}

#[tokio::test]
async fn a_client_finds_the_leader() {
    let cluster = cluster_of(3).await;
    cluster.elect(1);
    let client = client(&cluster);

    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("the leader takes it");

    assert_eq!(cluster.leader(), 1);
    assert_eq!(cluster.calls().on(1, Rpc::Append), 1);
    assert!(cluster.calls().of(Rpc::Gossip) >= 1);
}

#[tokio::test]
async fn a_follower_says_who_leads() {
    let cluster = cluster_of(2).await;
    let client = connect(&to_node(&cluster, 1, "leader"));

    let refused = append(&client, "line-1", StreamState::NoStream, &[1]).await;

    let Err(Error::NotLeaderException(leader)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(leader.port, u32::from(cluster.port(0)));
    assert_eq!(written(&cluster), []);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("the client has moved to the leader");
    assert_eq!(cluster.calls().on(0, Rpc::Append), 1);
}

#[tokio::test]
async fn a_follower_passes_on_what_need_not_be_the_leaders() {
    let cluster = cluster_of(2).await;
    let client = connect(&to_node(&cluster, 1, "follower"));

    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("it is passed on");

    assert_eq!(written(&cluster), [1]);
    assert_eq!(cluster.calls().on(1, Rpc::Append), 1);
}

#[tokio::test]
async fn after_an_election_the_old_leader_names_the_new_one() {
    let cluster = cluster_of(2).await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");

    cluster.elect(1);

    let refused = append(&client, "line-1", StreamState::StreamRevision(0), &[2]).await;
    assert!(matches!(refused, Err(Error::NotLeaderException(_))));
    append(&client, "line-1", StreamState::StreamRevision(0), &[2])
        .await
        .expect("the new leader has the same log");
    assert_eq!(written(&cluster), [1, 2]);
}

#[tokio::test]
async fn a_node_that_is_down_answers_nobody_and_comes_back_with_its_log() {
    let cluster = cluster_of(1).await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");
    let options = SubscribeToAllOptions::default().position(StreamPosition::End);
    let mut subscription = client.subscribe_to_all(&options).await;
    subscription
        .next_subscription_event()
        .await
        .expect("it is confirmed");

    cluster.down(0).await;

    let cut = subscription.next().await;
    assert!(matches!(cut, Err(Error::ServerError(_))), "{cut:?}");
    let refused = append(&client, "line-1", StreamState::StreamRevision(0), &[2]).await;
    assert!(refused.is_err(), "nothing listens");
    assert_eq!(written(&cluster), [1]);

    cluster.up(0).await.expect("the port is still there");
    append(&client, "line-1", StreamState::StreamRevision(0), &[2])
        .await
        .expect("it is as it was");
    assert_eq!(written(&cluster), [1, 2]);
}

#[tokio::test]
async fn a_call_under_way_gets_no_reply_from_a_node_that_goes_down() {
    let cluster = cluster_of(1).await;
    let client = client(&cluster);
    append(&client, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");
    let an_hour = Duration::from_hours(1);
    cluster.faults().delay(an_hour);

    let call = append(&client, "line-1", StreamState::StreamRevision(0), &[2]);
    let goes_down = async {
        while written(&cluster).len() < 2 {
            tokio::task::yield_now().await;
        }
        cluster.down(0).await;
    };
    let (unknown, ()) = tokio::join!(call, goes_down);

    assert!(matches!(unknown, Err(Error::ServerError(_))), "{unknown:?}");
    assert_eq!(written(&cluster), [1, 2]);
}

#[tokio::test]
async fn a_reserved_cluster_refuses_connections_until_it_is_up() {
    let reserved = Cluster::reserve(Options::default()).await;
    let cluster = reserved.expect("there is a port");
    let early = client(&cluster);
    let refused = append(&early, "line-1", StreamState::NoStream, &[1]).await;
    assert!(matches!(refused, Err(Error::GrpcConnectionError(_))));

    cluster.up(0).await.expect("the port was kept");

    append(&client(&cluster), "line-1", StreamState::NoStream, &[1])
        .await
        .expect("it is up");
}

#[tokio::test]
async fn when_the_leader_is_killed_the_next_living_node_leads() {
    let cluster = cluster_of(3).await;
    let before = client(&cluster);
    append(&before, "line-1", StreamState::NoStream, &[1])
        .await
        .expect("new");
    cluster.down(1).await;

    assert_eq!(cluster.kill_leader().await, 2);

    append(
        &client(&cluster),
        "line-1",
        StreamState::StreamRevision(0),
        &[2],
    )
    .await
    .expect("the new leader has the same log");
    assert_eq!(cluster.calls().on(2, Rpc::Append), 1);
    assert_eq!(cluster.kill_leader().await, 2, "nobody else lives");
}

#[tokio::test]
async fn a_dropped_cluster_listens_no_more() {
    let cluster = cluster_of(1).await;
    let port = cluster.port(0);
    drop(cluster);
    // The threads of the nodes end on their own; until then a connection is taken and cut.
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_ok()
    {
        tokio::task::yield_now().await;
    }
}
