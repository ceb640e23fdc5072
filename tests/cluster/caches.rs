//! The copy of a node: used where it is one of this log, and never needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::process::{Process, run, run_command, run_with, text};
use crate::records::{RATES, allocation, gift, little_history};
use crate::site::{Fresh, Node};

const LOG: &str = "outlay.db";
const INDEX: &str = "index.checkpoint";
const FIGURES: &str = "figures.checkpoint";

/// What a node says whose figures did not begin with nothing.
const BEGAN: &str = "the figures begin with their checkpoint";

/// What it says of a checkpoint that cannot be used.
const THROWN_AWAY: &str = "a checkpoint is thrown away";

/// What it says of a copy that cannot be used.
const ANEW: &str = "made anew";

/// Records a little history on `node`; what it answers then.
fn with_history(node: &Node) -> String {
    for record in little_history().lines() {
        node.post("/v1/records", record).of(201);
    }
    node.get(RATES).of(200).body
}

/// All files of a folder and what is in them, but the lock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder");
    let named = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a plain name");
        (name, fs::read(entry.path()).expect("a file"))
    });
    named.filter(|(name, _)| name != "outlay.lock").collect()
}

#[test]
fn a_node_begins_where_it_ended() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let (before, cache) = (with_history(&node), node.cache());
    assert!(!cache.join(FIGURES).exists());
    node.terminate();
    for name in [LOG, INDEX, FIGURES] {
        assert!(cache.join(name).exists(), "{name}");
    }
    let node = fresh.node();
    node.wait_for(BEGAN);
    assert_eq!(node.get(RATES).of(200).body, before);
    node.post("/v1/records", &gift("KB-9", 7)).of(201);
    let after = node.get(RATES).of(200).body;
    // It leaves no checkpoint: the next one has that of the first, and goes on from there.
    node.kill();
    let node = fresh.node();
    node.wait_for(BEGAN);
    assert_eq!(node.get(RATES).of(200).body, after);
}

#[test]
fn without_its_copy_a_node_answers_the_same() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let (before, cache) = (with_history(&node), node.cache());
    node.kill();
    fs::remove_dir_all(&cache).expect("it was there");
    assert_eq!(fresh.node().get(RATES).of(200).body, before);
    // Nor does it need a place to keep one.
    let node = Process::start(fresh.serve());
    assert_eq!(node.get(RATES).of(200).body, before);
}

#[test]
fn a_copy_that_a_node_does_not_keep_is_gone_with_it() {
    let fresh = Fresh::new();
    let folder = tempdir().expect("a folder");
    let mut serve = fresh.serve();
    serve.env("TMPDIR", folder.path());
    let node = Process::start(serve);
    let entries = || fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(entries(), 1);
    assert!(node.terminate().success());
    assert_eq!(entries(), 0);
}

#[test]
fn a_copy_that_is_torn_is_made_anew() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let (before, cache) = (with_history(&node), node.cache());
    node.terminate();
    let log = cache.join(LOG);
    let whole = fs::read(&log).expect("a file");
    let half = whole[..whole.len() / 2].to_vec();
    let mut rotten = whole.clone();
    rotten[4_096..].fill(0xAA);
    for torn in [half, rotten] {
        fs::write(&log, torn).expect("it is written");
        let node = fresh.node();
        node.wait_for(ANEW);
        assert_eq!(node.get(RATES).of(200).body, before);
        node.terminate();
    }
    // What was made anew is used again.
    fresh.node().wait_for(BEGAN);
}

#[test]
fn checkpoints_of_a_copy_that_rotted_are_told_of_and_change_nothing() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let (before, cache) = (with_history(&node), node.cache());
    node.terminate();
    for name in [INDEX, FIGURES] {
        let path = cache.join(name);
        let mut bytes = fs::read(&path).expect("it is there");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&path, bytes).expect("it is written");
    }
    let node = fresh.node();
    node.wait_for(THROWN_AWAY);
    node.wait_for(THROWN_AWAY);
    assert_eq!(node.get(RATES).of(200).body, before);
}

#[test]
fn a_copy_of_another_cluster_is_set_aside_and_made_anew() {
    let (first, second) = (Fresh::new(), Fresh::new());
    let node = first.node();
    let (before, cache) = (with_history(&node), node.cache());
    node.terminate();
    let node = second.node();
    node.post("/v1/records", &gift("KB-9", 7)).of(201);
    let answer = node.get(RATES).of(200).body;
    let mut serve = second.serve();
    serve.args(["--cache", text(&cache)]);
    let moved = Process::start(serve);
    moved.wait_for(ANEW);
    assert_eq!(moved.get(RATES).of(200).body, answer);
    let log = "/v1/events?limit=1000";
    assert_eq!(moved.get(log).of(200).body, node.get(log).of(200).body);
    assert!(moved.terminate().success());
    // It is a copy of the second now.
    let mut serve = second.serve();
    serve.args(["--cache", text(&cache)]);
    Process::start(serve).wait_for(BEGAN);
    // What it was before may be all that is left of the first.
    let saved = second.folder.path().join("saved");
    let (aside, saved) = (cache.join("before"), text(&saved).to_owned());
    run(&["migrate", "--from", text(&aside), "--to", &saved]).ends(0);
    let rates = run(&["rates", "-o", "json", "--data", &saved])
        .ends(0)
        .stdout;
    let saved: Value = serde_json::from_str(&rates).expect("JSON");
    let before: Value = serde_json::from_str(&before).expect("JSON");
    assert_eq!(saved["total"], before["total"]);
}

#[test]
fn a_data_folder_is_no_cache_and_is_left_as_it_is() {
    let fresh = Fresh::new();
    let folder = tempdir().expect("a folder");
    let data = text(folder.path());
    run_with(&["record", "-", "--data", data], &little_history()).ends(0);
    let before = files(folder.path());
    let mut serve = fresh.serve();
    serve.args(["--cache", data]);
    run_command(serve, "")
        .ends(3)
        .says("is a log of its own")
        .says("--cache takes another folder");
    assert_eq!(files(folder.path()), before);
    run(&["rates", "--data", data]).ends(0);
}

#[test]
fn a_cache_is_no_data_folder() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let (before, cache) = (with_history(&node), node.cache());
    node.terminate();
    let data = text(&cache);
    let copied = files(&cache);
    run(&["serve", "--data", data, "--listen", "127.0.0.1:0"])
        .ends(3)
        .says("is a copy of a log that a cluster keeps");
    run_with(&["record", "-", "--data", data], &allocation("QD-2", 1))
        .ends(3)
        .says("is a copy of a log that a cluster keeps");
    assert_eq!(files(&cache), copied);
    assert_eq!(fresh.node().get(RATES).of(200).body, before);
}

#[test]
fn a_cache_that_a_node_has_is_refused_to_another() {
    let fresh = Fresh::new();
    let node = fresh.node();
    let before = with_history(&node);
    let mut serve = fresh.serve();
    serve.args(["--cache", text(&node.cache())]);
    run_command(serve, "")
        .ends(3)
        .says("in use by another outlay process")
        .says("--cache takes another folder");
    assert_eq!(node.get(RATES).of(200).body, before);
}
