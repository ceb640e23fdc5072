//! The shapes of how scopes stand.

use events::alert::TargetFrom;
use projections::Status;
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
            ("boundaries", to("Day")),
            ("policy", or_null(to("Policy"))),
            ("years", list(number())),
            ("scopes", list(to("ScopeStanding"))),
        ])
    })
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
