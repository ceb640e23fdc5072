//! Rates, as JSON or CSV.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use events::log::Position;
use projections::Dimension;

use crate::body::{self, CSV, JSON, negotiate};
use crate::error::ApiError;
use crate::figures::answer::compute;
use crate::figures::csv;
use crate::figures::question::{CLOCKS_AND_BASIS, FILTERS, asked};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::{answer, at, varying};
use crate::state::Ready;

/// Formats that `?format=` names.
const FORMATS: &[&str] = &["json", "csv"];

pub(crate) fn router() -> Routes {
    let rates = with_basis(with_filters(Operation::new(
        "read_rates",
        "Rates by any dimensions",
    )))
    .query(
        "by",
        "Dimensions to group by, in order: any filter, or `vintage`.",
    )
    .word("format", FORMATS, "Overrides Accept.")
    .parameter(
        "header",
        "Outlay-At-Least",
        "Waits until this position is applied.",
    )
    .answers(
        200,
        "The rows, their total, and figures published beside them.",
        &[(JSON, "Rates"), (CSV, "text")],
    );
    Routes::default().get("/v1/rates", read_rates, rates)
}

/// The filters that every question of figures takes.
pub(crate) fn with_filters(operation: Operation) -> Operation {
    operation
        .query("programme", "Programmes; a comma makes a list.")
        .query(
            "province",
            "Provinces, by the codes of the boundaries asked.",
        )
        .query("year", "Budget years.")
        .query("source", "Sources.")
        .query("type", "Capital types.")
        .query("project", "Projects.")
        .query("commune", "Communes.")
}

/// The clocks and the basis that every question of figures takes.
pub(crate) fn with_basis(operation: Operation) -> Operation {
    operation
        .query("as_of", "Effective on or before this day; default today.")
        .query(
            "known_at",
            "As known at this position or RFC 3339 instant; default now.",
        )
        .query(
            "boundaries",
            "`recorded`, `now`, or a day; default `recorded`.",
        )
        .word(
            "numerator",
            &["gross", "net_of_advances"],
            "Whether advances outstanding count.",
        )
        .word(
            "certainty",
            &["confirmed", "with_estimates"],
            "Whether estimates count.",
        )
        .word(
            "money",
            &["all", "plan_year"],
            "Whether money of earlier years counts.",
        )
        .word(
            "denominator",
            &["total", "assigned", "assigned_and_local", "detailed"],
            "Over what the rate is taken.",
        )
}

async fn read_rates(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[FILTERS, &["by"], CLOCKS_AND_BASIS, &["format"]])?;
    let format = parameters.word("format", FORMATS, |word| match word {
        "json" => Some(JSON),
        "csv" => Some(CSV),
        _ => None,
    })?;
    let format = format.map_or_else(|| negotiate(&headers, &[JSON, CSV]), Ok)?;
    let asked = asked(&ledger, &parameters).await?;
    let (by, known) = (asked.question.by.clone(), asked.question.as_of.known);
    let answered = compute(&ledger, asked).await?;
    if format == CSV {
        return Ok(as_csv(csv::write(&answered, &columns(&by)), known));
    }
    Ok(varying(at(
        answer(StatusCode::OK, JSON, body::json(&answered)),
        known,
    )))
}

fn as_csv(written: String, known: Position) -> Response<Body> {
    let mut response = answer(
        StatusCode::OK,
        "text/csv; charset=utf-8; header=present",
        written,
    );
    let name = HeaderValue::from_static("attachment; filename=\"rates.csv\"");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    varying(at(response, known))
}

/// The columns that rows are grouped by: a code is followed by its name.
fn columns(by: &[Dimension]) -> Vec<&'static str> {
    let column = |dimension: &Dimension| match dimension {
        Dimension::Programme => vec!["programme", "programme_name"],
        Dimension::Province => vec!["province", "province_name"],
        Dimension::Year
        | Dimension::Source
        | Dimension::Type
        | Dimension::Project
        | Dimension::Commune
        | Dimension::Vintage => vec![dimension.as_str()],
    };
    by.iter().flat_map(column).collect()
}
