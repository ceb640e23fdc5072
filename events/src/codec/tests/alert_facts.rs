//! The golden facts of policies and alerts.

use super::*;
use crate::alert::{
    Abandoned, AlertBody, AlertEvent, AlertLevel, Delivered, DueThen, Ended, EndpointName,
    Evidence, Judged, Requested, Resolved, Silenced, TargetFrom,
};
use crate::basis::Basis;
use crate::log::{Position, Revision};
use crate::money::{Fraction, Money};
use crate::names::CapitalSource;
use crate::policy::{AlertPolicy, PolicyEvent};

/// The alert that golden facts are of.
pub(super) const ALERT: &str = "behind_plan.NTM.10.2024";

fn fraction(text: &str) -> Fraction {
    Fraction(text.parse().unwrap())
}

/// How a scope stood, of which all is known.
fn known() -> Evidence {
    Evidence {
        known_at: Position(812),
        boundaries: day("2024-10-01"),
        basis: Basis::default(),
        source: CapitalSource::STATE_BUDGET.into(),
        plan: Money::dong(431_000_000_000),
        disbursed: Money::dong(86_200_000_000),
        rate: Some(fraction("0.2")),
        due: Some(DueThen {
            target: fraction("0.41"),
            target_from: TargetFrom::National,
            behind_by: fraction("0.21"),
            gap: Money::dong(90_510_000_000),
        }),
        paid_30_days: Money::dong(-1),
        days_since_payment: Some(61),
        detail_missing: Money::dong(400_000_000_000),
        advances_overdue: Money::dong(7),
    }
}

/// How a scope stood, of which little is known.
fn unknown() -> Evidence {
    Evidence {
        plan: Money::ZERO,
        disbursed: Money::ZERO,
        rate: None,
        due: None,
        paid_30_days: Money::ZERO,
        days_since_payment: None,
        detail_missing: Money::ZERO,
        advances_overdue: Money::ZERO,
        ..known()
    }
}

pub(super) fn alerts() -> Vec<(&'static str, Event)> {
    let event = |body| {
        let entry = bare("alert", "2024-10-01");
        Event::Alert(AlertEvent { entry, body })
    };
    let judged = |level, evidence| Judged { level, evidence };
    let endpoint = EndpointName::parse("finance-office").unwrap();
    let of = Revision(2);
    let delivery = "be6ca7c8-ed9e-5b94-b576-fc3fe5c30ae2".parse().unwrap();
    let (critical, watch) = (AlertLevel::Critical, AlertLevel::Watch);
    let resolved = |why, evidence| AlertBody::Resolved(Resolved { why, evidence });
    let delivered = Delivered {
        endpoint: endpoint.clone(),
        of,
        delivery,
        attempts: 3,
    };
    let abandoned = Abandoned {
        endpoint: endpoint.clone(),
        of,
        delivery,
        attempts: 20,
        why: text("the endpoint answered 500"),
    };
    let silenced = Silenced {
        until: day("2024-10-31"),
    };
    let acknowledged = AlertEvent {
        entry: rich("acknowledged", "2024-10-02"),
        body: AlertBody::Acknowledged,
    };
    vec![
        (
            "alert.raised.v1",
            event(AlertBody::Raised(judged(critical, known()))),
        ),
        (
            "alert.raised.v1.minimal",
            event(AlertBody::Raised(judged(watch, unknown()))),
        ),
        (
            "alert.updated.v1",
            event(AlertBody::Updated(judged(watch, known()))),
        ),
        (
            "alert.resolved.v1",
            event(resolved(Ended::Recovered, Some(known()))),
        ),
        (
            "alert.resolved.v1.minimal",
            event(resolved(Ended::Gone, None)),
        ),
        ("alert.acknowledged.v1", Event::Alert(acknowledged)),
        ("alert.silenced.v1", event(AlertBody::Silenced(silenced))),
        ("alert.delivered.v1", event(AlertBody::Delivered(delivered))),
        (
            "alert.delivery_abandoned.v1",
            event(AlertBody::Abandoned(abandoned)),
        ),
        (
            "alert.delivery_requested.v1",
            event(AlertBody::Requested(Requested { endpoint, of })),
        ),
    ]
}

pub(super) fn policies() -> Vec<(&'static str, Event)> {
    let policy = PolicyEvent {
        entry: rich("CS-1", "2024-01-01"),
        policy: AlertPolicy::default(),
    };
    vec![("policy.alerts_set.v1", Event::Policy(policy))]
}
