//! Texts that somebody else wrote, shown to a person: none steers the terminal, hides, or ends a
//! line to forge the next one. What goes to programs is as it was written.

use std::process::Command;

use serde_json::json;

use crate::outlay::{Log, Run, command, run_command};
use crate::records::{LINE, allocation, commitment};

/// What a terminal acts on, or does not show.
const NASTY: &str =
    "KB\r\n2 recorded, 0 repeated\u{1b}[2J\u{9b}8m\t\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}";

/// The same as it is shown.
const SHOWN: &str = r"KB\r\n2 recorded, 0 repeated\u{1b}[2J\u{9b}8m\t\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}";

/// Nothing but line ends is left of what a terminal acts on.
#[track_caller]
fn is_plain(text: &str) {
    let is_nasty = |letter: char| {
        letter != '\n'
            && (letter.is_control() || "\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}".contains(letter))
    };
    assert!(!text.contains(is_nasty), "{text:?}");
}

/// Both outputs are plain, and say this.
#[track_caller]
fn shows(run: Run, what: &str) -> Run {
    is_plain(&run.stdout);
    is_plain(&run.stderr);
    let shown = run.stdout.contains(what) || run.stderr.contains(what);
    assert!(shown, "no {what}: {}{}", run.stdout, run.stderr);
    run
}

#[test]
fn a_refused_value_forges_no_row_of_the_report() {
    let log = Log::new();
    let named = |field: &str| {
        let mut record: serde_json::Value =
            serde_json::from_str(&allocation("QD-1", 1)).expect("a record");
        record[field] = json!(NASTY);
        record.to_string()
    };
    let fields = [
        "reference",
        "line",
        "amount",
        "effective_on",
        "basis",
        "record",
    ];
    let rows: Vec<String> = fields.into_iter().chain([NASTY]).map(named).collect();
    let report = shows(log.record(&rows.join("\n")).ends(1), SHOWN);
    let lines: Vec<&str> = report.stdout.lines().collect();
    assert_eq!(lines.len(), 1 + rows.len() + 2, "{}", report.stdout);
    assert_eq!(
        *lines.last().expect("a line"),
        "0 recorded, 0 repeated, 7 refused"
    );
}

#[test]
fn a_stored_text_forges_no_row_of_a_table() {
    let log = Log::new();
    let statement = json!({
        "record": "statement", "reference": "ST-1", "effective_on": "2024-06-01", "scope": {},
        "as_of": "2024-12-31", "measure": "plan", "value": "7", "published_on": "2025-01-01",
        "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all",
            "denominator": "total"},
        "publisher": NASTY,
    });
    log.record(&statement.to_string()).ends(0);
    let asked = ["rates", "--as-of", "2024-12-31"];
    let table = shows(log.ask(&asked).ends(0), SHOWN);
    let stated = table
        .stdout
        .lines()
        .filter(|line| line.starts_with("Stated by"));
    assert_eq!(stated.count(), 1, "{}", table.stdout);
    let for_programs = log.ask(&[&asked[..], &["-o", "json"]].concat()).ends(0);
    let answer: serde_json::Value = serde_json::from_str(&for_programs.stdout).expect("JSON");
    assert_eq!(answer["statements"][0]["publisher"], NASTY);
}

#[test]
fn vietnamese_is_shown_as_it_is_written() {
    let log = Log::new();
    // Not in NFC, as some keyboards write it, and refused for its length.
    let reference = format!("Quye\u{302}\u{301}t {}", "x".repeat(128));
    let report = log.record(&allocation(&reference, 1)).ends(1);
    assert!(
        report.stdout.contains("Quye\u{302}\u{301}t"),
        "{}",
        report.stdout
    );
}

#[test]
fn what_was_typed_wrong_is_shown_harmlessly() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1)).ends(0);
    let typed = NASTY;
    shows(log.ask(&["record", typed]).ends(3), SHOWN);
    shows(log.ask(&["rates", "--as-of", typed]).ends(2), SHOWN);
    shows(
        log.ask(&["rates", &format!("--{typed}")]).ends(2),
        r"KB\r\n2 recorded",
    );
    shows(
        log.ask(&["rates", "--log-level", &format!("={typed}=")])
            .ends(2),
        SHOWN,
    );
    shows(log.ask(&["rates", "--config", typed]).ends(2), SHOWN);
    let absent: Command = command(&["rates", "--data", typed]);
    shows(run_command(absent, "").ends(3), SHOWN);
    shows(log.ask(&["lines", typed]).ends(1), r"KB\r\n2 recorded");
}

#[test]
fn a_logged_value_forges_no_line_of_the_log() {
    let log = Log::new();
    log.record(&[allocation("QD-1", 10), commitment("HD-1", 5)].join("\n"))
        .ends(0);
    let folder = log
        .folder()
        .join("a\n2026-01-01T00:00:00Z  INFO forged\u{1b}[2J");
    std::fs::create_dir(&folder).expect("a folder");
    let server = crate::outlay::Process::with(&[
        "serve",
        "--data",
        crate::outlay::text(&folder),
        "--listen",
        "127.0.0.1:0",
    ]);
    server.get(&format!("/v1/lines/{LINE}")).of(404);
    let log = server.log_to_its_end();
    is_plain(&log);
    assert!(
        log.contains(r"a\n2026-01-01T00:00:00Z  INFO forged\u{1b}[2J"),
        "{log}"
    );
}
