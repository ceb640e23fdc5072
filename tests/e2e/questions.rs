//! The questions on the command line: alike from a folder and from a server, whole, in every form,
//! and refused with what would have been understood.

use std::fs::{read, read_to_string, write};

use tempfile::tempdir;

use crate::outlay::{Log, Server, run, text};
use crate::records::{LINE, gift, little_history};

/// Every question about figures, as it is typed and as it is asked over HTTP.
const ASKED: [(&[&str], &str); 7] = [
    (
        &["rates", "--by", "source", "--as-of", "2024-12-31"],
        "/v1/rates?by=source&as_of=2024-12-31",
    ),
    (
        &["series", "--year", "2024", "--to", "2024-12-31"],
        "/v1/series?year=2024&to=2024-12-31",
    ),
    (
        &[
            "explain",
            "--measure",
            "rate",
            "--as-of",
            "2024-12-31",
            "--limit",
            "2",
        ],
        "/v1/explain?measure=rate&as_of=2024-12-31&limit=2",
    ),
    (
        &[
            "compare",
            "--from",
            "0",
            "--by",
            "year",
            "--as-of",
            "2024-12-31",
        ],
        "/v1/compare?from=0&by=year&as_of=2024-12-31",
    ),
    (
        &["behind", "--as-of", "2024-12-31"],
        "/v1/behind?as_of=2024-12-31",
    ),
    (
        &["lines", "--source", "central", "--limit", "9"],
        "/v1/lines?source=central&limit=9",
    ),
    (&["lines", LINE], "/v1/lines/NTM/10/2024/central/investment"),
];

/// A server over a folder with a little history.
fn with_history(folder: &tempfile::TempDir) -> Server {
    let server = Server::over(folder.path());
    let rows = server.try_batch(&little_history()).expect("an answer");
    assert_eq!(rows.of(200).body.matches("\"status\":201").count(), 3);
    server
}

#[test]
fn every_question_is_answered_alike_from_every_side() {
    let folder = tempdir().expect("a folder");
    let server = with_history(&folder);
    let places = server.places();
    for (flags, path) in ASKED {
        let bytes = server.get(path).of(200).body;
        for form in ["table", "json", "csv"] {
            let [one, other] = places.map(|place| {
                run(&[flags, &place[..], &["-o", form]].concat())
                    .ends(0)
                    .stdout
            });
            assert_eq!(one, other, "{path} as {form}");
            assert!(!one.contains('\u{1b}'), "colour in a pipe: {one}");
            assert_eq!(form == "json", one == bytes, "{path} as {form}: {one}");
        }
        let [one, other] = places.map(|place| {
            let file = folder.path().join("answer.xlsx");
            let out = ["-o", "xlsx", "--out", text(&file)];
            let run = run(&[flags, &place[..], &out].concat()).ends(0);
            assert_eq!(run.stdout, "");
            read(file).expect("a workbook")
        });
        assert_eq!(one, other, "{path} as xlsx");
    }
}

#[test]
fn a_table_says_what_it_stands_on() {
    let folder = tempdir().expect("a folder");
    let server = with_history(&folder);
    let position = server.get("/v1/rates").position().expect("a position");
    for (flags, _) in ASKED {
        let table = server.ask(flags).ends(0).stdout;
        assert!(table.contains(&format!("position {position}")), "{table}");
        let says_basis = table.contains("(gross, confirmed, money: all) / denominator (total)");
        assert_eq!(says_basis, flags[0] != "lines", "{table}");
    }
}

#[test]
fn a_curve_is_drawn_beside_its_figures() {
    let folder = tempdir().expect("a folder");
    let server = with_history(&folder);
    let curve = server.ask(&["series", "--year", "2024", "--to", "2024-03-31"]);
    let curve = curve.ends(0).stdout;
    assert!(
        curve.contains("2024-02-29  1 000          0   0.00 %  ░░░░░░░░░░"),
        "{curve}"
    );
    assert!(
        curve.contains("2024-03-31  1 000        250  25.00 %  █████░░░░░"),
        "{curve}"
    );
}

