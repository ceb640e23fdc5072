//! What `/metrics` says of webhooks: as it is at the scrape, whatever a postman is busy with.

use std::sync::Arc;

use events::alert::{Abandoned, AlertCommand, AlertId, EndpointName};
use events::log::Revision;
use watch::Board;

use crate::alerts::{ID, judge_on, standings, tell, with_alerts};
use crate::harness::Service;

fn office() -> EndpointName {
    EndpointName::parse("office").unwrap()
}

/// A service that shows a board with one office, which nobody delivers to.
async fn with_an_office() -> Service {
    let service = with_alerts().await;
    let board = Arc::new(Board::of([office()]));
    service.state.metrics().watched(board);
    service
}

/// Whether `/metrics` has this line.
#[track_caller]
fn has(text: &str, line: &str) {
    assert!(
        text.lines().any(|it| it == line),
        "{line} is not in\n{text}"
    );
}

#[tokio::test]
async fn an_endpoint_is_shown_before_anything_is_told() {
    let service = with_an_office().await;
    let text = service.get("/metrics").await.text();
    for outcome in ["delivered", "failed", "abandoned"] {
        let series = "outlay_webhook_deliveries_total";
        has(
            &text,
            &format!("{series}{{endpoint=\"office\",outcome=\"{outcome}\"}} 0"),
        );
    }
    // What the alerts of last year say is too old to be told.
    has(&text, "outlay_webhook_pending{endpoint=\"office\"} 0");
    has(&text, "outlay_webhook_dead_letters{endpoint=\"office\"} 0");
}

#[tokio::test]
async fn what_waits_and_what_was_given_up_is_counted_at_the_scrape() {
    let service = with_an_office().await;
    // All six are over.
    judge_on(&service, "2025-02-01").await;
    let waiting = watch::due(service.ledger(), &office()).len();
    assert!(waiting > 0);
    let text = service.get("/metrics").await.text();
    has(
        &text,
        &format!("outlay_webhook_pending{{endpoint=\"office\"}} {waiting}"),
    );
    let dead = AlertCommand::Abandon(Abandoned {
        endpoint: office(),
        of: Revision(0),
        delivery: uuid::Uuid::from_u128(7),
        attempts: 8,
        why: "answered 400".parse().unwrap(),
    });
    let id = AlertId::find(ID).unwrap();
    tell(&service, id, &standings(&service, "2025-02-01"), dead).await;
    let text = service.get("/metrics").await.text();
    has(&text, "outlay_webhook_dead_letters{endpoint=\"office\"} 1");
}
