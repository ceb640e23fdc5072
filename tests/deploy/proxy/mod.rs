//! The proxy of a cluster, run before two nodes of this process: who gets in, where a caller is
//! led, what happens to a node's callers when it is gone, and that nothing is sent twice.

mod door;
mod node;

use std::io::{BufRead as _, BufReader};

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::tools;
pub(crate) use door::FILE;
use door::{Door, PATIENCE};
use node::{Conduct, Node};

/// How many callers a rule about all of them is tried on: enough that some are led to each node.
const CALLERS: usize = 24;
/// Where a record is sent.
const RECORDS: &str = "/v1/records";

/// Two nodes and the proxy before them, which knows `caller0` and so on, each by their name.
struct Cluster {
    one: Option<Node>,
    two: Node,
    door: Door,
    agent: Agent,
}

impl Cluster {
    #[track_caller]
    fn start() -> Self {
        let users = (0..CALLERS).map(|it| format!("caller{it}:{{PLAIN}}caller{it}\n"));
        Self::knowing(&users.collect::<String>())
    }

    #[track_caller]
    fn knowing(users: &str) -> Self {
        let (one, two) = (Node::start("one"), Node::start("two"));
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false);
        Self {
            door: Door::before([one.address, two.address], users),
            one: Some(one),
            two,
            agent: config.build().into(),
        }
    }

    fn one(&self) -> &Node {
        self.one.as_ref().expect("it is there")
    }

    /// The first node goes away.
    fn lose_one(&mut self) {
        self.one = None;
    }

    fn url(&self, user: &str, path: &str) -> String {
        format!("http://{user}:{user}@{}{path}", self.door.callers)
    }

    #[track_caller]
    fn get(&self, user: &str) -> Response<Body> {
        let url = self.url(user, "/v1/rates");
        self.agent.get(url).call().expect("an answer")
    }

    #[track_caller]
    fn post(&self, user: &str, body: &[u8]) -> Response<Body> {
        let url = self.url(user, RECORDS);
        self.agent.post(url).send(body).expect("an answer")
    }

    /// All that was sent and that a node heard.
    fn sent(&self) -> Vec<node::Heard> {
        let nodes = self.one.iter().chain([&self.two]);
        let heard = nodes.flat_map(Node::heard);
        heard.filter(|it| it.method == "POST").collect()
    }
}

fn callers() -> impl Iterator<Item = String> {
    (0..CALLERS).map(|it| format!("caller{it}"))
}

/// The text of an answer with this status.
#[track_caller]
fn text(mut answer: Response<Body>, status: u16) -> String {
    let said = answer.body_mut().read_to_string().expect("text");
    assert_eq!(answer.status(), status, "{said}");
    said
}

/// The type of the problem that an answer with this status tells of.
#[track_caller]
fn problem(answer: Response<Body>, status: u16) -> String {
    let media_type = answer.headers().get("content-type").cloned();
    assert_eq!(media_type.expect("a type"), "application/problem+json");
    let said: Value = serde_json::from_str(&text(answer, status)).expect("JSON");
    assert_eq!(said["status"], status);
    said["type"].as_str().expect("a type").to_owned()
}

#[test]
fn nobody_gets_in_without_a_name_that_is_known() {
    let cluster = Cluster::start();
    let plain = format!("http://{}{RECORDS}", cluster.door.callers);
    let wrong = plain.replace("://", "://caller1:caller2@");
    let unknown = plain.replace("://", "://nobody:nobody@");
    for url in [plain, wrong, unknown] {
        for answer in [
            cluster.agent.get(&url).call(),
            cluster.agent.post(&url).send(&b"{}"[..]),
        ] {
            let answer = answer.expect("an answer");
            let asked = answer.headers().get("www-authenticate").cloned();
            assert_eq!(asked.expect("a question"), "Basic realm=\"Outlay\"");
            assert_eq!(problem(answer, 401), "/problems/unauthorized");
        }
    }
    assert_eq!(cluster.one().heard(), []);
    assert_eq!(cluster.two.heard(), []);
}

/// As the head of `compose.yaml` says to make one.
#[test]
fn a_name_made_by_openssl_is_known_and_its_password_stays_at_the_door() {
    let hash = tools::run_on("openssl", &["passwd", "-6", "-stdin"], "officer\n");
    assert!(hash.starts_with("$6$"), "{hash}");
    let cluster = Cluster::knowing(&format!("officer:{hash}"));
    text(cluster.get("officer"), 200);
    let heard = [cluster.one().heard(), cluster.two.heard()].concat();
    assert_eq!(heard.len(), 1);
    assert!(!heard[0].has_credentials);
}

#[test]
fn a_caller_stays_on_one_node_and_both_nodes_have_callers() {
    let cluster = Cluster::start();
    let mut led_to = [0, 0];
    for caller in callers() {
        let node = text(cluster.get(&caller), 200);
        led_to[usize::from(node == "two")] += 1;
        for _ in 0..3 {
            assert_eq!(text(cluster.get(&caller), 200), node);
            assert_eq!(text(cluster.post(&caller, b"{}"), 200), node);
        }
    }
    assert!(led_to.iter().all(|it| *it > 0), "{led_to:?}");
}

