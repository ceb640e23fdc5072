//! What is around the routes: paths and methods that are not there, readiness, metrics, pages, and
//! the description of it all.

use api::AppState;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Service, allocation, clock, with, with_history};

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let service = with_history().await;
    for (method, path, status, slug) in [
        ("GET", "/v2/rates", StatusCode::NOT_FOUND, "not-found"),
        ("GET", "/v1/lines/", StatusCode::NOT_FOUND, "not-found"),
        (
            "DELETE",
            "/v1/records",
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
        ),
        (
            "GET",
            "/v1/records",
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
        ),
        (
            "POST",
            "/v1/rates",
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
        ),
        (
            "GET",
            "/v1/events/%ff",
            StatusCode::BAD_REQUEST,
            "not-utf-8",
        ),
        ("GET", "/v1/lines/%ff", StatusCode::BAD_REQUEST, "not-utf-8"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let reply = service.send(request).await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.slug(), slug, "{method} {path}");
        let allows = !reply.header("allow").is_empty();
        assert_eq!(
            allows,
            status == StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
    }
    let long = service
        .get(&format!("/v1/rates?programme={}", "A".repeat(9_000)))
        .await;
    assert_eq!(
        (long.status, long.slug().as_str()),
        (StatusCode::URI_TOO_LONG, "uri-too-long")
    );
}

