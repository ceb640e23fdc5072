//! The shapes of how scopes stand, and of their alerts.

use events::alert::{AlertLevel, AlertRule, Ended, TargetFrom};
use projections::Status;
use projections::alerts::AlertState;
use serde_json::{Value, json};

use super::schemas::{list, number, object, or_null, text, to};

pub(super) fn standings() -> Value {
    let policy = object(&[
        ("watch", text()),
        ("behind", text()),
        ("critical", text()),
        ("clear_by", text()),
        ("stalled_days", number()),
        ("advance_days", number()),
    ]);
    json!({
        "Policy": policy,
        "ScopeStanding": standing(),
        "Behind": object(&[
            ("as_of", to("Day")),
            ("known_at", to("KnownAt")),
            ("basis", to("Basis")),
            ("source", list(text())),
            ("boundaries", to("Day")),
            ("policy", or_null(to("Policy"))),
            ("years", list(number())),
            ("scopes", list(to("ScopeStanding"))),
        ])
    })
}

pub(super) fn alerts() -> Value {
    let events = object(&[("events", list(to("Event")))]);
    let note = || json!({"type": "string", "maxLength": 2_000});
    let asked = |required: &[&str], properties: Value| json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties});
    json!({
        "Alert": alert(),
        "Alerts": object(&[("position", number()), ("alerts", list(to("Alert")))]),
        "AlertWithEvents": {
            "description": "The alert, and the events of its last episode as they are stored.",
            "allOf": [to("Alert"), events]
        },
        "Acknowledgement": asked(&[], json!({"note": note()})),
        "Silence": asked(&["until"], json!({"until": to("Day"), "note": note()})),
        "Resending": asked(
            &["endpoint", "event"],
            json!({"endpoint": text(), "event": {"type": "integer", "minimum": 0, "description": "The revision of the event in the alert's stream."}}),
        ),
        "BacktestStep": step(),
        "Backtest": object(&[
            ("from", to("Day")),
            ("to", to("Day")),
            ("known_at", to("KnownAt")),
            ("as_recorded", json!({"type": "boolean"})),
            ("steps", list(to("BacktestStep"))),
        ])
    })
}

fn alert() -> Value {
    let raised = object(&[("position", number()), ("on", to("Day"))]);
    let resolved = object(&[("on", to("Day")), ("why", json!({"enum": Ended::KNOWN}))]);
    let delivery = object(&[
        ("endpoint", text()),
        ("event", number()),
        (
            "outcome",
            json!({"enum": ["delivered", "abandoned", "requested"]}),
        ),
        ("delivery", json!({"type": "string", "format": "uuid"})),
    ]);
    let mut members = vec![
        ("id", text()),
        ("rule", json!({"enum": AlertRule::KNOWN})),
        ("level", json!({"enum": AlertLevel::KNOWN})),
        ("state", json!({"enum": AlertState::KNOWN})),
    ];
    members.extend(scope());
    members.extend([
        ("raised", raised),
        ("resolved", or_null(resolved)),
        ("acknowledged", json!({"type": "boolean"})),
        ("silenced_until", or_null(to("Day"))),
        ("as_of", to("Day")),
        ("known_at", number()),
        ("basis", to("Basis")),
        ("source", list(text())),
        ("boundaries", to("Day")),
        ("plan", to("Money")),
        ("disbursed", to("Money")),
        ("rate", or_null(to("Rate"))),
        ("target", or_null(to("Rate"))),
        ("target_from", word_or_null(TargetFrom::KNOWN)),
        ("behind_by", or_null(to("Rate"))),
        ("gap", or_null(to("Money"))),
        ("paid_30_days", to("Money")),
        ("days_since_payment", json!({"type": ["integer", "null"]})),
        ("detail_missing", to("Money")),
        ("advances_overdue", to("Money")),
        ("deliveries", list(delivery)),
    ]);
    object(&members)
}

fn step() -> Value {
    object(&[
        ("day", to("Day")),
        ("id", text()),
        ("rule", json!({"enum": AlertRule::KNOWN})),
        ("programme", text()),
        ("province", or_null(text())),
        ("year", number()),
        ("change", json!({"enum": ["raised", "updated", "resolved"]})),
        ("level", word_or_null(AlertLevel::KNOWN)),
        ("why", word_or_null(Ended::KNOWN)),
        ("rate", or_null(to("Rate"))),
        ("target", or_null(to("Rate"))),
        ("behind_by", or_null(to("Rate"))),
        ("gap", or_null(to("Money"))),
    ])
}

/// What tells a scope.
pub(super) fn scope() -> Vec<(&'static str, Value)> {
    vec![
        ("programme", text()),
        ("programme_name", text()),
        ("province", or_null(text())),
        ("province_name", or_null(text())),
        ("year", number()),
    ]
}

/// A word of these, or null.
pub(super) fn word_or_null(known: &[&str]) -> Value {
    let words = known.iter().map(|word| Value::from(*word));
    json!({"enum": words.chain([Value::Null]).collect::<Vec<_>>()})
}

fn standing() -> Value {
    let mut members = scope();
    members.extend([
        ("plan", to("Money")),
        ("disbursed", to("Money")),
        ("rate", or_null(to("Rate"))),
        ("target", or_null(to("Rate"))),
        ("target_from", word_or_null(TargetFrom::KNOWN)),
        ("behind_by", or_null(to("Rate"))),
        ("gap", or_null(to("Money"))),
        ("plan_to_date", or_null(to("Money"))),
        ("status", word_or_null(&Status::KNOWN)),
        ("paid_30_days", to("Money")),
        ("to_schedule_30_days", or_null(to("Money"))),
        ("to_finish_30_days", or_null(to("Money"))),
        ("finished_on", or_null(to("Day"))),
        ("days_since_payment", json!({"type": ["integer", "null"]})),
        ("advances_overdue", to("Money")),
        ("detail_missing", to("Money")),
        ("is_unassigned", json!({"type": "boolean"})),
        ("national_rate", or_null(to("Rate"))),
        (
            "rank",
            or_null(object(&[("place", number()), ("of", number())])),
        ),
        ("last_year_rate", or_null(to("Rate"))),
    ]);
    object(&members)
}
