//! How a node comes to its cluster: it waits for it, and says what is wrong where waiting is in
//! vain.

use std::thread;

use peer::Options;
use tempfile::tempdir;

use crate::process::{Process, command, run, run_command, run_with, signal, text};
use crate::records::{RATES, allocation, gift};
use crate::site::Fresh;

/// What a node says while it waits.
const WAITS: &str = "the cluster does not answer yet";

/// A password that must be nowhere to be read, and as it goes to the cluster, with its user.
const PASSWORD: &str = "s3cr3t-Mat-Khau";
const ENCODED: &str = "b3BzOnMzY3IzdC1NYXQtS2hhdQ";

/// A cluster that asks for that password.
fn with_password() -> Fresh {
    let credentials = Some(("ops".to_owned(), PASSWORD.to_owned()));
    Fresh::with(Options {
        credentials,
        ..Options::default()
    })
}

#[track_caller]
fn says_no_password(lines: &str) {
    for secret in [PASSWORD, ENCODED] {
        assert!(!lines.contains(secret), "{lines}");
    }
}

#[test]
fn a_node_waits_for_its_cluster_and_says_so() {
    let fresh = Fresh::reserved();
    let node = fresh.launch();
    node.wait_for(WAITS);
    node.get("/healthz").of(200);
    for path in ["/readyz", RATES] {
        let refused = node.get(path).of(503);
        assert_eq!(refused.json()["type"], "/problems/not-ready");
        assert_eq!(refused.header("Retry-After"), Some("2"));
    }
    node.process.post("/v1/records", &gift("G-1", 7)).of(503);
    fresh.up();
    node.ready();
    node.process.post("/v1/records", &gift("G-1", 7)).of(201);
}

#[test]
fn a_node_that_waits_ends_when_asked() {
    let fresh = Fresh::reserved();
    for ending in ["TERM", "INT"] {
        let node = fresh.launch().process;
        node.wait_for(WAITS);
        signal(node.process(), ending);
        assert!(node.ended().success(), "{ending}");
    }
}

#[test]
fn a_node_goes_on_when_its_cluster_comes_back() {
    let fresh = Fresh::new();
    let node = fresh.node();
    node.post("/v1/records", &gift("G-1", 7)).of(201);
    fresh.down();
    // What it has, it answers; what it would have to ask for, not.
    node.get("/readyz").of(200);
    let before = node.get(RATES).of(200).body;
    node.wait_for("the subscription is made anew");
    assert_eq!(node.get(RATES).of(200).body, before);
    // A record waits for it, for a while.
    let taken = thread::scope(|scope| {
        let sent = scope.spawn(|| node.post("/v1/records", &gift("G-2", 7)));
        node.wait_for("the subscription is made anew");
        fresh.up();
        sent.join().expect("an answer").of(201)
    });
    let told = taken.position().expect("a position");
    let rates = node.at_least(told, RATES).of(200).json();
    assert_eq!(rates["total"]["disbursed"], "14");
}

