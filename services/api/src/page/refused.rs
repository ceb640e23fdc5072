//! What people see who asked for a page and get none: what is wrong, and what to do.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse as _;
use maud::html;

use crate::page::document;
use crate::page::words::Language;
use crate::problem::Problem;
use crate::routes::page::PAGE;

/// The page that tells of `problem`. Where it passes by itself, the page asks again by itself.
pub(crate) fn refused(problem: &Problem, language: Language) -> Response<Body> {
    let words = language.words();
    let again = problem.headers.get(header::RETRY_AFTER);
    let again = again.and_then(|seconds| seconds.to_str().ok());
    let heading = if again.is_some() {
        words.not_now
    } else {
        words.not_answered
    };
    let shown = html! {
        main {
            h1 { (heading) }
            // Details are in English, for those who look after the service.
            p lang="en" { (problem.detail) }
            @if again.is_some() {
                p.note { (words.asks_again) }
            } @else {
                p { a href={ "/?lang=" (language.as_str()) } { (words.start) } }
            }
        }
    };
    let other = format!("/?lang={}", language.other().as_str());
    let page = document(language, &other, heading, again, &shown);
    let mut response = (problem.status, page).into_response();
    let headers = response.headers_mut();
    headers.extend(problem.headers.clone());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PAGE));
    response
}
