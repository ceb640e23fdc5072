//! What dies in the background is seen from outside: which it is, and why.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::harness::{Service, allocation, service_with_faults};

/// The value of a series in `/metrics`.
async fn shown(service: &Service, series: &str) -> String {
    let text = service.get("/metrics").await.text();
    let value = text.lines().find_map(|line| line.strip_prefix(series));
    let value = value.unwrap_or_else(|| panic!("{series} is not in\n{text}"));
    value.trim().to_owned()
}

const FIGURES: &str = "outlay_worker_up{worker=\"figures\"}";
const RESTARTS: &str = "outlay_worker_restarts_total{worker=\"figures\"}";

#[tokio::test]
async fn figures_that_panic_are_told_of_and_go_on() {
    let (service, faults) = service_with_faults().await;
    assert_eq!(shown(&service, FIGURES).await, "1");
    assert_eq!(shown(&service, RESTARTS).await, "0");
    faults.set("scan", true);
    let reply = service.post(&allocation("QD-1", 1_000)).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.slug(), "stopped");
    let ready = service.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), ready.slug()),
        (503, "stopped".to_owned())
    );
    let detail = ready.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("what follows the log panicked"), "{detail}");
    // What it said may bear what is in an event.
    assert!(!detail.contains("as a test wants it"), "{detail}");
    assert_eq!(shown(&service, FIGURES).await, "0");
    assert_eq!(shown(&service, "outlay_ready").await, "0");

    faults.set("scan", false);
    while shown(&service, FIGURES).await == "0" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(service.get("/readyz").await.status, StatusCode::OK);
    assert_ne!(shown(&service, RESTARTS).await, "0");
    let reply = service.post(&allocation("QD-1", 1_000)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

#[tokio::test]
async fn a_writer_that_has_ended_is_told_of() {
    let (service, faults) = service_with_faults().await;
    assert_eq!(shown(&service, "outlay_store_read_only").await, "0");
    faults.set("writer", true);
    let ready = service.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), ready.slug()),
        (503, "read-only".to_owned())
    );
    let detail = ready.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("its writer has ended"), "{detail}");
    assert_eq!(shown(&service, "outlay_store_read_only").await, "1");
    assert_eq!(shown(&service, "outlay_ready").await, "0");
    // What is there is answered.
    assert_eq!(service.get("/v1/rates").await.status, StatusCode::OK);
}

#[tokio::test]
async fn events_whose_reading_panics_do_not_look_like_all_there_are() {
    let (service, faults) = service_with_faults().await;
    let all = Request::get("/v1/events").header("accept", "application/x-ndjson");
    let answered = service
        .router
        .clone()
        .oneshot(all.body(Body::empty()).unwrap());
    let answered = answered.await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    faults.set("read", true);
    to_bytes(answered.into_body(), usize::MAX)
        .await
        .unwrap_err();
}
