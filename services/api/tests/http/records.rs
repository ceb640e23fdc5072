//! One record: what is taken, what is not, and what is said about it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LINE, allocation, commitment, payment, service, with, with_history};
use crate::reading::statement;

#[tokio::test]
async fn a_record_is_answered_with_its_place_and_its_line() {
    let service = service().await;
    let reply = service.post(&allocation("QD-1", 1_000)).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let body = reply.json();
    assert_eq!(
        reply.header("outlay-position"),
        body["position"].to_string()
    );
    assert_eq!(
        reply.header("location"),
        format!("/v1/events/{}", body["id"].as_str().unwrap())
    );
    assert_eq!(body["stream"], "line-NTM.10.2024.central.investment");
    assert_eq!(body["revision"], 0);
    assert_eq!(
        body["recorded_at"].as_str().unwrap().len(),
        "2025-03-01T03:00:00.000000Z".len()
    );
    let line = json!({"plan": "1000", "committed": "0", "disbursed": "0", "remaining": "1000", "rate": "0.000000"});
    assert_eq!(body["line"], line);
    assert_eq!(body["receipt"], Value::Null);
    assert!(body.as_object().unwrap().contains_key("receipt"));
    let event = service.get(reply.header("location")).await;
    assert_eq!(event.json()["data"]["reference"], "QD-1");
}

#[tokio::test]
async fn a_repeat_is_answered_as_before_whatever_way_it_is_written() {
    let service = service().await;
    let record = with(&allocation("QĐ-1", 1_000), "note", json!("Quyết định"));
    let first = service.post(&record).await;
    let written = format!(
        r#" {{"note":"Quye\u0302\u0301t \u0111i\u0323nh","basis":"assigned","amount":1000,"effective_on":"2024-01-05","reference":"QĐ-1","line":"{LINE}","record":"allocation"}}"#
    );
    for body in [record.to_string(), written] {
        let again = service.post_with(&[("if-match", "\"7\"")], body).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text());
        assert_eq!(again.header("outlay-replayed"), "true");
        assert_eq!(again.body, first.body);
    }
    let other = service.post(&allocation("QĐ-1", 1_001)).await;
    assert_eq!(
        (other.status, other.slug().as_str()),
        (StatusCode::CONFLICT, "reference-reused")
    );
}

#[tokio::test]
async fn if_match_names_the_revision() {
    let service = with_history().await;
    let record = allocation("QD-2", 5).to_string();
    let other = service
        .post_with(&[("if-match", "\"1\"")], record.clone())
        .await;
    assert_eq!(
        (other.status, other.slug().as_str()),
        (StatusCode::PRECONDITION_FAILED, "other-revision")
    );
    assert_eq!(other.json()["current_revision"], 2);
    for wrong in ["2", "\"a\"", "*", "W/2", "w/\"2\"", "\"2\", \"3\"", ""] {
        let reply = service
            .post_with(&[("if-match", wrong)], record.clone())
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(reply.json()["field"], "If-Match");
    }
    let right = service.post_with(&[("if-match", "\"2\"")], record).await;
    assert_eq!(
        (right.status, right.json()["revision"].clone()),
        (StatusCode::CREATED, json!(3))
    );
}

/// Of two, one would be judged without.
#[tokio::test]
async fn a_position_to_judge_with_is_named_once() {
    let service = service().await;
    let twice = [("outlay-at-least", "1"), ("outlay-at-least", "1000000")];
    let record = allocation("QD-1", 5).to_string();
    let reply = service.post_with(&twice, record).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.json()["field"], "Outlay-At-Least");
}

#[tokio::test]
async fn a_transfer_answers_the_out_with_the_position_of_the_in() {
    let service = with_history().await;
    let transfer = json!({"record": "transfer", "reason": "carry_over", "reference": "CN-1", "effective_on": "2025-01-31",
        "from": LINE, "to": "NTM/10/2025/central/investment", "amount": "200"});
    let reply = service.post(&transfer).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["stream"], "line-NTM.10.2024.central.investment");
    assert!(body["position_in"].as_u64() > body["position"].as_u64());
    assert_eq!(
        reply.header("outlay-position"),
        body["position_in"].to_string()
    );
    let again = service.post(&with(&transfer, "vintage", json!(2024))).await;
    assert_eq!((again.status, again.body), (StatusCode::OK, reply.body));
}

/// Sends records that break a rule, each answered with this slug and this member.
async fn breaks(records: &[(Value, &str, &str, Value)]) {
    let service = with_history().await;
    for (record, slug, name, value) in records {
        let reply = service.post(record).await;
        let said = (reply.status, reply.slug());
        assert_eq!(
            said,
            (StatusCode::UNPROCESSABLE_ENTITY, (*slug).to_owned()),
            "{record}"
        );
        assert_eq!(reply.json()[name], *value, "{}", reply.text());
    }
}

