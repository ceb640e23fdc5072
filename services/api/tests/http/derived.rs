//! The events behind a figure, two answers side by side, and what all derived answers keep to.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use events::statement::Measure;
use serde_json::{Value, json};

use crate::harness::{
    Service, allocation, in_order, payment, refuses, service, with, with_a_year, with_history,
};

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
    let sums = Measure::KNOWN
        .iter()
        .filter(|name| !Measure::find(name).is_some_and(Measure::is_rate));
    for measure in sums {
        let path = format!("/v1/explain?measure={measure}&limit=1");
        let (figure, sums, positions) = summed(&service, &path).await;
        assert_eq!(figure, total[*measure], "{measure}");
        let sum = sums.get(*measure).copied().unwrap_or_default();
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
        "/v1/rates?format=xlsx",
        "/v1/series",
        "/v1/explain?measure=plan",
        "/v1/compare?from=0",
        "/v1/lines",
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
