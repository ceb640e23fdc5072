//! How the service is: alive, ready, and in numbers.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use ledger::Progress;
use serde_json::json;

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
        "Not yet: `applied` and `head` tell how far. Or not any more: `stopped` before an event that \
         cannot be read, or `log-unreadable`, and `detail` says why.",
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
    let ledger = state.find_ledger();
    let applied = ledger.map(|ledger| ledger.applied().0);
    let progress = match ledger {
        Some(ledger) => ledger.progress().await.map(Some),
        None => Ok(None),
    };
    let (slug, detail, wait) = match &progress {
        Ok(Some(Progress { stopped: false, .. })) if state.is_ready() => {
            let head = progress.ok().flatten().map(|progress| progress.head.0);
            let ready = body::json(&json!({"applied": applied, "head": head}));
            return answer(StatusCode::OK, JSON, ready);
        }
        Ok(Some(Progress { stopped: true, .. })) => {
            let why = "the figures stopped before an event that cannot be read; the service's log \
                       names it";
            ("stopped", why.to_owned(), 60)
        }
        Ok(_) => {
            let why = "the service is catching up with its log: ask again soon";
            ("not-ready", why.to_owned(), 2)
        }
        Err(error) => ("log-unreadable", ledger::describe(error), 60),
    };
    let head = progress.ok().flatten().map(|progress| progress.head.0);
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, slug, detail)
        .with("applied", applied)
        .with("head", head)
        .retry_after(wait)
        .into_response()
}

async fn read_metrics(State(state): State<AppState>) -> Response<Body> {
    let text = state.metrics().text(state.find_ledger()).await;
    answer(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}