#[tokio::test]
async fn amounts_out_of_bounds_are_refused_by_their_rule() {
    let a = &allocation("A-1", 1);
    let adjustment = json!({"record": "adjustment", "line": LINE, "reference": "D-1",
        "effective_on": "2024-06-01", "allocation": "QD-1", "change": 0, "reason": "r"});
    let past = json!("1000000000000000001");
    let field = json!("amount");
    breaks(&[
        (
            with(a, "amount", json!("-5")),
            "amount-not-positive",
            "field",
            field.clone(),
        ),
        (
            with(a, "amount", json!(0)),
            "amount-not-positive",
            "field",
            field.clone(),
        ),
        (with(a, "amount", past), "amount-too-large", "field", field),
        (adjustment, "change-of-zero", "field", json!("change")),
    ])
    .await;
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_what_mends_it() {
    let ahead = with(&payment("CT-5", 1), "effective_on", json!("2025-03-02"));
    let late = with(&payment("CT-6", 1), "effective_on", json!("2025-02-01"));
    let bare = with(&payment("CT-3", 1), "commitment", Value::Null);
    let astray = with(&payment("CT-4", 1), "commitment", json!("HD-9"));
    let window = json!({"from": "2024-01-01", "until": "2025-01-31"});
    let of = |line: &str| with(&allocation("A-1", 1), "line", json!(line));
    breaks(&[
        (
            payment("CT-2", 501),
            "exceeds-commitment",
            "remaining",
            json!("500"),
        ),
        (
            commitment("HD-2", 201),
            "exceeds-plan",
            "remaining",
            json!("200"),
        ),
        (bare, "needs-commitment", "field", json!("commitment")),
        (astray, "unknown-reference", "field", json!("commitment")),
        (ahead, "dated-ahead", "field", json!("effective_on")),
        (late, "outside-window", "window", window),
        (
            of("XYZ/10/2024/central/investment"),
            "unknown-code",
            "field",
            json!("programme"),
        ),
        (
            of("NTM/03/2024/central/investment"),
            "unknown-code",
            "field",
            json!("province"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn media_types_and_sizes_are_kept_to() {
    let service = service().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ] {
        let request = axum::http::Request::post("/v1/records").header("content-type", content_type);
        let reply = service
            .send(request.body(allocation("A", 1).to_string().into()).unwrap())
            .await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
        );
    }
    let large = service.post_raw("x".repeat((1 << 20) + 1)).await;
    assert_eq!(
        (large.status, large.slug().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too-large")
    );
    let largest = service.post_raw(" ".repeat(1 << 20)).await;
    assert_eq!(largest.status, StatusCode::BAD_REQUEST);
}

async fn takes(records: &[Value]) {
    let service = with_history().await;
    for record in records {
        let reply = service.post(record).await;
        assert_eq!(
            reply.status,
            StatusCode::CREATED,
            "{record}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn every_kind_of_record_of_a_line_is_read() {
    let of = |record: &str, reference: &str, on: &str, more: Value| {
        let mut record =
            json!({"record": record, "line": LINE, "reference": reference, "effective_on": on});
        record
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        record
    };
    let undone = json!({"record": "disbursement", "reference": "CT-1"});
    takes(&[
        of(
            "adjustment",
            "D-1",
            "2024-06-01",
            json!({"allocation": "QD-1", "change": "-100", "reason": "r"}),
        ),
        of(
            "detail",
            "CT-1",
            "2024-02-01",
            json!({"amount": 500, "project": "DA-1"}),
        ),
        of(
            "commitment_adjustment",
            "PL-1",
            "2024-06-01",
            json!({"commitment": "HD-1", "change": -50, "reason": "r"}),
        ),
        of(
            "disbursement",
            "TU-1",
            "2024-04-01",
            json!({"amount": 100, "kind": "advance", "commitment": "HD-1"}),
        ),
        of(
            "recovery",
            "TH-1",
            "2024-05-01",
            json!({"advance": "TU-1", "amount": 40}),
        ),
        of(
            "reversal",
            "HB-1",
            "2024-06-01",
            json!({"reverses": undone, "amount": 10, "reason": "r"}),
        ),
        of(
            "extension",
            "GH-1",
            "2025-01-15",
            json!({"until": "2025-12-31", "reason": "r"}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn every_other_kind_of_record_is_read() {
    let in_kind = json!({"kind": "labour_days", "quantity": "12.5", "unit_price": 10});
    let names = json!({"vi": "Mới", "en": "New"});
    let milestones = json!([{"by": "2024-06-30", "rate": "0.4"}, {"by": "2025-01-31", "rate": 1}]);
    takes(&[
        statement(),
        json!({"record": "transfer", "reason": "recall", "reference": "T-1", "effective_on": "2024-05-01", "from": LINE, "amount": 1}),
        json!({"record": "disbursement", "line": "NTM/10/2024/community/unclassified", "reference": "DG-1",
            "effective_on": "2024-05-01", "amount": 125, "kind": "contribution", "in_kind": in_kind}),
        json!({"record": "schedule", "reference": "KH-1", "effective_on": "2024-01-01", "programme": "NTM",
            "province": "10", "year": 2024, "milestones": milestones}),
        json!({"record": "registration", "reference": "DK-1", "effective_on": "2026-01-01", "kind": "programme",
            "code": "NEW", "names": names}),
        json!({"record": "merger", "reference": "SN-1", "effective_on": "2027-01-01", "kind": "programme",
            "from": ["CUL", "DRUG"], "into": {"code": "BOTH", "names": names}}),
    ])
    .await;
}
