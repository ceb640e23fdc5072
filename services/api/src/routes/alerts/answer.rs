//! Alerts as JSON: what each is about, what it is doing today, and what it stands on.

use std::collections::{BTreeMap, BTreeSet};

use events::alert::{
    AlertBody, AlertId, AlertLevel, AlertRule, Ended, Evidence, Outcome, TargetFrom,
};
use events::basis::Basis;
use events::log::Position;
use events::money::{Fraction, Money};
use events::names::{CapitalSource, ProgrammeCode, ProvinceCode};
use events::register::UnitKind;
use events::time::{BudgetYear, EffectiveOn};
use projections::Figures;
use projections::alerts::AlertView;
use serde::Serialize;
use uuid::Uuid;

/// An alert.
#[derive(Serialize)]
pub(crate) struct AlertAnswer {
    id: String,
    pub(crate) rule: AlertRule,
    pub(crate) level: AlertLevel,
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) scope: NamedScope,
    pub(crate) raised: Raised,
    resolved: Option<Over>,
    acknowledged: bool,
    pub(crate) silenced_until: Option<EffectiveOn>,
    /// The day of the figures that follow.
    as_of: EffectiveOn,
    #[serde(flatten)]
    pub(crate) figures: Figured,
    deliveries: Vec<Told>,
}

/// A scope, and what its units are called on the day of the figures.
#[derive(Serialize)]
pub(crate) struct NamedScope {
    pub(crate) programme: ProgrammeCode,
    pub(crate) programme_name: String,
    pub(crate) province: Option<ProvinceCode>,
    pub(crate) province_name: Option<String>,
    pub(crate) year: BudgetYear,
}

#[derive(Serialize)]
pub(crate) struct Raised {
    position: Position,
    pub(crate) on: EffectiveOn,
}

#[derive(Serialize)]
struct Over {
    on: EffectiveOn,
    why: Ended,
}

/// The evidence of the last judgement that was kept.
#[derive(Serialize)]
pub(crate) struct Figured {
    known_at: Position,
    basis: Basis,
    source: BTreeSet<CapitalSource>,
    boundaries: EffectiveOn,
    plan: Money,
    disbursed: Money,
    rate: Option<String>,
    target: Option<String>,
    target_from: Option<TargetFrom>,
    behind_by: Option<String>,
    gap: Option<Money>,
    paid_30_days: Money,
    days_since_payment: Option<u32>,
    detail_missing: Money,
    advances_overdue: Money,
}

/// What came of telling somebody of one of its events.
#[derive(Serialize)]
struct Told {
    endpoint: String,
    /// The revision of the event in the alert's stream.
    event: u64,
    outcome: &'static str,
    delivery: Uuid,
}

impl AlertAnswer {
    /// The alert `id` as it is on `today`; `None` where it was never raised.
    pub(crate) fn of(id: AlertId, view: &AlertView, today: EffectiveOn) -> Option<Self> {
        let (state, episode) = (view.state(today)?, view.alert.episode()?);
        let raised = view.episode().next()?;
        let mut last = view.episode().rev();
        let (as_of, evidence) = last.find_map(|told| {
            let entry = &told.event.entry;
            Some((entry.effective_on, told.event.body.evidence()?))
        })?;
        let ended = episode.ended;
        Some(Self {
            id: id.to_string(),
            rule: id.rule,
            level: episode.level,
            state: state.as_str(),
            scope: NamedScope::unnamed(id),
            raised: Raised {
                position: raised.position,
                on: episode.raised_on,
            },
            resolved: ended.map(|(why, on)| Over { on, why }),
            acknowledged: episode.acknowledged,
            silenced_until: episode.silenced_until,
            as_of,
            figures: Figured::of(evidence),
            deliveries: deliveries(view),
        })
    }

    /// The alert, with the names of its units.
    #[must_use]
    pub(crate) fn named(mut self, figures: &Figures) -> Self {
        let (registers, day) = (figures.registers(), self.figures.boundaries);
        let name = |kind, code| registers.of(kind).name(code, day);
        let scope = &mut self.scope;
        scope.programme_name = name(UnitKind::Programme, scope.programme.into());
        let province = |code: ProvinceCode| name(UnitKind::Province, code.into());
        scope.province_name = scope.province.map(province);
        self
    }
}

impl NamedScope {
    fn unnamed(id: AlertId) -> Self {
        let scope = id.scope;
        Self {
            programme: scope.programme,
            programme_name: String::new(),
            province: scope.province,
            province_name: None,
            year: scope.year,
        }
    }
}

impl Figured {
    fn of(evidence: &Evidence) -> Self {
        let due = evidence.due.as_ref();
        Self {
            known_at: evidence.known_at,
            basis: evidence.basis,
            source: evidence.source.clone(),
            boundaries: evidence.boundaries,
            plan: evidence.plan,
            disbursed: evidence.disbursed,
            rate: evidence.rate.as_ref().map(shown),
            target: due.map(|due| shown(&due.target)),
            target_from: due.map(|due| due.target_from),
            behind_by: due.map(|due| shown(&due.behind_by)),
            gap: due.map(|due| due.gap),
            paid_30_days: evidence.paid_30_days,
            days_since_payment: evidence.days_since_payment,
            detail_missing: evidence.detail_missing,
            advances_overdue: evidence.advances_overdue,
        }
    }
}

/// A kept share as rates are written.
pub(crate) fn shown(fraction: &Fraction) -> String {
    format!("{:.6}", fraction.0)
}

/// What came of telling others, of this episode and the one before, under the ids that the log
/// keeps. What is asked for again was given up before, and has its id from then.
fn deliveries(view: &AlertView) -> Vec<Told> {
    let kept = view.told.iter().filter_map(|told| match &told.event.body {
        AlertBody::Delivered(it) => Some(((it.of, &it.endpoint), it.delivery)),
        AlertBody::Abandoned(it) => Some(((it.of, &it.endpoint), it.delivery)),
        AlertBody::Raised(_)
        | AlertBody::Updated(_)
        | AlertBody::Resolved(_)
        | AlertBody::Acknowledged
        | AlertBody::Silenced(_)
        | AlertBody::Requested(_) => None,
    });
    let kept: BTreeMap<_, _> = kept.collect();
    let mut deliveries = Vec::new();
    for (revision, telling) in view.alert.tellings() {
        for (endpoint, outcome) in &telling.outcomes {
            let Some(delivery) = kept.get(&(*revision, endpoint)) else {
                continue;
            };
            deliveries.push(Told {
                endpoint: endpoint.to_string(),
                event: revision.0,
                outcome: match outcome {
                    Outcome::Delivered => "delivered",
                    Outcome::Abandoned => "abandoned",
                    Outcome::Requested => "requested",
                },
                delivery: *delivery,
            });
        }
    }
    deliveries
}
