//! Figures: their shape, their filters, and that an old answer stays what it was.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LINE, allocation, payment, service, with, with_history};

#[tokio::test]
async fn an_answer_has_every_field_in_its_order() {
    let service = with_history().await;
    let reply = service
        .get("/v1/rates?by=programme,year,province,vintage")
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let text = reply.text();
    let mut at = 0;
    for name in "as_of known_at position recorded_at basis numerator certainty money denominator boundaries overlap rows \
        programme programme_name year province province_name vintage plan assigned local_increase carried_in reallocated \
        recalled carried_out in_transit remaining detailed committed disbursed advances_outstanding estimated numerator \
        denominator rate commitment_rate target behind_by status in_kind total plan in_kind statements"
        .split_whitespace()
    {
        let found = text[at..].find(&format!("\"{name}\":"));
        at += found.unwrap_or_else(|| panic!("{name} is not after {}", &text[..at]));
    }
    let body = reply.json();
    let row = &body["rows"][0];
    assert_eq!(
        (&row["programme"], &row["year"], &row["vintage"]),
        (&json!("NTM"), &json!(2024), &json!(2024))
    );
    assert_eq!(row["province_name"], "Lào Cai");
    assert_eq!(
        (&row["plan"], &row["rate"]),
        (&json!("1000"), &json!("0.300000"))
    );
    assert_eq!(
        (&row["target"], &row["commitment_rate"]),
        (&Value::Null, &json!("0.800000"))
    );
    assert_eq!(
        reply.header("outlay-position"),
        body["known_at"]["position"].to_string()
    );
    assert_eq!(
        (&body["as_of"], &body["boundaries"]),
        (&json!("2025-03-01"), &json!("recorded"))
    );
}

