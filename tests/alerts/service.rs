//! Outlay as a process that tells one webhook, and is killed and started again over its folder.

use std::fs;

use events::alert::EndpointName;
use events::log::EventId;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::patience::until;
use crate::process::{Process, run_with, text};

/// What the service and the receiver both know.
pub(crate) const SECRET: &[u8] = b"a secret of at least sixteen bytes";
/// What the service calls the receiver.
const OFFICE: &str = "office";

/// What is left of a service that was killed: its folder and its port.
pub(crate) struct Left {
    folder: TempDir,
    listen: String,
}

/// A service that runs.
pub(crate) struct Service {
    left: Left,
    server: Process,
}

impl Left {
    /// Starts it again where it was.
    pub(crate) fn start(mut self) -> Service {
        let folder = self.folder.path();
        let (config, data) = (folder.join("outlay.toml"), folder.join("data"));
        let (config, data) = (text(&config), text(&data));
        let arguments = ["serve", "--config", config, "--data", data, "--listen"];
        let server = Process::with(&[&arguments[..], &[&self.listen]].concat());
        self.listen = format!("127.0.0.1:{}", server.port());
        Service { left: self, server }
    }
}

impl Service {
    /// One over a folder of its own that tells `url`, and begins with these records: what is
    /// recorded before it runs is judged at once, and nothing in between.
    pub(crate) fn telling(url: &str, records: &[Value]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("office.secret");
        fs::write(&secret, SECRET).unwrap();
        let config = format!(
            "[[webhook]]\nname = '{OFFICE}'\nurl = '{url}'\nsecret_file = '{}'\nallow_private = true\n",
            text(&secret)
        );
        fs::write(folder.path().join("outlay.toml"), config).unwrap();
        let data = folder.path().join("data");
        let rows: Vec<String> = records.iter().map(Value::to_string).collect();
        run_with(&["record", "-", "--data", text(&data)], &rows.join("\n")).ends(0);
        let listen = "127.0.0.1:0".to_owned();
        Left { folder, listen }.start()
    }

    /// Where it listens, without `http://`; the same after it was killed.
    pub(crate) fn address(&self) -> &str {
        &self.left.listen
    }

    /// Ends it at once, with `kill -9`.
    pub(crate) fn kill(self) -> Left {
        self.server.kill();
        self.left
    }

    /// Records.
    #[track_caller]
    pub(crate) fn record(&self, record: &Value) {
        self.server.post("/v1/records", &record.to_string()).of(201);
    }

    /// What a series of its metrics says, which is a whole number.
    fn metric(&self, series: &str) -> Option<u64> {
        let text = self.server.get("/metrics").of(200).body;
        let mut samples = text.lines().filter_map(|line| line.strip_prefix(series));
        samples.next().and_then(|value| value.trim().parse().ok())
    }

    /// Waits until it judged for the first time.
    pub(crate) fn judged(&self) {
        until("a judgement", || self.metric("outlay_watch_position "));
    }

    /// Waits until so many attempts to tell failed.
    pub(crate) fn failed_to_tell(&self, times: u64) {
        let series = "outlay_webhook_deliveries_total{endpoint=\"office\",outcome=\"failed\"} ";
        until("attempts that fail", || {
            (self.metric(series)? >= times).then_some(())
        });
    }

    /// The events of this name in the log.
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        let answer = self.server.get(&format!("/v1/events?name={name}")).of(200);
        answer.json()["events"].as_array().expect("a list").clone()
    }

    /// Waits until so many deliveries are noted in the log, and gives what they are known by.
    pub(crate) fn delivered(&self, count: usize) -> Vec<String> {
        let noted = until("deliveries in the log", || {
            let noted = self.events("alert.delivered");
            (noted.len() >= count).then_some(noted)
        });
        let id = |event: &Value| event["data"]["delivery"].as_str().unwrap().to_owned();
        noted.iter().map(id).collect()
    }

    /// What the delivery of the one event of this name is known by, from the log alone.
    #[track_caller]
    pub(crate) fn delivery_of(&self, name: &str) -> Uuid {
        let events = self.events(name);
        let [event] = events.as_slice() else {
            panic!("{events:?}");
        };
        let of = EventId(event["id"].as_str().unwrap().parse().unwrap());
        EndpointName::parse(OFFICE).unwrap().delivery(of)
    }
}