#[test]
fn pages_are_followed_where_nobody_limits_them() {
    let log = Log::new();
    let rows: Vec<String> = (0..1_100).map(|it| gift(&format!("G-{it}"), 2)).collect();
    log.record(&rows.join("\n")).ends(0);
    let explain = ["explain", "--measure", "disbursed"];
    let asked = |more: &[&str]| log.ask(&[&explain[..], more].concat()).ends(0).stdout;
    let table = asked(&[]);
    assert!(table.contains("disbursed is 2 200.\n"), "{table}");
    assert!(
        table.contains("G-0 ") && table.contains("G-1099 "),
        "{table}"
    );
    assert!(!table.contains("There are more"), "{table}");
    assert_eq!(asked(&["-o", "csv"]).lines().count(), 1_101);
    let one = asked(&["--limit", "3"]);
    assert!(one.contains("There are more: --after "), "{one}");
    assert!(!one.contains("G-3 "), "{one}");
    let events = log.ask(&["events", "--name", "line.disbursed", "-o", "csv"]);
    assert_eq!(events.ends(0).stdout.lines().count(), 1_101);
}

#[test]
fn pages_are_one_json_document_as_the_service_writes_it() {
    let log = Log::new();
    // A line each, so that there are pages of both; the lines want programmes that are known.
    let programmes = (0..1_050).map(|it| {
        format!(
            r#"{{"record":"registration","reference":"R-{it}","effective_on":"2020-01-01","kind":"programme","code":"PR{it}","names":{{"vi":"Chương trình {it}","en":"Programme {it}"}}}}"#
        )
    });
    let gifts = (0..1_050)
        .map(|it| gift(&format!("G-{it}"), 2).replace("NTM/10/2024", &format!("PR{it}/10/2024")));
    for rows in [programmes.collect::<Vec<_>>(), gifts.collect()] {
        log.record(&rows.join("\n")).ends(0);
    }
    let server = Server::over(log.folder());
    for (flags, path, list) in [
        (
            &["explain", "--measure", "disbursed"][..],
            "/v1/explain?measure=disbursed&limit=1000",
            "events",
        ),
        (&["lines"], "/v1/lines?limit=1000", "lines"),
    ] {
        let [place, _] = server.places();
        let whole = run(&[flags, &place[..], &["-o", "json"]].concat()).ends(0);
        let document: serde_json::Value =
            serde_json::from_str(&whole.stdout).expect("one document");
        assert_eq!(document["next"], serde_json::Value::Null);
        assert_eq!(document[list].as_array().map(Vec::len), Some(1_050));
        // What the service writes, up to the end of its first thousand rows, then their rest.
        let mut next = Some(path.to_owned());
        let mut pages = Vec::new();
        while let Some(path) = next {
            let page = server.get(&path).of(200);
            next = page.json()["next"].as_str().map(str::to_owned);
            pages.push(page.body);
        }
        assert_eq!(pages.len(), 2, "{path}");
        let first = format!("\"{list}\":[");
        let split = |page: &String| -> (String, String) {
            let (head, rest) = page.split_once(&first).expect("a list");
            let (rows, _) = rest.rsplit_once("],\"next\":").expect("a next");
            (head.to_owned(), rows.to_owned())
        };
        let rows: Vec<_> = pages.iter().map(|page| split(page).1).collect();
        let (head, _) = split(&pages[0]);
        let expected = format!("{head}{first}{}],\"next\":null}}", rows.join(","));
        assert!(whole.stdout == expected, "{path} is written otherwise");
    }
}

#[test]
fn a_refused_question_leaves_the_file_that_is_there() {
    let folder = tempdir().expect("a folder");
    let server = with_history(&folder);
    let file = folder.path().join("answer.csv");
    write(&file, "kept").expect("a file");
    for question in ["rates", "explain", "lines", "events"] {
        server
            .ask(&[question, "--year", "24", "--out", text(&file)])
            .ends(2);
        assert_eq!(read_to_string(&file).expect("a file"), "kept", "{question}");
    }
    let nowhere = folder.path().join("absent").join("answer.csv");
    server
        .ask(&["rates", "--out", text(&nowhere)])
        .ends(3)
        .says("cannot be written");
}

#[test]
fn filters_that_leave_nothing_are_answered_with_nothing() {
    let folder = tempdir().expect("a folder");
    let server = with_history(&folder);
    let nothing = ["--programme", "ZZZ", "-o", "csv"];
    for question in [
        &["rates", "--by", "year"][..],
        &["explain", "--measure", "plan"],
        &["compare", "--from", "0", "--by", "year"],
        &["lines"],
    ] {
        let csv = server.ask(&[question, &nothing].concat()).ends(0).stdout;
        assert_eq!(csv.lines().count(), 1, "{question:?}: {csv}");
    }
}
