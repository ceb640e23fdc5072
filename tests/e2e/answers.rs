//! The same question has the same answer: over and again, later, and from every side.

use tempfile::tempdir;

use crate::outlay::{Log, Server, run, text};
use crate::records::{RATES, little_history, payment};

#[test]
fn a_question_with_known_at_has_the_same_bytes_after_later_records() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let rows = server
        .try_batch(&little_history())
        .expect("an answer")
        .of(200);
    let question = format!("{RATES}&known_at={}", rows.position().expect("a position"));
    let before = server.get(&question).of(200);
    server
        .post("/v1/records", &payment("KB-2", "HD-1", 100))
        .of(201);
    assert_eq!(server.get(&question).of(200).body, before.body);
    assert_ne!(server.get(RATES).of(200).body, before.body);
    server.kill();
    let server = Server::over(folder.path());
    assert_eq!(server.get(&question).of(200).body, before.body);
}

#[test]
fn the_command_line_answers_the_bytes_of_the_server() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    server
        .try_batch(&little_history())
        .expect("an answer")
        .of(200);
    let asked = [
        "--year",
        "2024",
        "--province",
        "10",
        "--as-of",
        "2025-01-31",
        "--by",
        "source",
    ];
    let from = |place: [&str; 2], command: &str, flags: &[&str], form: &str| {
        run(&[&[command], flags, &place[..], &["-o", form]].concat())
            .ends(0)
            .stdout
    };
    let places = server.places();
    for (form, accept) in [("json", "application/json"), ("csv", "text/csv")] {
        let unmarked = format!("{RATES}&bom=false");
        let bytes = server.get_as(&unmarked, accept).of(200).body;
        for place in places {
            assert_eq!(from(place, "rates", &asked, form), bytes);
        }
    }
    for (form, accept) in [
        ("json", "application/json"),
        ("ndjson", "application/x-ndjson"),
    ] {
        let bytes = server
            .get_as("/v1/events?name=line.disbursed", accept)
            .of(200)
            .body;
        for place in places {
            let disbursed = ["--name", "line.disbursed"];
            assert_eq!(from(place, "events", &disbursed, form), bytes);
        }
    }
    let [one, other] = places.map(|place| from(place, "rates", &asked, "table"));
    assert_eq!(one, other);
}

#[test]
fn a_table_is_for_people() {
    let log = Log::new();
    let file = log.folder().join("records.ndjson");
    std::fs::write(&file, little_history()).expect("a file");
    log.ask(&["record", text(&file)]).ends(0);
    let table = log.ask(&["rates", "--as-of", "2024-12-31", "--by", "province,year"]);
    let table = table.ends(0).stdout;
    assert!(table.contains("10 Lào Cai"), "{table}");
    assert!(table.contains("1 000"), "{table}");
    assert!(table.contains("25.00 %"), "{table}");
    assert!(table.contains("as of 2024-12-31"), "{table}");
    assert!(!table.contains('\u{1b}'), "colour in a pipe: {table}");
}
