//! The command line beside the answers: exit codes, what it says when it fails, configuration.

use std::process::Stdio;

use tempfile::tempdir;

use crate::outlay::{Server, command, run, run_command, run_with, text};
use crate::records::{LINE, allocation, gift};

#[test]
fn an_absent_folder_says_what_to_do() {
    let folder = tempdir().expect("a folder");
    let absent = folder.path().join("absent");
    for question in [
        &["rates"][..],
        &["series"],
        &["explain", "--measure", "rate"],
        &["compare", "--from", "0"],
        &["behind"],
        &["alerts"],
        &["lines"],
        &["lines", LINE],
        &["events"],
        &["replay"],
    ] {
        let run = run(&[question, &["--data", text(&absent)]].concat()).ends(3);
        assert_eq!(run.stdout, "");
        run.says("no outlay.db")
            .says("--server")
            .says("outlay serve");
    }
    assert!(!absent.exists(), "a question makes no folder");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    // A port that was just given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    run(&["rates", "--server", &address]).ends(3).says(&address);
    run_with(
        &["record", "-", "--server", &address],
        &allocation("QD-1", 1),
    )
    .ends(3);
}

#[test]
fn what_is_not_understood_is_usage() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    run(&[]).ends(2);
    run(&["pay"]).ends(2);
    run(&["rates", "--server", "localhost"])
        .ends(2)
        .says("http://");
    run(&["rates", "--server", "https://localhost"])
        .ends(2)
        .says("TLS");
    run(&["rates", "--server", &server.address, "--data", "x"]).ends(2);
    run(&[
        "rates",
        "--server",
        &server.address,
        "--as-of",
        "31/01/2025",
    ])
    .ends(2)
    .says("--as-of");
    run(&["rates", "--data", text(folder.path()), "--by", "colour"])
        .ends(2)
        .says("--by");
    run(&["serve", "--store", "esdb://node1", "--data", "x"]).ends(2);
}

#[test]
fn a_setting_comes_from_a_flag_the_environment_or_a_file() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    run_with(
        &["record", "-", "--data", text(&data)],
        &allocation("QD-1", 1),
    )
    .ends(0);
    let file = folder.path().join("outlay.toml");
    std::fs::write(&file, format!("data = {:?}\n", text(&data))).expect("a file");
    run(&["events", "--config", text(&file)]).ends(0);
    let mut by_environment = command(&["events"]);
    by_environment.env("OUTLAY_DATA", &data);
    run_command(by_environment, "").ends(0);
    let mut flag_first = command(&["events", "--data", text(&data)]);
    flag_first.env("OUTLAY_DATA", folder.path().join("absent"));
    run_command(flag_first, "").ends(0);
    std::fs::write(&file, "dta = 1\n").expect("a file");
    run(&["events", "--config", text(&file)])
        .ends(2)
        .says("dta");
    let absent = folder.path().join("absent.toml");
    run(&["events", "--config", text(&absent)])
        .ends(2)
        .says("absent.toml");
    let mut wrong = command(&["events"]);
    wrong.env("OUTLAY_LISTEN", "0.0.0.0:80");
    run_command(wrong, "").ends(2).says("OUTLAY_LISTEN");
}

#[test]
fn a_reader_who_stops_reading_is_no_failure() {
    let folder = tempdir().expect("a folder");
    let rows: Vec<String> = (0..2_000).map(|it| gift(&format!("G-{it}"), 1)).collect();
    let data = text(folder.path());
    run_with(&["record", "-", "--data", data], &rows.join("\n")).ends(0);
    let mut child = command(&["events", "-o", "ndjson", "--data", data])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_shell_can_complete_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).ends(0).stdout;
        assert!(script.contains("known-at"), "{shell}");
    }
}
