//! Prometheus and Alertmanager over the files of `deploy/`, killed and started again.
//!
//! Of the files only what a machine or a test's patience asks for is replaced: addresses, the way to
//! the rules, and how long is waited. Each text that is replaced has to be there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::patience::PATIENCE;
use crate::running::Running;
use crate::tools::{deployed, find, text_of};

/// `text` with each of the first replaced by the second; the first has to be in it.
#[track_caller]
fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    let replace = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "nothing to replace: {from}");
        text.replace(from, to)
    };
    pairs.iter().fold(text.to_owned(), replace)
}

/// A folder with a configuration in it.
#[track_caller]
fn configured(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yml");
    fs::write(&config, text).unwrap();
    (folder, config)
}

/// An Alertmanager over the file that is deployed.
pub(crate) struct Alertmanager {
    folder: TempDir,
    config: PathBuf,
    running: Option<Running>,
    /// Where it listens; the same after it was killed.
    pub(crate) address: String,
}

impl Alertmanager {
    /// One that tells the receiver at `url`, and waits a second where it waits for more of a group.
    pub(crate) fn telling(url: &str) -> Self {
        let text = replaced(
            &text_of("alertmanager/alertmanager.yml"),
            &[
                ("http://127.0.0.1:9095/", url),
                ("group_wait: 30s", "group_wait: 1s"),
                ("group_wait: 1m", "group_wait: 1s"),
                ("group_wait: 5m", "group_wait: 1s"),
                ("group_interval: 5m", "group_interval: 1s"),
                ("group_interval: 15m", "group_interval: 1s"),
                ("group_interval: 1h", "group_interval: 1s"),
            ],
        );
        let (folder, config) = configured(&text);
        let mut alertmanager = Self {
            folder,
            config,
            running: None,
            address: "127.0.0.1:0".to_owned(),
        };
        alertmanager.start();
        alertmanager
    }

    fn start(&mut self) {
        let data = self.folder.path().join("data");
        let running = Running::alertmanager(&self.config, &data, &self.address);
        self.address.clone_from(&running.address);
        self.running = Some(running);
    }

    /// Kills it, and starts it again over what it left.
    pub(crate) fn crash(&mut self) {
        self.running = None;
        self.start();
    }
}

/// A Prometheus over the files that are deployed.
pub(crate) struct Prometheus {
    folder: TempDir,
    config: PathBuf,
    running: Option<Running>,
    address: String,
    agent: ureq::Agent,
}

impl Prometheus {
    /// One that scrapes the service at `service`, judges by the rules that are deployed, both once
    /// a second, and tells the Alertmanager at `alertmanager`.
    pub(crate) fn between(service: &str, alertmanager: &str) -> Self {
        let rules = deployed("prometheus/outlay.rules.yml");
        let text = replaced(
            &text_of("prometheus/prometheus.yml"),
            &[
                ("scrape_interval: 15s", "scrape_interval: 1s"),
                ("evaluation_interval: 15s", "evaluation_interval: 1s"),
                ("- outlay.rules.yml", &format!("- {}", rules.display())),
                ("127.0.0.1:9093", alertmanager),
                ("127.0.0.1:8080", service),
            ],
        );
        let (folder, config) = configured(&text);
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let mut prometheus = Self {
            folder,
            config,
            running: None,
            address: "127.0.0.1:0".to_owned(),
            agent: agent.build().into(),
        };
        prometheus.start();
        prometheus
    }

    fn start(&mut self) {
        let data = self.folder.path().join("data");
        let running = Running::start(command(&self.config, &data, &self.address));
        self.address.clone_from(&running.address);
        self.running = Some(running);
    }

    /// Kills it, and starts it again over what it left.
    pub(crate) fn crash(&mut self) {
        self.running = None;
        self.start();
    }

    /// Whether the service answered the last scrape; `None` while nothing was scraped.
    pub(crate) fn sees_service(&self) -> Option<bool> {
        let answer = self.ask("query?query=up")?;
        let value = answer["data"]["result"][0]["value"][1].as_str()?;
        Some(value == "1")
    }

    /// Whether an alert of this name fires.
    pub(crate) fn fires(&self, name: &str) -> bool {
        let Some(answer) = self.ask("alerts") else {
            return false;
        };
        let alerts = answer["data"]["alerts"].as_array().unwrap();
        let fires = |it: &Value| it["labels"]["alertname"] == name && it["state"] == "firing";
        alerts.iter().any(fires)
    }

    /// What it answers; nothing while it is not ready.
    fn ask(&self, question: &str) -> Option<Value> {
        let url = format!("http://{}/api/v1/{question}", self.address);
        let answer = self.agent.get(url).call().ok()?.body_mut().read_to_string();
        serde_json::from_str(&answer.ok()?).ok()
    }
}

fn command(config: &Path, data: &Path, listen: &str) -> Command {
    let mut command = Command::new(find(&["prometheus"]));
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg(format!("--web.listen-address={listen}"))
        // An alert that goes on is told again so often, and stands four times as long. A minute is
        // how long an Alertmanager that was killed would otherwise know nothing.
        .arg("--rules.alert.resend-delay=10s");
    command
}
