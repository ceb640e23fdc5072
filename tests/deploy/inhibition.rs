//! What goes without saying, asked of Alertmanager itself: alerts are posted to one that runs over
//! our file, and it is asked which of them it keeps back. It tells nobody: it is stopped before a
//! group's first message is due.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::alertmanager::FILE;
use crate::running::Running;
use crate::tools::deployed;

/// How long Alertmanager may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// An Alertmanager on a port of its own, stopped when it is dropped.
struct Alertmanager {
    running: Running,
    agent: ureq::Agent,
    _folder: TempDir,
}

impl Alertmanager {
    /// One over the file that is tested.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        Self {
            running: Running::alertmanager(&deployed(FILE), folder.path(), "127.0.0.1:0"),
            agent: config.build().into(),
            _folder: folder,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}/api/v2/{path}", self.running.address)
    }

    /// Posts alerts, all of which must be taken.
    fn post(&self, alerts: &[Value]) {
        let request = self.agent.post(self.at("alerts"));
        let request = request.header("content-type", "application/json");
        request.send(json!(alerts).to_string()).unwrap();
    }

    /// The alerts that are there, and of those the ones that are kept back.
    fn ask(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut answer = self.agent.get(self.at("alerts")).call().unwrap();
        let answer = answer.body_mut().read_to_string().unwrap();
        let alerts: Vec<Value> = serde_json::from_str(&answer).unwrap();
        let named = |it: &&Value| it["labels"]["case"].as_str().unwrap().to_owned();
        let suppressed = alerts
            .iter()
            .filter(|it| it["status"]["state"] == "suppressed");
        (
            alerts.iter().map(|it| named(&it)).collect(),
            suppressed.map(|it| named(&it)).collect(),
        )
    }

    /// Of these alerts, the ones that are kept back.
    ///
    /// Alertmanager takes note of alerts in the order they are posted in, some time after it has
    /// answered. A pair that is posted last, of which one keeps the other back, tells when it has.
    fn suppressed_of(&self, alerts: &[Value]) -> BTreeSet<String> {
        self.post(alerts);
        let last = [("last", "warning"), ("last, kept back", "info")];
        self.post(
            &last.map(|(case, severity)| {
                alert(case, &format!("alertname=Last severity={severity}"))
            }),
        );
        let started = Instant::now();
        loop {
            let (there, mut suppressed) = self.ask();
            if there.len() == alerts.len() + last.len() && suppressed.remove("last, kept back") {
                return suppressed;
            }
            let is_waiting = started.elapsed() < PATIENCE;
            assert!(is_waiting, "{there:?}, of which {suppressed:?} kept back");
        }
    }
}

/// An alert of these labels, with a name for the test.
fn alert(case: &str, labels: &str) -> Value {
    let mut all = json!({"case": case});
    for label in labels.split_whitespace() {
        let (name, value) = label.split_once('=').unwrap();
        all[name] = json!(value);
    }
    json!({"labels": all})
}

/// Of these alerts, each a name and labels, those whose names end with an exclamation mark are kept
/// back, and no other.
#[track_caller]
fn keeps_back(cases: &[(&str, &str)]) {
    let alerts: Vec<Value> = cases.iter().map(|it| alert(it.0, it.1)).collect();
    let expected = cases.iter().map(|it| it.0.to_owned());
    let expected: BTreeSet<String> = expected.filter(|it| it.ends_with('!')).collect();
    assert_eq!(Alertmanager::start().suppressed_of(&alerts), expected);
}

/// The labels of an alert to a plan of 2024.
fn behind(severity: &str, scope: &str) -> String {
    format!("alertname=OutlayBehindPlan rule=behind_plan severity={severity} {scope} year=2024")
}

#[test]
fn a_country_behind_keeps_back_its_provinces_that_are_no_worse() {
    let country = behind("warning", "programme=NTM province=all");
    let worse = behind("critical", "programme=NTM province=10");
    let alike = behind("warning", "programme=NTM province=15");
    let better = behind("info", "programme=NTM province=22");
    keeps_back(&[
        ("country", &country),
        ("worse", &worse),
        ("alike!", &alike),
        ("better!", &better),
        ("programme", &behind("warning", "programme=EM province=15")),
        ("year", &alike.replace("2024", "2025")),
        ("rule", &alike.replace("behind_plan", "stalled")),
    ]);
}

#[test]
fn a_country_that_is_critical_keeps_back_all_of_its_provinces() {
    keeps_back(&[
        ("country", &behind("critical", "programme=NTM province=all")),
        ("10!", &behind("critical", "programme=NTM province=10")),
        ("15!", &behind("warning", "programme=NTM province=15")),
        ("22!", &behind("info", "programme=NTM province=22")),
    ]);
}

#[test]
fn a_country_that_is_watched_keeps_back_provinces_that_are_watched() {
    keeps_back(&[
        ("country", &behind("info", "programme=NTM province=all")),
        ("10", &behind("critical", "programme=NTM province=10")),
        ("15", &behind("warning", "programme=NTM province=15")),
        ("22!", &behind("info", "programme=NTM province=22")),
    ]);
}

#[test]
fn a_country_that_is_kept_as_a_province_is_no_province() {
    keeps_back(&[
        ("country", &behind("critical", "programme=NTM province=all")),
        ("as one", &behind("critical", "programme=NTM province=00")),
        ("10!", &behind("warning", "programme=NTM province=10")),
        ("alone", &behind("warning", "programme=PUB province=00")),
        ("15!", &behind("info", "programme=PUB province=15")),
        ("22", &behind("critical", "programme=PUB province=22")),
    ]);
}

#[test]
fn a_country_whose_alert_is_another_keeps_back_no_province() {
    let stalled = "alertname=OutlayStalled rule=stalled programme=NTM year=2024";
    keeps_back(&[
        (
            "country",
            &format!("{stalled} severity=critical province=all"),
        ),
        ("10", &format!("{stalled} severity=warning province=10")),
        ("15", &behind("info", "programme=NTM province=15")),
    ]);
}

#[test]
fn of_one_scope_only_the_gravest_is_told() {
    let near = "alertname=OutlayDeadlineNear rule=deadline_near programme=NTM year=2024";
    keeps_back(&[
        ("critical", &behind("critical", "programme=NTM province=10")),
        ("warning!", &behind("warning", "programme=NTM province=10")),
        ("info!", &behind("info", "programme=NTM province=10")),
        ("warned", &behind("warning", "programme=NTM province=15")),
        ("watched!", &behind("info", "programme=NTM province=15")),
        ("another", &format!("{near} severity=warning province=10")),
    ]);
}

#[test]
fn an_instance_keeps_back_its_own_alerts_alone() {
    let disk = "alertname=OutlayDiskNearlyFull";
    keeps_back(&[
        ("critical", &format!("{disk} severity=critical instance=a")),
        ("own!", &format!("{disk} severity=warning instance=a")),
        ("other", &format!("{disk} severity=warning instance=b")),
        ("lag", "alertname=OutlayLagging severity=warning instance=a"),
    ]);
}
