//! The backtest over HTTP: what would have been raised and resolved when, by what is known now and
//! by what was known then.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::behind::{schedule, with_schedules};
use crate::harness::{Service, allocation, commitment, payment, refuses, service_on, with};

async fn backtest(service: &Service, query: &str) -> Value {
    let reply = service.get(&format!("/v1/alerts/backtest?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// The day, what would have happened, and how bad it would have been.
fn told(answer: &Value) -> Vec<(String, String, String)> {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or("-").to_owned();
    let steps = answer["steps"].as_array().unwrap().iter();
    let told = |step| (text(step, "day"), text(step, "change"), text(step, "level"));
    steps.map(told).collect()
}

#[tokio::test]
async fn a_year_is_judged_day_by_day() {
    let service = with_schedules().await;
    let answer = backtest(
        &service,
        "from=2024-01-01&to=2025-02-28&rule=behind_plan&province=10",
    )
    .await;
    assert_eq!(
        (&answer["from"], &answer["to"]),
        (&json!("2024-01-01"), &json!("2025-02-28"))
    );
    assert_eq!(answer["as_recorded"], false);
    let steps = answer["steps"].as_array().unwrap();
    assert!(!steps.is_empty());
    for step in steps.iter().filter(|step| !step["rate"].is_null()) {
        let day = step["day"].as_str().unwrap();
        let behind = service
            .get(&format!("/v1/behind?as_of={day}&province=10&year=2024"))
            .await;
        let scope = behind.json()["scopes"][0].clone();
        for figure in ["rate", "target", "behind_by", "gap"] {
            assert_eq!(step[figure], scope[figure], "{figure} on {day}");
        }
    }
    // 450 are paid, and nothing after June: 22 days of 215 later 551 are due, 65 days later 651.
    let told = told(&answer);
    let told: Vec<_> = told
        .iter()
        .map(|(day, change, level)| (&day[..], &change[..], &level[..]))
        .collect();
    let expected = [
        ("2024-06-30", "raised", "watch"),
        ("2024-07-22", "updated", "behind"),
        ("2024-09-03", "updated", "critical"),
        ("2025-02-01", "resolved", "-"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_filter_leaves_steps_out_and_changes_none() {
    let service = with_schedules().await;
    let range = "from=2024-03-01&to=2024-12-31";
    let all = backtest(&service, range).await;
    let all = all["steps"].as_array().unwrap();
    for (query, name, value) in [
        ("province=15", "province", json!("15")),
        ("province=all", "province", Value::Null),
        ("rule=stalled", "rule", json!("stalled")),
        ("programme=SPR", "programme", json!("SPR")),
    ] {
        let expected: Vec<_> = all.iter().filter(|step| step[name] == value).collect();
        let some = backtest(&service, &format!("{range}&{query}")).await;
        assert_eq!(some["steps"], json!(expected), "{query}");
    }
    assert!(all.len() > 5, "{all:?}");
}

/// Half of a plan is due by 30 June 2024; on 1 October a payment of 10 July comes in.
async fn with_a_late_payment() -> Service {
    let service = service_on("2024-01-06").await;
    let late = with(&payment("CT-1", 700), "effective_on", json!("2024-07-10"));
    for (day, record) in [
        ("2024-01-06", allocation("QD-1", 1_000)),
        ("2024-01-07", schedule("10")),
        ("2024-02-01", commitment("HD-1", 800)),
        ("2024-10-01", late),
    ] {
        service.comes(day);
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    service.comes("2024-11-01");
    service
}

#[tokio::test]
async fn a_late_payment_does_not_take_back_what_was_known_then() {
    let service = with_a_late_payment().await;
    let range = "from=2024-05-01&to=2024-10-10&rule=behind_plan&province=10";
    let now = backtest(&service, range).await;
    let then = backtest(&service, &format!("{range}&as_recorded=true")).await;
    assert_eq!(then["as_recorded"], true);
    let resolved = |answer: &Value| -> Vec<Value> {
        let steps = answer["steps"].as_array().unwrap().iter();
        steps
            .filter(|step| step["change"] == "resolved")
            .map(|step| step["day"].clone())
            .collect()
    };
    assert_eq!(resolved(&now), ["2024-07-10"]);
    assert_eq!(resolved(&then), ["2024-10-01"]);
    assert_eq!(now["known_at"], then["known_at"]);
    // What was known before the payment came in is still known.
    let known = now["known_at"]["position"].as_u64().unwrap() - 1;
    let before = backtest(&service, &format!("{range}&known_at={known}")).await;
    assert_eq!(resolved(&before), [Value::Null; 0]);
}

#[tokio::test]
async fn the_days_of_the_past_have_the_same_bytes_whatever_comes() {
    let service = with_a_late_payment().await;
    let path = "/v1/alerts/backtest?from=2024-05-01&to=2024-10-15&as_recorded=true";
    let before = service.get(path).await;
    let later = with(&payment("CT-2", 7), "effective_on", json!("2024-05-01"));
    assert_eq!(service.post(&later).await.status, StatusCode::CREATED);
    let after = service.get(path).await;
    assert_eq!(
        (&after.body, after.header("etag")),
        (&before.body, before.header("etag"))
    );
    assert_eq!(
        after.header("outlay-position"),
        before.header("outlay-position")
    );
}

#[tokio::test]
async fn a_range_is_whole_and_at_most_800_days() {
    refuses(
        "/v1/alerts/backtest",
        &[
            ("", "missing-parameter", "from"),
            ("from=2024-01-01", "missing-parameter", "to"),
            ("from=2024-01-02&to=2024-01-01", "malformed", "from"),
            ("from=2023-01-01&to=2025-03-11", "malformed", "from"),
            ("from=2024-01-01&to=june", "malformed", "to"),
            (
                "from=2024-01-01&to=2024-01-02&as_recorded=true&known_at=1",
                "malformed",
                "known_at",
            ),
            (
                "from=2024-01-01&to=2024-01-02&as_recorded=yes",
                "malformed",
                "as_recorded",
            ),
            (
                "from=2024-01-01&to=2024-01-02&known_at=99999",
                "past-the-end",
                "known_at",
            ),
            (
                "from=2024-01-01&to=2024-01-02&state=open",
                "unknown-parameter",
                "state",
            ),
        ],
    )
    .await;
    let service = service_on("2025-03-01").await;
    // 2023-01-01 to 2025-03-10 are 800 days.
    let longest = backtest(&service, "from=2023-01-01&to=2025-03-10").await;
    assert_eq!(longest["steps"], json!([]));
}
