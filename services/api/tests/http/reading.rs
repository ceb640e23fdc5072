//! What cannot be read, and which field is said to be to blame.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LINE, Service, allocation, service, with, with_history};

/// Refuses an allocation in which a field is set, or taken away, with a problem of that field.
async fn refuses(fields: &[(&str, Value, &str)]) {
    let allocation = allocation("A-1", 1);
    let service = with_history().await;
    for (field, value, slug) in fields {
        let record = with(&allocation, field, value.clone());
        refused(&service, &record, field, slug).await;
    }
}

async fn refused(service: &Service, record: &Value, field: &str, slug: &str) {
    let reply = service.post(record).await;
    assert_eq!(
        reply.status,
        StatusCode::BAD_REQUEST,
        "{record}: {}",
        reply.text()
    );
    let said = (reply.slug(), reply.json()["field"].clone());
    assert_eq!(said, (slug.to_owned(), json!(field)), "{record}");
}

#[tokio::test]
async fn fields_that_are_not_of_their_form_are_refused() {
    refuses(&[
        ("record", json!("payment"), "malformed"),
        ("record", Value::Null, "missing-field"),
        ("record", json!(["allocation"]), "malformed"),
        ("reference", Value::Null, "missing-field"),
        ("reference", json!(""), "malformed"),
        ("reference", json!("x".repeat(129)), "malformed"),
        ("reference", json!("a\u{7}b"), "malformed"),
        ("effective_on", json!("2024-02-30"), "malformed"),
        ("effective_on", json!("05/01/2024"), "malformed"),
        ("effective_on", json!(20_240_105), "malformed"),
        (
            "line",
            json!("NTM/10/2024/central/unclassified"),
            "malformed",
        ),
        (
            "line",
            json!("NTM/10/2024/community/investment"),
            "malformed",
        ),
        ("line", json!("NTM/10/24/central/investment"), "malformed"),
        ("line", Value::Null, "missing-field"),
        ("basis", json!("central"), "malformed"),
        ("colour", json!("red"), "unknown-field"),
        ("project", json!("P-1"), "unknown-field"),
        ("note", json!("x".repeat(2_001)), "malformed"),
        ("document", json!("QD-1"), "malformed"),
    ])
    .await;
}

#[tokio::test]
async fn money_that_is_not_whole_dong_is_refused() {
    for wrong in [
        json!(1.5),
        json!(1e3),
        json!("1.0"),
        json!("0"),
        json!("01"),
        json!("+1"),
        json!("1,000"),
        json!("12345678901234567890"),
        json!(9_007_199_254_740_992_u64),
        json!(true),
        json!({"dong": 1}),
    ] {
        refuses(&[("amount", wrong, "malformed")]).await;
    }
}

#[tokio::test]
async fn fields_within_fields_are_named_by_their_path() {
    let a = &allocation("A-1", 1);
    let contribution = json!({"record": "disbursement", "line": "NTM/10/2024/community/unclassified", "reference": "K-1",
        "effective_on": "2024-03-01", "amount": "100", "kind": "contribution"});
    let c = &contribution;
    let given =
        |quantity: Value| json!({"kind": "labour_days", "quantity": quantity, "unit_price": 10});
    let transfer = json!({"record": "transfer", "reason": "recall", "reference": "T-1", "effective_on": "2024-05-01",
        "from": LINE, "amount": 1});
    let t = &transfer;
    let service = with_history().await;
    for (record, field, slug) in [
        (
            with(a, "document", json!({"nr": "1"})),
            "document.nr",
            "unknown-field",
        ),
        (
            with(a, "document", json!({"issued_on": "now"})),
            "document.issued_on",
            "malformed",
        ),
        (
            with(c, "in_kind", given(json!("1.2345678"))),
            "in_kind.quantity",
            "malformed",
        ),
        (
            with(c, "in_kind", given(json!(1.5))),
            "in_kind.quantity",
            "malformed",
        ),
        (
            with(c, "in_kind", json!({})),
            "in_kind.kind",
            "missing-field",
        ),
        (with(c, "vintage", json!("2024")), "vintage", "malformed"),
        (with(c, "vintage", json!(1_999)), "vintage", "malformed"),
        (
            with(c, "certainty", json!("sure")),
            "certainty",
            "malformed",
        ),
        (with(c, "commune", json!("a b")), "commune", "malformed"),
        (with(t, "line", json!(LINE)), "line", "unknown-field"),
        (with(t, "reason", json!("left over")), "reason", "malformed"),
        (with(t, "to", json!(LINE)), "to", "malformed"),
        (
            with(t, "reason", json!("reallocation")),
            "to",
            "missing-field",
        ),
        (with(t, "vintage", json!(2024)), "vintage", "malformed"),
    ] {
        refused(&service, &record, field, slug).await;
    }
}

