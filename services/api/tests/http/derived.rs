//! What is derived from rates: curves, the events behind a figure, and two answers side by side.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Service, allocation, commitment, payment, service, with, with_history};

/// A service on 1 March 2025 with a line that was given 1,000, paid 300 and an advance of 50 in March,
/// 100 in June, and has half of the advance back; and a line of another province with 400.
async fn with_a_year() -> Service {
    let service = service().await;
    let other = "NTM/15/2024/central/investment";
    let advance = with(&payment("CT-3", 50), "kind", json!("advance"));
    let recovery = json!({"record": "recovery", "line": crate::harness::LINE, "reference": "TH-1",
        "effective_on": "2024-07-01", "advance": "CT-3", "amount": "25"});
    for record in [
        with(&allocation("QD-0", 400), "line", json!(other)),
        allocation("QD-1", 1_000),
        commitment("HD-1", 800),
        payment("CT-1", 300),
        with(&payment("CT-2", 100), "effective_on", json!("2024-06-03")),
        advance,
        recovery,
    ] {
        let reply = service.post(&record).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
    service
}

/// The names of `names` follow each other in `text`.
#[track_caller]
fn in_order(text: &str, names: &str) {
    let mut at = 0;
    for name in names.split_whitespace() {
        let found = text[at..].find(&format!("\"{name}\":"));
        at += found.unwrap_or_else(|| panic!("{name} is not after {}", &text[..at]));
    }
}

/// Every `path` is refused with this slug and field.
async fn refuses(path: &str, queries: &[(&str, &str, &str)]) {
    let service = with_history().await;
    for (query, slug, field) in queries {
        let reply = service.get(&format!("{path}?{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        let said = (reply.slug(), reply.json()["field"].clone());
        assert_eq!(said, ((*slug).to_owned(), json!(field)), "{query}");
    }
}

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
        "date,plan,target,committed,disbursed,rate,last_year_rate,position,numerator_basis,\
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
            ("format=xlsx", "malformed", "format"),
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

/// Every page from `path` on: the figure, and what the events add up to by measure.
async fn summed(service: &Service, path: &str) -> (Value, BTreeMap<String, i64>, Vec<u64>) {
    let (mut sums, mut positions) = (BTreeMap::<String, i64>::new(), Vec::new());
    let mut next = Some(path.to_owned());
    let mut figure = None;
    while let Some(path) = next {
        let reply = service.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        let body = reply.json();
        for event in body["events"].as_array().unwrap() {
            positions.push(event["position"].as_u64().unwrap());
            for (measure, amount) in event["adds"].as_object().unwrap() {
                let amount: i64 = amount.as_str().unwrap().parse().unwrap();
                *sums.entry(measure.clone()).or_default() += amount;
            }
        }
        assert_eq!(
            *figure.get_or_insert(body["figure"].clone()),
            body["figure"]
        );
        next = body["next"].as_str().map(str::to_owned);
    }
    (figure.unwrap(), sums, positions)
}

#[tokio::test]
async fn the_events_behind_a_figure_sum_to_it_over_all_pages() {
    let service = with_a_year().await;
    let total = service.get("/v1/rates").await.json()["total"].clone();
    for measure in [
        "plan",
        "assigned",
        "local_increase",
        "carried_in",
        "reallocated",
        "recalled",
        "carried_out",
        "in_transit",
        "remaining",
        "detailed",
        "committed",
        "disbursed",
        "advances_outstanding",
        "estimated",
        "numerator",
        "denominator",
    ] {
        let path = format!("/v1/explain?measure={measure}&limit=1");
        let (figure, sums, positions) = summed(&service, &path).await;
        assert_eq!(figure, total[measure], "{measure}");
        let sum = sums.get(measure).copied().unwrap_or_default();
        assert_eq!(figure, json!(sum.to_string()), "{measure}");
        assert!(positions.is_sorted_by(|a, b| a < b), "{measure}");
    }
    let query = "measure=rate&limit=2&numerator=net_of_advances&province=10";
    let (figure, sums, _) = summed(&service, &format!("/v1/explain?{query}")).await;
    assert_eq!(figure, "0.425000");
    let expected = [("numerator", 425), ("denominator", 1_000)];
    assert_eq!(
        sums,
        expected.map(|(name, sum)| (name.to_owned(), sum)).into()
    );
    let (figure, sums, _) = summed(&service, "/v1/explain?measure=plan&commune=02710").await;
    assert_eq!((figure, sums.len()), (Value::Null, 0));
}

#[tokio::test]
async fn an_explanation_shows_the_events_themselves() {
    let service = with_a_year().await;
    let reply = service
        .get("/v1/explain?measure=disbursed&programme=NTM&boundaries=now&limit=2")
        .await;
    in_order(
        &reply.text(),
        "as_of known_at position recorded_at basis boundaries measure figure events position id \
         stream revision name version recorded_at effective_on reference actor correlation_id \
         causation_id data adds disbursed next",
    );
    let body = reply.json();
    assert_eq!(body["figure"], "450");
    let mut event = body["events"][0].clone();
    assert_eq!(event["adds"], json!({"disbursed": "300"}));
    event.as_object_mut().unwrap().remove("adds");
    let itself = format!("/v1/events/{}", event["id"].as_str().unwrap());
    assert_eq!(event, service.get(&itself).await.json());
    let (known, last) = (
        reply.header("outlay-position"),
        &body["events"][1]["position"],
    );
    assert_eq!(
        body["next"],
        format!(
            "/v1/explain?measure=disbursed&programme=NTM&as_of=2025-03-01&known_at={known}\
             &boundaries=2025-03-01&numerator=gross&certainty=confirmed&money=all\
             &denominator=total&after={last}&limit=2"
        )
    );
}

#[tokio::test]
async fn explanations_that_cannot_be_given_are_refused() {
    refuses(
        "/v1/explain",
        &[
            ("", "missing-parameter", "measure"),
            ("measure=budget", "malformed", "measure"),
            ("measure=plan&limit=0", "malformed", "limit"),
            ("measure=plan&limit=1001", "malformed", "limit"),
            ("measure=plan&after=-1", "malformed", "after"),
            ("measure=plan&known_at=999999", "past-the-end", "known_at"),
            ("measure=plan&by=province", "unknown-parameter", "by"),
        ],
    )
    .await;
    let service = service().await;
    for query in ["", "measure=budget"] {
        let problem = service.get(&format!("/v1/explain?{query}")).await.json();
        assert_eq!(problem["known"].as_array().unwrap().len(), 18, "{query}");
    }
}

#[tokio::test]
async fn a_comparison_shows_what_moved_a_row() {
    let service = with_history().await;
    let before = service.get("/v1/rates").await;
    let before = before.header("outlay-position").to_owned();
    let other = json!("NTM/15/2024/central/investment");
    for record in [
        payment("CT-2", 100),
        with(&allocation("QD-2", 70), "line", other),
    ] {
        assert_eq!(service.post(&record).await.status, StatusCode::CREATED);
    }
    let reply = service
        .get(&format!("/v1/compare?from={before}&by=province"))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    in_order(
        &reply.text(),
        "as_of from position recorded_at to position recorded_at basis boundaries rows province \
         province_name before plan in_kind after plan in_kind events total before plan after plan",
    );
    let body = reply.json();
    let (first, last): (u64, u64) = (
        before.parse().unwrap(),
        reply.header("outlay-position").parse().unwrap(),
    );
    assert_eq!(
        (&body["from"]["position"], &body["to"]["position"]),
        (&json!(first), &json!(last))
    );
    let [paid, opened] = [&body["rows"][0], &body["rows"][1]];
    assert_eq!(
        (
            &paid["province"],
            &paid["before"]["rate"],
            &paid["after"]["rate"]
        ),
        (&json!("10"), &json!("0.300000"), &json!("0.400000"))
    );
    assert_eq!(paid["events"], json!([first + 1]));
    assert_eq!(
        (
            &opened["before"],
            &opened["after"]["plan"],
            &opened["events"]
        ),
        (&Value::Null, &json!("70"), &json!([first + 2]))
    );
    assert_eq!(opened["province_name"], "Yên Bái");
    for (side, known) in [("before", first), ("after", last)] {
        let rates = service.get(&format!("/v1/rates?known_at={known}")).await;
        assert_eq!(body["total"][side], rates.json()["total"], "{side}");
    }
    let instant = body["from"]["recorded_at"].as_str().unwrap();
    let by_instant = format!("/v1/compare?from={instant}&to={last}&by=province");
    assert_eq!(service.get(&by_instant).await.body, reply.body);
}

#[tokio::test]
async fn comparisons_that_cannot_be_made_are_refused() {
    refuses(
        "/v1/compare",
        &[
            ("", "missing-parameter", "from"),
            ("to=1", "missing-parameter", "from"),
            ("from=2&to=1", "malformed", "from"),
            ("from=then", "malformed", "from"),
            ("from=1&to=then", "malformed", "to"),
            ("from=1&to=2025-03-02T00:00:00Z", "malformed", "to"),
            ("from=999999", "past-the-end", "from"),
            ("from=1&to=999999", "past-the-end", "to"),
            ("from=1&known_at=1", "unknown-parameter", "known_at"),
            ("from=1&by=district", "malformed", "by"),
        ],
    )
    .await;
}

#[tokio::test]
async fn old_answers_stay_the_same_bytes() {
    let service = with_a_year().await;
    let basis =
        "boundaries=2025-03-01&numerator=gross&certainty=confirmed&money=all&denominator=total";
    let known = service.get("/v1/rates").await;
    let known = known.header("outlay-position").to_owned();
    let asked = [
        (
            "/v1/series?boundaries=now".to_owned(),
            format!("/v1/series?step=month&from=2025-01-01&to=2025-03-01&known_at={known}&{basis}"),
        ),
        (
            "/v1/explain?measure=rate&boundaries=now".to_owned(),
            format!(
                "/v1/explain?measure=rate&after=0&limit=100&as_of=2025-03-01&known_at={known}&{basis}"
            ),
        ),
        (
            "/v1/compare?from=0&by=programme&boundaries=now".to_owned(),
            format!("/v1/compare?from=0&to={known}&by=programme&as_of=2025-03-01&{basis}"),
        ),
    ];
    let mut short = Vec::new();
    for (question, _) in &asked {
        short.push(service.get(question).await);
    }
    for record in [payment("CT-9", 10), allocation("QD-9", 77)] {
        assert_eq!(service.post(&record).await.status, StatusCode::CREATED);
    }
    for ((question, written_out), short) in asked.iter().zip(short) {
        let again = service.get(written_out).await;
        assert_eq!(again.text(), short.text(), "{written_out}");
        assert_eq!(again.header("etag"), short.header("etag"));
        assert_ne!(service.get(question).await.body, short.body, "{question}");
    }
}

#[tokio::test]
async fn figures_that_the_caller_has_are_not_sent_again() {
    let service = with_history().await;
    for path in [
        "/v1/rates?by=province",
        "/v1/rates?format=csv",
        "/v1/series",
        "/v1/explain?measure=plan",
        "/v1/compare?from=0",
    ] {
        let whole = service.get(path).await;
        let tag = whole.header("etag").to_owned();
        assert!(tag.len() > 2 && tag.starts_with('"'), "{path}: {tag}");
        let has = service.get_with(path, "if-none-match", &tag).await;
        assert_eq!(has.status, StatusCode::NOT_MODIFIED, "{path}");
        assert!(has.body.is_empty(), "{path}");
        for name in ["etag", "outlay-position", "vary", "cache-control"] {
            assert_eq!(has.header(name), whole.header(name), "{path}: {name}");
        }
        assert_eq!(whole.header("cache-control"), "no-cache");
        let other = service.get_with(path, "if-none-match", "\"1\"").await;
        assert_eq!(other.body, whole.body, "{path}");
    }
    let tag = service.get("/v1/rates").await.header("etag").to_owned();
    service.post(&payment("CT-2", 100)).await;
    let moved = service.get_with("/v1/rates", "if-none-match", &tag).await;
    assert_eq!(moved.status, StatusCode::OK);
}

#[tokio::test]
async fn derived_figures_wait_for_what_was_written() {
    let service = with_history().await;
    for path in [
        "/v1/series",
        "/v1/explain?measure=plan",
        "/v1/compare?from=0",
    ] {
        let reply = service.get_with(path, "outlay-at-least", "999999").await;
        assert_eq!(reply.slug(), "past-the-end", "{path}");
        assert_eq!(
            service.get_with(path, "outlay-at-least", "1").await.status,
            StatusCode::OK
        );
        assert_eq!(
            service.get_with(path, "accept", "text/html").await.status,
            406
        );
    }
}
