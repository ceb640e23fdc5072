//! Alerts on the command line: what is behind, what would have been raised, and what a person does
//! about what was.

use std::path::Path;
use std::sync::Arc;

use events::time::EffectiveOn;
use ledger::{Command, Ledger, Register};
use projections::AsOf;
use projections::alarm::{entry, judge};
use projections::behind::{Asked, behind};
use store::{Clock as _, SystemClock};
use store_sqlite::SqliteStore;
use tempfile::{TempDir, tempdir};

use crate::outlay::{Server, run, run_with, text};
use crate::records::little_history;

/// Half of the plan is due by 30 June 2024.
const SCHEDULE: &str = r#"{"record":"schedule","reference":"TD-1","effective_on":"2024-01-05","programme":"NTM","province":"10","year":2024,"milestones":[{"by":"2024-06-30","rate":"0.5"},{"by":"2025-01-31","rate":"1"}]}"#;

/// A folder in which a quarter of a plan is paid.
fn with_schedule() -> TempDir {
    let folder = tempdir().expect("a folder");
    let rows = format!("{}\n{SCHEDULE}", little_history());
    run_with(&["record", "-", "--data", text(folder.path())], &rows).ends(0);
    folder
}

/// A folder in which half of a plan of this year is due since its first day and nothing is paid,
/// judged today, as a service would have; and the alert that says so. A service that judges it
/// again today finds nothing new.
fn with_alert() -> (TempDir, String) {
    let folder = tempdir().expect("a folder");
    let today = EffectiveOn::at(SystemClock.now());
    let year = &today.to_string()[..4];
    let plan = format!(
        r#"{{"record":"allocation","line":"PUB/01/{year}/central/investment","reference":"QD-1","effective_on":"{year}-01-01","amount":1000,"basis":"assigned"}}"#
    );
    let schedule = format!(
        r#"{{"record":"schedule","reference":"TD-1","effective_on":"{year}-01-01","programme":"PUB","province":"01","year":{year},"milestones":[{{"by":"{year}-01-01","rate":"0.5"}}]}}"#
    );
    let rows = format!("{plan}\n{schedule}");
    run_with(&["record", "-", "--data", text(folder.path())], &rows).ends(0);
    judge_in(folder.path(), today);
    (folder, format!("behind_plan.PUB.01.{year}"))
}

/// Judges the folder as of a day.
fn judge_in(folder: &Path, effective: EffectiveOn) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = SqliteStore::open(folder, Arc::new(SystemClock)).expect("a store");
        let ledger = Ledger::open(Arc::new(store));
        ledger.settle(Register::BuiltIn).await.expect("it settles");
        let known = ledger.applied();
        let as_of = AsOf { effective, known };
        let behind = ledger.figures(|figures| behind(figures, &Asked::all(as_of)));
        let open = ledger.alerts(projections::alerts::Alerts::open);
        for (id, command) in judge(&behind, &open) {
            let command = Command {
                id,
                entry: entry(&behind),
                command,
                origin: None,
            };
            ledger.tell(command).await.expect("it is kept");
        }
    });
}

#[test]
fn who_is_behind_is_told_in_points_and_money() {
    let folder = with_schedule();
    let asked = [
        "behind",
        "--as-of",
        "2024-06-30",
        "--data",
        text(folder.path()),
    ];
    let table = run(&asked).ends(0).stdout;
    let row = table
        .lines()
        .find(|line| line.contains("10 Lào Cai"))
        .expect("a row");
    for cell in [" 2024 ", "25.00 %", "50.00 %", " stalled ", " 250 "] {
        assert!(row.contains(cell), "{cell}: {table}");
    }
    assert!(table.contains("Behind by 0.05 is watch"), "{table}");
    let all = run(&[&asked[..], &["--province", "all"]].concat())
        .ends(0)
        .stdout;
    assert!(!all.contains("Lào Cai"), "{all}");
}

#[test]
fn a_backtest_is_alike_from_every_side() {
    let folder = with_schedule();
    let data = text(folder.path());
    let server = Server::over(folder.path());
    let asked = [
        "alerts",
        "--backtest",
        "2024-01-01..2025-02-28",
        "--rule",
        "behind_plan",
    ];
    let path = "/v1/alerts/backtest?from=2024-01-01&to=2025-02-28&rule=behind_plan";
    for form in ["table", "json", "csv"] {
        let [one, other] = [["--data", data], ["--server", &server.address]]
            .map(|place| run(&[&asked[..], &place, &["-o", form]].concat()).ends(0));
        assert_eq!(one.stdout, other.stdout, "{form}");
        assert_eq!(one.stderr, "", "a spinner in a pipe");
        let bytes = server.get(path).of(200).body;
        assert_eq!(form == "json", one.stdout == bytes, "{form}");
    }
    let table = run(&[&asked[..], &["--data", data]].concat())
        .ends(0)
        .stdout;
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
    let then = run(&[&asked[..], &["--as-recorded", "--data", data]].concat());
    let then = then.ends(0).stdout;
    assert!(then.contains("0 raised, 0 updated, 0 resolved"), "{then}");
}

#[test]
fn an_alert_is_acknowledged_in_a_folder_and_silenced_on_a_server() {
    let (folder, id) = with_alert();
    let id = id.as_str();
    let data = text(folder.path());
    let in_folder = |flags: &[&str]| run(&[&["alerts", "--data", data], flags].concat());
    let listed = in_folder(&[]).ends(0).stdout;
    let mut rows = listed.lines();
    let row = rows.find(|line| line.starts_with(id)).expect("a row");
    for cell in [" 01 Hà Nội ", " critical ", " open ", "50.00 %", " 500"] {
        assert!(row.contains(cell), "{cell}: {listed}");
    }
    let done = in_folder(&["--acknowledge", id, "--note", "Đã gửi công văn"])
        .ends(0)
        .stdout;
    assert!(
        done.contains("acknowledged") && done.contains("1 alert,"),
        "{done}"
    );
    let server = Server::over(folder.path());
    let on_server =
        |flags: &[&str]| run(&[&["alerts", "--server", &server.address], flags].concat());
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
        let [one, other] = [in_folder(&["-o", form]), on_server(&["-o", form])];
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
    let (folder, id) = with_alert();
    let id = id.as_str();
    let data = text(folder.path());
    let alerts = |flags: &[&str]| run(&[&["alerts", "--data", data], flags].concat());
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