#[tokio::test]
async fn statements_are_whole_or_refused() {
    let service = with_history().await;
    let s = &statement();
    let plan = with(s, "measure", json!("plan"));
    for (record, field, slug) in [
        (
            with(s, "scope", json!({"programme": ["NTM", "ntm"]})),
            "scope.programme[1]",
            "malformed",
        ),
        (
            with(s, "scope", json!({"year": []})),
            "scope.year",
            "malformed",
        ),
        (
            with(s, "scope", json!({"kind": "x"})),
            "scope.kind",
            "unknown-field",
        ),
        (
            with(s, "basis", json!({"numerator": "gross"})),
            "basis.certainty",
            "missing-field",
        ),
        (with(s, "value", json!(0.5)), "value", "malformed"),
        (with(s, "measure", json!("money")), "measure", "malformed"),
        (with(&plan, "value", json!("0.5")), "value", "malformed"),
    ] {
        refused(&service, &record, field, slug).await;
    }
}

#[tokio::test]
async fn what_is_no_record_at_all_is_refused() {
    let service = service().await;
    let repeated = format!(
        r#"{{"record":"allocation","line":"{LINE}","reference":"A","effective_on":"2024-01-05","amount":1,"amount":2,"basis":"assigned"}}"#
    );
    let deep = "[".repeat(100_000);
    for (body, slug) in [
        (b"".to_vec(), "not-json"),
        (b"{".to_vec(), "not-json"),
        (b"{} {}".to_vec(), "not-json"),
        (b"[]".to_vec(), "malformed"),
        (b"null".to_vec(), "malformed"),
        (b"{\"record\":\"\xff\"}".to_vec(), "not-utf-8"),
        (repeated.into_bytes(), "repeated-field"),
        (deep.into_bytes(), "not-json"),
    ] {
        let reply = service.post_raw(body).await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::BAD_REQUEST, slug)
        );
    }
}

pub(crate) fn statement() -> Value {
    let basis = json!({"numerator": "gross", "certainty": "confirmed", "money": "all", "denominator": "total"});
    json!({"record": "statement", "reference": "S-1", "effective_on": "2025-01-31",
        "scope": {"programme": "NTM", "year": [2024]}, "as_of": "2025-01-31", "measure": "rate", "basis": basis,
        "value": "0.7367", "qualifier": "about", "published_on": "2025-02-10", "publisher": "Bộ Tài chính"})
}

#[tokio::test]
async fn an_empty_note_or_document_says_nothing() {
    let service = with_history().await;
    let plain = json!({"record": "allocation", "reference": "A-7", "effective_on": "2024-01-05",
        "line": LINE, "amount": "1", "basis": "assigned"});
    assert_eq!(service.post(&plain).await.status, StatusCode::CREATED);
    let empty = with(&with(&plain, "note", json!("")), "document", json!({}));
    assert_eq!(service.post(&empty).await.status, StatusCode::OK);
}

#[tokio::test]
async fn codes_that_mean_nothing_are_refused_wherever_they_stand() {
    let service = with_history().await;
    let schedule = json!({"record": "schedule", "reference": "KH-7", "effective_on": "2024-01-10",
        "programme": "NTM", "province": "10", "year": 2024,
        "milestones": [{"by": "2024-06-30", "rate": "0.4"}]});
    for (name, code) in [("programme", "ZZZ"), ("province", "99")] {
        let reply = service.post(&with(&schedule, name, json!(code))).await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "unknown-code")
        );
    }
    let impossible = with(
        &with(&schedule, "source", json!("community")),
        "type",
        json!("investment"),
    );
    assert_eq!(
        service.post(&impossible).await.status,
        StatusCode::BAD_REQUEST
    );
    let stated = with(&statement(), "scope", json!({"programme": "ZZZ"}));
    assert_eq!(service.post(&stated).await.slug(), "unknown-code");
}
