//! Problem details (RFC 9457): what every failure looks like on the wire.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// A failure, with what its reader needs to mend it.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    slug: &'static str,
    pub(crate) detail: String,
    more: Map<String, Value>,
    pub(crate) headers: HeaderMap,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, slug: &'static str, detail: impl ToString) -> Self {
        Self {
            status,
            slug,
            detail: detail.to_string(),
            more: Map::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Adds what mends it.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Asks the caller to come again.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u16) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The members in the order of the RFC, then what mends it.
    pub(crate) fn members(&self) -> Vec<(String, Value)> {
        let mut title = self.slug.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let own = [
            ("type", Value::from(format!("/problems/{}", self.slug))),
            ("title", Value::from(title)),
            ("status", Value::from(self.status.as_u16())),
            ("detail", Value::from(self.detail.clone())),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let more = self
            .more
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        own.into_iter().chain(more).collect()
    }
}

/// An object with its members in this order.
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

impl serde::Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&Members(self.members())).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.headers_mut().extend(self.headers);
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }
}
