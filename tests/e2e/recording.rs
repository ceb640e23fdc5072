//! `outlay record`: from a file or a pipe, once.

use serde_json::Value;
use tempfile::tempdir;

use crate::outlay::{Log, Server, text};
use crate::records::{RATES, allocation, commitment, gift, little_history, payment};

/// What is disbursed by what the log holds.
fn disbursed(log: &Log) -> Value {
    let rates = log.ask(&[
        "rates",
        "--year",
        "2024",
        "--as-of",
        "2025-01-31",
        "-o",
        "json",
    ]);
    let rates: Value = serde_json::from_str(&rates.ends(0).stdout).expect("JSON");
    rates["total"]["disbursed"].clone()
}

#[test]
fn a_record_posted_twice_counts_once() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    server
        .post("/v1/records", &allocation("QD-1", 1000))
        .of(201);
    let again = server
        .post("/v1/records", &allocation("QD-1", 1000))
        .of(200);
    assert!(again.header("Outlay-Replayed") == Some("true"));
    assert_eq!(server.get(RATES).of(200).json()["total"]["plan"], "1000");
    server
        .post("/v1/records", &allocation("QD-1", 1001))
        .of(409);
}

#[test]
fn a_file_sent_twice_counts_once() {
    let log = Log::new();
    let first = log.record(&little_history()).ends(0);
    assert_eq!(first.stdout, "3 recorded, 0 repeated, 0 refused\n");
    let second = log.record(&little_history()).ends(0);
    assert_eq!(second.stdout, "0 recorded, 3 repeated, 0 refused\n");
    assert_eq!(disbursed(&log), "250");
}

#[test]
fn a_file_goes_to_a_server_in_chunks() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let gifts: Vec<String> = (1..=2_345)
        .map(|number| gift(&format!("G-{number}"), 2))
        .collect();
    let array = format!("[{}]", gifts.join(",\n"));
    let run = server.record(&array).ends(0);
    assert_eq!(run.stdout, "2345 recorded, 0 repeated, 0 refused\n");
    assert_eq!(
        server.get(RATES).of(200).json()["total"]["disbursed"],
        "4690"
    );
}

#[test]
fn a_refused_row_is_named_with_its_reason() {
    let rows = [
        allocation("QD-1", 1000),
        commitment("HD-1", 1001),
        String::new(),
        r#"{"record":"allocation","line":"NTM/10/2024/central/investment"}"#.to_owned(),
        "{".to_owned(),
        commitment("HD-2", 1000),
    ];
    let run = Log::new().record(&rows.join("\n")).ends(1);
    let row = |start: &str| {
        let row = run
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(start));
        row.unwrap_or_else(|| panic!("no {start}: {}", run.stdout))
            .to_owned()
    };
    assert!(row("2  HD-1").contains("422"), "{}", run.stdout);
    assert!(row("4  -").contains("400"), "{}", run.stdout);
    assert!(row("5  -").contains("400"), "{}", run.stdout);
    assert_eq!(row("2 recorded"), "2 recorded, 0 repeated, 3 refused");
}

#[test]
fn a_dry_run_keeps_nothing() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1000)).ends(0);
    let run = log.record_with(&["--dry-run"], &little_history()).ends(0);
    assert_eq!(run.stdout, "2 would be recorded, 1 repeated, 0 refused\n");
    assert_eq!(disbursed(&log), "0");
}

#[test]
fn atomic_rows_of_a_line_fall_together() {
    let log = Log::new();
    let rows = [
        little_history(),
        payment("KB-2", "HD-1", 251),
        gift("G-1", 9),
    ]
    .join("\n");
    let run = log.record_with(&["--atomic"], &rows).ends(1);
    assert!(
        run.stdout.ends_with("1 recorded, 0 repeated, 4 refused\n"),
        "{}",
        run.stdout
    );
    assert_eq!(disbursed(&log), "9");
}

#[test]
fn what_is_recorded_already_is_counted_as_repeated_in_each_mode() {
    let log = Log::new();
    log.record(&little_history()).ends(0);
    let rows = [
        little_history(),
        gift("G-1", 9),
        payment("KB-2", "HD-1", 250),
        payment("KB-3", "HD-1", 1),
    ]
    .join("\n");
    for (flags, told) in [
        (
            &["--dry-run"][..],
            "2 would be recorded, 3 repeated, 1 refused\n",
        ),
        (
            &["--dry-run", "--atomic"],
            "1 would be recorded, 3 repeated, 2 refused\n",
        ),
        (&["--atomic"], "1 recorded, 3 repeated, 2 refused\n"),
        (&[], "1 recorded, 4 repeated, 1 refused\n"),
    ] {
        let run = log.record_with(flags, &rows).ends(1);
        assert!(run.stdout.ends_with(told), "{}", run.stdout);
    }
    assert_eq!(disbursed(&log), "509");
}

#[test]
fn what_cannot_be_read_is_not_sent() {
    let log = Log::new();
    log.record("[{}").ends(1).says("not one");
    let absent = log.folder().join("absent.json");
    log.ask(&["record", text(&absent)])
        .ends(3)
        .says("absent.json");
}
