//! What a server leaves for the next one: used where it is right, and never needed.

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::outlay::{Server, run, text};
use crate::records::{RATES, gift_in, little_history};

const INDEX: &str = "index.checkpoint";
const FIGURES: &str = "figures.checkpoint";

/// What the log says where the figures did not begin with nothing.
const BEGAN: &str = "the figures begin with their checkpoint";

/// What it says of a file that cannot be used.
const THROWN_AWAY: &str = "a checkpoint is thrown away";

/// A folder with a little history, left by a server that was asked to end; what it answered.
fn left(folder: &Path) -> String {
    let server = Server::over(folder);
    for record in little_history().lines() {
        server.post("/v1/records", record).of(201);
    }
    let answer = server.get(RATES).of(200).body;
    assert!(!folder.join(FIGURES).exists());
    assert!(server.terminate().success());
    answer
}

#[test]
fn a_server_begins_where_the_last_one_ended() {
    let folder = tempdir().expect("a folder");
    let before = left(folder.path());
    for name in [INDEX, FIGURES] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let server = Server::over(folder.path());
    server.wait_for(BEGAN);
    assert_eq!(server.get(RATES).of(200).body, before);
    server
        .post("/v1/records", &gift_in("10", "KB-9", 7))
        .of(201);
    let after = server.get(RATES).of(200).body;
    // It leaves nothing: the next start has the checkpoints of the first, and goes on from there.
    server.kill();
    let server = Server::over(folder.path());
    server.wait_for(BEGAN);
    assert_eq!(server.get(RATES).of(200).body, after);
}

#[test]
fn without_its_checkpoints_a_server_answers_the_same() {
    let folder = tempdir().expect("a folder");
    let before = left(folder.path());
    for name in [INDEX, FIGURES] {
        fs::remove_file(folder.path().join(name)).expect("it was there");
    }
    let server = Server::over(folder.path());
    assert_eq!(server.get(RATES).of(200).body, before);
}

#[test]
fn checkpoints_that_rotted_are_told_of_and_change_nothing() {
    let folder = tempdir().expect("a folder");
    let before = left(folder.path());
    for name in [INDEX, FIGURES] {
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).expect("it is there");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&path, bytes).expect("it is written");
    }
    let server = Server::over(folder.path());
    server.wait_for(THROWN_AWAY);
    server.wait_for(THROWN_AWAY);
    assert_eq!(server.get(RATES).of(200).body, before);
    assert!(server.terminate().success());
    Server::over(folder.path()).wait_for(BEGAN);
}

#[test]
fn a_command_that_asks_begins_there_and_leaves_no_file() {
    let folder = tempdir().expect("a folder");
    left(folder.path());
    let ask = || {
        let data = ["rates", "--data", text(folder.path()), "-o", "json"];
        let level = ["--log-level", "info", "--as-of", "2025-01-31"];
        run(&[&data[..], &level[..]].concat()).ends(0)
    };
    let with = ask().says(BEGAN).stdout;
    for name in [INDEX, FIGURES] {
        fs::remove_file(folder.path().join(name)).expect("it was there");
    }
    assert_eq!(ask().stdout, with);
    for name in [INDEX, FIGURES] {
        assert!(!folder.path().join(name).exists(), "{name}");
    }
}