#[tokio::test]
async fn a_service_without_a_ledger_is_alive_and_not_ready() {
    let service = Service::over(AppState::new(), clock("2025-03-01"));
    assert_eq!(service.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(service.get("/metrics").await.status, StatusCode::OK);
    for path in ["/readyz", "/v1/rates", "/v1/events", "/v1/lines", "/"] {
        let reply = service.get(path).await;
        assert_eq!(
            (reply.status, reply.slug().as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "not-ready"),
            "{path}"
        );
        assert_ne!(reply.header("retry-after"), "", "{path}");
    }
    let ready = with_history().await;
    service
        .state
        .opened(ready.state.find_ledger().unwrap().clone());
    let opened = service.get("/readyz").await;
    assert_eq!(opened.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(opened.json()["head"].is_u64());
    service.state.settled();
    assert_eq!(service.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(service.get("/v1/rates").await.status, StatusCode::OK);
}

/// A browser says that it takes HTML; a program that asks for a page gets what every failure is.
#[tokio::test]
async fn people_are_told_on_a_page_why_there_is_none() {
    let early = Service::over(AppState::new(), clock("2025-03-01"));
    let service = with_history().await;
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (reply, status, says) in [
        (
            early.get_with("/?lang=en", "accept", browser).await,
            StatusCode::SERVICE_UNAVAILABLE,
            [
                "lang=\"en\"",
                "no answer at present",
                "asks again by itself",
            ],
        ),
        (
            service.get_with("/?year=%3Cb%3E", "accept", browser).await,
            StatusCode::BAD_REQUEST,
            [
                "lang=\"vi\"",
                "Không trả lời được",
                "'&lt;b&gt;' is not a budget year",
            ],
        ),
        (
            service
                .get_with("/?lang=en&yaer=2024", "accept", browser)
                .await,
            StatusCode::BAD_REQUEST,
            ["lang=\"en\"", "cannot be answered", "yaer"],
        ),
    ] {
        let (kind, vary) = (reply.header("content-type"), reply.header("vary"));
        assert_eq!((reply.status, kind), (status, "text/html; charset=utf-8"));
        assert_eq!(vary, "accept, accept-language");
        let waits = status == StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(reply.header("retry-after").is_empty(), !waits);
        let page = reply.text();
        assert_eq!(page.contains("http-equiv=\"refresh\""), waits, "{page}");
        for says in says {
            assert!(page.contains(says), "{says}: {page}");
        }
    }
    let program = service.get("/?year=%3Cb%3E").await;
    assert_eq!(program.slug(), "malformed");
}

#[tokio::test]
async fn metrics_count_by_template_and_never_by_what_a_caller_wrote() {
    let service = with_history().await;
    service
        .get("/v1/lines/NTM/10/2024/central/investment")
        .await;
    service.get("/somewhere/else").await;
    service
        .state
        .metrics()
        .committed(3, std::time::Duration::from_millis(2));
    let text = service.get("/metrics").await.text();
    for line in [
        "outlay_http_request_duration_seconds_count{method=\"GET\",route=\"/v1/lines/{*line}\",status_class=\"2xx\"} 1",
        "outlay_http_request_duration_seconds_count{method=\"GET\",route=\"unknown\",status_class=\"4xx\"} 1",
        "outlay_events_total{name=\"line.disbursed\"} 1",
        "outlay_projection_lag_events 0",
        "outlay_append_batch_events_sum 3",
        "outlay_build_info{version=",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("somewhere"));
}

#[tokio::test]
async fn pages_ask_nobody_else_and_say_what_the_rate_is_made_of() {
    let service = with_history().await;
    for (path, expected) in [
        (
            "/?lang=vi",
            vec![
                "30,0\u{a0}%",
                "Lào Cai",
                "2025-03-01",
                "gross · confirmed · all · total",
                "lang=\"vi\"",
                "/?lang=en",
            ],
        ),
        (
            "/?lang=en&year=2024",
            vec!["30.0\u{a0}%", "Lao Cai", "lang=\"en\"", "known_at="],
        ),
        ("/?lang=en&year=2031", vec!["Nothing is recorded"]),
        ("/docs", vec!["/v1/records/batch", "POST", "Outlay API"]),
    ] {
        let reply = service.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        assert!(
            reply
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        let text = reply.text();
        for part in expected {
            assert!(
                text.to_lowercase().contains(&part.to_lowercase()),
                "{part} is not in {path}\n{text}"
            );
        }
        for outside in ["http://", "https://", "<script", "style=\"", "src=\"//"] {
            assert!(!text.contains(outside), "{outside} is in {path}");
        }
    }
    let kept = service
        .get("/?lang=en&denominator=assigned&year=2024")
        .await
        .text();
    assert!(kept.contains("name=\"denominator\" value=\"assigned\""));
    let style = service.get("/style.css").await;
    assert_eq!(
        (style.status, style.header("content-type")),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    let json = service.get("/?lang=en&as_of=2024-12-31").await.text();
    let href = json
        .split("href=\"")
        .find(|part| part.starts_with("/v1/rates?"))
        .unwrap();
    let href = href.split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(service.get(&href).await.json()["as_of"], "2024-12-31");
    assert_eq!(
        service.get("/?lang=fr").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_openapi_file_is_what_the_service_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(file, api::openapi()).unwrap();
    }
    let checked_in = std::fs::read_to_string(file).unwrap();
    assert_eq!(
        checked_in,
        api::openapi(),
        "run the tests with UPDATE_OPENAPI=1"
    );
    let service = with_history().await;
    assert_eq!(service.get("/openapi.json").await.text(), checked_in);
}

#[tokio::test]
async fn every_route_is_described_and_every_reference_leads_somewhere() {
    let service = with_history().await;
    let document: Value = serde_json::from_str(api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        let path = path
            .replace("{line}", "NTM/10/2024/central/investment")
            .replace("{id}", "x")
            // A stream without an end is asked for a place that is none.
            .replace("/live", "/live?after=x");
        for method in item.as_object().unwrap().keys() {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path);
            let reply = service.send(request.body(Body::empty()).unwrap()).await;
            // An unknown event is a 404 too; only an unknown path is told as one.
            let unknown = reply.status == 405 || reply.text().contains("there is nothing at");
            assert!(!unknown, "{method} {path}: {}", reply.status);
        }
    }
    for path in [
        "/v1/records",
        "/v1/records/batch",
        "/v1/rates",
        "/v1/series",
        "/v1/explain",
        "/v1/compare",
        "/v1/behind",
        "/v1/alerts",
        "/v1/alerts/{id}",
        "/v1/alerts/{id}/acknowledge",
        "/v1/alerts/{id}/silence",
        "/v1/alerts/{id}/resend",
        "/v1/alerts/live",
        "/v1/alerts/backtest",
        "/v1/lines",
        "/v1/lines/{line}",
        "/v1/events",
        "/v1/events/{id}",
        "/v1/events/live",
        "/v1/programmes",
        "/v1/provinces",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let text = api::openapi();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_unit_is_called_what_it_was_called_in_both_languages() {
    let service = with_history().await;
    let old = with(
        &allocation("QD-1", 5),
        "line",
        json!("NTM/15/2024/central/investment"),
    );
    assert_eq!(service.post(&old).await.status, StatusCode::CREATED);
    for (lang, name) in [("vi", "Yên Bái"), ("en", "Yen Bai")] {
        let page = service.get(&format!("/?lang={lang}")).await.text();
        assert!(page.contains(name), "{name}");
        let now = service
            .get(&format!("/?lang={lang}&boundaries=now&as_of=2025-08-01"))
            .await
            .text();
        assert!(
            now.contains(name),
            "the clock of this service is before the merger"
        );
        let later = service
            .get(&format!("/?lang={lang}&boundaries=2025-08-01"))
            .await
            .text();
        assert!(!later.contains(name), "{name}");
    }
}
