//! A replay of real histories: every step is what the view says, wherever it is asked.

use tempfile::tempdir;

use crate::outlay::{Log, Server, run};
use crate::records::{allocation, commitment, gift, gift_in, little_history, payment};

#[test]
fn history_gives_the_live_view_again() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let transfer = r#"{"record":"transfer","reference":"DC-1","effective_on":"2024-06-01",
        "from":"NTM/10/2024/central/investment","to":"SPR/10/2024/central/investment",
        "amount":100,"reason":"reallocation"}"#;
    let reversal = r#"{"record":"reversal","reference":"HT-1","effective_on":"2024-07-01",
        "line":"NTM/10/2024/central/investment","reverses":{"record":"disbursement",
        "reference":"KB-2"},"amount":30,"reason":"twice"}"#;
    let work = gift_in("15", "G-2", 125).replace(
        "\"kind\":\"contribution\"",
        r#""kind":"contribution","project":"DA-1","commune":"02710","in_kind":{"kind":"labour_days","quantity":"12.5","unit_price":10}"#,
    );
    let more = [
        payment("KB-2", "HD-1", 50),
        gift("G-1", 7),
        work,
        transfer.replace('\n', ""),
        reversal.replace('\n', ""),
    ];
    let rows = server.try_batch(&format!("{}\n{}", little_history(), more.join("\n")));
    let rows = rows.expect("an answer").of(200);
    assert_eq!(
        rows.body.matches("\"status\":201").count(),
        8,
        "{}",
        rows.body
    );
    let position = server.get("/v1/rates").position().expect("a position");
    for place in server.places() {
        let replayed = run(&[&["replay", "--every", "1"], &place[..]].concat())
            .ends(0)
            .stdout;
        let end =
            format!("in {position} steps with the live view, the last at position {position}");
        assert!(replayed.contains(&end), "{replayed}");
        assert!(replayed.ends_with("no difference.\n"), "{replayed}");
        // The plan and what is paid of NTM: 1,000 less 100; 250 + 50 − 30 + 7 + 125.
        let row = "NTM         900        500        402  44.67 %\n";
        assert!(replayed.contains(row), "{replayed}");
    }
}

#[test]
fn a_replay_ends_where_it_is_told_to() {
    let log = Log::new();
    log.record(&allocation("QD-1", 1000)).ends(0);
    let events = log.ask(&["events", "--name", "line.allocated", "-o", "ndjson"]);
    let event: serde_json::Value = serde_json::from_str(&events.ends(0).stdout).expect("an event");
    log.record(&commitment("HD-1", 500)).ends(0);
    let position = event["position"].to_string();
    let instant = event["recorded_at"].as_str().expect("an instant");
    for until in [position.as_str(), instant] {
        let replayed = log.ask(&["replay", "--until", until]).ends(0).stdout;
        let end = format!("the last at position {position}: no difference.");
        assert!(replayed.contains(&end), "{replayed}");
        assert!(
            replayed.contains("NTM        1 000          0          0  0.00 %"),
            "{replayed}"
        );
    }
}
