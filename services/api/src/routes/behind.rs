//! How scopes stand beside their schedules, as JSON or a table.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use projections::AsOf;
use projections::behind::{Asked, behind};
use reports::standings;
use serde_json::Value;

use crate::error::ApiError;
use crate::figures::behind::BehindAnswer;
use crate::figures::question::{CLOCKS, known_at};
use crate::figures::scopes::{SCOPES, Scopes, with_scopes};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::formats::{FORM, Format, narrowing, with_formats};
use crate::routes::rates::with_clocks;
use crate::routes::tagged::tagged;
use crate::state::{Ready, look};

pub(crate) fn router() -> Routes {
    let behind = Operation::new("read_behind", "How far scopes are behind their schedules").detail(
        "A scope is a programme in a budget year, in one province or in the whole country \
         (`province` null), by the units of the day asked and on the default basis, for the \
         capital of the state budget (`source`). The budget years are those named, or those that are open on the day. `target_from` tells whether a \
         schedule of its own, that of the whole country or last year's rate is the target; \
         `gap` is the target in đồng less what was disbursed. Sums of 30 days tell the pace: what \
         was paid in the last, and what it takes in the next to be on schedule then, or in each \
         to disburse all by the year's last day. What is recovered of advances is taken to be of \
         the oldest of its line.",
    );
    let behind = with_clocks(with_scopes(behind));
    let meaning = "The scopes, by programme, year and province.";
    let behind = with_formats(behind, meaning, "Behind");
    Routes::default().get("/v1/behind", read_behind, behind)
}

async fn read_behind(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[SCOPES, CLOCKS, FORM])?;
    let format = Format::of(&parameters, &headers)?;
    let scopes = Scopes::of(&parameters)?;
    let effective = parameters.day("as_of")?.unwrap_or(ledger.today());
    let (known, recorded_at) = known_at(&ledger, &parameters, "known_at").await?;
    let answered = look(&ledger, move |figures| {
        let asked = Asked {
            year: scopes.year.clone(),
            ..Asked::all(AsOf { effective, known })
        };
        // Places among others are given before any is left out.
        let mut behind = behind(figures, &asked);
        behind.standings.retain(|it| scopes.lets(it.scope));
        BehindAnswer::of(behind, recorded_at)
    })
    .await?;
    let narrow = narrowing(&parameters);
    let table = move |answer: &Value| narrow(standings::behind(answer));
    let written = format.write(answered, table).await?;
    Ok(tagged(written, known))
}
