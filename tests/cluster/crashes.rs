//! Nodes and leaders that are killed in a load: what was acknowledged is there, once, on every
//! node.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;
use std::time::Duration;

use peer::{Options, Rpc};
use serde_json::Value;

use crate::patience::until;
use crate::process::signal;
use crate::records::gift_in;
use crate::site::{Fresh, Node};

/// Provinces and programmes that were there in 2024: a line for each pair.
const PROVINCES: [&str; 20] = [
    "01", "02", "04", "06", "08", "10", "11", "12", "14", "15", "17", "19", "20", "22", "24", "25",
    "26", "27", "30", "31",
];
const PROGRAMMES: [&str; 3] = ["NTM", "SPR", "EM"];

/// Rows of a batch.
const BATCH: usize = 20;

/// A gift of 7 đồng for each of these references, each on the line that its number says.
fn rows(references: &[String]) -> String {
    let row = |reference: &String| {
        let number = reference.rsplit('-').next().expect("a number");
        let number: usize = number.parse().expect("a number");
        let programme = PROGRAMMES[number / PROVINCES.len() % PROGRAMMES.len()];
        let row = gift_in(PROVINCES[number % PROVINCES.len()], reference, 7);
        row.replace("NTM", programme)
    };
    let rows: Vec<String> = references.iter().map(row).collect();
    rows.join("\n")
}

/// Which of a batch a node has acknowledged; none where it went away.
fn acknowledged(node: &Node, references: &[String]) -> Option<BTreeSet<String>> {
    let answer = node.try_batch(&rows(references)).ok()?.of(200);
    let rows = answer.body.lines().zip(references);
    let done = rows.filter_map(|(row, reference)| {
        let row: Value = serde_json::from_str(row).expect("JSON");
        match row["status"].as_u64() {
            Some(200 | 201) => Some(reference.clone()),
            // It may be there all the same: whoever sends it again is told.
            Some(503) => None,
            // The other node was first on its line, time and again.
            Some(409) if row["type"] == "/problems/conflict" => None,
            _ => panic!("{row}"),
        }
    });
    Some(done.collect())
}

/// Sends everything to a node, batch after batch, until it has acknowledged all of it.
fn send_all(node: &Node, references: &[String]) {
    for batch in references.chunks(BATCH) {
        let mut left = batch.to_vec();
        while !left.is_empty() {
            let done = acknowledged(node, &left).expect("it lives");
            left.retain(|reference| !done.contains(reference));
        }
    }
}

/// How often each gift is in the log, as a node knows it once it has what both know.
fn counts(nodes: [&Node; 2]) -> BTreeMap<String, usize> {
    let told = nodes.map(|node| node.get("/v1/rates").position().expect("a position"));
    let told = told[0].max(told[1]);
    let logs = nodes.map(|node| {
        node.at_least(told, "/v1/rates").of(200);
        node.events("")
    });
    assert_eq!(logs[0], logs[1], "two nodes know two logs");
    let positions = logs[0].iter().map(|event| event["position"].as_u64());
    assert!(positions.eq((1..).map(Some).take(logs[0].len())), "a gap");
    let mut counts = BTreeMap::new();
    for event in logs[0].iter().filter(|it| it["name"] == "line.disbursed") {
        let reference = event["reference"].as_str().expect("a reference");
        *counts.entry(reference.to_owned()).or_default() += 1;
    }
    counts
}

/// References of a round: `who` sent them.
fn references(round: usize, who: &str, count: usize) -> Vec<String> {
    let name = |number| format!("KB-{round}-{who}-{number}");
    (0..count).map(name).collect()
}

#[test]
fn a_leader_killed_in_the_middle_of_batches_loses_and_doubles_nothing() {
    let fresh = Fresh::with(Options {
        nodes: 3,
        ..Options::default()
    });
    let nodes = fresh.nodes();
    fresh.faults().delay(Duration::from_millis(10));
    let appends = || fresh.calls().of(Rpc::BatchedAppend);
    let mut sent = BTreeSet::new();
    for round in 0..2 {
        let both = references(round, "both", 120);
        let own = ["one", "other"].map(|who| references(round, who, 60));
        let own = own.map(|own| [own, both.clone()].concat());
        let before = (appends(), fresh.events().len());
        thread::scope(|scope| {
            for (node, own) in nodes.iter().zip(&own) {
                scope.spawn(|| send_all(node, own));
            }
            until("appends", || (appends() >= before.0 + 10).then_some(()));
            fresh.kill_leader();
            let written = fresh.events().len() - before.1;
            assert!(written < 240, "all of it was written: {written}");
        });
        sent.extend(own.into_iter().flatten());
    }
    let counts = counts([&nodes[0], &nodes[1]]);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert!(counts.keys().eq(&sent), "not what was sent");
}

#[test]
fn a_node_killed_in_a_load_comes_back_with_everything_that_was_acknowledged() {
    let fresh = Fresh::new();
    let survivor = fresh.node();
    let (mut sent, mut done) = (BTreeSet::new(), BTreeSet::new());
    for (round, keeps_its_copy) in [(0, true), (1, false), (2, true)] {
        let victim = fresh.node();
        let (process, copy) = (victim.process.process(), victim.cache());
        thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let own = references(round, "survivor", 200);
                send_all(&survivor, &own);
                own
            });
            for batch in 0.. {
                let own = references(round, &format!("victim{batch}"), 40);
                sent.extend(own.iter().cloned());
                // While it answers the third batch, it is killed.
                let killer = (batch == 2).then(|| {
                    let there = fresh.events().len();
                    let fresh = &fresh;
                    scope.spawn(move || {
                        until("more events", || {
                            (fresh.events().len() > there + 5).then_some(())
                        });
                        signal(process, "KILL");
                    })
                });
                let told = acknowledged(&victim, &own);
                done.extend(told.clone().unwrap_or_default());
                if let Some(killer) = killer {
                    killer.join().expect("it was killed");
                }
                if told.is_none() {
                    break;
                }
            }
            let beside = beside.join().expect("all of it");
            sent.extend(beside.iter().cloned());
            done.extend(beside);
        });
        drop(victim);
        if !keeps_its_copy {
            fs::remove_dir_all(&copy).expect("it was there");
        }
        let back = fresh.node();
        assert_eq!(back.cache(), copy);
        let counts = counts([&survivor, &back]);
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert!(counts.keys().all(|it| sent.contains(it)), "never sent");
        let lost: Vec<_> = done.iter().filter(|it| !counts.contains_key(*it)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
    assert!(done.len() >= 3 * 200 + 100, "too little to tell");
    // Whoever does not know what became of a row sends it again, and it counts once.
    let unknown: Vec<String> = sent.difference(&done).cloned().collect();
    send_all(&survivor, &unknown);
    let counts = counts([&survivor, &survivor]);
    assert!(counts.keys().eq(&sent), "not what was sent");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}
