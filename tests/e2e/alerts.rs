//! Alerts on the command line: what is behind, what would have been raised, and what a person does
//! about what was.

use events::time::EffectiveOn;
use store::{Clock as _, SystemClock};

use crate::outlay::{Log, Server, run};
use crate::records::little_history;

/// Half of the plan is due by 30 June 2024.
const SCHEDULE: &str = r#"{"record":"schedule","reference":"TD-1","effective_on":"2024-01-05","programme":"NTM","province":"10","year":2024,"milestones":[{"by":"2024-06-30","rate":"0.5"},{"by":"2025-01-31","rate":"1"}]}"#;

/// A log in which a quarter of a plan is paid.
fn with_schedule() -> Log {
    let log = Log::new();
    log.record(&format!("{}\n{SCHEDULE}", little_history()))
        .ends(0);
    log
}

/// Half of a plan of this year, due since its first day, of which nothing is paid; and the alert
/// that a service raises of it.
pub(crate) fn behind_today() -> (String, String) {
    let today = EffectiveOn::at(SystemClock.now());
    let year = &today.to_string()[..4];
    let plan = format!(
        r#"{{"record":"allocation","line":"PUB/01/{year}/central/investment","reference":"QD-1","effective_on":"{year}-01-01","amount":1000,"basis":"assigned"}}"#
    );
    let schedule = format!(
        r#"{{"record":"schedule","reference":"TD-1","effective_on":"{year}-01-01","programme":"PUB","province":"01","year":{year},"milestones":[{{"by":"{year}-01-01","rate":"0.5"}}]}}"#
    );
    let rows = format!("{plan}\n{schedule}");
    (rows, format!("behind_plan.PUB.01.{year}"))
}

/// A log with that, which a service has judged; and the alert. A service that judges it again
/// today finds nothing new.
fn with_alert() -> (Log, String) {
    let log = Log::new();
    let (rows, id) = behind_today();
    log.record(&rows).ends(0);
    let server = Server::over(log.folder());
    while server.get(&format!("/v1/alerts/{id}")).status != 200 {}
    (log, id)
}

#[test]
fn who_is_behind_is_told_in_points_and_money() {
    let log = with_schedule();
    let asked = ["behind", "--as-of", "2024-06-30"];
    let table = log.ask(&asked).ends(0).stdout;
    let row = table
        .lines()
        .find(|line| line.contains("10 Lào Cai"))
        .expect("a row");
    for cell in [" 2024 ", "25.00 %", "50.00 %", " stalled ", " 250 "] {
        assert!(row.contains(cell), "{cell}: {table}");
    }
    assert!(table.contains("Behind by 0.05 is watch"), "{table}");
    let all = log.ask(&[&asked[..], &["--province", "all"]].concat());
    let all = all.ends(0).stdout;
    assert!(!all.contains("Lào Cai"), "{all}");
}

#[test]
fn a_backtest_is_alike_from_every_side() {
    let log = with_schedule();
    let server = Server::over(log.folder());
    let asked = [
        "alerts",
        "--backtest",
        "2024-01-01..2025-02-28",
        "--rule",
        "behind_plan",
    ];
    let path = "/v1/alerts/backtest?from=2024-01-01&to=2025-02-28&rule=behind_plan";
    for form in ["table", "json", "csv"] {
        let [one, other] = server
            .places()
            .map(|place| run(&[&asked[..], &place, &["-o", form]].concat()).ends(0));
        assert_eq!(one.stdout, other.stdout, "{form}");
        assert_eq!(one.stderr, "", "a spinner in a pipe");
        let bytes = server.get(path).of(200).body;
        assert_eq!(form == "json", one.stdout == bytes, "{form}");
    }
    let table = server.ask(&asked).ends(0).stdout;
    let first = table.lines().nth(1).expect("a step");
    assert!(
        first.starts_with("2024-06-30  raised    behind_plan.NTM.10.2024  critical"),
        "{table}"
    );
    assert!(
        table.contains("2025-02-01  resolved  behind_plan.NTM.10.2024  year closed"),
        "{table}"
    );
    // All of it was recorded today: nobody could have known.
    let then = server.ask(&[&asked[..], &["--as-recorded"]].concat());
    let then = then.ends(0).stdout;
    assert!(then.contains("0 raised, 0 updated, 0 resolved"), "{then}");
}

#[test]
fn an_alert_is_acknowledged_in_one_place_and_silenced_in_another() {
    let (log, id) = with_alert();
    let id = id.as_str();
    let listed = log.ask(&["alerts"]).ends(0).stdout;
    let mut rows = listed.lines();
    let row = rows.find(|line| line.starts_with(id)).expect("a row");
    for cell in [" 01 Hà Nội ", " critical ", " open ", "50.00 %", " 500"] {
        assert!(row.contains(cell), "{cell}: {listed}");
    }
    let done = log.ask(&["alerts", "--acknowledge", id, "--note", "Đã gửi công văn"]);
    let done = done.ends(0).stdout;
    assert!(
        done.contains("acknowledged") && done.contains("1 alert,"),
        "{done}"
    );
    let server = Server::over(log.folder());
    let on_server = |flags: &[&str]| server.ask(&[&["alerts"], flags].concat());
    let kept = server.get(&format!("/v1/alerts/{id}")).of(200).json();
    assert_eq!(kept["events"][1]["data"]["note"], "Đã gửi công văn");
    let silence = on_server(&["--silence", id, "--until", "2099-12-31", "-o", "json"]).ends(0);
    assert_eq!(
        silence.stdout,
        server.get(&format!("/v1/alerts/{id}")).of(200).body
    );
    let silenced = on_server(&["--state", "silenced"]).ends(0).stdout;
    assert!(silenced.contains("silenced until 2099-12-31"), "{silenced}");
    for form in ["table", "json", "csv"] {
        let [one, other] = server
            .places()
            .map(|place| run(&[&["alerts"], &place[..], &["-o", form]].concat()));
        assert_eq!(one.ends(0).stdout, other.ends(0).stdout, "{form}");
    }
    let csv = on_server(&["--state", "silenced", "-o", "csv"])
        .ends(0)
        .stdout;
    assert!(
        csv.contains(",silenced,") && csv.lines().count() == 2,
        "{csv}"
    );
}

#[test]
fn what_cannot_be_done_about_an_alert_is_told_apart() {
    let (log, id) = with_alert();
    let id = id.as_str();
    let alerts = |flags: &[&str]| log.ask(&[&["alerts"], flags].concat());
    alerts(&["--acknowledge", "stalled.NTM.15.2020"])
        .ends(1)
        .says("was never raised");
    alerts(&["--silence", id, "--until", "2024-01-01"])
        .ends(1)
        .says("is over: today is");
    for (flags, says) in [
        (&["--silence", id][..], "--until"),
        (&["--note", "x"], "--acknowledge or --silence"),
        (
            &["--acknowledge", id, "--state", "open"],
            "cannot be used with",
        ),
        (
            &[
                "--acknowledge",
                id,
                "--silence",
                id,
                "--until",
                "2099-12-31",
            ],
            "cannot be used with",
        ),
        (&["--as-recorded"], "--backtest"),
        (&["--backtest", "2024"], "two days"),
        (&["--backtest", "2020-01-01..2024-01-01"], "at most 800"),
        (&["--state", "closed"], "is none of open"),
    ] {
        alerts(flags).ends(2).says(says);
    }
}
