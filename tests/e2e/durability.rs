//! What was acknowledged is there after `kill -9`, once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::thread;

use serde_json::Value;
use tempfile::tempdir;

use crate::outlay::Server;
use crate::records::{RATES, gift_in, little_history};

#[test]
fn a_record_survives_kill_9() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    for record in little_history().lines() {
        server.post("/v1/records", record).of(201);
    }
    let before = server.get(RATES).of(200);
    server.kill();
    let server = Server::over(folder.path());
    let after = server.get(RATES).of(200);
    assert_eq!(after.body, before.body);
    assert_eq!(after.position(), before.position());
    assert_eq!(after.json()["total"]["disbursed"], "250");
}

/// The process is killed once for each of these provinces.
const PROVINCES: [&str; 20] = [
    "01", "02", "04", "06", "08", "10", "11", "12", "14", "15", "17", "19", "20", "22", "24", "25",
    "26", "27", "30", "31",
];
/// Who writes at once.
const WRITERS: usize = 4;
/// Rows of a batch.
const ROWS: usize = 25;

#[test]
fn acknowledged_records_survive_kill_9_in_the_middle_of_a_load() {
    let folder = tempdir().expect("a folder");
    let (mut sent, mut acknowledged) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..PROVINCES.len() {
        let server = Server::over(folder.path());
        load(server, round, &mut sent, &mut acknowledged);
    }
    let server = Server::over(folder.path());
    let counts = counts(&server);
    assert!(counts.values().all(|count| *count == 1), "counted twice");
    assert!(
        counts.keys().all(|reference| sent.contains(reference)),
        "never sent"
    );
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|it| !counts.contains_key(*it))
        .collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(
        acknowledged.len() >= PROVINCES.len() * ROWS,
        "too little was acknowledged to tell"
    );
    // Whoever does not know what became of a row sends it again, and it counts once.
    let unknown: Vec<String> = sent.difference(&acknowledged).map(|it| row(it)).collect();
    for rows in unknown.chunks(100) {
        server
            .try_batch(&rows.join("\n"))
            .expect("an answer")
            .of(200);
    }
    let question = "/v1/rates?year=2024&source=community&as_of=2025-01-31";
    let disbursed = server.get(question).of(200).json()["total"]["disbursed"].clone();
    assert_eq!(disbursed, (sent.len() * 7).to_string());
}

/// The gift of 7 đồng with this reference, in the province of its round.
fn row(reference: &str) -> String {
    let round = reference.split('-').nth(1).expect("a round");
    let round: usize = round.parse().expect("a number");
    gift_in(PROVINCES[round], reference, 7)
}

/// Has writers send batches, and kills the server once so many were answered.
fn load(
    server: Server,
    round: usize,
    sent: &mut BTreeSet<String>,
    acknowledged: &mut BTreeSet<String>,
) {
    enum Said {
        Sending(Vec<String>),
        Acknowledged(Vec<String>),
    }
    let (say, said) = mpsc::channel();
    let process = server.process();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (say, server) = (say.clone(), &server);
            scope.spawn(move || {
                for batch in 0.. {
                    let name = |row| format!("KB-{round}-{writer}-{batch}-{row}");
                    let references: Vec<String> = (0..ROWS).map(name).collect();
                    let rows: Vec<String> = references.iter().map(|it| row(it)).collect();
                    let _ = say.send(Said::Sending(references));
                    let Ok(answer) = server.try_batch(&rows.join("\n")) else {
                        return;
                    };
                    let rows = answer.of(200).body;
                    let rows = rows
                        .lines()
                        .map(|row| -> Value { serde_json::from_str(row).expect("JSON") });
                    let done = rows.filter(|row| row["status"] == 201).map(|row| {
                        name(usize::try_from(row["row"].as_u64().expect("a row")).expect("few") - 1)
                    });
                    let _ = say.send(Said::Acknowledged(done.collect()));
                }
            });
        }
        drop(say);
        let mut answered = 0;
        for message in said {
            match message {
                Said::Sending(references) => sent.extend(references),
                Said::Acknowledged(references) => {
                    acknowledged.extend(references);
                    answered += 1;
                    if answered == 1 + round {
                        crate::outlay::signal(process, "KILL");
                    }
                }
            }
        }
    });
}

/// How often each gift is in the log.
fn counts(server: &Server) -> BTreeMap<String, usize> {
    let log = server
        .get_as("/v1/events?name=line.disbursed", "application/x-ndjson")
        .of(200);
    let mut counts = BTreeMap::new();
    for line in log.body.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let reference = event["reference"].as_str().expect("a reference").to_owned();
        *counts.entry(reference).or_default() += 1;
    }
    counts
}
