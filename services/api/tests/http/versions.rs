//! Versions: whatever a caller is given as one can be given back, in every encoding and size of the
//! answer it came with.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::harness::{LINE, Reply, Service, allocation, commitment, service, with_history};

/// What callers say of encodings; none of it changes what an answer promises.
const ENCODINGS: [&str; 10] = [
    "",
    "gzip",
    "gzip, deflate, br",
    "deflate",
    "identity",
    "gzip;q=0, *",
    "identity;q=0, gzip",
    "identity;q=0",
    "*;q=0",
    "*",
];

/// Every route whose answers have a version, in every format.
const TAGGED: [&str; 13] = [
    "/v1/rates?by=programme,province,year,source,type",
    "/v1/rates?by=province&format=csv",
    "/v1/rates?by=province&format=xlsx",
    "/v1/series?from=2024-01-01&to=2024-12-31&step=day",
    "/v1/series?from=2024-01-01&to=2024-12-31&step=day&format=csv",
    "/v1/explain?measure=committed",
    "/v1/explain?measure=committed&limit=1",
    "/v1/compare?from=0",
    "/v1/compare?from=0&format=xlsx",
    "/v1/behind?year=2024",
    "/v1/alerts/backtest?from=2024-01-01&to=2024-02-01",
    "/v1/lines",
    "/v1/lines/NTM/10/2024/central/investment",
];

/// A service whose one line has so many commitments.
async fn with_commitments(count: usize) -> Service {
    let service = service().await;
    service.post(&allocation("QD-1", 1_000_000)).await;
    let mut rows = String::new();
    for number in 0..count {
        let _ = writeln!(rows, "{}", commitment(&format!("HD-{number}"), 1));
    }
    let reply = service.batch("", rows).await;
    assert_eq!(reply.status, StatusCode::OK);
    service
}

async fn ask(service: &Service, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

/// All values of a header, in order.
fn all(reply: &Reply, name: &str) -> Vec<String> {
    let mut all: Vec<String> = reply
        .headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap().split(','))
        .map(|value| value.trim().to_owned())
        .collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn whatever_tag_is_given_can_be_given_back() {
    for commitments in [0, 3, 300] {
        let service = with_commitments(commitments).await;
        for path in TAGGED {
            for encoding in ENCODINGS {
                let accepted = ("accept-encoding", encoding);
                let whole = ask(&service, "GET", path, &[accepted]).await;
                let said = format!("{path} {encoding} {commitments}");
                assert_eq!(whole.status, StatusCode::OK, "{said}: {}", whole.text());
                let tag = whole.header("etag");
                let other = tag
                    .strip_prefix("W/")
                    .map_or(format!("W/{tag}"), str::to_owned);
                let among = format!("\"x\", {tag}");
                for given in [tag, &other, &among, "*"] {
                    let headers = [accepted, ("if-none-match", given)];
                    let held = ask(&service, "GET", path, &headers).await;
                    assert_eq!(held.status, StatusCode::NOT_MODIFIED, "{said} {given}");
                    assert!(held.body.is_empty(), "{said} {given}");
                    for name in ["etag", "outlay-position", "vary", "cache-control"] {
                        assert_eq!(all(&held, name), all(&whole, name), "{said} {name}");
                    }
                }
                assert!(
                    all(&whole, "vary").contains(&"accept-encoding".to_owned()),
                    "{said}"
                );
                let stale = ask(
                    &service,
                    "GET",
                    path,
                    &[accepted, ("if-none-match", "\"x\"")],
                )
                .await;
                assert_eq!(
                    (stale.status, &stale.body),
                    (whole.status, &whole.body),
                    "{said}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_version_of_a_line_is_taken_by_if_match_in_every_encoding_and_size() {
    let service = with_history().await;
    let path = format!("/v1/lines/{LINE}");
    let mut was_compressed = false;
    for number in 0..40 {
        let encoding = ENCODINGS[number % ENCODINGS.len()];
        let line = ask(&service, "GET", &path, &[("accept-encoding", encoding)]).await;
        was_compressed |= line.header("content-encoding") == "gzip";
        let tag = line.header("etag");
        let revision = service.get(&path).await.json()["revision"].clone();
        assert_eq!(tag, format!("\"{revision}\""), "{encoding}");
        let weak = format!("W/{tag}");
        let both = format!("{tag}, {weak}");
        let given = [tag, &weak, &both][number % 3];
        let record = commitment(&format!("HD-{}", number + 2), 1).to_string();
        let kept = service.post_with(&[("if-match", given)], record).await;
        assert_eq!(kept.status, StatusCode::CREATED, "{given}: {}", kept.text());
        let old = commitment(&format!("HD-{}-late", number + 2), 1).to_string();
        let stale = service.post_with(&[("if-match", given)], old).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{given}");
        let known = kept.json()["revision"].clone();
        assert_eq!(stale.json()["current_revision"], known);
    }
    assert!(was_compressed);
}

#[tokio::test]
async fn who_takes_no_encoding_at_all_is_told_what_was_done() {
    let service = service().await;
    for (number, encoding) in ENCODINGS.into_iter().enumerate() {
        let record = allocation(&format!("QD-{number}"), 1).to_string();
        let reply = service
            .post_with(&[("accept-encoding", encoding)], record)
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{encoding}");
    }
}

#[tokio::test]
async fn the_head_of_an_answer_is_that_of_its_body() {
    let service = with_commitments(300).await;
    for path in TAGGED {
        for encoding in ENCODINGS {
            let accepted = [("accept-encoding", encoding)];
            let mut whole = ask(&service, "GET", path, &accepted).await;
            let mut head = ask(&service, "HEAD", path, &accepted).await;
            assert_eq!((head.status, head.body.len()), (whole.status, 0));
            let length = whole.body.len().to_string();
            for reply in [&mut whole, &mut head] {
                reply.headers.remove("x-request-id");
                if let Some(told) = reply.headers.remove("content-length") {
                    assert_eq!(told, length.as_str(), "{path} {encoding}");
                }
            }
            assert_eq!(head.headers, whole.headers, "{path} {encoding}");
        }
    }
}

#[tokio::test]
async fn a_position_and_a_next_page_can_be_given_back() {
    let service = with_commitments(30).await;
    for encoding in ENCODINGS {
        let accepted = ("accept-encoding", encoding);
        for path in TAGGED {
            let reply = ask(&service, "GET", path, &[accepted]).await;
            let position = reply.header("outlay-position");
            let headers = [accepted, ("outlay-at-least", position)];
            let again = ask(&service, "GET", path, &headers).await;
            assert_eq!(again.status, StatusCode::OK, "{path} {encoding}");
        }
        for path in [
            "/v1/events?limit=3",
            "/v1/explain?measure=committed&limit=3",
            "/v1/lines?limit=1",
        ] {
            let page = service.get(path).await.json();
            if let Some(next) = page["next"].as_str() {
                let reply = ask(&service, "GET", next, &[accepted]).await;
                assert_eq!(reply.status, StatusCode::OK, "{next}");
            }
        }
    }
}
