//! Alerts: which there are, what one came to, and what people do about it.
//!
//! A silence ends with a day, so these answers hold for today and are never kept.

mod answer;
mod asked;
mod backtest;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, Response, StatusCode};
use events::alert::{AlertId, AlertRule};
use events::log::Position;
use ledger::Ledger;
use projections::alerts::{AlertState, AlertView};
use serde::Serialize;

use crate::body::{self, JSON, negotiate};
use crate::error::ApiError;
use crate::figures::scopes::{SCOPES, Scopes, with_scopes};
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::events::Event;
use crate::routes::{answer as answered, at};
use crate::state::{Ready, apart};
use answer::AlertAnswer;

pub(crate) fn router() -> Routes {
    let list = Operation::new(
        "list_alerts",
        "Alerts, by rule, programme, province and year",
    )
    .detail(
        "An alert is known by its rule and scope, however often it is raised. Its figures are \
             those of the day and the position it was last told at (`as_of`, `known_at`): it is \
             told when it is raised, when its level changes and when it is resolved.",
    )
    .query(
        "state",
        "Of these states: open, acknowledged, silenced, resolved; default all but resolved.",
    );
    let list = with_alerts(list).json("The alerts.", "Alerts");
    let one = Operation::new(
        "read_alert",
        "One alert, and the events of its last episode",
    )
    .parameter("path", "id", "Its id, like `behind_plan.NTM.10.2024`.")
    .json("The alert.", "AlertWithEvents");
    Routes::default()
        .get("/v1/alerts", list_alerts, list)
        .get("/v1/alerts/{id}", read_alert, one)
        .and(asked::router())
        .and(backtest::router())
}

/// Which alerts are asked about.
#[derive(Clone, Debug)]
struct Which {
    rule: BTreeSet<AlertRule>,
    scopes: Scopes,
}

impl Which {
    fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            rule: parameters.words("rule", AlertRule::KNOWN, AlertRule::find)?,
            scopes: Scopes::of(parameters)?,
        })
    }

    fn lets(&self, id: AlertId) -> bool {
        let rule = self.rule.is_empty() || self.rule.contains(&id.rule);
        rule && self.scopes.lets(id.scope)
    }
}

/// Tells of the parameters that narrow alerts.
fn with_alerts(operation: Operation) -> Operation {
    with_scopes(operation.query(
        "rule",
        "Of these rules: behind_plan, stalled, advances_overdue, detail_incomplete, \
         plan_unassigned; default all.",
    ))
}

#[derive(Serialize)]
struct Listed {
    position: Position,
    alerts: Vec<AlertAnswer>,
}

/// An alert with its events as they are stored.
#[derive(Serialize)]
struct WithEvents {
    #[serde(flatten)]
    alert: AlertAnswer,
    events: Vec<Event>,
}

async fn list_alerts(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[&["state", "rule"], SCOPES])?;
    negotiate(&headers, &[JSON])?;
    let mut states = parameters.words("state", &AlertState::KNOWN, AlertState::find)?;
    if states.is_empty() {
        states = open_states();
    }
    let which = Which::of(&parameters)?;
    let (position, alerts) = find(&ledger, states, move |id| which.lets(id)).await?;
    let listed = body::json(&Listed { position, alerts });
    Ok(at(answered(StatusCode::OK, JSON, listed), position))
}

/// Those of an alert that goes on.
fn open_states() -> BTreeSet<AlertState> {
    [
        AlertState::Open,
        AlertState::Acknowledged,
        AlertState::Silenced,
    ]
    .into()
}

/// The alerts in these states that `lets` lets through, and up to where the log is known.
async fn find(
    ledger: &Ledger,
    states: BTreeSet<AlertState>,
    lets: impl Fn(AlertId) -> bool + Send + 'static,
) -> Result<(Position, Vec<AlertAnswer>), ApiError> {
    apart(ledger, move |ledger| {
        let today = ledger.today();
        let counts = |id: AlertId, view: &AlertView| {
            lets(id) && view.state(today).is_some_and(|it| states.contains(&it))
        };
        let position = ledger.applied();
        let alerts: Vec<_> = ledger.alerts(|alerts| {
            let views = alerts.list().iter();
            let counting = views.filter(|(id, view)| counts(**id, view));
            let alert = |(id, view): (&AlertId, &AlertView)| AlertAnswer::of(*id, view, today);
            counting.filter_map(alert).collect()
        });
        let named = ledger.figures(|figures| {
            let alerts = alerts.into_iter();
            alerts.map(|alert| alert.named(figures)).collect()
        });
        (position, named)
    })
    .await
}

async fn read_alert(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[])?;
    negotiate(&headers, &[JSON])?;
    one(&ledger, alert_id(path)?).await
}

/// The alert that a path names.
fn alert_id(path: Result<Path<String>, PathRejection>) -> Result<AlertId, ApiError> {
    let Path(text) = path.map_err(|_| ApiError::Encoding)?;
    AlertId::find(&text).ok_or_else(|| {
        ApiError::NotFound(format!(
            "'{text}' is not the id of an alert, like behind_plan.NTM.10.2024"
        ))
    })
}

/// The alert `id` with the events of its last episode.
async fn one(ledger: &Ledger, id: AlertId) -> Result<Response<Body>, ApiError> {
    let position = ledger.applied();
    let found = apart(ledger, move |ledger| {
        let today = ledger.today();
        let (alert, told) = ledger.alerts(|alerts| {
            let view = alerts.find(id)?;
            let told: Vec<Position> = view.episode().map(|told| told.position).collect();
            Some((AlertAnswer::of(id, view, today)?, told))
        })?;
        Some((ledger.figures(|figures| alert.named(figures)), told))
    });
    let (alert, told) = found.await?.ok_or_else(|| never(id))?;
    let mut events = Vec::with_capacity(told.len());
    for position in told {
        let event = ledger.event_at(position).await?.ok_or_else(|| {
            tracing::error!(%position, "the log has no event that an alert is made of");
            ApiError::Panicked
        })?;
        events.push(Event::of(event));
    }
    let with_events = body::json(&WithEvents { alert, events });
    Ok(at(answered(StatusCode::OK, JSON, with_events), position))
}

fn never(id: AlertId) -> ApiError {
    ApiError::NotFound(format!("the alert {id} was never raised"))
}
