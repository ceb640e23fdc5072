//! What happens around every request: an id, a span, a deadline, a measure, and headers that keep
//! browsers from doing what we never ask of them.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use prometheus::IntGauge;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::error::ApiError;
use crate::state::AppState;

/// How long a handler may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// Most bytes of a path and query.
const LONGEST_URI: usize = 8 << 10;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What all events of one request bear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Correlation(pub(crate) Uuid);

/// Answers a request within its deadline, measured and logged under its id.
pub(crate) async fn observe(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let (id, correlation) = request_id(&request);
    request.extensions_mut().insert(Correlation(correlation));
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = method_label(request.method().as_str());
    let path = request.uri().path().to_owned();
    let span =
        tracing::info_span!("request", method, route, path, id = ?id, correlation = %correlation);
    let metrics = state.metrics();
    let in_flight = InFlight::new(metrics.in_flight());
    let began = Instant::now();
    let mut response = within_deadline(request, next)
        .instrument(span.clone())
        .await;
    let took = began.elapsed();
    drop(in_flight);
    let status = response.status().as_u16();
    metrics.answered(&route, method, status, took);
    span.in_scope(|| tracing::info!(status, micros = took.as_micros(), "answered"));
    response.headers_mut().insert(REQUEST_ID, id);
    secure(&mut response);
    response
}

/// A request being answered; it may also end because its caller went away.
struct InFlight(IntGauge);

impl InFlight {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn within_deadline(request: Request, next: Next) -> Response<Body> {
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |it| it.as_str().len());
    if length > LONGEST_URI {
        return ApiError::UriTooLong { limit: LONGEST_URI }.into_response();
    }
    let answered = tokio::time::timeout(DEADLINE, next.run(request)).await;
    answered.unwrap_or_else(|_| ApiError::TimedOut.into_response())
}

/// The id that the caller gave, where it can be repeated safely, and what events bear of it.
fn request_id(request: &Request) -> (HeaderValue, Uuid) {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok());
    let given = given
        .filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic()));
    let correlation = given
        .and_then(|id| Uuid::parse_str(id).ok())
        .unwrap_or_else(Uuid::new_v4);
    let id = given.map_or_else(|| correlation.to_string(), str::to_owned);
    let id = HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"));
    (id, correlation)
}

/// A method as a label: a caller can make up any number of others.
fn method_label(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

fn secure(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// What a panic is answered with. Its message goes to the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives it so")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(panic = said, "a handler panicked");
    ApiError::Panicked.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn panics() -> &'static str {
        assert!(std::hint::black_box(false), "a secret");
        ""
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_keeps_its_message() {
        let state = AppState::new();
        let router = Router::new()
            .route("/", get(panics))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(axum::middleware::from_fn_with_state(state, observe));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("/problems/internal") && !body.contains("secret"));
    }
}
