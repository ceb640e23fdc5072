//! What the service says of itself: the OpenAPI document, and a page that shows it without asking
//! anybody else for anything.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use maud::{DOCTYPE, Markup, html};

use crate::body::{HTML, JSON};
use crate::openapi::{Described, Operation, Routes, document};
use crate::routes::answer;
use crate::routes::page::PAGE;

/// The OpenAPI document, as text.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let (_, operations) = super::all().split();
    let mut text = serde_json::to_string_pretty(&document(&operations)).unwrap_or_default();
    text.push('\n');
    text
});

/// The page that shows it.
static SHOWN: LazyLock<String> = LazyLock::new(|| {
    let (_, operations) = super::all().split();
    page(&operations).into_string()
});

/// The OpenAPI document of every route.
pub(crate) fn openapi() -> &'static str {
    &DOCUMENT
}

pub(crate) fn router() -> Routes {
    let openapi = Operation::new("read_openapi", "This description, as OpenAPI 3.1")
        .json("The document.", "Anything");
    let docs = Operation::new("read_docs", "This description, as a page").answers(
        200,
        "The page.",
        &[(HTML, "text")],
    );
    Routes::default()
        .get("/openapi.json", read_openapi, openapi)
        .get("/docs", read_docs, docs)
}

async fn read_openapi() -> Response<Body> {
    answer(StatusCode::OK, JSON, DOCUMENT.as_str())
}

async fn read_docs() -> Response<Body> {
    answer(StatusCode::OK, PAGE, SHOWN.as_str())
}

fn page(operations: &[Described]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Outlay API" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                header { a.brand href="/" { "Outlay" } a href="/openapi.json" { "openapi.json" } }
                main {
                    h1 { "Outlay API" }
                    p.lead {
                        "Money is whole đồng as a string; rates are decimal strings; days are Vietnam's. "
                        "Failures are application/problem+json. Every answer with a figure tells its "
                        code { "Outlay-Position" } "."
                    }
                    @for (method, path, operation) in operations { (shown(method, path, operation)) }
                }
            }
        }
    }
}

fn shown(method: &str, path: &str, operation: &Operation) -> Markup {
    html! {
        section id=(operation.id) {
            h2 { span.method { (method) } " " code { (path.replace("{*", "{")) } }
            p { (operation.summary) ". " (operation.detail) }
            @if !operation.parameters.is_empty() {
                dl.fields {
                    @for parameter in &operation.parameters {
                        dt { code { (parameter.name) } " (" (parameter.place) ")" }
                        dd { (parameter.meaning) }
                    }
                }
            }
            @if let Some((media_type, _, example)) = operation.body {
                p { "Body: " code { (media_type) } }
                pre { (example) }
            }
            dl.fields {
                @for (status, meaning, content) in &operation.answers {
                    dt { (status) }
                    dd {
                        (meaning)
                        @for (media_type, _) in content { " " code { (media_type) } }
                    }
                }
            }
        }
    }
}
