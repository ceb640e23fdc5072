//! Days before 1990 are years that were mistyped: every record that gives one is refused, however
//! it comes.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::outlay::{Log, Server, run, text};
use crate::records::{LINE, allocation, gift};

const TOLD: &str = "0024-05-01 lies before 1990: is the year mistyped?";

fn early() -> String {
    allocation("QD-9", 1).replace("2024-01-05", "0024-05-01")
}

#[test]
fn a_record_of_a_mistyped_year_is_refused_however_it_comes() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let problem = server.post("/v1/records", &early()).of(422).json();
    assert_eq!(problem["type"], "/problems/before-1990");
    assert_eq!(problem["field"], "effective_on");
    assert_eq!(problem["detail"], TOLD);
    let rows = format!("{}\n{}\n", early(), gift("G-1", 1));
    for (asked, other) in [("", 201), ("?dry_run=true", 200), ("?atomic=true", 200)] {
        let path = format!("/v1/records/batch{asked}");
        let answered = server.post_batch(&path, &rows).of(200).body;
        let rows: Vec<Value> = answered
            .lines()
            .map(|row| serde_json::from_str(row).expect("JSON"))
            .collect();
        assert_eq!(
            (&rows[0]["status"], &rows[0]["type"]),
            (&json!(422), &json!("/problems/before-1990")),
            "{asked}"
        );
        assert_eq!(
            (&rows[0]["field"], &rows[0]["detail"]),
            (&json!("effective_on"), &json!(TOLD)),
            "{asked}"
        );
        assert_eq!(rows[1]["status"], other, "{asked}");
    }
}

#[test]
fn every_day_that_a_record_gives_is_looked_at() {
    let log = Log::new();
    let basis = json!({"numerator": "gross", "certainty": "confirmed", "money": "all", "denominator": "total"});
    let entry = |record: &str, more: Value| {
        let mut row = json!({"record": record, "reference": "R-1", "effective_on": "2024-05-01"});
        for (name, value) in more.as_object().expect("fields") {
            row[name] = value.clone();
        }
        row.to_string()
    };
    let statement = |as_of: &str, published_on: &str| {
        entry(
            "statement",
            json!({"scope": {}, "as_of": as_of, "measure": "plan", "basis": basis, "value": "7",
            "published_on": published_on, "publisher": "MoF"}),
        )
    };
    let document = json!({"line": LINE, "amount": 1, "basis": "assigned",
        "document": {"number": "1", "issued_on": "1989-12-31"}});
    let schedule = json!({"programme": "NTM", "province": "10", "year": 2024,
        "milestones": [{"by": "2024-06-30", "rate": "0.5"}, {"by": "0024-12-31", "rate": "1"}]});
    let registration = json!({"kind": "province", "code": "X-1", "names": {"vi": "a", "en": "b"}, "until": "0099-01-01"});
    for (row, field) in [
        (entry("allocation", document), "document.issued_on"),
        (
            entry(
                "extension",
                json!({"line": LINE, "until": "0025-12-31", "reason": "late"}),
            ),
            "until",
        ),
        (entry("schedule", schedule), "milestones[1].by"),
        (statement("0024-12-31", "2025-01-01"), "as_of"),
        (statement("2024-12-31", "0025-01-01"), "published_on"),
        (entry("registration", registration), "until"),
        (
            entry(
                "policy",
                json!({"effective_on": "1000-01-01", "watch": "0.05", "behind": "0.1", "critical": "0.2",
            "clear_by": "0.02", "stalled_days": 60, "advance_days": 60}),
            ),
            "effective_on",
        ),
        (
            entry(
                "merger",
                json!({"effective_on": "1989-12-31", "kind": "province", "from": ["10"],
            "into": {"code": "X-2", "names": {"vi": "a", "en": "b"}}}),
            ),
            "effective_on",
        ),
    ] {
        let report = log.record(&row).ends(1).stdout;
        let told = report.lines().nth(1).unwrap_or_default();
        assert!(told.contains("lies before 1990"), "{row}: {report}");
        assert!(
            told.contains("422") && told.contains(&format!(" {field} ")),
            "{row}: {report}"
        );
    }
    let first = allocation("QD-1", 1).replace("2024-01-05", "1990-01-01");
    log.record(&first).ends(0);
}

#[test]
fn a_register_of_a_mistyped_year_is_refused() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("register.ndjson");
    let unit = |kind: &str, code: &str, day: &str| {
        json!({"record": "registration", "reference": code, "effective_on": day, "kind": kind,
            "code": code, "names": {"vi": "a", "en": "b"}})
        .to_string()
    };
    let rows = [
        unit("programme", "ROADS", "2020-01-01"),
        unit("province", "N-1", "0024-05-01"),
    ];
    std::fs::write(&file, rows.join("\n")).expect("a file");
    let data = folder.path().join("data");
    run(&["serve", "--data", text(&data), "--register", text(&file)])
        .ends(1)
        .says(TOLD);
    assert!(!data.exists());
}
