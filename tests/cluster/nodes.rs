//! Two nodes over one log: what one did the other knows, and of what both do at once one stands.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::alerts::behind_today;
use crate::patience::until;
use crate::process::{Answer, Process, run_command, signal, text};
use crate::records::{RATES, allocation, commitment, gift, gift_in, little_history, payment};
use crate::site::{Fresh, Node};

/// What is disbursed in all, as an answer says.
fn disbursed(answer: &Answer) -> Value {
    answer.json()["total"]["disbursed"].clone()
}

/// Where a record came to stand.
fn position(answer: &Answer) -> u64 {
    answer.position().expect("a position")
}

#[test]
fn who_wrote_on_one_node_reads_it_on_the_other() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    for number in 1..=40 {
        let (writes, reads) = if number % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let written = writes.post("/v1/records", &gift(&format!("G-{number}"), 7));
        let read = reads.at_least(position(&written.of(201)), RATES).of(200);
        assert_eq!(disbursed(&read), (7 * number).to_string());
    }
}

#[test]
fn a_record_is_judged_with_what_the_other_node_recorded() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    let mut told = 0;
    for number in 0..20 {
        let name = |kind: &str| format!("{kind}-{number}");
        let rows = [
            allocation(&name("QD"), 100),
            commitment(&name("HD"), 100),
            payment(&name("KB"), &name("HD"), 100),
        ];
        for (row, node) in rows.iter().zip([&one, &other, &one]) {
            // Nobody tells the node what it has to know.
            told = position(&node.post("/v1/records", row).of(201));
        }
    }
    for node in [&one, &other] {
        assert_eq!(disbursed(&node.at_least(told, RATES)), "2000");
    }
}

#[test]
fn a_position_past_the_end_is_refused_on_every_node() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    let last = position(&one.post("/v1/records", &gift("G-1", 7)).of(201));
    for node in [&one, &other] {
        let refused = node.at_least(last + 1, RATES).of(400).json();
        assert_eq!(refused["type"], "/problems/past-the-end");
        assert_eq!(refused["head"], last);
        let question = format!("{RATES}&known_at={}", last + 1);
        node.at_least(last, &question).of(400);
    }
}

#[test]
fn a_node_that_hears_nothing_says_that_it_is_behind() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    let last = position(&one.post("/v1/records", &gift("G-1", 7)).of(201));
    other.at_least(last, RATES).of(200);
    fresh.faults().stall_subscriptions(true);
    let there = fresh.events().len();
    thread::scope(|scope| {
        // It is answered when the node hears of it.
        let written = scope.spawn(|| one.post("/v1/records", &gift("G-2", 7)));
        until("the record on the cluster", || {
            (fresh.events().len() > there).then_some(())
        });
        let asked = Instant::now();
        let refused = other.at_least(last + 1, RATES).of(503);
        assert!(asked.elapsed() < Duration::from_secs(7), "it was slow");
        assert_eq!(refused.header("Retry-After"), Some("2"));
        let problem = refused.json();
        assert_eq!(problem["type"], "/problems/behind");
        assert_eq!(problem["applied"], last);
        assert_eq!(problem["asked"], last + 1);
        // What it has, it answers meanwhile.
        assert_eq!(disbursed(&other.get(RATES).of(200)), "7");
        fresh.faults().stall_subscriptions(false);
        let written = written.join().expect("an answer").of(201);
        assert_eq!(position(&written), last + 1);
    });
    assert_eq!(disbursed(&other.at_least(last + 1, RATES)), "14");
}

/// How many vouchers are sent to both nodes at once.
const TWICE: usize = 30;