#[test]
fn the_other_node_takes_over_from_one_that_is_gone() {
    let mut cluster = Cluster::start();
    cluster.lose_one();
    for caller in callers() {
        assert_eq!(text(cluster.get(&caller), 200), "two");
        assert_eq!(text(cluster.post(&caller, b"{}"), 200), "two");
    }
}

/// Sent first, before a question has told the proxy that the node is gone.
#[test]
fn what_is_sent_is_not_lost_on_a_node_that_is_gone() {
    let mut cluster = Cluster::start();
    cluster.lose_one();
    for caller in callers() {
        assert_eq!(text(cluster.post(&caller, b"{}"), 200), "two");
    }
}

#[test]
fn the_other_node_answers_for_one_that_catches_up() {
    let cluster = Cluster::start();
    cluster.one().conduct(Conduct::CatchesUp);
    for caller in callers() {
        assert_eq!(text(cluster.get(&caller), 200), "two");
    }
}

#[test]
fn what_is_sent_goes_to_no_node_that_catches_up() {
    let cluster = Cluster::start();
    cluster.one().conduct(Conduct::CatchesUp);
    for caller in callers() {
        assert_eq!(text(cluster.post(&caller, b"{}"), 200), "two");
    }
    assert_eq!(cluster.one().heard(), []);
}

#[test]
fn where_no_node_is_ready_a_node_says_so() {
    let cluster = Cluster::start();
    cluster.one().conduct(Conduct::CatchesUp);
    cluster.two.conduct(Conduct::CatchesUp);
    assert_eq!(text(cluster.post("caller1", b"{}"), 503), "catching up");
    assert_eq!(cluster.sent().len(), 1);
}

#[test]
fn what_was_sent_is_never_sent_again() {
    let cluster = Cluster::start();
    cluster.one().conduct(Conduct::HangsUp);
    cluster.two.conduct(Conduct::HangsUp);
    let answer = cluster.post("caller1", b"{}");
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(problem(answer, 502), "/problems/no-answer");
    assert_eq!(cluster.sent().len(), 1, "{}", cluster.door.said());
}

/// Unlike what is sent: it does no harm.
#[test]
fn what_is_asked_is_asked_of_the_other_node() {
    let cluster = Cluster::start();
    cluster.one().conduct(Conduct::HangsUp);
    for caller in callers() {
        assert_eq!(text(cluster.get(&caller), 200), "two");
    }
}

#[test]
fn a_batch_as_large_as_the_service_takes_passes_and_no_larger_one() {
    const MIB: usize = 1 << 20;
    let cluster = Cluster::start();
    for whole in [15 * MIB, 16 * MIB] {
        text(cluster.post("caller1", &vec![b' '; whole]), 200);
    }
    let bodies: Vec<u64> = cluster.sent().iter().map(|it| it.body).collect();
    assert_eq!(bodies, [15 << 20, 16 << 20]);
    for too_large in [16 * MIB + 1, 17 * MIB] {
        let answer = cluster.post("caller1", &vec![b' '; too_large]);
        assert_eq!(problem(answer, 413), "/problems/too-large");
    }
    assert_eq!(cluster.sent().len(), 2);
}

#[test]
fn events_come_through_as_they_happen() {
    let cluster = Cluster::start();
    let url = cluster.url("caller1", "/v1/events/live");
    let answer = cluster.agent.get(url).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut lines = BufReader::new(answer.into_body().into_reader()).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    // The node says no more until it is told to.
    assert_eq!(next(), "data: first");
    cluster.one().go_on();
    cluster.two.go_on();
    assert_eq!((next(), next()), (String::new(), "data: second".to_owned()));
}

#[test]
fn what_each_node_counts_is_passed_on_and_nothing_else() {
    let cluster = Cluster::start();
    for (address, node) in cluster.door.metrics.into_iter().zip(["one", "two"]) {
        let ask = |path: &str| cluster.agent.get(format!("http://{address}{path}")).call();
        assert_eq!(text(ask("/metrics").unwrap(), 200), node);
        text(ask("/v1/rates").unwrap(), 404);
        let sent = cluster.agent.post(format!("http://{address}{RECORDS}"));
        text(sent.send(&b"{}"[..]).unwrap(), 404);
    }
}

#[test]
fn the_proxy_is_well_as_long_as_a_node_is() {
    let cluster = Cluster::start();
    let ask = |path: &str| {
        let url = format!("http://{}{path}", cluster.door.health);
        cluster.agent.get(url).call().unwrap()
    };
    text(ask("/v1/rates"), 404);
    cluster.one().conduct(Conduct::CatchesUp);
    text(ask("/readyz"), 200);
    cluster.two.conduct(Conduct::CatchesUp);
    assert!(ask("/readyz").status().is_server_error());
}

/// A node is asked whether it is ready by no name of its caller's: it would say no to a foreign one,
/// and what is sent would be told 500 instead of what is wrong.
#[test]
fn a_foreign_name_is_left_to_the_node_that_is_asked() {
    let cluster = Cluster::start();
    let sent = cluster.agent.post(cluster.url("caller1", RECORDS));
    let sent = sent.header("host", "evil.example");
    let sent = sent.header("origin", "http://evil.example");
    text(sent.send(&b"{}"[..]).expect("an answer"), 200);
    assert_eq!(cluster.sent().len(), 1);
}
