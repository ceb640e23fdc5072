//! A log that moves: from a folder to a cluster and back, event by event, and never over another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use peer::Options;
use tempfile::{TempDir, tempdir};

use crate::outlay::demo_in;
use crate::patience::until;
use crate::process::{Process, Run, command, run, run_command, run_with, signal, text};
use crate::records::{RATES, allocation, gift, gift_in, little_history};
use crate::site::Fresh;

/// A data folder with these records, and where it is.
fn folder(rows: &str) -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    run_with(&["record", "-", "--data", text(&data)], rows).ends(0);
    (folder, data)
}

/// So many gifts, each on another line than the one before.
fn gifts(count: usize) -> String {
    let gift = |number: usize| gift_in(["10", "15", "22"][number % 3], &format!("G-{number}"), 7);
    let rows: Vec<String> = (0..count).map(gift).collect();
    rows.join("\n")
}

fn migrate(from: &str, to: &str) -> Run {
    run(&["migrate", "--from", from, "--to", to])
}

/// The migration ended well and says how many events it moved.
#[track_caller]
fn moved(migration: Run, events: usize) {
    let told = migration.ends(0).stdout;
    let expected = format!("{events} events moved from ");
    assert!(told.starts_with(&expected), "{told}");
}

/// The log of a folder, as anybody can read it: ids, places, stamps and all.
fn log(data: &Path) -> String {
    run(&["events", "-o", "ndjson", "--data", text(data)])
        .ends(0)
        .stdout
}

/// How many of the events that a cluster has are ours.
fn count(fresh: &Fresh) -> usize {
    let events = fresh.events();
    let ours = events.iter().filter(|it| !it.event_type.starts_with('$'));
    ours.count()
}

#[test]
fn a_log_that_moves_to_a_cluster_and_back_is_the_same_byte_for_byte() {
    let fresh = Fresh::new();
    let demo = tempdir().expect("a folder");
    let data = demo_in(demo.path());
    let (before, there) = (log(&data), fresh.connection_string());
    let events = before.lines().count();
    assert!(events > 100, "{events}");
    moved(migrate(text(&data), &there), events);
    let back = demo.path().join("back");
    moved(migrate(&there, text(&back)), events);
    assert!(log(&back) == before, "the log is another");
    // Once more, and there is nothing to do.
    for (from, to) in [
        (text(&data), there.as_str()),
        (&there, text(&back)),
        (text(&data), text(&back)),
    ] {
        moved(migrate(from, to), 0);
    }
    assert_eq!(count(&fresh), events);
    // And to another cluster, whose own events make other gaps.
    let other = Fresh::with(Options {
        stats_every: 2,
        ..Options::default()
    });
    other.append_foreign("orders-1", "ordered", "{}");
    migrate(&there, &other.connection_string()).ends(0);
    let nodes = [fresh.node(), other.node()];
    let [one, two] = nodes.each_ref().map(|node| {
        let path = format!("/v1/events?limit=1000&after={}", events - 500);
        let page = node.get(&path).of(200).json()["events"].clone();
        page.as_array()
            .expect("a page")
            .iter()
            .take(500)
            .cloned()
            .collect::<Vec<_>>()
    });
    assert_eq!(one.len(), 500);
    assert_eq!(one, two);
}

