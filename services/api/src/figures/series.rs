//! The curve as JSON: points in the order of their days.

use events::basis::Basis;
use events::money::Money;
use events::statement::Scope;
use events::time::EffectiveOn;
use ledger::Ledger;
use projections::Rate;
use projections::series::{Point, Step, TooMany, begin, days, series};
use serde::Serialize;

use crate::error::ApiError;
use crate::figures::answer::KnownAt;
use crate::figures::question::{Asked, named};
use crate::query::Parameters;
use crate::state::look;

/// The days that a curve is asked for.
pub(crate) struct Range {
    step: Step,
    from: EffectiveOn,
    to: EffectiveOn,
    days: Vec<EffectiveOn>,
}

/// The answer to a question about a curve.
#[derive(Serialize)]
pub(crate) struct SeriesAnswer {
    from: EffectiveOn,
    to: EffectiveOn,
    step: &'static str,
    known_at: KnownAt,
    basis: Basis,
    boundaries: String,
    points: Vec<PointRow>,
}

/// A point of the curve.
#[derive(Serialize)]
struct PointRow {
    date: EffectiveOn,
    plan: Option<Money>,
    target: Option<String>,
    committed: Money,
    disbursed: Money,
    rate: Option<String>,
    last_year_rate: Option<String>,
}

impl Range {
    /// The days that `parameters` ask for.
    pub(crate) fn of(
        parameters: &Parameters,
        scope: &Scope,
        today: EffectiveOn,
    ) -> Result<Self, ApiError> {
        let step = parameters.word("step", &Step::KNOWN, Step::find)?;
        let step = step.unwrap_or_default();
        let to = parameters.day("to")?.unwrap_or(today);
        let from = parameters.day("from")?;
        let from = from.unwrap_or_else(|| begin(scope, to));
        let refused = |why: String| ApiError::parameter("from", why);
        if from > to {
            return Err(refused(format!(
                "'from' is {from}, which is after 'to', {to}"
            )));
        }
        let days = days(step, from, to).map_err(|TooMany| {
            refused(format!(
                "by {} from {from} to {to} are more than {} points: ask for a later 'from' or a \
                 longer 'step'",
                step.as_str(),
                TooMany::MOST
            ))
        })?;
        Ok(Self {
            step,
            from,
            to,
            days,
        })
    }
}

/// Draws the curve of what was asked, off the threads that serve others.
pub(crate) async fn drawn(
    ledger: &Ledger,
    asked: Asked,
    range: Range,
) -> Result<SeriesAnswer, ApiError> {
    look(ledger, move |figures| {
        let points = series(figures, &asked.question, &range.days);
        SeriesAnswer::of(asked, &range, points)
    })
    .await
}

impl SeriesAnswer {
    fn of(asked: Asked, range: &Range, points: Vec<Point>) -> Self {
        let Asked {
            question,
            recorded_at,
        } = asked;
        Self {
            from: range.from,
            to: range.to,
            step: range.step.as_str(),
            known_at: KnownAt::of(question.as_of.known, recorded_at),
            basis: question.basis,
            boundaries: named(question.boundaries),
            points: points.into_iter().map(PointRow::of).collect(),
        }
    }
}

impl PointRow {
    fn of(point: Point) -> Self {
        let shown = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
        Self {
            date: point.date,
            plan: point.plan,
            target: shown(point.target),
            committed: point.committed,
            disbursed: point.disbursed,
            rate: shown(point.rate),
            last_year_rate: shown(point.last_year_rate),
        }
    }
}
