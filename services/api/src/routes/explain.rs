//! The events behind a figure, and what each adds to it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use events::basis::Basis;
use events::log::Position;
use events::money::Money;
use events::statement::Measure;
use events::time::EffectiveOn;
use ledger::Ledger;
use projections::explain::{Explained, explain};
use projections::rates::total;
use serde::Serialize;

use crate::body::{JSON, negotiate};
use crate::error::ApiError;
use crate::figures::answer::{KnownAt, shown};
use crate::figures::question::{Asked, BASIS, CLOCKS, FILTERS, asked, named, written_out};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::events::Event;
use crate::routes::formats::Written;
use crate::routes::rates::{with_basis, with_clocks, with_filters};
use crate::routes::tagged::{tagged, with_tag};
use crate::state::{Ready, find_position, look};

const LIMIT: usize = 100;

pub(crate) fn router() -> Routes {
    let explain = Operation::new("explain_figure", "The events behind a figure")
        .detail(
            "In log order, each with what it adds. The sums over all pages are the figure; those of \
             a rate are its numerator and denominator. The path of the next page has every default \
             written out, so that all pages tell of the same figure.",
        )
        .word("measure", Measure::KNOWN, "The figure of the total to explain.")
        .required()
        .query("after", "The position to go on after; 0 is the start.")
        .query("limit", "1 to 1,000; default 100.");
    let explain = with_basis(with_clocks(with_filters(explain)));
    let meaning = "The figure, a page of events, and the path of the next.";
    let explain = with_tag(explain, meaning, &[(JSON, "Explanation")]);
    Routes::default().get("/v1/explain", explain_figure, explain)
}

#[derive(Serialize)]
struct Explanation {
    as_of: EffectiveOn,
    known_at: KnownAt,
    basis: Basis,
    boundaries: String,
    measure: Measure,
    figure: Option<String>,
    events: Vec<Adding>,
    next: Option<String>,
}

/// An event, and what it adds to which measure.
#[derive(Serialize)]
struct Adding {
    #[serde(flatten)]
    event: Event,
    adds: BTreeMap<Measure, Money>,
}

/// A page of the events behind a figure.
struct Page {
    after: Position,
    limit: usize,
}

async fn explain_figure(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let own = &["measure", "after", "limit"];
    parameters.only(&[own, FILTERS, CLOCKS, BASIS])?;
    negotiate(&headers, &[JSON])?;
    let measure = parameters.word("measure", Measure::KNOWN, Measure::find)?;
    let measure = measure.ok_or_else(missing)?;
    let page = Page::of(&parameters)?;
    let asked = asked(&ledger, &parameters).await?;
    let known = asked.question.as_of.known;
    let explanation = explained(&ledger, &parameters, asked, (measure, page)).await?;
    let written = Written::json(&explanation);
    Ok(tagged(written, known))
}

fn missing() -> ApiError {
    let why = "it says which figure to explain";
    let known = Measure::KNOWN.to_vec();
    ApiError::MissingParameter {
        name: "measure",
        why,
        known,
    }
}

impl Page {
    fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        let position =
            |text: &str| find_position(text).ok_or("'after' is a position: a whole number");
        Ok(Self {
            after: parameters.parsed("after", position)?.unwrap_or_default(),
            limit: parameters.limit()?.unwrap_or(LIMIT),
        })
    }
}

async fn explained(
    ledger: &Ledger,
    parameters: &Parameters,
    asked: Asked,
    (measure, page): (Measure, Page),
) -> Result<Explanation, ApiError> {
    let Page { after, limit } = page;
    let Asked {
        question,
        recorded_at,
    } = asked;
    let written = written_out(&question, parameters);
    let (as_of, basis, boundaries) = (question.as_of, question.basis, named(question.boundaries));
    let (figure, (explained, more)) = look(ledger, move |figures| {
        let figure = total(figures, &question).figure(measure);
        (figure, explain(figures, &question, measure, after, limit))
    })
    .await?;
    let last = explained.last().filter(|_| more);
    let next = last.map(|last| {
        let (measure, after) = (measure.as_str(), last.position);
        format!("/v1/explain?measure={measure}&{written}&after={after}&limit={limit}")
    });
    Ok(Explanation {
        as_of: as_of.effective,
        known_at: KnownAt::of(as_of.known, recorded_at),
        basis,
        boundaries,
        measure,
        figure: figure.map(|figure| shown(measure, figure)),
        events: with_events(ledger, explained).await?,
        next,
    })
}

/// What is explained, each beside its event.
async fn with_events(ledger: &Ledger, explained: Vec<Explained>) -> Result<Vec<Adding>, ApiError> {
    let mut adding = Vec::with_capacity(explained.len());
    for Explained { position, adds } in explained {
        let event = ledger.event_at(position).await?.ok_or_else(|| {
            tracing::error!(%position, "the log has no event that the figures count");
            ApiError::Panicked
        })?;
        let event = Event::of(event);
        adding.push(Adding { event, adds });
    }
    Ok(adding)
}
