//! The log, page by page and all at once, and the registers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LINE, allocation, payment, with, with_history};

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let service = with_history().await;
    let (mut path, mut seen) = ("/v1/events?after=0&limit=7".to_owned(), Vec::new());
    loop {
        let page = service.get(&path).await.json();
        seen.extend(page["events"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert!(
        (1_u64..)
            .zip(&seen)
            .all(|(position, event)| event["position"] == position)
    );
    let last = seen.last().unwrap();
    assert_eq!(
        (&last["name"], &last["reference"], &last["effective_on"]),
        (
            &json!("line.disbursed"),
            &json!("CT-1"),
            &json!("2024-03-01")
        )
    );
    assert_eq!(
        (&last["actor"], &last["causation_id"], &last["version"]),
        (&json!("local"), &Value::Null, &json!(1))
    );
    assert_eq!(last["data"]["amount"], "300");
    let streamed = service
        .get_with("/v1/events", "accept", "application/x-ndjson")
        .await;
    assert_eq!(streamed.header("content-type"), "application/x-ndjson");
    assert_eq!(streamed.rows(), seen);
    let by_id = service
        .get(&format!("/v1/events/{}", last["id"].as_str().unwrap()))
        .await;
    assert_eq!(by_id.json(), *last);
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let service = with_history().await;
    let late = with(&payment("CT-2", 5), "effective_on", json!("2024-07-01"));
    assert_eq!(service.post(&late).await.status, StatusCode::CREATED);
    for (query, references) in [
        (format!("line={LINE}"), vec!["QD-1", "HD-1", "CT-1", "CT-2"]),
        (
            "stream=line-NTM.10.2024.central.investment&name=line.disbursed".to_owned(),
            vec!["CT-1", "CT-2"],
        ),
        ("name=line.committed".to_owned(), vec!["HD-1"]),
        ("reference=CT-2".to_owned(), vec!["CT-2"]),
        (
            format!("line={LINE}&effective_from=2024-02-01&effective_to=2024-03-01"),
            vec!["HD-1", "CT-1"],
        ),
        ("stream=line-none".to_owned(), vec![]),
    ] {
        let page = service.get(&format!("/v1/events?{query}")).await.json();
        let found: Vec<_> = page["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["reference"].as_str().unwrap())
            .collect();
        assert_eq!(found, references, "{query}");
        assert_eq!(page["next"], Value::Null);
    }
    let first = service
        .get(&format!("/v1/events?line={LINE}&limit=2"))
        .await
        .json();
    let next = first["next"].as_str().unwrap();
    assert!(
        next.contains(&format!("line={LINE}")) && next.contains("limit=2"),
        "{next}"
    );
    let second = service.get(next).await.json();
    assert_eq!(second["events"][0]["reference"], "CT-1");
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "after=-1",
        "line=x",
        "position=1",
        "effective_from=x",
    ] {
        let reply = service.get(&format!("/v1/events?{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        reply.slug();
    }
    let none = service
        .get("/v1/events/4d3fd1ae-0000-4000-8000-000000000000")
        .await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(
        service.get("/v1/events/one").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_request_id_is_the_correlation_of_its_events() {
    let service = with_history().await;
    let id = "0b9f7c1e-7a55-4c53-9d0c-3f4f7e2f9a11";
    let reply = service
        .post_with(&[("x-request-id", id)], allocation("QD-2", 1).to_string())
        .await;
    assert_eq!(reply.header("x-request-id"), id);
    let event = service.get(reply.header("location")).await.json();
    assert_eq!(event["correlation_id"], id);
    let named = service.get_with("/healthz", "x-request-id", "job-17").await;
    assert_eq!(named.header("x-request-id"), "job-17");
    assert_eq!(
        service.get("/healthz").await.header("x-request-id").len(),
        36
    );
}

#[tokio::test]
async fn registers_are_given_with_their_history() {
    let service = with_history().await;
    let all = service.get("/v1/provinces").await.json();
    let on = service.get("/v1/provinces?on=2025-07-01").await.json();
    let find = |register: &Value, code: &str| {
        let units = register["provinces"].as_array().unwrap();
        units.iter().find(|unit| unit["code"] == code).cloned()
    };
    assert!(find(&all, "10").is_some() && find(&on, "10").is_none());
    let merged = find(&on, "15").unwrap();
    assert_eq!(merged["names"]["vi"], "Lào Cai");
    assert_eq!(merged["history"][0]["names"]["vi"], "Yên Bái");
    assert_eq!(merged["history"][1]["formed_from"], json!(["10", "15"]));
    let programmes = service.get("/v1/programmes").await.json();
    assert!(
        programmes["programmes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|unit| unit["code"] == "NTM")
    );
    assert_eq!(
        service.get("/v1/provinces?on=x").await.status,
        StatusCode::BAD_REQUEST
    );
}
