//! A check has no effect: what only judges, or is refused before it begins, leaves a folder as it
//! was, and makes none.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use tempfile::tempdir;

use crate::outlay::{Log, Server, run, run_with, text};
use crate::records::{allocation, commitment, little_history};

/// The files of a folder and what is in them.
fn content(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let entries = entries.map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            (
                entry.file_name(),
                std::fs::read(entry.path()).expect("a file"),
            )
        })
        .collect()
}

#[test]
fn a_dry_run_where_there_is_no_log_judges_and_makes_none() {
    let folder = tempdir().expect("a folder");
    let absent = folder.path().join("absent");
    let deep = absent.join("deep");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    for data in [&absent, &deep, &empty] {
        let dry = ["record", "-", "--dry-run", "--data", text(data)];
        let judged = run_with(&dry, &little_history()).ends(0);
        assert_eq!(
            judged.stdout,
            "3 would be recorded, 0 repeated, 0 refused\n"
        );
        judged.says("has no log yet").says(text(data));
        let rows = [allocation("QD-1", 10), commitment("HD-1", 11)].join("\n");
        let judged = run_with(&dry, &rows).ends(1);
        assert!(
            judged
                .stdout
                .contains("would be recorded, 0 repeated, 1 refused"),
            "{}",
            judged.stdout
        );
        let atomic = [&dry[..], &["--atomic"]].concat();
        run_with(&atomic, &rows).ends(1);
    }
    assert!(!absent.exists(), "a check makes no folder");
    assert_eq!(content(&empty), BTreeMap::new());
}

#[test]
fn a_dry_run_leaves_a_log_as_it_is() {
    let log = Log::new();
    log.record(&little_history()).ends(0);
    let before = content(log.folder());
    let rows = [
        allocation("QD-1", 1000),
        allocation("QD-2", 5),
        commitment("HD-2", 600),
    ];
    let judged = log.record_with(&["--dry-run"], &rows.join("\n")).ends(1);
    assert!(
        judged
            .stdout
            .ends_with("1 would be recorded, 1 repeated, 1 refused\n"),
        "{}",
        judged.stdout
    );
    assert_eq!(content(log.folder()), before);
    // A lock that was not there is not made either.
    std::fs::remove_file(log.folder().join("outlay.lock")).expect("it was there");
    log.record_with(&["--dry-run"], &allocation("QD-2", 5))
        .ends(0);
    assert!(!log.folder().join("outlay.lock").exists());
}

#[test]
fn a_dry_run_goes_on_beside_a_server() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    server
        .post("/v1/records", &allocation("QD-1", 1000))
        .of(201);
    let dry = ["record", "-", "--dry-run", "--data", text(folder.path())];
    let judged = run_with(&dry, &commitment("HD-1", 600)).ends(0);
    assert_eq!(
        judged.stdout,
        "1 would be recorded, 0 repeated, 0 refused\n"
    );
    run_with(&dry, &commitment("HD-1", 1001)).ends(1);
}

#[test]
fn a_dry_run_refuses_a_folder_that_no_log_can_be_in() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").expect("a file");
    let dry = ["record", "-", "--dry-run", "--data", text(&file)];
    run_with(&dry, &allocation("QD-1", 1))
        .ends(3)
        .says(text(&file));
}

#[test]
fn what_is_refused_before_it_begins_makes_no_folder() {
    let folder = tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("file"));
    let (data_text, file_text) = (text(&data), text(&file));
    let programme = r#"{"record":"registration","reference":"R-1","effective_on":"2020-01-01","kind":"programme","code":"ROADS","names":{"vi":"a","en":"b"}}"#;
    let province = programme
        .replace("programme", "province")
        .replace("ROADS", "N-1");
    let twice = format!(
        "{programme}\n{province}\n{}",
        province.replace("R-1", "R-2")
    );
    for (register, told) in [(programme, "no provinces"), (&twice, "R-2")] {
        std::fs::write(&file, register).expect("a file");
        let serve = ["serve", "--data", data_text, "--listen", "127.0.0.1:0"];
        run(&[&serve[..], &["--register", file_text]].concat())
            .ends(1)
            .says(told);
    }
    let absent = folder.path().join("absent");
    for (command, code) in [
        (
            &[
                "alerts",
                "--acknowledge",
                "behind_plan.NTM.10.2024",
                "--data",
                data_text,
            ][..],
            3,
        ),
        (
            &[
                "alerts",
                "--backtest",
                "2024-01-01..2024-12-31",
                "--data",
                data_text,
            ],
            3,
        ),
        (&["migrate", "--from", text(&absent), "--to", data_text], 3),
        (&["record", text(&absent), "--data", data_text], 3),
        (&["demo", "--data", file_text], 3),
    ] {
        run(command).ends(code);
        assert!(!data.exists(), "{command:?}");
    }
    run_with(&["record", "-", "--data", data_text], "[{}").ends(1);
    assert!(!data.exists());
}
