//! What the service exports, read off `/metrics` of one that runs in this process.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use api::AppState;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use events::time::RecordedAt;
use ledger::{Ledger, Register};
use serde_json::{Value, json};
use store::{ManualClock, MemoryStore};
use tower::ServiceExt as _;
use watch::Watch;
use watch::webhook::{Backoff, Endpoint, Secret};

use crate::promql;
use crate::tools;

/// How long the service may take to judge and to fail to tell before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// `/metrics`, scraped once for all tests.
static METRICS: LazyLock<String> = LazyLock::new(metrics);

/// Every series that a query may ask the service for, by name, with its labels: those of
/// `/metrics`, of which each is there with a sample, histograms by their parts.
pub(crate) fn series() -> BTreeMap<String, BTreeSet<String>> {
    series_in(&METRICS)
}

/// The names and labels of the samples of a text of metrics.
fn series_in(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut series = BTreeMap::<_, BTreeSet<String>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let labels = promql::selectors(line).remove(name).unwrap_or_default();
        series.entry(name.to_owned()).or_default().extend(labels);
    }
    series
}

/// `/metrics` of a service that wrote and failed to write, whose clock stepped, which found a
/// province behind and could tell nobody: a metric with labels is not told of before something
/// was counted.
#[tokio::main(flavor = "current_thread")]
async fn metrics() -> String {
    let now = RecordedAt::parse("2025-06-01T03:00:00Z").unwrap();
    let ledger = Ledger::open(Arc::new(MemoryStore::new(Arc::new(ManualClock::new(now)))));
    ledger.settle(Register::BuiltIn).await.unwrap();
    let state = AppState::ready(ledger.clone());
    let router = api::router(state.clone());
    for record in history() {
        let posted = Request::post("/v1/records").header("content-type", "application/json");
        let posted = posted.body(Body::from(record.to_string())).unwrap();
        let (status, said) = send(&router, posted).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
    }
    let watch = Watch::over(&ledger, vec![nobody()], Backoff::default());
    state.metrics().watched(Arc::clone(watch.board()));
    state.metrics().committed(1, Duration::from_millis(2));
    state.metrics().commit_failed();
    state.metrics().room(1, 2);
    state.metrics().clock_stepped();
    let started = Instant::now();
    // Something is told after it is judged.
    let is_told = || {
        let mut deliveries = watch.board().deliveries().into_values();
        deliveries.any(|it| it.failed > 0)
    };
    while !is_told() {
        assert!(started.elapsed() < PATIENCE, "nobody is told of anything");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let asked = Request::get("/metrics").body(Body::empty()).unwrap();
    let (status, text) = send(&router, asked).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    text
}

/// A province that has a schedule, a plan, a contract, a payment and an advance, and is behind.
fn history() -> [Value; 5] {
    let line = "NTM/10/2025/central/investment";
    [
        json!({"record": "schedule", "reference": "KH-1", "effective_on": "2025-01-02",
            "programme": "NTM", "province": "10", "year": 2025,
            "milestones": [{"by": "2025-05-01", "rate": "0.5"}]}),
        json!({"record": "allocation", "line": line, "reference": "QD-1",
            "effective_on": "2025-01-05", "amount": "1000", "basis": "assigned"}),
        json!({"record": "commitment", "line": line, "reference": "HD-1",
            "effective_on": "2025-02-01", "amount": "500"}),
        json!({"record": "disbursement", "line": line, "reference": "KB-1",
            "effective_on": "2025-03-01", "kind": "payment", "commitment": "HD-1", "amount": "100"}),
        json!({"record": "disbursement", "line": line, "reference": "KB-2",
            "effective_on": "2025-03-02", "kind": "advance", "commitment": "HD-1", "amount": "50"}),
    ]
}

/// A webhook at a port where nobody listens.
fn nobody() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let secret = Secret::parse(b"a secret of at least sixteen bytes").unwrap();
    Endpoint::try_new(
        "office".parse().unwrap(),
        url.parse().unwrap(),
        secret,
        true,
    )
    .unwrap()
}

async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

#[test]
fn promtool_finds_no_fault_with_the_metrics() {
    tools::run_on("promtool", &["check", "metrics"], &METRICS);
}

#[test]
fn promtool_finds_faults_with_metrics() {
    let text = METRICS.replace("# HELP outlay_head_position", "# HALP outlay_head_position");
    let said = tools::try_run("promtool", &["check", "metrics"], &text).unwrap_err();
    assert!(said.contains("outlay_head_position"), "{said}");
}

#[test]
fn every_metric_that_is_declared_has_a_sample() {
    let series = series();
    let declared = METRICS
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut count = 0;
    for (name, kind) in declared {
        let parts: &[&str] = match kind {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        for part in parts {
            let name = format!("{name}{part}");
            assert!(series.contains_key(&name), "{name} has no sample");
        }
        count += 1;
    }
    assert!(count > 0, "nothing is declared");
}

#[test]
fn a_histogram_is_asked_for_by_its_parts() {
    let series = series();
    assert!(series["outlay_append_duration_seconds_bucket"].contains("le"));
    assert!(!series.contains_key("outlay_append_duration_seconds"));
    assert!(!series["outlay_http_request_duration_seconds_count"].contains("le"));
    assert!(series["outlay_events_total"].contains("name"));
}
