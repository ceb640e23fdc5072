//! Rates, as JSON or a table.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use projections::Dimension;
use reports::answers;
use serde_json::Value;

use crate::error::ApiError;
use crate::figures::answer::compute;
use crate::figures::question::{BASIS, CLOCKS, FILTERS, asked};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::formats::{FORM, Format, narrowing, with_formats};
use crate::routes::tagged::tagged;
use crate::state::Ready;

pub(crate) fn router() -> Routes {
    let rates = with_filters(Operation::new("read_rates", "Rates by any dimensions"));
    let rates = grouped(with_basis(with_clocks(rates)));
    let meaning = "The rows, their total, and figures published beside them.";
    let rates = with_formats(rates, meaning, "Rates");
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
    parameters.only(&[FILTERS, &["by"], CLOCKS, BASIS, FORM])?;
    let format = Format::of(&parameters, &headers)?;
    let asked = asked(&ledger, &parameters).await?;
    let (by, known) = (names(&asked.question.by), asked.question.as_of.known);
    let answered = compute(&ledger, asked).await?;
    let narrow = narrowing(&parameters);
    let table = move |answer: &Value| narrow(answers::rates(answer, &by));
    let written = format.write(answered, table).await?;
    Ok(tagged(written, known))
}

/// Dimensions as they are asked for.
pub(crate) fn names(by: &[Dimension]) -> Vec<&'static str> {
    by.iter().map(|dimension| dimension.as_str()).collect()
}