#[test]
fn figures_are_what_they_were_and_grow_where_the_log_is_now() {
    let fresh = Fresh::new();
    let (_folder, data) = folder(&little_history());
    let server = Process::with(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    let known = server.get(RATES).position().expect("a position");
    let question = format!("{RATES}&known_at={known}");
    let before = server.get(&question).of(200).body;
    // The server has the folder.
    let there = fresh.connection_string();
    migrate(text(&data), &there)
        .ends(3)
        .says("in use by another outlay process");
    assert_eq!(count(&fresh), 0);
    migrate(&there, text(&data))
        .ends(3)
        .says("in use by another outlay process");
    assert!(server.terminate().success());
    migrate(text(&data), &there).ends(0);
    let nodes = fresh.nodes();
    for node in &nodes {
        assert_eq!(node.get(&question).of(200).body, before);
    }
    // The same voucher again is a repeat, a new one is not.
    let [one, other] = &nodes;
    let first = little_history();
    let first = first.lines().next().expect("a record");
    one.post("/v1/records", first).of(200);
    let told = other
        .post("/v1/records", &gift("G-1", 7))
        .of(201)
        .position();
    let told = told.expect("a position");
    for node in &nodes {
        assert_eq!(node.at_least(told, &question).of(200).body, before);
    }
    // What the cluster has more goes to the folder, and nothing the other way round.
    migrate(text(&data), &there)
        .ends(1)
        .says("has another event at position");
    for node in nodes {
        node.terminate();
    }
    let back = migrate(&there, text(&data)).ends(0);
    assert!(!back.stdout.starts_with("0 "), "{}", back.stdout);
    assert!(log(&data).contains("\"G-1\""));
}

#[test]
fn a_migration_that_was_killed_is_taken_up_where_it_stopped() {
    let fresh = Fresh::new();
    let (folder, data) = folder(&gifts(400));
    let (before, there) = (log(&data), fresh.connection_string());
    let events = before.lines().count();
    fresh.faults().delay(Duration::from_millis(2));
    for stop in [100, 200] {
        let mut migration = command(&["migrate", "--from", text(&data), "--to", &there]);
        migration.stdout(Stdio::null()).stderr(Stdio::null());
        let mut migration = migration.spawn().expect("the binary runs");
        until("half of it", || (count(&fresh) >= stop).then_some(()));
        migration.kill().expect("it runs");
        migration.wait().expect("it ended");
        assert!(count(&fresh) < events, "all of it was moved");
    }
    fresh.faults().delay(Duration::ZERO);
    let left = events - count(&fresh);
    // What was on its way when it was killed may have come since.
    let told = migrate(text(&data), &there).ends(0).stdout;
    let (now, _) = told.split_once(" events moved").expect("a count");
    let now: usize = now.parse().expect("a number");
    assert!((1..=left).contains(&now), "{now} of {left}");
    assert_eq!(count(&fresh), events);
    let back = folder.path().join("back");
    migrate(&there, text(&back)).ends(0);
    assert!(log(&back) == before, "the log is another");
}

/// A part of a log must not be gone on with as if it were the whole.
#[test]
fn a_folder_into_which_a_migration_was_broken_off_is_opened_by_that_alone() {
    let fresh = Fresh::new();
    let (folder, data) = folder(&gifts(10_000));
    let (before, there) = (log(&data), fresh.connection_string());
    migrate(text(&data), &there).ends(0);
    let (back, temporary) = (folder.path().join("back"), folder.path().join("tmp"));
    fs::create_dir(&temporary).expect("a folder");
    let says_so = back.join("outlay.migration");
    for ending in ["INT", "KILL"] {
        let mut migration = command(&["migrate", "--from", &there, "--to", text(&back)]);
        migration.env("TMPDIR", &temporary);
        migration.stdout(Stdio::null()).stderr(Stdio::piped());
        let migration = migration.spawn().expect("the binary runs");
        until("it has begun", || says_so.exists().then_some(()));
        signal(migration.id(), ending);
        let ended = migration.wait_with_output().expect("it ended");
        assert!(!ended.status.success());
        if ending == "INT" {
            let told = String::from_utf8_lossy(&ended.stderr);
            assert!(told.contains("the same command goes on"), "{told}");
            let left = fs::read_dir(&temporary).expect("a folder").count();
            assert_eq!(left, 0, "the copy of the log is left behind");
        }
        for refused in [
            run(&["serve", "--listen", "127.0.0.1:0", "--data", text(&back)]),
            run(&["rates", "--data", text(&back)]),
            run_with(&["record", "-", "--data", text(&back)], &gift("G-X", 7)),
        ] {
            refused.ends(3).says("has a part of a log");
        }
    }
    migrate(&there, text(&back)).ends(0);
    assert!(!says_so.exists());
    assert!(log(&back) == before, "the log is another");
    run(&["rates", "--data", text(&back)]).ends(0);
}

#[test]
fn a_migration_whose_cluster_goes_away_says_how_to_go_on() {
    let fresh = Fresh::new();
    let (_folder, data) = folder(&gifts(300));
    let (before, there) = (log(&data), fresh.connection_string());
    fresh.faults().delay(Duration::from_millis(2));
    let broken_off = std::thread::scope(|scope| {
        let migration = scope.spawn(|| migrate(text(&data), &there));
        until("half of it", || (count(&fresh) >= 100).then_some(()));
        fresh.down();
        migration.join().expect("it ends")
    });
    broken_off
        .ends(3)
        .says("the migration broke off")
        .says("the same command goes on from there");
    fresh.up();
    migrate(text(&data), &there).ends(0);
    assert_eq!(count(&fresh), before.lines().count());
    let node = fresh.node();
    let disbursed = &node.get("/v1/rates?year=2024").of(200).json()["total"]["disbursed"];
    assert_eq!(*disbursed, (300 * 7).to_string());
}

#[test]
fn a_target_with_another_log_is_refused_and_left_as_it_is() {
    let fresh = Fresh::new();
    let (_one, one) = folder(&allocation("QD-1", 1));
    let (_two, two) = folder(&allocation("QD-2", 1));
    let there = fresh.connection_string();
    migrate(text(&one), &there).ends(0);
    let (on_cluster, in_folder) = (fresh.events(), log(&two));
    migrate(text(&two), &there)
        .ends(1)
        .says("has another event at position 1");
    assert_eq!(fresh.events(), on_cluster);
    migrate(&there, text(&two))
        .ends(1)
        .says("has another event at position 1");
    migrate(text(&one), text(&two))
        .ends(1)
        .says("name a target without events");
    assert!(log(&two) == in_folder, "it was written to");
}

#[test]
fn a_target_with_more_than_the_source_is_refused() {
    let fresh = Fresh::new();
    let (_folder, data) = folder(&allocation("QD-1", 1));
    let there = fresh.connection_string();
    migrate(text(&data), &there).ends(0);
    run_with(
        &["record", "-", "--data", text(&data)],
        &allocation("QD-2", 1),
    )
    .ends(0);
    let longer = log(&data);
    migrate(&there, text(&data))
        .ends(1)
        .says("has another event at position");
    assert!(log(&data) == longer, "it was written to");
    moved(migrate(text(&data), &there), 1);
}

#[test]
fn a_source_that_is_not_there_is_told_and_not_made() {
    let fresh = Fresh::new();
    let folder = tempdir().expect("a folder");
    let (absent, there) = (folder.path().join("absent"), fresh.connection_string());
    migrate(text(&absent), &there).ends(3).says("no outlay.db");
    assert!(!absent.exists());
    migrate(&there, &there).ends(2).says("are the same");
    run(&["migrate", "--from", "", "--to", &there]).ends(2);
    run(&["migrate", "--from", &there]).ends(2);
    assert_eq!(count(&fresh), 0);
}

#[test]
fn a_batch_larger_than_an_append_moves_in_parts() {
    const MOST: usize = 128 * 1024;
    let fresh = Fresh::with(Options {
        max_append_size: MOST,
        ..Options::default()
    });
    let note = "giải ngân ".repeat(100);
    let long = |number: usize| {
        let row = gift(&format!("G-{number}"), 7);
        row.replace("\"amount\"", &format!("\"note\":\"{note}\",\"amount\""))
    };
    let rows: Vec<String> = (0..400).map(long).collect();
    let (folder, data) = folder(&rows.join("\n"));
    let config = folder.path().join("outlay.toml");
    fs::write(&config, format!("[cluster]\nmax_append_bytes = {MOST}\n")).expect("a file");
    let there = fresh.connection_string();
    let migrate = |from: &str, to: &str| {
        run_command(
            command(&[
                "migrate",
                "--config",
                text(&config),
                "--from",
                from,
                "--to",
                to,
            ]),
            "",
        )
    };
    let before = log(&data);
    assert!(before.len() > 4 * MOST, "it would fit");
    migrate(text(&data), &there).ends(0);
    let back = folder.path().join("back");
    migrate(&there, text(&back)).ends(0);
    assert!(log(&back) == before, "the log is another");
}
