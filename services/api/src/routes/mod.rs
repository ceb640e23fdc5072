//! The routes, by what they are about.

pub(crate) mod alerts;
pub(crate) mod batch;
pub(crate) mod behind;
pub(crate) mod compare;
pub(crate) mod docs;
pub(crate) mod events;
pub(crate) mod explain;
mod formats;
pub(crate) mod health;
pub(crate) mod lines;
mod live;
pub(crate) mod page;
pub(crate) mod rates;
pub(crate) mod records;
pub(crate) mod registers;
pub(crate) mod series;
pub(crate) mod tagged;

use ::events::log::Position;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;

use crate::openapi::Routes;

/// The header that tells up to which position an answer knows.
pub(crate) const POSITION: &str = "outlay-position";

/// Every route.
pub(crate) fn all() -> Routes {
    Routes::default()
        .and(records::router())
        .and(batch::router())
        .and(rates::router())
        .and(series::router())
        .and(explain::router())
        .and(compare::router())
        .and(behind::router())
        .and(alerts::router())
        .and(lines::router())
        .and(events::router())
        .and(live::router())
        .and(registers::router())
        .and(health::router())
        .and(docs::router())
        .and(page::router())
}

/// An answer of this media type.
pub(crate) fn answer(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = (status, body.into()).into_response();
    let media_type = HeaderValue::from_static(media_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}

/// The answer with the position up to which it knows.
pub(crate) fn at(mut response: Response<Body>, position: Position) -> Response<Body> {
    response
        .headers_mut()
        .insert(POSITION, HeaderValue::from(position.0));
    response
}

/// The answer, which another `Accept` would have had otherwise.
pub(crate) fn varying(mut response: Response<Body>) -> Response<Body> {
    let accept = HeaderValue::from_static("accept");
    response.headers_mut().insert(header::VARY, accept);
    response
}