#[test]
fn a_voucher_sent_to_both_nodes_at_once_is_one_event() {
    let fresh = Fresh::new();
    let nodes = fresh.nodes();
    let both = Barrier::new(2);
    let send = |node: &Node| -> Vec<(u16, Value)> {
        let record = |number| {
            both.wait();
            let answer = node.post("/v1/records", &gift(&format!("G-{number}"), 7));
            (answer.status, answer.json()["id"].clone())
        };
        (0..TWICE).map(record).collect()
    };
    let [one, other] = thread::scope(|scope| {
        let senders = nodes.each_ref().map(|node| scope.spawn(|| send(node)));
        senders.map(|sender| sender.join().expect("answers"))
    });
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one.1, other.1, "one event has one id");
        let mut statuses = [one.0, other.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
    }
    let last = nodes.iter().map(|node| position(&node.get(RATES))).max();
    for node in &nodes {
        let rates = node.at_least(last.expect("a position"), RATES);
        assert_eq!(disbursed(&rates), (7 * TWICE).to_string());
        assert_eq!(node.events("name=line.disbursed").len(), TWICE);
    }
}

#[test]
fn other_content_under_a_reference_is_refused_on_the_other_node() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    for number in 0..20 {
        let reference = format!("G-{number}");
        one.post("/v1/records", &gift(&reference, 7)).of(201);
        // It was told of nothing: it finds out by itself.
        let refused = other.post("/v1/records", &gift(&reference, 8)).of(409);
        assert_eq!(refused.json()["type"], "/problems/reference-reused");
        let repeated = other.post("/v1/records", &gift(&reference, 7)).of(200);
        assert_eq!(repeated.header("Outlay-Replayed"), Some("true"));
    }
    assert_eq!(other.events("name=line.disbursed").len(), 20);
}

#[test]
fn nodes_that_start_at_once_found_one_register() {
    let fresh = Fresh::new();
    let nodes = fresh.nodes();
    let alone = Fresh::new();
    let names = |node: &Node| -> Vec<Value> {
        let events = node.events("").into_iter();
        events.map(|event| event["reference"].clone()).collect()
    };
    let one = alone.node();
    let founded = position(&one.get(RATES));
    let mut expected = names(&one);
    expected.sort_by_key(Value::to_string);
    for node in &nodes {
        let mut found = names(node);
        assert_eq!(position(&node.get(RATES)), founded);
        found.sort_by_key(Value::to_string);
        assert_eq!(found, expected);
    }
}

/// Somebody else writes into one of our streams: nothing may be left out, so nothing goes on.
#[test]
fn a_node_that_cannot_go_on_says_why() {
    let fresh = Fresh::new();
    let node = fresh.node();
    node.post("/v1/records", &gift("G-1", 7)).of(201);
    let before = node.get(RATES).of(200);
    let shown = node.get("/metrics").of(200).body;
    assert!(shown.contains("outlay_store_read_only 0\n"), "{shown}");
    assert!(shown.contains("outlay_ready 1\n"), "{shown}");
    fresh.append_foreign("line-x", "x", "{}");
    node.wait_for("the copy of the log goes no further");
    let refused = node.get("/readyz").of(503);
    let problem = refused.json();
    assert_eq!(problem["type"], "/problems/stopped");
    assert_eq!(problem["applied"], before.position().expect("a position"));
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("stream 'line-x', revision 0"), "{detail}");
    assert!(detail.contains("stream_prefix"), "{detail}");
    let refused = node.post("/v1/records", &gift("G-2", 7)).of(503);
    assert_eq!(refused.json()["type"], "/problems/read-only");
    let shown = node.get("/metrics").of(200).body;
    assert!(shown.contains("outlay_store_read_only 1\n"), "{shown}");
    assert!(shown.contains("outlay_ready 0\n"), "{shown}");
    // What it has is as right as it was, for who asks for that; now, others know more.
    let asked = before.position().expect("a position");
    let known = node.get(&format!("{RATES}&known_at={asked}")).of(200);
    assert_eq!(known.json()["total"], before.json()["total"]);
    let now = node.get(RATES).of(503).json();
    assert_eq!(now["type"], "/problems/stopped");
    let detail = now["detail"].as_str().expect("a detail");
    assert!(detail.contains(&format!("known_at={asked}")), "{detail}");
    let beyond = node.get(&format!("{RATES}&known_at={}", asked + 1)).of(503);
    assert_eq!(beyond.json()["type"], "/problems/stopped");
    let lines = node.process.log_to_its_end();
    assert!(!lines.contains("the log cannot be read"), "{lines}");
}

