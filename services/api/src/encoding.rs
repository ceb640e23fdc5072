//! The form in which an answer is sent: compressed for who takes that, and left out for who has it.
//! What an answer promises, its tag, its position and what it varies by, is the same in every form.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::body::thousandths;
use crate::routes::tagged::{OfBytes, has};

/// Fewer bytes than this are sent as they are.
const WORTH_COMPRESSING: u64 = 1_024;

/// Compresses answers for who takes gzip, but those that are small, compressed already, or sent
/// event by event.
pub(crate) fn compressing() -> CompressionLayer<impl Predicate> {
    let worth = SizeAbove::new(WORTH_COMPRESSING)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new(
            "application/vnd.openxmlformats",
        ))
        .and(NotForContentType::const_new("image/"));
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(worth)
}

/// Says of a tag of bytes that were compressed that it is of the same content and not of the same
/// bytes. A tag that is a revision stays one, to be given back in `If-Match`.
pub(crate) async fn weaken_tag(mut response: Response<Body>) -> Response<Body> {
    let is_of_bytes = response.extensions().get::<OfBytes>().is_some();
    let headers = response.headers_mut();
    let is_encoded = headers.contains_key(header::CONTENT_ENCODING);
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let strong = tag.filter(|_| is_encoded && is_of_bytes);
    let weak = strong.and_then(|tag| HeaderValue::try_from(format!("W/{tag}")).ok());
    if let Some(weak) = weak {
        headers.insert(header::ETAG, weak);
    }
    response
}

/// Settles the form before anything is done, gzip where it is taken and otherwise none, and leaves
/// out what the caller has.
pub(crate) async fn settle(mut request: Request, next: Next) -> Response<Body> {
    // The layer that compresses would say "not acceptable" of what was done, a record that was kept
    // included, where a caller takes neither gzip nor plain bytes.
    let takes_gzip = takes_gzip(request.headers());
    let headers = request.headers_mut();
    headers.remove(header::ACCEPT_ENCODING);
    if takes_gzip {
        let gzip = HeaderValue::from_static("gzip");
        headers.insert(header::ACCEPT_ENCODING, gzip);
    }
    // The head of an answer is that of its body, which is left out when it is sent.
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let headers = request.headers();
    let asks = request.method() == Method::GET && headers.contains_key(header::IF_NONE_MATCH);
    let had = asks.then(|| headers.clone());
    let mut response = vary(next.run(request).await);
    let tag = response.headers().get(header::ETAG);
    let tag = tag.filter(|_| response.status() == StatusCode::OK);
    let tag = tag.and_then(|tag| tag.to_str().ok());
    if had.zip(tag).is_some_and(|(had, tag)| has(&had, tag)) {
        response = held(response);
    }
    response
}

/// The answer, which another `Accept-Encoding` would have had otherwise.
fn vary(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let varies = |value: &HeaderValue| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .any(|name| name.trim() == "accept-encoding")
    };
    if !headers.get_all(header::VARY).iter().any(varies) {
        let encoding = HeaderValue::from_static("accept-encoding");
        headers.append(header::VARY, encoding);
    }
    response
}

/// What is said instead of an answer that the caller has.
fn held(response: Response<Body>) -> Response<Body> {
    let (mut parts, _) = response.into_parts();
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_DISPOSITION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
    ] {
        parts.headers.remove(name);
    }
    parts.status = StatusCode::NOT_MODIFIED;
    Response::from_parts(parts, Body::empty())
}

/// Whether gzip is liked, and no less than plain bytes.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut plain, mut any) = (None, None, None);
    let given = headers.get_all(header::ACCEPT_ENCODING).iter();
    let codings = given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    for coding in codings {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let liking = Some(quality.map_or(1_000, thousandths));
        match name.as_str() {
            "gzip" | "x-gzip" => gzip = liking,
            "identity" => plain = liking,
            "*" => any = liking,
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or_default();
    gzip > 0 && gzip >= plain.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |accepted: &[&'static str]| {
            let values = accepted.iter().map(|it| HeaderValue::from_static(it));
            takes_gzip(&values.map(|it| (header::ACCEPT_ENCODING, it)).collect())
        };
        for accepted in [
            "gzip",
            "br, GZIP;q=0.5",
            "*",
            "identity;q=0, *",
            "x-gzip",
            "gzip;q=0.001",
        ] {
            assert!(takes(&[accepted]), "{accepted}");
        }
        for accepted in [
            "",
            "br, deflate",
            "identity",
            "gzip;q=0, *",
            "identity, gzip;q=0.5",
            "identity;q=0",
            "*;q=0",
        ] {
            assert!(!takes(&[accepted]), "{accepted}");
        }
        assert!(takes(&["br", "gzip"]) && !takes(&[]));
    }
}