#[tokio::test]
async fn an_old_answer_stays_the_same_bytes() {
    let service = with_history().await;
    let short = service.get("/v1/rates?by=province&boundaries=now").await;
    let position = short.header("outlay-position").to_owned();
    for record in [payment("CT-2", 100), allocation("QD-2", 77)] {
        assert_eq!(service.post(&record).await.status, StatusCode::CREATED);
    }
    let written_out = format!(
        "/v1/rates?by=province&boundaries=2025-03-01&as_of=2025-03-01&known_at={position}&numerator=gross\
         &certainty=confirmed&money=all&denominator=total"
    );
    assert_eq!(service.get(&written_out).await.body, short.body);
    let instant = short.json()["known_at"]["recorded_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let by_instant = service
        .get(&format!(
            "/v1/rates?by=province&boundaries=now&known_at={instant}"
        ))
        .await;
    assert_eq!(by_instant.body, short.body);
    assert_ne!(
        service
            .get("/v1/rates?by=province&boundaries=now")
            .await
            .body,
        short.body
    );
    let start = service.get("/v1/rates?known_at=0").await.json();
    assert_eq!(
        start["known_at"],
        json!({"position": 0, "recorded_at": null})
    );
    assert_eq!(start["total"]["plan"], "0");
}

#[tokio::test]
async fn questions_that_cannot_be_read_are_refused() {
    let service = with_history().await;
    for (query, slug, field) in [
        ("by=district", "malformed", "by"),
        ("by=year,year", "malformed", "by"),
        ("programme=ntm", "malformed", "programme"),
        ("programme=NTM,", "malformed", "programme"),
        ("province=1_0", "malformed", "province"),
        ("year=24", "malformed", "year"),
        ("year=1999", "malformed", "year"),
        ("source=state", "malformed", "source"),
        ("type=capital", "malformed", "type"),
        ("as_of=yesterday", "malformed", "as_of"),
        ("as_of=", "malformed", "as_of"),
        ("known_at=-1", "malformed", "known_at"),
        ("known_at=999999", "past-the-end", "known_at"),
        ("known_at=99999999999999999999999", "malformed", "known_at"),
        ("known_at=2025-03-01T03:00:01Z", "malformed", "known_at"),
        ("boundaries=then", "malformed", "boundaries"),
        ("numerator=net", "malformed", "numerator"),
        ("format=pdf", "malformed", "format"),
        ("programe=NTM", "unknown-parameter", "programe"),
        ("year=2024&year=2025", "repeated-parameter", "year"),
    ] {
        let reply = service.get(&format!("/v1/rates?{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(
            (reply.slug().as_str(), reply.json()["field"].as_str()),
            (slug, Some(field)),
            "{query}"
        );
    }
    let unknown = service.get("/v1/rates?programe=NTM").await.json();
    assert!(
        unknown["known"]
            .as_array()
            .unwrap()
            .contains(&json!("programme"))
    );
    let format = service.get("/v1/rates?format=pdf").await.json();
    assert_eq!(format["known"], json!(["json", "csv", "xlsx"]));
    let broken = service.get("/v1/rates?programme=%FF").await;
    assert_eq!(
        (broken.status, broken.slug().as_str()),
        (StatusCode::BAD_REQUEST, "not-utf-8")
    );
    let none = service
        .get("/v1/rates?by=province&programme=ZZZ")
        .await
        .json();
    assert_eq!(
        (&none["rows"], &none["total"]["rate"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn the_same_rows_are_given_as_csv() {
    let service = with_history().await;
    let contribution = json!({"record": "disbursement", "line": "NTM/10/2024/community/unclassified", "reference": "DG-1",
        "effective_on": "2024-05-01", "amount": 125, "kind": "contribution",
        "in_kind": {"kind": "labour_days", "quantity": "12.5", "unit_price": 10}});
    assert_eq!(
        service.post(&contribution).await.status,
        StatusCode::CREATED
    );
    let by_accept = service
        .get_with("/v1/rates?by=province,source,project", "accept", "text/csv")
        .await;
    let by_format = service
        .get("/v1/rates?by=province,source,project&format=csv")
        .await;
    assert_eq!(by_accept.body, by_format.body);
    assert!(by_accept.header("content-type").starts_with("text/csv"));
    let text = by_accept.text().replacen('\u{feff}', "", 1);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        lines[0][..4],
        ["province", "province_name", "source", "project"]
    );
    assert_eq!(
        lines[0][lines[0].len() - 3..],
        ["money_basis", "denominator_basis", "boundaries"]
    );
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    assert_eq!(lines[1][..3], ["10", "Lào Cai", "central"]);
    let in_kind = lines[0].iter().position(|name| *name == "in_kind").unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line[in_kind] == "labour_days 12.5 = 125")
    );
    let html = service.get_with("/v1/rates", "accept", "text/html").await;
    assert_eq!(
        (html.status, html.slug().as_str()),
        (StatusCode::NOT_ACCEPTABLE, "not-acceptable")
    );
}

#[tokio::test]
async fn published_figures_stand_beside_the_computed_ones() {
    let service = with_history().await;
    let statement = json!({"record": "statement", "reference": "S-1", "effective_on": "2025-01-31", "scope": {"programme": "NTM"},
        "as_of": "2025-01-31", "measure": "rate", "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all", "denominator": "total"},
        "value": "0.31", "published_on": "2025-02-10", "publisher": "Bộ Tài chính"});
    let recorded = service.post(&statement).await;
    assert_eq!(recorded.json()["line"], Value::Null);
    let stated = &service.get("/v1/rates?as_of=2025-01-31").await.json()["statements"][0];
    assert_eq!(
        (&stated["stated"], &stated["computed"], &stated["gap"]),
        (&json!("0.310000"), &json!("0.300000"), &json!("0.010000"))
    );
    assert_eq!(
        (&stated["reference"], &stated["publisher"], &stated["scope"]),
        (
            &json!("S-1"),
            &json!("Bộ Tài chính"),
            &json!({"programme": ["NTM"]})
        )
    );
    assert_eq!(stated["position"], recorded.json()["position"]);
}

#[tokio::test]
async fn lines_are_given_with_what_is_open_on_them() {
    let service = with_history().await;
    let other = with(
        &allocation("QD-9", 7),
        "line",
        json!("NTM/10/2024/central/recurrent"),
    );
    assert_eq!(service.post(&other).await.status, StatusCode::CREATED);
    let page = service.get("/v1/lines?limit=1&programme=NTM").await.json();
    assert_eq!(page["lines"][0]["line"], LINE);
    let next = service.get(page["next"].as_str().unwrap()).await.json();
    assert_eq!(
        (&next["lines"][0]["line"], &next["next"]),
        (&other["line"], &Value::Null)
    );
    let one = service.get(&format!("/v1/lines/{LINE}")).await;
    let body = one.json();
    assert_eq!(
        (&body["balances"]["remaining"], &body["balances"]["free"]),
        (&json!("700"), &json!("200"))
    );
    assert_eq!(
        body["window"],
        json!({"from": "2024-01-01", "until": "2025-01-31"})
    );
    assert_eq!(body["commitments"][0]["left"], "500");
    assert_eq!(one.header("etag"), "\"2\"");
    let fresh = service
        .get_with(&format!("/v1/lines/{LINE}"), "if-none-match", "\"2\"")
        .await;
    assert_eq!(
        (fresh.status, fresh.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    let none = service
        .get("/v1/lines/NTM/11/2024/central/investment")
        .await;
    assert_eq!(
        (none.status, none.slug().as_str()),
        (StatusCode::NOT_FOUND, "not-found")
    );
    let wrong = service
        .get("/v1/lines/NTM/10/2024/central/unclassified")
        .await;
    assert_eq!(
        (wrong.status, wrong.slug().as_str()),
        (StatusCode::NOT_FOUND, "not-found")
    );
    let escaped = service
        .get("/v1/lines/NTM%2F10%2F2024%2Fcentral%2Finvestment")
        .await;
    assert_eq!(escaped.body, one.body);
}

#[tokio::test]
async fn a_reader_waits_for_what_was_written_and_no_longer() {
    let service = service().await;
    let head = service.get("/readyz").await.json()["head"].to_string();
    let there = service
        .get_with("/v1/rates", "outlay-at-least", &head)
        .await;
    assert_eq!(there.status, StatusCode::OK);
    for (wrong, slug) in [("1000000", "past-the-end"), ("soon", "malformed")] {
        let reply = service
            .get_with("/v1/rates", "outlay-at-least", wrong)
            .await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::BAD_REQUEST, slug)
        );
    }
}
