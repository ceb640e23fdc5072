//! What people do about alerts over HTTP: each is kept once, and what cannot be done is refused.

use axum::http::StatusCode;
use events::alert::{Abandoned, AlertCommand, AlertId, EndpointName};
use events::log::Revision;
use serde_json::{Value, json};

use crate::alerts::{ID, ask, ids, judge_on, list, standings, tell, with_alerts};
use crate::harness::Reply;

fn said(reply: &Reply) -> (u16, String, Value) {
    (
        reply.status.as_u16(),
        reply.slug(),
        reply.json()["field"].clone(),
    )
}

#[tokio::test]
async fn an_acknowledgement_is_kept_once_with_who_and_why() {
    let service = with_alerts().await;
    let note = json!({"note": "Đã gửi công văn"});
    let reply = ask(&service, ID, "acknowledge", note.clone()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let alert = reply.json();
    assert_eq!(
        (&alert["state"], &alert["acknowledged"]),
        (&json!("acknowledged"), &json!(true))
    );
    let events = alert["events"].as_array().unwrap();
    let names: Vec<_> = events
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["alert.raised", "alert.acknowledged"]);
    let kept = &events[1];
    assert_eq!(
        (&kept["actor"], &kept["effective_on"]),
        (&json!("local"), &json!("2025-03-01"))
    );
    assert_eq!(kept["data"]["note"], "Đã gửi công văn");
    let reference = kept["reference"].as_str().unwrap();
    assert!(reference.starts_with("acknowledged-"), "{reference}");
    assert_eq!(
        reply.header("outlay-position"),
        kept["position"].to_string()
    );
    let again = ask(&service, ID, "acknowledge", note).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &reply.body));
    assert_eq!(ids(&service, "?state=acknowledged").await, [ID]);
    let one = service.get(&format!("/v1/alerts/{ID}")).await;
    assert_eq!(one.body, reply.body);
}

#[tokio::test]
async fn a_silence_ends_with_its_day() {
    let service = with_alerts().await;
    let silence = |until: &str| json!({"until": until, "note": ""});
    let past = ask(&service, ID, "silence", silence("2025-02-28")).await;
    assert_eq!(
        said(&past),
        (422, "silence-is-over".to_owned(), json!("until"))
    );
    assert_eq!(past.json()["today"], "2025-03-01");
    let reply = ask(&service, ID, "silence", silence("2025-03-02")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.json()["silenced_until"], "2025-03-02");
    let head = service.ledger().applied();
    assert_eq!(
        ask(&service, ID, "silence", silence("2025-03-02"))
            .await
            .body,
        reply.body
    );
    assert_eq!(service.ledger().applied(), head);
    assert_eq!(ids(&service, "?state=silenced").await, [ID]);
    service.comes("2025-03-02");
    assert_eq!(ids(&service, "?state=silenced").await, [ID]);
    service.comes("2025-03-03");
    assert_eq!(ids(&service, "?state=silenced").await, [""; 0]);
    assert!(ids(&service, "?state=open").await.contains(&ID.to_owned()));
}

#[tokio::test]
async fn what_is_over_is_neither_acknowledged_nor_silenced() {
    let service = with_alerts().await;
    judge_on(&service, "2025-02-01").await;
    for (what, body) in [
        ("acknowledge", json!({"note": "late"})),
        ("silence", json!({"until": "2025-04-01"})),
    ] {
        let reply = ask(&service, ID, what, body).await;
        assert_eq!(
            said(&reply),
            (422, "alert-not-open".to_owned(), Value::Null)
        );
    }
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let service = with_alerts().await;
    let head = service.ledger().applied();
    for (what, body, slug, field) in [
        (
            "acknowledge",
            json!({"notes": "x"}),
            "unknown-field",
            json!("notes"),
        ),
        (
            "acknowledge",
            json!({"note": 7}),
            "malformed",
            json!("note"),
        ),
        ("acknowledge", json!([]), "malformed", Value::Null),
        ("silence", json!({}), "missing-field", json!("until")),
        (
            "silence",
            json!({"until": "tomorrow"}),
            "malformed",
            json!("until"),
        ),
        (
            "silence",
            json!({"until": "2025-04-01", "event": 1}),
            "unknown-field",
            json!("event"),
        ),
        (
            "resend",
            json!({"endpoint": "office"}),
            "missing-field",
            json!("event"),
        ),
        (
            "resend",
            json!({"endpoint": "The Office", "event": 0}),
            "malformed",
            json!("endpoint"),
        ),
        (
            "resend",
            json!({"endpoint": "office", "event": "0"}),
            "malformed",
            json!("event"),
        ),
        (
            "resend",
            json!({"endpoint": "office", "event": -1}),
            "malformed",
            json!("event"),
        ),
    ] {
        let reply = ask(&service, ID, what, body.clone()).await;
        assert_eq!(said(&reply), (400, slug.to_owned(), field), "{what} {body}");
    }
    let twice = service
        .send(
            axum::http::Request::post(format!("/v1/alerts/{ID}/acknowledge"))
                .header("content-type", "application/json")
                .body(r#"{"note":"a","note":"b"}"#.into())
                .unwrap(),
        )
        .await;
    assert_eq!(
        said(&twice),
        (400, "repeated-field".to_owned(), json!("note"))
    );
    assert_eq!(service.ledger().applied(), head);
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_once() {
    let service = with_alerts().await;
    let resend = || {
        ask(
            &service,
            ID,
            "resend",
            json!({"endpoint": "office", "event": 0}),
        )
    };
    let nothing = resend().await;
    assert_eq!(
        said(&nothing),
        (422, "no-dead-letter".to_owned(), json!("event"))
    );
    let (id, of) = (AlertId::find(ID).unwrap(), Revision(0));
    let endpoint = EndpointName::parse("office").unwrap();
    // Any id is shown as it was kept.
    let delivery = uuid::Uuid::from_u128(7);
    let dead = AlertCommand::Abandon(Abandoned {
        endpoint,
        of,
        delivery,
        attempts: 12,
        why: "connection refused".parse().unwrap(),
    });
    tell(&service, id, &standings(&service, "2024-06-30"), dead).await;
    let told = |outcome: &str| json!([{"endpoint": "office", "event": 0, "outcome": outcome, "delivery": delivery}]);
    assert_eq!(
        list(&service, "?province=10&rule=behind_plan").await[0]["deliveries"],
        told("abandoned")
    );
    let reply = resend().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.json()["deliveries"], told("requested"));
    let head = service.ledger().applied();
    assert_eq!(resend().await.body, reply.body);
    assert_eq!(service.ledger().applied(), head);
}
