//! How the service is: alive, ready, and in numbers.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use crate::body::{self, JSON};
use crate::openapi::{Operation, Routes};
use crate::problem::Problem;
use crate::routes::answer;
use crate::state::AppState;

pub(crate) fn router() -> Routes {
    let health =
        Operation::new("read_health", "Whether the process is alive").json("It is.", "Health");
    let ready = Operation::new(
        "read_readiness",
        "Whether questions and records are answered",
    )
    .json("They are.", "Readiness")
    .answers(
        503,
        "Not yet: `applied` and `head` tell how far.",
        &[("application/problem+json", "Problem")],
    );
    let metrics = Operation::new("read_metrics", "What is counted and timed, for Prometheus")
        .answers(200, "Prometheus' text format.", &[("text/plain", "text")]);
    Routes::default()
        .get("/healthz", read_health, health)
        .get("/readyz", read_readiness, ready)
        .get("/metrics", read_metrics, metrics)
}

async fn read_health() -> Response<Body> {
    answer(
        StatusCode::OK,
        JSON,
        body::json(&json!({"status": "alive"})),
    )
}

async fn read_readiness(State(state): State<AppState>) -> Response<Body> {
    let progress = match state.find_ledger() {
        Some(ledger) => ledger.progress().await.ok(),
        None => None,
    };
    let ready = state.is_ready() && progress.is_some_and(|progress| !progress.stopped);
    let applied = progress.map_or(Value::Null, |progress| progress.applied.0.into());
    let head = progress.map_or(Value::Null, |progress| progress.head.0.into());
    if ready {
        return answer(
            StatusCode::OK,
            JSON,
            body::json(&json!({"applied": applied, "head": head})),
        );
    }
    let detail = "the service is catching up with its log: ask again soon";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail);
    let problem = problem.with("applied", applied).with("head", head);
    problem.retry_after(2).into_response()
}

async fn read_metrics(State(state): State<AppState>) -> Response<Body> {
    let text = state.metrics().text(state.find_ledger()).await;
    answer(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}
