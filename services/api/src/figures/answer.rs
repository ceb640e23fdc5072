//! Figures as JSON: rows, their total, and what was published beside them.

use events::basis::Basis;
use events::log::Position;
use events::money::Money;
use events::record::Entry;
use events::statement::{Measure, Statement};
use events::time::{EffectiveOn, RecordedAt};
use ledger::Ledger;
use projections::rates::{Group, Rates, Value as Dimensioned, rates};
use projections::row::{GivenInKind, Row};
use projections::statements::{Compared, statements};
use projections::{Dimension, Question, Rate, Status};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::figures::question::{Asked, named};
use crate::problem::Members;
use crate::state::look;

/// The answer to a question about rates.
#[derive(Serialize)]
pub(crate) struct RatesAnswer {
    pub(crate) as_of: EffectiveOn,
    pub(crate) known_at: KnownAt,
    pub(crate) basis: Basis,
    pub(crate) boundaries: String,
    overlap: bool,
    pub(crate) rows: Vec<RatesRow>,
    pub(crate) total: Figures,
    statements: Vec<Published>,
}

/// A position and when its event was recorded.
#[derive(Serialize)]
pub(crate) struct KnownAt {
    pub(crate) position: u64,
    recorded_at: Option<String>,
}

/// A row with what it is grouped by.
#[derive(Serialize)]
pub(crate) struct RatesRow {
    #[serde(flatten)]
    pub(crate) dimensions: Members,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// The figures of a row.
#[derive(Serialize)]
pub(crate) struct Figures {
    pub(crate) plan: Option<Money>,
    pub(crate) assigned: Money,
    pub(crate) local_increase: Money,
    pub(crate) carried_in: Money,
    pub(crate) reallocated: Money,
    pub(crate) recalled: Money,
    pub(crate) carried_out: Money,
    pub(crate) in_transit: Money,
    pub(crate) remaining: Option<Money>,
    pub(crate) detailed: Money,
    pub(crate) committed: Money,
    pub(crate) disbursed: Money,
    pub(crate) advances_outstanding: Money,
    pub(crate) estimated: Money,
    pub(crate) numerator: Money,
    pub(crate) denominator: Option<Money>,
    pub(crate) rate: Option<String>,
    pub(crate) commitment_rate: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) behind_by: Option<String>,
    status: Option<&'static str>,
    pub(crate) in_kind: Vec<InKindRow>,
}

/// What was given in kind.
#[derive(Serialize)]
pub(crate) struct InKindRow {
    pub(crate) kind: &'static str,
    pub(crate) quantity: String,
    pub(crate) amount: Money,
}

/// A published figure beside the computed one.
#[derive(Serialize)]
struct Published {
    position: u64,
    #[serde(flatten)]
    entry: Entry,
    #[serde(flatten)]
    statement: Statement,
    stated: String,
    computed: Option<String>,
    gap: Option<String>,
}

/// Computes what was asked, off the threads that serve others.
pub(crate) async fn compute(ledger: &Ledger, asked: Asked) -> Result<RatesAnswer, ApiError> {
    look(ledger, |figures| {
        let rates = rates(figures, &asked.question);
        let compared = statements(figures, &asked.question);
        RatesAnswer::of(asked, rates, compared)
    })
    .await
}

impl KnownAt {
    pub(crate) fn of(position: Position, recorded_at: Option<RecordedAt>) -> Self {
        Self {
            position: position.0,
            recorded_at: recorded_at.map(|instant| instant.to_string()),
        }
    }
}

/// A figure as text: whole đồng, or a fraction with six places.
pub(crate) fn shown(measure: Measure, figure: Decimal) -> String {
    if measure.is_rate() {
        format!("{figure:.6}")
    } else {
        figure.normalize().to_string()
    }
}

impl RatesAnswer {
    fn of(asked: Asked, rates: Rates, compared: Vec<Compared>) -> Self {
        let Question {
            by,
            as_of,
            boundaries,
            basis,
            ..
        } = asked.question;
        let row = |group: Group| RatesRow {
            dimensions: dimensions(&by, &group),
            figures: Figures::of(group.row),
        };
        Self {
            as_of: as_of.effective,
            known_at: KnownAt::of(as_of.known, asked.recorded_at),
            basis,
            boundaries: named(boundaries),
            overlap: rates.overlap,
            rows: rates.groups.into_iter().map(row).collect(),
            total: Figures::of(rates.total),
            statements: compared.into_iter().map(Published::of).collect(),
        }
    }
}

/// The values of a group under their names; a code is followed by its name.
pub(crate) fn dimensions(by: &[Dimension], group: &Group) -> Members {
    let mut members = Vec::with_capacity(by.len() + 2);
    for (dimension, value) in by.iter().zip(&group.values) {
        let value = match value {
            Dimensioned::None => Value::Null,
            Dimensioned::Number(number) => Value::from(*number),
            Dimensioned::Text(text) => Value::from(text.as_str()),
        };
        members.push((dimension.as_str().to_owned(), value));
        let name = match dimension {
            Dimension::Programme => Some(("programme_name", &group.programme_name)),
            Dimension::Province => Some(("province_name", &group.province_name)),
            Dimension::Year
            | Dimension::Source
            | Dimension::Type
            | Dimension::Project
            | Dimension::Commune
            | Dimension::Vintage => None,
        };
        members.extend(name.map(|(key, name)| (key.to_owned(), Value::from(name.clone()))));
    }
    Members(members)
}

impl Figures {
    pub(crate) fn of(row: Row) -> Self {
        let shown = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
        let in_kind = |given: GivenInKind| InKindRow {
            kind: given.kind.as_str(),
            quantity: given.quantity.to_string(),
            amount: given.amount,
        };
        Self {
            plan: row.plan,
            assigned: row.assigned,
            local_increase: row.local_increase,
            carried_in: row.carried_in,
            reallocated: row.reallocated,
            recalled: row.recalled,
            carried_out: row.carried_out,
            in_transit: row.in_transit,
            remaining: row.remaining,
            detailed: row.detailed,
            committed: row.committed,
            disbursed: row.disbursed,
            advances_outstanding: row.advances_outstanding,
            estimated: row.estimated,
            numerator: row.numerator,
            denominator: row.denominator,
            rate: shown(row.rate),
            commitment_rate: shown(row.commitment_rate),
            target: shown(row.target),
            behind_by: shown(row.behind_by),
            status: row.status.map(Status::as_str),
            in_kind: row.in_kind.into_iter().map(in_kind).collect(),
        }
    }
}

impl Published {
    fn of(compared: Compared) -> Self {
        let Compared {
            position,
            event,
            computed,
            gap,
        } = compared;
        let shown = |number: Decimal| shown(event.statement.measure, number);
        Self {
            position: position.0,
            stated: shown(event.statement.value),
            computed: computed.map(shown),
            gap: gap.map(shown),
            entry: event.entry,
            statement: event.statement,
        }
    }
}
