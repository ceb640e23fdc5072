//! Equal records that two nodes get before either has heard of the other's: one event, of which
//! one is told that it recorded it.

use std::thread;

use peer::Rpc;
use serde_json::Value;

use crate::patience::until;
use crate::records::{allocation, gift, little_history};
use crate::site::{Fresh, Node};

/// What a record came to.
struct Told {
    status: u16,
    replayed: Option<String>,
    body: Value,
}

/// Posts a record in the request `8f0e…`: both nodes may be sent the same one.
fn post(node: &Node, record: &str, at_least: u64) -> Told {
    let sent = ureq::post(format!("{}/v1/records", node.address))
        .config()
        .http_status_as_error(false)
        .build()
        .content_type("application/json")
        .header("X-Request-Id", "8f0e7a5c-3b0f-4a52-9d0e-6a0f4d1f7c11")
        .header("Outlay-At-Least", at_least.to_string())
        .send(record);
    let mut answer = sent.expect("an answer");
    let replayed = answer.headers().get("Outlay-Replayed");
    let replayed = replayed.map(|it| it.to_str().expect("a text").to_owned());
    let body = answer.body_mut().read_to_string().expect("a body");
    Told {
        status: answer.status().as_u16(),
        replayed,
        body: serde_json::from_str(&body).expect("JSON"),
    }
}

/// A transfer between two lines: an event in each.
fn transfer(reference: &str) -> String {
    format!(
        r#"{{"record":"transfer","reason":"reallocation","from":"NTM/10/2024/central/investment","to":"NTM/15/2024/central/investment","reference":"{reference}","effective_on":"2024-06-01","amount":50}}"#
    )
}

/// Waits until the cluster was sent so many appends.
fn sent(fresh: &Fresh, appends: usize) {
    until("the appends are sent", || {
        (fresh.calls().of(Rpc::BatchedAppend) >= appends).then_some(())
    });
}

#[test]
fn of_two_equals_at_once_one_is_created_and_one_a_repeat() {
    let fresh = Fresh::new();
    let nodes = fresh.nodes();
    let done = nodes[0].try_batch(&little_history()).expect("an answer");
    let told = done.of(200).position().expect("a position");
    nodes[1].at_least(told, "/v1/events?limit=1").of(200);
    for record in [allocation("QD-2", 1_000), transfer("DC-1"), gift("G-1", 7)] {
        fresh.faults().stall_subscriptions(true);
        let before = fresh.calls().of(Rpc::BatchedAppend);
        let [one, other] = thread::scope(|scope| {
            let record = record.as_str();
            let ask = |node| scope.spawn(move || post(node, record, told));
            let both = nodes.each_ref().map(ask);
            sent(&fresh, before + 2);
            fresh.faults().stall_subscriptions(false);
            both.map(|asked| asked.join().expect("an answer"))
        });
        let (created, repeat) = match one.status {
            201 => (one, other),
            _ => (other, one),
        };
        assert_eq!((created.status, repeat.status), (201, 200), "{record}");
        assert_eq!(created.replayed, None, "{record}");
        assert_eq!(repeat.replayed.as_deref(), Some("true"), "{record}");
        assert_eq!(created.body, repeat.body, "{record}");
    }
}

#[test]
fn what_a_dead_node_recorded_is_a_repeat() {
    let fresh = Fresh::new();
    let [dies, lives] = fresh.nodes();
    let record = gift("G-1", 7);
    fresh.faults().stall_subscriptions(true);
    let there = fresh.events().len();
    thread::scope(|scope| {
        // Whether it is answered or not, it was the first.
        let asked = format!("{}/v1/records", dies.address);
        let first = ureq::post(asked).content_type("application/json");
        let first = scope.spawn(|| first.send(&record).is_ok());
        until("the record on the cluster", || {
            (fresh.events().len() > there).then_some(())
        });
        dies.kill();
        first.join().expect("no answer");
        let before = fresh.calls().of(Rpc::BatchedAppend);
        let second = scope.spawn(|| post(&lives, &record, 0));
        sent(&fresh, before + 1);
        fresh.faults().stall_subscriptions(false);
        let second = second.join().expect("an answer");
        assert_eq!(second.status, 200, "{}", second.body);
    });
}

/// Who was told a position asks with it, and nothing needs to be tried to find out.
#[test]
fn a_record_that_asks_for_a_position_is_judged_with_all_of_it() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    let mut told = 0;
    for number in 0..20 {
        let record = gift(&format!("G-{number}"), 7);
        let first = post(&one, &record, told);
        assert_eq!(first.status, 201, "{}", first.body);
        told = first.body["position"].as_u64().expect("a position");
        let appends = fresh.calls().of(Rpc::BatchedAppend);
        let again = post(&other, &record, told);
        assert_eq!(again.status, 200, "{}", again.body);
        assert_eq!(again.body, first.body);
        assert_eq!(fresh.calls().of(Rpc::BatchedAppend), appends);
    }
}
