//! Answers with figures: each bears its position, and a tag of its bytes by which a caller who has
//! them is not sent them again. The tag says nothing about how long an answer holds: only asking
//! again does.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use events::log::Position;
use uuid::Uuid;

use crate::openapi::Operation;
use crate::routes::formats::Written;
use crate::routes::{answer, at, varying};

/// Tells of an answer with figures, and of what every one of them takes besides.
pub(crate) fn with_tag(
    operation: Operation,
    meaning: &'static str,
    content: &[(&'static str, &'static str)],
) -> Operation {
    operation
        .parameter(
            "header",
            "Outlay-At-Least",
            "Waits until this position is applied.",
        )
        .parameter("header", "If-None-Match", "The ETag that the caller has.")
        .answers(200, meaning, content)
        .answers(304, "The caller has it.", &[])
}

/// Marks an answer whose tag is of its bytes: compressed it has others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfBytes;

/// The answer that is `written`, known at `known`.
pub(crate) fn tagged(written: Written, known: Position) -> Response<Body> {
    // The same bytes have the same tag on every node, and others another.
    let tag = format!("\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_URL, &written.bytes));
    let mut response = bearing(given(written), tag);
    response.extensions_mut().insert(OfBytes);
    varying(at(response, known))
}

/// The answer with its tag.
pub(crate) fn bearing(mut response: Response<Body>, tag: String) -> Response<Body> {
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn given(written: Written) -> Response<Body> {
    let mut response = answer(StatusCode::OK, written.media_type, written.bytes);
    let disposition = written.disposition.map(HeaderValue::try_from);
    if let Some(Ok(disposition)) = disposition {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Whether `If-None-Match` names this tag, either of them weak or not.
pub(crate) fn has(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    let tags = given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.map(str::trim)
        .any(|given| given == "*" || opaque(given) == opaque(tag))
}

/// What a tag tells apart by, weak or not.
pub(crate) fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}
