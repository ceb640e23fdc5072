//! The page for people, and its style sheet.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use ledger::Ledger;
use projections::Question;

use crate::body::HTML;
use crate::error::ApiError;
use crate::figures::question::{BASIS, CLOCKS, FILTERS, asked, named};
use crate::openapi::{Operation, Routes};
use crate::page::alerts::{Notice, notices};
use crate::page::refused::refused;
use crate::page::words::Language;
use crate::page::{Frame, Grid, STYLE};
use crate::query::Parameters;
use crate::routes::rates::{with_basis, with_filters};
use crate::routes::{answer, at};
use crate::state::{Ready, apart};

/// HTML in UTF-8.
pub(crate) const PAGE: &str = "text/html; charset=utf-8";

pub(crate) fn router() -> Routes {
    let page = Operation::new("read_page", "Rates of programmes by provinces, as a page").word(
        "lang",
        Language::KNOWN,
        "The language.",
    );
    let page = with_basis(with_filters(page)).answers(200, "The page.", &[(HTML, "text")]);
    let style = Operation::new("read_style", "The style sheet of the pages").answers(
        200,
        "The style sheet.",
        &[("text/css", "text")],
    );
    Routes::default()
        .get("/", read_page, page)
        .get("/style.css", read_style, style)
}

async fn read_page(
    ready: Result<Ready, ApiError>,
    parameters: Result<Parameters, ApiError>,
    headers: HeaderMap,
) -> Response<Body> {
    // An empty choice of a form asks for everything.
    let parameters = parameters.map(Parameters::without_empty);
    let chosen = parameters.as_ref().ok().and_then(|it| it.find("lang"));
    let language = chosen.and_then(Language::find);
    let language = language.unwrap_or_else(|| preferred(&headers));
    let mut response = match page(ready, parameters, language).await {
        Ok(response) => response,
        Err(error) if wants_html(&headers) => refused(&error.problem(), language),
        Err(error) => error.into_response(),
    };
    let vary = HeaderValue::from_static("accept, accept-language");
    response.headers_mut().insert(header::VARY, vary);
    response
}

async fn page(
    ready: Result<Ready, ApiError>,
    parameters: Result<Parameters, ApiError>,
    language: Language,
) -> Result<Response<Body>, ApiError> {
    let (Ready(ledger), parameters) = (ready?, parameters?);
    parameters.only(&[&["lang"], FILTERS, CLOCKS, BASIS])?;
    parameters.word("lang", Language::KNOWN, Language::find)?;
    let asked = asked(&ledger, &parameters).await?;
    let known = asked.question.as_of.known;
    let frame = frame(&parameters, &asked.question, language);
    let is_now = parameters.find("known_at").is_none();
    let grid = apart(&ledger, move |ledger| {
        let question = asked.question;
        let notices = if is_now {
            going_on(ledger, &question)
        } else {
            Vec::new()
        };
        ledger.figures(|figures| Grid::of(figures, question, notices, language))
    })
    .await?;
    let page = grid.render(&frame);
    Ok(at(answer(StatusCode::OK, PAGE, page), known))
}

/// Whether a person asks, by a browser.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter();
    let mut accepts = accepts.filter_map(|accept| accept.to_str().ok());
    accepts.any(|accept| accept.contains(HTML))
}

/// The alerts that go on, where the question is about today: on another day there were others.
fn going_on(ledger: &Ledger, question: &Question) -> Vec<Notice> {
    let today = ledger.today();
    if question.as_of.effective != today {
        return Vec::new();
    }
    ledger.alerts(|alerts| notices(alerts, &question.scope, today))
}

/// English where the caller asks for it first, else Vietnamese.
fn preferred(headers: &HeaderMap) -> Language {
    let asked = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|asked| asked.to_str().ok());
    match asked {
        Some(asked) if asked.trim_start().starts_with("en") => Language::English,
        Some(_) | None => Language::Vietnamese,
    }
}

fn frame(parameters: &Parameters, question: &Question, language: Language) -> Frame {
    let joined = |path: &str, parts: &[String]| {
        let parts: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        format!("{path}?{}", parts.join("&"))
    };
    let boundaries = named(question.boundaries);
    let clocks = format!(
        "by=programme,province&as_of={}&known_at={}&boundaries={boundaries}",
        question.as_of.effective, question.as_of.known
    );
    let other = format!("lang={}", language.other().as_str());
    let without = ["lang", "as_of", "known_at", "boundaries"];
    // One year is chosen in the form; several are kept as they are.
    let shown: &[&str] = match question.scope.year.len() {
        0 | 1 => &["lang", "as_of", "year"],
        _ => &["lang", "as_of"],
    };
    let mut kept = parameters.without(shown);
    kept.push(("lang".to_owned(), language.as_str().to_owned()));
    Frame {
        language,
        kept,
        other: joined("/", &[parameters.written(&["lang"]), other]),
        json: joined("/v1/rates", &[clocks, parameters.written(&without)]),
    }
}

async fn read_style() -> Response<Body> {
    answer(StatusCode::OK, "text/css; charset=utf-8", STYLE)
}
