//! Rates, as JSON or CSV.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use projections::Dimension;

use crate::body::{self, CSV, JSON, negotiate};
use crate::error::ApiError;
use crate::figures::answer::compute;
use crate::figures::csv;
use crate::figures::question::{BASIS, CLOCKS, FILTERS, asked};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::tagged::{Written, tagged, with_tag};
use crate::state::Ready;

/// Formats that `?format=` names.
pub(crate) const FORMATS: &[&str] = &["json", "csv"];

pub(crate) fn router() -> Routes {
    let rates = with_filters(Operation::new("read_rates", "Rates by any dimensions"));
    let rates =
        grouped(with_basis(with_clocks(rates))).word("format", FORMATS, "Overrides Accept.");
    let meaning = "The rows, their total, and figures published beside them.";
    let rates = with_tag(rates, meaning, &[(JSON, "Rates"), (CSV, "text")]);
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

/// The dimensions that rows are grouped by.
pub(crate) fn grouped(operation: Operation) -> Operation {
    operation.query(
        "by",
        "Dimensions to group by, in order: any filter, or `vintage`.",
    )
}

/// The clocks that a question of figures on one day takes.
pub(crate) fn with_clocks(operation: Operation) -> Operation {
    operation
        .query("as_of", "Effective on or before this day; default today.")
        .query(
            "known_at",
            "As known at this position or RFC 3339 instant; default now.",
        )
}

/// The boundaries and the basis that every question of figures takes.
pub(crate) fn with_basis(operation: Operation) -> Operation {
    operation
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
    parameters.only(&[FILTERS, &["by"], CLOCKS, BASIS, &["format"]])?;
    let format = format(&parameters, &headers)?;
    let asked = asked(&ledger, &parameters).await?;
    let (by, known) = (asked.question.by.clone(), asked.question.as_of.known);
    let answered = compute(&ledger, asked).await?;
    let written = if format == CSV {
        let table = csv::write(&answered, &columns(&by));
        Written::Csv(table, "attachment; filename=\"rates.csv\"")
    } else {
        Written::Json(body::json(&answered))
    };
    Ok(tagged(&headers, written, known))
}

/// The media type that `format` names, or else the one that is liked best.
pub(crate) fn format(
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<&'static str, ApiError> {
    let format = parameters.word("format", FORMATS, |word| match word {
        "json" => Some(JSON),
        "csv" => Some(CSV),
        _ => None,
    })?;
    format.map_or_else(|| negotiate(headers, &[JSON, CSV]), Ok)
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
