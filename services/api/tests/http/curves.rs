//! Curves: their days, their points, and that each is the answer of its day.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{in_order, refuses, service, with_a_year, with_history};

#[tokio::test]
async fn a_curve_has_a_point_for_every_month() {
    let service = with_a_year().await;
    let reply = service
        .get("/v1/series?year=2024&province=10&to=2024-06-15")
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    in_order(
        &reply.text(),
        "from to step known_at position recorded_at basis numerator certainty money denominator \
         boundaries points date plan target committed disbursed rate last_year_rate",
    );
    let body = reply.json();
    assert_eq!(
        (&body["from"], &body["to"], &body["step"]),
        (&json!("2024-01-01"), &json!("2024-06-15"), &json!("month"))
    );
    let position = body["known_at"]["position"].to_string();
    assert_eq!(reply.header("outlay-position"), position);
    let points = body["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    assert_eq!(
        points[1],
        json!({"date": "2024-02-29", "plan": "1000", "target": null, "committed": "800",
               "disbursed": "0", "rate": "0.000000", "last_year_rate": null})
    );
    assert_eq!(
        (&points[5]["date"], &points[5]["rate"]),
        (&json!("2024-06-15"), &json!("0.450000"))
    );
    // Every point is the answer of its day.
    for point in points {
        let day = point["date"].as_str().unwrap();
        let rates = format!("/v1/rates?year=2024&province=10&as_of={day}");
        let total = service.get(&rates).await.json()["total"].clone();
        for figure in ["plan", "target", "committed", "disbursed", "rate"] {
            assert_eq!(point[figure], total[figure], "{figure} on {day}");
        }
    }
}

#[tokio::test]
async fn a_curve_begins_and_ends_by_what_is_asked() {
    let service = with_a_year().await;
    for (query, from, to, step, points) in [
        ("", "2025-01-01", "2025-03-01", "month", 3),
        ("year=2024,2023", "2023-01-01", "2025-03-01", "month", 27),
        ("to=2024-02-10", "2024-01-01", "2024-02-10", "month", 2),
        (
            "step=week&from=2025-02-17",
            "2025-02-17",
            "2025-03-01",
            "week",
            2,
        ),
        (
            "step=day&from=2025-02-27",
            "2025-02-27",
            "2025-03-01",
            "day",
            3,
        ),
        ("from=2025-03-01", "2025-03-01", "2025-03-01", "month", 1),
        (
            "step=day&from=2021-11-18",
            "2021-11-18",
            "2025-03-01",
            "day",
            1_200,
        ),
    ] {
        let body = service.get(&format!("/v1/series?{query}")).await.json();
        assert_eq!(
            (&body["from"], &body["to"], &body["step"]),
            (&json!(from), &json!(to), &json!(step)),
            "{query}"
        );
        assert_eq!(body["points"].as_array().unwrap().len(), points, "{query}");
    }
}

#[tokio::test]
async fn a_curve_is_a_table_too() {
    let service = with_history().await;
    let path = "/v1/series?from=2024-01-01&to=2024-03-31&known_at=";
    let position = service.get("/v1/series").await;
    let position = position.header("outlay-position").to_owned();
    let reply = service.get(&format!("{path}{position}&format=csv")).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (StatusCode::OK, "text/csv; charset=utf-8; header=present")
    );
    assert_eq!(
        reply.header("content-disposition"),
        "attachment; filename=\"series.csv\""
    );
    let basis = format!("{position},gross,confirmed,all,total,recorded");
    let rows = [
        "\u{feff}date,plan,target,committed,disbursed,rate,last_year_rate,position,numerator_basis,\
         certainty_basis,money_basis,denominator_basis,boundaries"
            .to_owned(),
        format!("2024-01-31,1000,,0,0,0.000000,,{basis}"),
        format!("2024-02-29,1000,,800,0,0.000000,,{basis}"),
        format!("2024-03-31,1000,,800,300,0.300000,,{basis}"),
    ];
    assert_eq!(reply.text().lines().collect::<Vec<_>>(), rows);
    let accepted = service
        .get_with(&format!("{path}{position}"), "accept", "text/csv")
        .await;
    assert_eq!(accepted.body, reply.body);
}

#[tokio::test]
async fn curves_that_cannot_be_drawn_are_refused() {
    refuses(
        "/v1/series",
        &[
            ("step=day&from=2021-11-17", "malformed", "from"),
            ("step=day&year=2021", "malformed", "from"),
            ("from=2025-03-02", "malformed", "from"),
            ("year=2025&to=2024-12-31", "malformed", "from"),
            ("from=0000-01-01", "malformed", "from"),
            ("from=2025", "malformed", "from"),
            ("to=now", "malformed", "to"),
            ("step=year", "malformed", "step"),
            ("known_at=999999", "past-the-end", "known_at"),
            ("format=pdf", "malformed", "format"),
            ("by=province", "unknown-parameter", "by"),
            ("as_of=2024-12-31", "unknown-parameter", "as_of"),
        ],
    )
    .await;
    let service = service().await;
    let reply = service.get("/v1/series?step=day&from=2020-01-01").await;
    let said = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains("1200") && said.contains("'step'"), "{said}");
}
