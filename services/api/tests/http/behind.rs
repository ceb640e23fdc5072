//! How scopes stand over HTTP: the figures of each, filters, formats, and the same bytes for ever.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Service, allocation, in_order, payment, refuses, with, with_a_year};

/// The line of another province.
const OTHER: &str = "NTM/15/2024/central/investment";

/// Half of the plan of `province` is due by 30 June 2024, all of it by 31 January.
pub(crate) fn schedule(province: &str) -> Value {
    json!({"record": "schedule", "reference": format!("TD-{province}"), "effective_on": "2024-01-05",
        "programme": "NTM", "province": province, "year": 2024, "milestones": [
            {"by": "2024-06-30", "rate": "0.5"}, {"by": "2025-01-31", "rate": "1"}]})
}

/// Thresholds of which one differs from what a store starts with.
fn policy() -> Value {
    json!({"record": "policy", "reference": "P-1", "effective_on": "2024-01-01", "watch": "0.03",
        "behind": "0.1", "critical": "0.2", "clear_by": "0.02", "stalled_days": 60,
        "advance_days": 180})
}

/// A year in which two provinces have schedules.
pub(crate) async fn with_schedules() -> Service {
    let service = with_a_year().await;
    for province in ["10", "15"] {
        let reply = service.post(&schedule(province)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    service
}

async fn ask(service: &Service, query: &str) -> Value {
    let reply = service.get(&format!("/v1/behind?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// The scope of a province of the answer; the whole country is null.
fn of(answer: &Value, province: Value) -> Value {
    let mut scopes = answer["scopes"].as_array().unwrap().iter();
    scopes
        .find(|it| it["province"] == province)
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_scope_tells_its_target_its_gap_and_its_pace() {
    let service = with_schedules().await;
    let answer = ask(&service, "as_of=2024-06-30").await;
    assert_eq!(
        (&answer["as_of"], &answer["boundaries"]),
        (&json!("2024-06-30"), &json!("2024-06-30"))
    );
    assert_eq!(answer["years"], json!([2024]));
    assert_eq!(
        answer["policy"],
        json!({"watch": "0.05", "behind": "0.1", "critical": "0.2",
        "clear_by": "0.02", "stalled_days": 60, "advance_days": 180})
    );
    let scope = of(&answer, json!("10"));
    // 450 of 1,000 are paid, an advance of 50 included, where 500 are due.
    let expected = json!({"programme": "NTM", "programme_name": scope["programme_name"],
        "province": "10", "province_name": "Lào Cai", "year": 2024, "plan": "1000",
        "disbursed": "450", "rate": "0.450000", "target": "0.500000", "target_from": "schedule",
        "behind_by": "0.050000", "gap": "50", "plan_to_date": "500", "status": "watch",
        "paid_30_days": "100", "to_schedule_30_days": scope["to_schedule_30_days"],
        "to_finish_30_days": "77", "finished_on": "2024-12-12", "days_since_payment": 27,
        "advances_overdue": "0", "detail_missing": "1000", "is_unassigned": false,
        "national_rate": "0.321429", "rank": {"place": 1, "of": 2}, "last_year_rate": null});
    assert_eq!(scope, expected);
    let country = of(&answer, Value::Null);
    assert_eq!(
        (&country["rank"], &country["plan"]),
        (&Value::Null, &json!("1400"))
    );
    let other = of(&answer, json!("15"));
    assert_eq!(
        (&other["status"], &other["rank"]["place"]),
        (&json!("stalled"), &json!(2))
    );
}

#[tokio::test]
async fn the_answer_has_its_fields_in_their_order() {
    let service = with_schedules().await;
    let text = service.get("/v1/behind?year=2024").await.text();
    in_order(
        &text,
        "as_of known_at position recorded_at basis boundaries policy years scopes programme \
         programme_name province province_name year plan disbursed rate target target_from \
         behind_by gap plan_to_date status paid_30_days to_schedule_30_days to_finish_30_days \
         finished_on days_since_payment advances_overdue detail_missing is_unassigned \
         national_rate rank last_year_rate",
    );
}

#[tokio::test]
async fn a_filter_leaves_scopes_out_and_changes_none() {
    let service = with_schedules().await;
    let all = ask(&service, "year=2024&as_of=2024-06-30").await;
    for (query, provinces) in [
        ("province=10", vec![json!("10")]),
        ("province=15,10", vec![json!("10"), json!("15")]),
        ("province=all", vec![Value::Null]),
        ("province=all,15", vec![Value::Null, json!("15")]),
        ("programme=SPR", vec![]),
        ("programme=NTM", vec![Value::Null, json!("10"), json!("15")]),
    ] {
        let some = ask(&service, &format!("year=2024&as_of=2024-06-30&{query}")).await;
        let expected: Vec<_> = provinces.into_iter().map(|it| of(&all, it)).collect();
        assert_eq!(some["scopes"], json!(expected), "{query}");
    }
    assert_eq!(ask(&service, "year=2023").await["scopes"], json!([]));
    // The year has closed by the day of the clock.
    assert_eq!(ask(&service, "").await["years"], json!([2025]));
}

#[tokio::test]
async fn the_same_position_has_the_same_bytes_whatever_is_recorded_later() {
    let service = with_schedules().await;
    let position = service
        .get("/v1/behind")
        .await
        .header("outlay-position")
        .to_owned();
    let path = format!("/v1/behind?as_of=2024-06-30&known_at={position}");
    let before = service.get(&path).await;
    for record in [
        with(&payment("CT-9", 7), "effective_on", json!("2024-06-20")),
        with(&allocation("QD-9", 9), "line", json!(OTHER)),
        policy(),
    ] {
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    let after = service.get(&path).await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(after.header("outlay-position"), position);
    let now = ask(&service, "as_of=2024-06-30").await;
    assert_eq!(of(&now, json!("10"))["disbursed"], "457");
}

#[tokio::test]
async fn a_policy_names_all_of_its_thresholds() {
    let service = with_schedules().await;
    let head = service.ledger().applied();
    for field in [
        "watch",
        "behind",
        "critical",
        "clear_by",
        "stalled_days",
        "advance_days",
    ] {
        let mut partial = policy();
        partial.as_object_mut().unwrap().remove(field);
        let reply = service.post(&partial).await;
        assert_eq!(
            (reply.status.as_u16(), reply.slug().as_str()),
            (400, "missing-field")
        );
        assert_eq!(reply.json()["field"], field);
    }
    assert_eq!(service.ledger().applied(), head);
    let reply = service.post(&policy()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let answer = ask(&service, "as_of=2024-06-30").await;
    assert_eq!(answer["policy"]["watch"], "0.03");
}

#[tokio::test]
async fn a_table_has_a_row_for_each_scope() {
    let service = with_schedules().await;
    let path = "/v1/behind?as_of=2024-06-30&format=csv&bom=false";
    let csv = service.get(path).await.text();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[0].starts_with("programme,programme_name,province,province_name,year,plan,"));
    assert!(lines[2].contains(",10,Lào Cai,2024,1000,450,0.450000,0.500000,schedule,0.050000,50,"));
    let workbook = service.get(&path.replace("csv", "xlsx")).await;
    let disposition = workbook.header("content-disposition");
    assert_eq!(disposition, "attachment; filename=\"behind.xlsx\"");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    refuses(
        "/v1/behind",
        &[
            ("source=central", "unknown-parameter", "source"),
            ("boundaries=now", "unknown-parameter", "boundaries"),
            ("province=everywhere", "malformed", "province"),
            ("year=24", "malformed", "year"),
            ("as_of=june", "malformed", "as_of"),
            ("known_at=99999", "past-the-end", "known_at"),
            ("format=pdf", "malformed", "format"),
        ],
    )
    .await;
}
