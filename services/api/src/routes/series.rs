//! The curve: the same figures on one day after the other, as JSON or
//! a table.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use projections::series::Step;
use reports::answers;
use serde_json::Value;

use crate::error::ApiError;
use crate::figures::question::{BASIS, FILTERS, asked};
use crate::figures::series::{Range, drawn};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::formats::{FORM, Format, narrowing, with_formats};
use crate::routes::rates::{with_basis, with_filters};
use crate::routes::tagged::tagged;
use crate::state::Ready;

pub(crate) fn router() -> Routes {
    let series = Operation::new("read_series", "The cumulative curve")
        .detail(
            "A point on the last day of every period, and on `to`; 1,200 at most. The rate of last \
             year is that of the budget years before those asked, a year before the point's day.",
        )
        .word("step", &Step::KNOWN, "How far apart the points lie.")
        .query(
            "from",
            "The day on which the first period begins; default 1 January of the earliest year \
             asked, or else of the year of `to`.",
        )
        .query("to", "The day of the last point; default today.")
        .query(
            "known_at",
            "As known at this position or RFC 3339 instant; default now.",
        );
    let series = with_formats(with_basis(with_filters(series)), "The points.", "Series");
    Routes::default().get("/v1/series", read_series, series)
}

async fn read_series(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let own = &["step", "from", "to", "known_at"];
    parameters.only(&[own, FILTERS, BASIS, FORM])?;
    let format = Format::of(&parameters, &headers)?;
    let asked = asked(&ledger, &parameters).await?;
    let range = Range::of(&parameters, &asked.question.scope, ledger.today())?;
    let known = asked.question.as_of.known;
    let answered = drawn(&ledger, asked, range).await?;
    let narrow = narrowing(&parameters);
    let table = move |answer: &Value| narrow(answers::series(answer));
    let written = format.write(answered, table).await?;
    Ok(tagged(written, known))
}
