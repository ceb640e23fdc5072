//! What the service exports, read off `/metrics` of one that runs in this process.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::AppState;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use events::time::RecordedAt;
use ledger::{Ledger, Register};
use serde_json::json;
use store::{ManualClock, MemoryStore};
use tower::ServiceExt as _;

use crate::tools;

/// Names that are agreed on and that the service does not export yet.
/// A name that is exported has to leave this list; with the last, the list goes.
const AGREED_AND_NOT_YET_EXPORTED: [&str; 21] = [
    "outlay_advances_outstanding_dong",
    "outlay_advances_overdue_dong",
    "outlay_alert_active",
    "outlay_behind_ratio",
    "outlay_clock_steps_total",
    "outlay_committed_dong",
    "outlay_data_free_bytes",
    "outlay_data_total_bytes",
    "outlay_since_payment_seconds",
    "outlay_to_deadline_seconds",
    "outlay_disbursed_dong",
    "outlay_plan_dong",
    "outlay_plan_to_date_dong",
    "outlay_scope_disbursed_dong",
    "outlay_scope_plan_dong",
    "outlay_series_dropped",
    "outlay_watch_evaluated_timestamp_seconds",
    "outlay_watch_position",
    "outlay_webhook_dead_letters",
    "outlay_webhook_deliveries_total",
    "outlay_webhook_pending",
];

/// Every name that a query may ask the service's metrics for: those of `/metrics`, with the parts
/// of histograms, and for now those that are agreed on.
pub(crate) fn names() -> BTreeSet<String> {
    let mut names = names_in(&metrics());
    names.extend(AGREED_AND_NOT_YET_EXPORTED.map(str::to_owned));
    names
}

/// The names that a text of metrics declares.
fn names_in(text: &str) -> BTreeSet<String> {
    let declared = text.lines().filter_map(|line| {
        let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
        let parts: &[&str] = match kind {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        Some(parts.iter().map(move |part| format!("{name}{part}")))
    });
    declared.flatten().collect()
}

/// `/metrics` of a service that took a record, wrote and failed to write: a
/// metric with labels is not told of before something was counted.
#[tokio::main(flavor = "current_thread")]
async fn metrics() -> String {
    let now = RecordedAt::parse("2025-03-01T03:00:00Z").unwrap();
    let ledger = Ledger::open(Arc::new(MemoryStore::new(Arc::new(ManualClock::new(now)))));
    ledger.settle(Register::BuiltIn).await.unwrap();
    let state = AppState::ready(ledger);
    let router = api::router(state.clone());
    let record = json!({"record": "allocation", "line": "NTM/10/2024/central/investment",
        "reference": "QD-1", "effective_on": "2024-01-05", "amount": "1000", "basis": "assigned"});
    let posted = Request::post("/v1/records").header("content-type", "application/json");
    let posted = posted.body(Body::from(record.to_string())).unwrap();
    let (status, said) = send(&router, posted).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    state.metrics().committed(1, Duration::from_millis(2));
    state.metrics().commit_failed(true);
    let asked = Request::get("/metrics").body(Body::empty()).unwrap();
    let (status, text) = send(&router, asked).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    text
}

async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

#[test]
fn promtool_finds_no_fault_with_the_metrics() {
    tools::run_on("promtool", &["check", "metrics"], &metrics());
}

#[test]
fn promtool_finds_faults_with_metrics() {
    let text = metrics().replace("# HELP outlay_head_position", "# HALP outlay_head_position");
    let said = tools::try_run("promtool", &["check", "metrics"], &text).unwrap_err();
    assert!(said.contains("outlay_head_position"), "{said}");
}

#[test]
fn what_the_service_exports_is_not_awaited_any_more() {
    let exported = names_in(&metrics());
    let awaited = AGREED_AND_NOT_YET_EXPORTED.iter();
    let landed: Vec<_> = awaited.filter(|name| exported.contains(**name)).collect();
    assert!(landed.is_empty(), "take these off the list: {landed:?}");
}

#[test]
fn a_histogram_is_asked_for_by_its_parts() {
    let names = names_in(&metrics());
    assert!(names.contains("outlay_append_duration_seconds_bucket"));
    assert!(!names.contains("outlay_append_duration_seconds"));
    assert!(names.contains("outlay_http_request_duration_seconds_count"));
    assert!(names.contains("outlay_events_total"));
}
