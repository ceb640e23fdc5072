//! The same question as known at two positions, and the events between that moved its rows.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use events::basis::Basis;
use events::log::Position;
use events::time::EffectiveOn;
use ledger::Ledger;
use projections::Dimension;
use projections::compare::{Changed, Comparison, TooManyEvents, compare};
use reports::answers;
use serde::Serialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::figures::answer::{Figures, KnownAt, dimensions};
use crate::figures::question::{Asked, BASIS, FILTERS, asked_at, known_at, named};
use crate::openapi::{Operation, Routes};
use crate::problem::Members;
use crate::query::Parameters;
use crate::routes::formats::{FORM, Format, narrowing, with_formats};
use crate::routes::rates::{grouped, names, with_basis, with_filters};
use crate::routes::tagged::tagged;
use crate::state::{Ready, look};

pub(crate) fn router() -> Routes {
    let compare = Operation::new("compare_rates", "Rates before and after")
        .query(
            "from",
            "As known before: at this position or RFC 3339 instant.",
        )
        .required()
        .query(
            "to",
            "As known after: at this position or RFC 3339 instant; default now.",
        )
        .query("as_of", "Effective on or before this day; default today.")
        .detail(
            "A table tells how many events moved a row, the first and the last; JSON tells all. \
             At most 100,000 events between the two may count.",
        );
    let compare = grouped(with_basis(with_filters(compare)));
    let meaning = "Every row before and after, and the positions of the events that moved it.";
    let compare = with_formats(compare, meaning, "Comparison");
    Routes::default().get("/v1/compare", compare_rates, compare)
}

#[derive(Serialize)]
struct ComparisonAnswer {
    as_of: EffectiveOn,
    from: KnownAt,
    to: KnownAt,
    basis: Basis,
    boundaries: String,
    rows: Vec<ComparedRow>,
    total: ComparedTotal,
}

/// A row with what it is grouped by; null where nothing counted.
#[derive(Serialize)]
struct ComparedRow {
    #[serde(flatten)]
    dimensions: Members,
    before: Option<Figures>,
    after: Option<Figures>,
    events: Vec<u64>,
}

#[derive(Serialize)]
struct ComparedTotal {
    before: Figures,
    after: Figures,
}

async fn compare_rates(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let own = &["from", "to", "as_of", "by"];
    parameters.only(&[own, FILTERS, BASIS, FORM])?;
    let format = Format::of(&parameters, &headers)?;
    let (asked, before) = both(&ledger, &parameters).await?;
    let (by, known) = (names(&asked.question.by), asked.question.as_of.known);
    let compared = look(&ledger, move |figures| {
        let comparison = compare(figures, &asked.question, Position(before.position))?;
        Ok(ComparisonAnswer::of(asked, before, comparison))
    });
    let compared = compared.await?.map_err(|too_many: TooManyEvents| {
        let mended = "name a later 'from', or narrow what counts by filters";
        ApiError::parameter("from", format!("{too_many}: {mended}"))
    })?;
    let narrow = narrowing(&parameters);
    let table = move |answer: &Value| narrow(answers::compare(answer, &by));
    let written = format.write(compared, table).await?;
    Ok(tagged(written, known))
}

/// The question as known after, and the position before.
async fn both(ledger: &Ledger, parameters: &Parameters) -> Result<(Asked, KnownAt), ApiError> {
    parameters.find("from").ok_or(ApiError::MissingParameter {
        name: "from",
        why: "it is the position or RFC 3339 instant to compare with",
        known: Vec::new(),
    })?;
    // What is known by default is at least what was waited for here.
    let (before, recorded_at) = known_at(ledger, parameters, "from").await?;
    let asked = asked_at(ledger, parameters, "to").await?;
    let known = asked.question.as_of.known;
    if before > known {
        let why = format!("'from' is position {before}, which is after 'to', position {known}");
        return Err(ApiError::parameter("from", why));
    }
    Ok((asked, KnownAt::of(before, recorded_at)))
}

impl ComparisonAnswer {
    fn of(asked: Asked, from: KnownAt, comparison: Comparison) -> Self {
        let Asked {
            question,
            recorded_at,
        } = asked;
        let row = |changed| ComparedRow::of(&question.by, changed);
        Self {
            as_of: question.as_of.effective,
            from,
            to: KnownAt::of(question.as_of.known, recorded_at),
            basis: question.basis,
            boundaries: named(question.boundaries),
            rows: comparison.groups.into_iter().filter_map(row).collect(),
            total: ComparedTotal {
                before: Figures::of(comparison.before.total),
                after: Figures::of(comparison.after.total),
            },
        }
    }
}

impl ComparedRow {
    /// The row of a group, named as it is known last; none for one that no answer has.
    fn of(by: &[Dimension], changed: Changed) -> Option<Self> {
        let Changed {
            before,
            after,
            moved_by,
            ..
        } = changed;
        let dimensions = dimensions(by, after.as_ref().or(before.as_ref())?);
        Some(Self {
            dimensions,
            before: before.map(|group| Figures::of(group.row)),
            after: after.map(|group| Figures::of(group.row)),
            events: moved_by.into_iter().map(|position| position.0).collect(),
        })
    }
}
