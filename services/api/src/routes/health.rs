//! How the service is: alive, ready, and in numbers.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use serde_json::json;

use crate::body::{self, JSON};
use crate::error::{ApiError, of_read_only};
use crate::openapi::{Operation, Routes};
use crate::problem::Problem;
use crate::routes::answer;
use crate::state::{AppState, Readiness};

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
        "Not yet: `applied` and `head` tell how far. Or not any more: `stopped` or `read-only`, and \
         `detail` says why.",
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

async fn read_readiness(State(state): State<AppState>) -> Result<Response<Body>, ApiError> {
    let progress = match state.readiness().await? {
        Readiness::Ready(progress) => {
            let told = json!({"applied": progress.applied.0, "head": progress.head.0});
            return Ok(answer(StatusCode::OK, JSON, body::json(&told)));
        }
        Readiness::NotYet(progress) => progress,
        Readiness::ReadOnly(why) => return Ok(of_read_only(&why).into_response()),
    };
    let detail = "the service is catching up with its log: ask again soon";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail)
        .with("applied", progress.map(|progress| progress.applied.0))
        .with("head", progress.map(|progress| progress.head.0));
    Ok(problem.retry_after(2).into_response())
}

async fn read_metrics(State(state): State<AppState>) -> Response<Body> {
    let is_ready = matches!(state.readiness().await, Ok(Readiness::Ready(_)));
    let text = state.metrics().text(state.find_ledger(), is_ready).await;
    answer(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}
