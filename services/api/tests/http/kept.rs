//! Answers that are given again: the same in everything, and only while nothing has changed.

use axum::http::StatusCode;

use crate::harness::{Service, payment, with_history};

const ASKED: [&str; 6] = [
    "/v1/rates?by=programme,province",
    "/v1/rates?format=csv",
    "/v1/series?from=2024-01-01&to=2024-12-31",
    "/v1/explain?measure=disbursed",
    "/v1/compare?from=0",
    "/v1/behind",
];

/// How many answers were given again.
async fn given_again(service: &Service) -> u64 {
    let metrics = service.get("/metrics").await.text();
    let mut lines = metrics.lines();
    let counted = lines.find_map(|line| line.strip_prefix("outlay_answers_given_again_total "));
    counted.unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_answer_given_again_is_the_same_in_everything() {
    let service = with_history().await;
    for path in ASKED {
        let before = given_again(&service).await;
        let first = service.get(path).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text());
        assert_eq!(given_again(&service).await, before);
        let again = service.get(path).await;
        assert_eq!(given_again(&service).await, before + 1, "{path}");
        assert_eq!(again.body, first.body);
        let without_id = |reply: &crate::harness::Reply| {
            let mut headers = reply.headers.clone();
            headers.remove("x-request-id");
            headers
        };
        assert_eq!(without_id(&again), without_id(&first), "{path}");
        let had = service
            .get_with(path, "if-none-match", first.header("etag"))
            .await;
        assert_eq!((had.status, had.body.len()), (StatusCode::NOT_MODIFIED, 0));
        for name in ["etag", "outlay-position", "vary"] {
            assert_eq!(had.header(name), first.header(name), "{path}");
        }
    }
}

#[tokio::test]
async fn who_takes_gzip_is_sent_the_same_answer_in_fewer_bytes() {
    use std::io::Read as _;

    let service = with_history().await;
    let path = "/v1/programmes";
    let rates = "/v1/rates?by=programme,province,source,type";
    for path in [path, rates] {
        let plain = service.get(path).await;
        assert_eq!(plain.header("content-encoding"), "");
        let mut sent = Vec::new();
        for _ in 0..2 {
            let packed = service.get_with(path, "accept-encoding", "gzip").await;
            assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
            let mut vary = packed.headers.get_all("vary").iter();
            assert!(vary.any(|it| it == "accept-encoding"), "{path}");
            assert!(packed.body.len() < plain.body.len());
            let mut text = String::new();
            let mut reader = flate2::read::GzDecoder::new(&*packed.body);
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, plain.text());
            sent.push(packed);
        }
        assert_eq!(sent[0].body, sent[1].body);
    }
    // The tag is of the content, and is known in either form.
    let plain = service.get(rates).await;
    let packed = service.get_with(rates, "accept-encoding", "gzip").await;
    assert_eq!(packed.header("etag"), format!("W/{}", plain.header("etag")));
    for tag in [plain.header("etag"), packed.header("etag")] {
        let had = service.get_with(rates, "if-none-match", tag).await;
        assert_eq!(had.status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn the_next_event_is_in_the_next_answer() {
    let service = with_history().await;
    let path = "/v1/rates?by=programme";
    let disbursed = |reply: &crate::harness::Reply| reply.json()["total"]["disbursed"].clone();
    let first = service.get(path).await;
    assert_eq!(disbursed(&service.get(path).await), "300");
    service.post(&payment("CT-2", 50)).await;
    let next = service.get(path).await;
    assert_eq!(disbursed(&next), "350");
    assert_ne!(
        next.header("outlay-position"),
        first.header("outlay-position")
    );
}

#[tokio::test]
async fn another_media_type_is_another_answer() {
    let service = with_history().await;
    let path = "/v1/rates";
    let json = service.get(path).await;
    let csv = service.get_with(path, "accept", "text/csv").await;
    assert_ne!(json.header("content-type"), csv.header("content-type"));
    let again = service.get_with(path, "accept", "text/csv").await;
    assert_eq!(again.body, csv.body);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let service = with_history().await;
    let before = given_again(&service).await;
    for _ in 0..2 {
        let refused = service.get("/v1/rates?by=nothing").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(given_again(&service).await, before);
}