#[test]
fn a_wrong_name_or_password_is_told_and_not_repeated() {
    let fresh = with_password();
    let right = fresh.connection_string();
    for wrong in [
        right.replace(PASSWORD, "hunter2"),
        right.replace("ops:", "oops:"),
        right.replace(&format!("ops:{PASSWORD}@"), ""),
    ] {
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--log-level", "trace"]);
        serve.env("OUTLAY_STORE", &wrong);
        let refused = run_command(serve, "").ends(3);
        says_no_password(&refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
        refused.says("refuses the name and password given");
    }
    let folder = tempdir().expect("a folder");
    let to = text(folder.path());
    run(&[
        "migrate",
        "--from",
        &right.replace(PASSWORD, "hunter2"),
        "--to",
        to,
    ])
    .ends(3)
    .says("refuses the name and password given");
}

#[test]
fn the_password_is_in_no_line() {
    let fresh = with_password();
    let mut serve = fresh.serve();
    serve.args(["--log-level", "trace"]);
    let node = Process::start(serve);
    node.post("/v1/records", &gift("G-1", 7)).of(201);
    fresh.faults().break_subscriptions();
    fresh.faults().lose_replies(1);
    node.post("/v1/records", &gift("G-2", 7)).of(201);
    node.wait_for("the subscription is made anew");
    fresh.down();
    node.wait_for("the subscription is made anew");
    let lines = node.log_to_its_end();
    assert!(lines.contains("draining"), "{lines}");
    says_no_password(&lines);
}

#[test]
fn a_cluster_is_reached_by_tls() {
    let credentials = Some(("ops".to_owned(), PASSWORD.to_owned()));
    let fresh = Fresh::with(Options {
        nodes: 3,
        tls: true,
        credentials,
        ..Options::default()
    });
    assert!(fresh.connection_string().contains("tls=true"));
    let [one, other] = fresh.nodes();
    let written = one.post("/v1/records", &gift("G-1", 7)).of(201);
    let rates = other.at_least(written.position().expect("a position"), RATES);
    assert_eq!(rates.of(200).json()["total"]["disbursed"], "7");
}

#[test]
fn a_cluster_whose_certificate_nobody_vouches_for_is_not_asked() {
    let fresh = Fresh::with(Options {
        tls: true,
        ..Options::default()
    });
    let whole = fresh.connection_string();
    let (address, _) = whole.split_once("&tlsCaFile").expect("an authority");
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("OUTLAY_STORE", address);
    let node = Process::launch(serve);
    node.wait_for(WAITS);
    node.get("/readyz").of(503);
    assert!(node.terminate().success());
    assert_eq!(fresh.calls().of(peer::Rpc::Read), 0);
}

#[test]
fn a_certificate_file_that_is_none_is_told() {
    let folder = tempdir().expect("a folder");
    let absent = folder.path().join("ca.crt");
    let address = format!("esdb://ops:{PASSWORD}@node1?tlsCaFile={}", text(&absent));
    let refused = || {
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env("OUTLAY_STORE", &address);
        let refused = run_command(serve, "").ends(3).says("tlsCaFile");
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
        says_no_password(&refused.stderr);
        refused
    };
    refused().says("No such file");
    let certificate = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
    std::fs::write(&absent, certificate).expect("a file");
    refused();
}

#[test]
fn an_address_that_cannot_be_understood_is_usage() {
    let folder = tempdir().expect("a folder");
    let to = folder.path().join("data");
    for (wrong, told) in [
        ("", "esdb://"),
        ("http://node1", "esdb://"),
        ("node1:2113", "esdb://"),
        ("esdb://ops:s3cr3t-Mat-Khau@:x:", "esdb://"),
        ("esdb://ops:s3cr3t-Mat-Khau@node1:99999", "cannot be read"),
        (
            "esdb://ops:s3cr3t-Mat-Khau@node1?tls=perhaps",
            "cannot be read",
        ),
        (
            "esdb://ops:s3cr3t-Mat-Khau@node1?tsl=false",
            "no parameter 'tsl'",
        ),
        ("esdb://node1?nodePreference=follower", "'leader'"),
    ] {
        let store = ["serve", "--listen", "127.0.0.1:0", "--store", wrong];
        let refused = run(&store).ends(2).says(told);
        assert_eq!(refused.stdout, "", "nothing listens: {wrong}");
        says_no_password(&refused.stderr);
        if !wrong.contains("://") || wrong.starts_with("http") {
            continue;
        }
        let refused = run(&["migrate", "--from", wrong, "--to", text(&to)]).ends(2);
        says_no_password(&refused.says(told).stderr);
    }
    assert!(!to.exists(), "nothing is opened");
    let table = folder.path().join("outlay.toml");
    let settings = "store = 'esdb://node1'\n[cluster]\nstream_prefix = 'a-b'\n";
    std::fs::write(&table, settings).expect("a file");
    run(&["serve", "--config", text(&table)])
        .ends(2)
        .says("a-b");
}

#[test]
fn who_asks_a_folder_while_the_log_is_on_a_cluster_is_sent_to_a_node() {
    let fresh = with_password();
    let node = fresh.node();
    node.post("/v1/records", &gift("G-1", 7)).of(201);
    let sent_on = |command| {
        let refused = run_command(command, &allocation("QD-1", 1)).ends(2);
        says_no_password(&refused.stderr);
        refused.says("ask a node").says("--server");
    };
    let config = fresh.folder.path().join("outlay.toml");
    let settings = format!("store = '{}'\n", fresh.connection_string());
    std::fs::write(&config, settings).expect("a file");
    for asked in [&["rates"][..], &["events"], &["replay"], &["record", "-"]] {
        sent_on(fresh.command(asked));
        sent_on(command(&[asked, &["--config", text(&config)]].concat()));
        // A folder in the file is hidden by a cluster in the environment.
        let other = fresh.folder.path().join("folder.toml");
        std::fs::write(&other, "data = './absent'\n").expect("a file");
        sent_on(fresh.command(&[asked, &["--config", text(&other)]].concat()));
    }
    let mut asks = fresh.command(&["rates", "--server", &node.address]);
    asks.args(["--year", "2024", "-o", "json", "--as-of", "2025-01-31"]);
    let answer = run_command(asks, "").ends(0).stdout;
    assert!(answer.contains("\"disbursed\":\"7\""), "{answer}");
}

#[test]
fn a_folder_that_is_named_hides_a_cluster() {
    let fresh = with_password();
    let data = fresh.folder.path().join("data");
    let named = ["--data", text(&data)];
    run_with(&[&["record", "-"], &named[..]].concat(), &gift("G-1", 9)).ends(0);
    let config = fresh.folder.path().join("outlay.toml");
    let settings = format!("store = '{}'\n", fresh.connection_string());
    std::fs::write(&config, settings).expect("a file");
    let asked = ["--year", "2024", "-o", "json", "--as-of", "2025-01-31"];
    let rates = [&["rates"], &named[..], &asked[..]].concat();
    let by_file = [&rates[..], &["--config", text(&config)]].concat();
    let mut by_environment = command(&[&["rates", "--config", text(&config)], &asked[..]].concat());
    by_environment.env("OUTLAY_DATA", &data);
    for rates in [fresh.command(&rates), command(&by_file), by_environment] {
        let answer = run_command(rates, "").ends(0).stdout;
        assert!(answer.contains("\"disbursed\":\"9\""), "{answer}");
    }
    let mut serve = fresh.command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.args(named);
    let server = Process::start(serve);
    assert_eq!(server.get(RATES).of(200).json()["total"]["disbursed"], "9");
    run(&["serve", "--store", "esdb://node1", "--data", "x"]).ends(2);
    run(&["serve", "--cache", "x", "--data", "y"]).ends(2);
    assert_eq!(
        fresh.calls().of(peer::Rpc::Features),
        0,
        "nobody asked the cluster"
    );
}

/// The register is one append for each of its streams.
#[test]
fn the_least_appends_that_may_be_set_are_enough_to_begin() {
    const LEAST: usize = 128 * 1024;
    let fresh = Fresh::with(Options {
        max_append_size: LEAST,
        ..Options::default()
    });
    let folder = tempdir().expect("a folder");
    let config = folder.path().join("outlay.toml");
    let serve_with = |bytes: usize| {
        let settings = format!("[cluster]\nmax_append_bytes = {bytes}\n");
        std::fs::write(&config, settings).expect("a file");
        let mut serve = fresh.serve();
        serve.args(["--config", text(&config)]);
        serve
    };
    run_command(serve_with(LEAST - 1), "")
        .ends(2)
        .says("max_append_bytes is 131071");
    let node = Process::start(serve_with(LEAST));
    node.post("/v1/records", &gift("G-1", 7)).of(201);
}
