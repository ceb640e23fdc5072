//! Bodies and media types: what comes in is bounded in size and time, what goes out is asked for.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::ApiError;

/// Most bytes of one record.
pub(crate) const RECORD: Limit = Limit {
    bytes: 1 << 20,
    text: "1 MiB",
};
/// Most bytes of a batch.
pub(crate) const BATCH: Limit = Limit {
    bytes: 16 << 20,
    text: "16 MiB",
};
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);

/// A byte-order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

pub(crate) const JSON: &str = "application/json";
pub(crate) const NDJSON: &str = "application/x-ndjson";
pub(crate) const CSV: &str = "text/csv";
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub(crate) const HTML: &str = "text/html";
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// A bound on a body.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    bytes: usize,
    text: &'static str,
}

/// The body of `request`, which is of this media type and within `limit`.
pub(crate) async fn read(
    request: Request<Body>,
    media_type: &'static str,
    limit: Limit,
) -> Result<Bytes, ApiError> {
    expect_type(request.headers(), media_type)?;
    expect_plain(request.headers())?;
    text(arrived(request, limit, ARRIVAL).await?)
}

/// The body of `request`, within `limit` and `patience`.
async fn arrived(
    request: Request<Body>,
    limit: Limit,
    patience: Duration,
) -> Result<Bytes, ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let too_large =
        announced.is_some_and(|length| usize::try_from(length).is_ok_and(|it| it > limit.bytes));
    if too_large {
        return Err(over(limit));
    }
    let read = tokio::time::timeout(patience, collect(request.into_body(), limit)).await;
    read.unwrap_or(Err(ApiError::BodyTooSlow))
}

async fn collect(mut body: Body, limit: Limit) -> Result<Bytes, ApiError> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BodyBroken)?;
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > limit.bytes {
                return Err(over(limit));
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(read.into())
}

fn over(limit: Limit) -> ApiError {
    ApiError::TooLarge {
        what: "body",
        limit: limit.text.to_owned(),
    }
}

/// Refuses a body that does not say it is of `expected`.
fn expect_type(headers: &HeaderMap, expected: &'static str) -> Result<(), ApiError> {
    let refused = || ApiError::MediaType { expected };
    let given = headers.get(header::CONTENT_TYPE).ok_or_else(refused)?;
    let given = given.to_str().map_err(|_| refused())?.to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let is_type = parts.next() == Some(expected);
    let is_utf8 = parts.all(|part| match part.split_once('=') {
        Some(("charset", charset)) => charset.trim_matches('"') == "utf-8",
        Some(_) | None => true,
    });
    if is_type && is_utf8 {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Refuses a body that says it is compressed.
fn expect_plain(headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = given
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    match codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")) {
        None => Ok(()),
        Some(coding) => Err(ApiError::ContentEncoding {
            given: String::from_utf8_lossy(coding).into_owned(),
        }),
    }
}

/// A body without the byte-order marks before it. What is plainly no UTF-8 is refused as what it is;
/// bytes that are merely wrong are left to who reads them.
fn text(body: Bytes) -> Result<Bytes, ApiError> {
    match *body {
        [0x1f, 0x8b, ..] => Err(ApiError::ContentEncoding {
            given: "gzip".to_owned(),
        }),
        // With a mark, or by the zeros between letters.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] => {
            Err(ApiError::Utf16)
        }
        _ => Ok(body.slice_ref(without_marks(&body))),
    }
}

/// `text` without the byte-order marks that it begins with, and the blanks before them.
pub(crate) fn without_marks(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.trim_ascii_start().strip_prefix(MARK) {
        text = rest;
    }
    text
}

/// The records of a line: several where files were joined of which one has no line end, so that the
/// mark of the next one stands between two whole records.
pub(crate) fn joined(line: &[u8]) -> Vec<&[u8]> {
    // No letter of Vietnamese begins with the first byte of a mark.
    if !line.contains(&0xef) {
        return vec![line];
    }
    let (mut records, mut rest) = (Vec::new(), line);
    while let Some(at) = rest.windows(MARK.len()).position(|it| it == MARK) {
        let (record, after) = rest.split_at(at);
        records.push(record);
        rest = after.strip_prefix(MARK).unwrap_or_default();
    }
    records.push(rest);
    records.retain(|record| !record.trim_ascii().is_empty());
    let is_json = |record: &&[u8]| serde_json::from_slice::<&RawValue>(record).is_ok();
    if !records.is_empty() && records.iter().all(is_json) {
        return records;
    }
    vec![line]
}

/// The one of `offered` that the caller likes best; the first where all are equal.
pub(crate) fn negotiate(
    headers: &HeaderMap,
    offered: &[&'static str],
) -> Result<&'static str, ApiError> {
    let asked: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    if asked.is_empty() {
        return offered
            .first()
            .copied()
            .ok_or(ApiError::NotAcceptable { known: Vec::new() });
    }
    let liked = offered
        .iter()
        .enumerate()
        .map(|(number, media_type)| {
            (
                liking(&asked, media_type),
                std::cmp::Reverse(number),
                *media_type,
            )
        })
        .max();
    match liked {
        Some((liking, _, media_type)) if liking > 0 => Ok(media_type),
        _ => Err(ApiError::NotAcceptable {
            known: offered.to_vec(),
        }),
    }
}

/// How much a media type is liked, in thousandths: the most precise range decides.
fn liking(asked: &[&str], media_type: &str) -> u32 {
    let group = media_type.split('/').next().unwrap_or_default();
    let of = |range: &&str| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let precision = if name == media_type {
            3
        } else if name.strip_suffix("/*").is_some_and(|it| it == group) {
            2
        } else if name == "*/*" {
            1
        } else {
            return None;
        };
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        Some((precision, quality.map_or(1_000, thousandths)))
    };
    asked
        .iter()
        .filter_map(of)
        .max()
        .map_or(0, |(_, quality)| quality)
}

/// `0.8` as 800; what is not of that form counts as not said.
pub(crate) fn thousandths(quality: &str) -> u32 {
    let (whole, part) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = format!("{whole}{part:0<3}");
    digits
        .get(..4)
        .unwrap_or(&digits)
        .parse()
        .map_or(1_000, |it: u32| it.min(1_000))
}

/// JSON bytes. What we answer has text keys and no failing serializer.
pub(crate) fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        assert_eq!(negotiate(&headers, &[JSON, CSV]).ok(), expected, "{accept}");
    }

    /// A body whose sender says nothing and does not hang up.
    struct Silent;

    impl hyper::body::Body for Silent {
        type Data = Bytes;
        type Error = ApiError;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, ApiError>>> {
            std::task::Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let request = Request::new(Body::new(Silent));
        let read = arrived(request, RECORD, Duration::from_millis(10)).await;
        let problem = read.unwrap_err().problem();
        assert_eq!(problem.status, axum::http::StatusCode::REQUEST_TIMEOUT);
    }

    #[test]
    fn gives_what_is_liked_best() {
        check("*/*", Some(JSON));
        check("text/csv", Some(CSV));
        check("text/html,application/xml;q=0.9,*/*;q=0.8", Some(JSON));
        check("application/json;q=0.5, text/*", Some(CSV));
        check("application/json;q=0, */*;q=0.1", Some(CSV));
        check("text/html", None);
        check("application/json;q=0.2, text/csv;q=0.25", Some(CSV));
    }
}