#[test]
fn a_fresh_cluster_takes_another_register_and_an_old_one_does_not() {
    let fresh = Fresh::new();
    let file = fresh.folder.path().join("register.json");
    let register = r#"[{"record":"registration","reference":"R-1","effective_on":"2020-01-01","kind":"programme","code":"ROADS","names":{"vi":"Đường","en":"Roads"}},
        {"record":"registration","reference":"R-2","effective_on":"2020-01-01","kind":"province","code":"N-1","names":{"vi":"Bắc","en":"North"}}]"#;
    std::fs::write(&file, register).expect("a file");
    let mut first = fresh.serve();
    first.args(["--register", text(&file)]);
    let first = Process::start(first);
    let mut second = fresh.serve();
    second.args(["--register", text(&file)]);
    run_command(second, "")
        .ends(1)
        .says("the store already has a register");
    for provinces in [
        first.get("/v1/provinces"),
        fresh.node().get("/v1/provinces"),
    ] {
        let provinces = provinces.of(200).body;
        assert!(provinces.contains("N-1"), "{provinces}");
        assert!(!provinces.contains("Lào Cai"), "{provinces}");
    }
}

/// The streams of the alerts that a node knows to be raised, as often as they were.
fn raised(node: &Node) -> Vec<String> {
    let stream = |event: Value| event["stream"].as_str().expect("a stream").to_owned();
    let events = node.events("name=alert.raised");
    events.into_iter().map(stream).collect()
}

/// Up to which position a node has judged last.
fn judged(node: &Node) -> Option<u64> {
    let metrics = node.get("/metrics").of(200).body;
    let mut lines = metrics.lines();
    let position = lines.find_map(|line| line.strip_prefix("outlay_watch_position "))?;
    Some(position.parse().expect("a position"))
}

/// Provinces that fall behind at once.
const BEHIND: [&str; 8] = ["01", "04", "08", "11", "12", "14", "20", "22"];

#[test]
fn two_nodes_that_judge_at_once_raise_an_alert_once() {
    let fresh = Fresh::new();
    let nodes = fresh.nodes();
    let (rows, id) = behind_today();
    let rows = BEHIND.map(|code| {
        let line = format!("PUB/{code}/");
        let rows = rows.replace("PUB/01/", &line);
        rows.replace("\"province\":\"01\"", &format!("\"province\":\"{code}\""))
    });
    let done = nodes[0].try_batch(&rows.join("\n")).expect("an answer");
    assert_eq!(done.of(200).body.matches("\"status\":201").count(), 16);
    for node in &nodes {
        let all = || (raised(node).len() >= BEHIND.len()).then_some(());
        until("all alerts", all);
    }
    // Whoever judged that has recorded what it found before.
    let last = nodes.iter().map(|node| position(&node.get(RATES))).max();
    for node in &nodes {
        let judged = || (judged(node) >= last).then_some(());
        until("a judgement of everything", judged);
    }
    for node in &nodes {
        let mut raised = raised(node);
        raised.sort();
        let all = raised.len();
        raised.dedup();
        assert_eq!(raised.len(), all, "one is raised twice");
        for code in BEHIND {
            let stream = format!("alert-{}", id.replace(".01.", &format!(".{code}.")));
            assert!(raised.contains(&stream), "{stream}: {raised:?}");
        }
    }
}

#[test]
fn a_node_that_stood_still_catches_up() {
    let fresh = Fresh::new();
    let [one, other] = fresh.nodes();
    signal(other.process(), "STOP");
    for record in little_history().lines() {
        one.post("/v1/records", record).of(201);
    }
    // Longer than it lets its own subscription keep silent.
    let silent = ureq::get(format!("{}/healthz", other.address))
        .config()
        .timeout_global(Some(Duration::from_secs(6)))
        .build()
        .call();
    silent.expect_err("it answers though it stands still");
    let told = position(&one.post("/v1/records", &gift_in("15", "G-1", 7)).of(201));
    signal(other.process(), "CONT");
    let caught_up = other.at_least(told, RATES).of(200);
    assert_eq!(caught_up.body, one.get(RATES).of(200).body);
    // It takes records as before.
    other.post("/v1/records", &gift("G-2", 7)).of(201);
}
