//! The demo as a program: it starts at once, says what to ask, and keeps to its folder.

use std::io::BufRead as _;

use serde_json::Value;
use tempfile::tempdir;

use crate::outlay::{Process, Server, command, demo, run, text};

#[test]
fn the_demo_says_where_it_is_and_what_to_ask() {
    let mut demo = demo();
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        assert!(
            demo.stdout.read_line(&mut text).expect("a line") > 0,
            "{text}"
        );
    }
    let asked: Vec<&str> = text
        .split('\'')
        .filter(|it| it.starts_with("http"))
        .collect();
    assert_eq!(asked.len(), 3, "{text}");
    for question in asked {
        let path = question.strip_prefix(&demo.address).expect("our address");
        let answer = demo.get(path).of(200).json();
        assert!(answer["total"]["rate"].is_string(), "{question}");
    }
}

#[test]
fn the_demo_is_the_same_every_time() {
    let log = |demo: &Process| {
        let log = demo
            .get_as("/v1/events", "application/x-ndjson")
            .of(200)
            .body;
        let mut events: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        for event in &mut events {
            event["correlation_id"].take();
        }
        events
    };
    assert_eq!(log(&demo()), log(&demo()));
}

#[test]
fn a_demo_without_a_folder_leaves_nothing_behind() {
    let folder = tempdir().expect("a folder");
    let entries = || {
        std::fs::read_dir(folder.path())
            .expect("it is there")
            .count()
    };
    let mut command = command(&["demo", "--listen", "127.0.0.1:0"]);
    command.env("TMPDIR", folder.path());
    let demo = Process::start(command);
    assert_eq!(entries(), 1);
    assert!(demo.terminate().success());
    assert_eq!(entries(), 0);
}

#[test]
fn a_demo_over_a_folder_is_kept_and_never_filled_twice() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    let arguments = ["demo", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let demo = Process::with(&arguments);
    let head = demo.get("/v1/rates").of(200).position();
    assert!(demo.terminate().success());
    run(&arguments).ends(1).says("not empty");
    let server = Server::over(&data);
    assert_eq!(server.get("/v1/rates").of(200).position(), head);
}
