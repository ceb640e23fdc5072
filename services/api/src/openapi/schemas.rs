//! The shapes of what comes in and goes out.

use serde_json::{Map, Value, json};

use events::record::RecordKind;
use events::statement::Measure;

use projections::Status;

use super::derived::derived;
use super::standings::{alerts, standings};

/// Every schema, by name.
pub(crate) fn schemas() -> Value {
    let mut schemas = Map::new();
    let parts = [values(), incoming(), recorded(), rates(), lines(), log()];
    for part in parts.into_iter().chain([derived(), standings(), alerts()]) {
        if let Value::Object(part) = part {
            schemas.extend(part);
        }
    }
    Value::Object(schemas)
}

pub(super) fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

pub(super) fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

/// An object with these members, all of them there.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({"type": "object", "required": required, "properties": properties})
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn values() -> Value {
    json!({
        "Money": {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$", "description": "Whole đồng.", "examples": ["1782000000000"]},
        "MoneyIn": {
            "description": "Whole đồng: a string, or an integer below 2^53.",
            "anyOf": [
                {"type": "string", "pattern": "^-?[1-9][0-9]{0,18}$"},
                {"type": "integer", "exclusiveMaximum": 9_007_199_254_740_992_u64, "exclusiveMinimum": -9_007_199_254_740_992_i64}
            ]
        },
        "Rate": {"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{6}$", "description": "A fraction.", "examples": ["0.736668"]},
        "Day": {"type": "string", "format": "date", "description": "A day in Vietnam."},
        "Instant": {"type": "string", "format": "date-time", "description": "UTC, with microseconds."},
        "LineId": {"type": "string", "examples": ["NTM/10/2024/central/investment"]},
        "Names": object(&[("vi", text()), ("en", text())]),
        "Basis": object(&[
            ("numerator", json!({"enum": ["gross", "net_of_advances"]})),
            ("certainty", json!({"enum": ["confirmed", "with_estimates"]})),
            ("money", json!({"enum": ["all", "plan_year"]})),
            ("denominator", json!({"enum": ["total", "assigned", "assigned_and_local", "detailed"]})),
        ]),
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string", "examples": ["/problems/exceeds-commitment"]},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "field": {"type": "string", "description": "The field or parameter to blame."},
                "known": {"type": "array", "description": "What would have been known in its place."},
                "remaining": {"$ref": "#/components/schemas/Money"},
                "position": {"type": "integer", "description": "The last that was acknowledged, where the log may lack it."},
                "current_revision": {"type": ["integer", "null"]}
            }
        },
        "Anything": {"type": "object"}
    })
}

fn incoming() -> Value {
    let mut record = object(&[
        ("record", json!({"enum": RecordKind::KNOWN})),
        (
            "reference",
            json!({"type": "string", "minLength": 1, "maxLength": 128}),
        ),
        ("effective_on", to("Day")),
    ]);
    let told =
        "What a finance department writes. Each kind has fields of its own; no other is read.";
    if let Some(record) = record.as_object_mut() {
        record.insert("description".to_owned(), told.into());
        if let Some(properties) = record.get_mut("properties").and_then(Value::as_object_mut) {
            let of_kinds = of_lines().into_iter().chain(of_others());
            properties.extend(of_kinds.map(|(name, schema)| (name.to_owned(), schema)));
        }
    }
    json!({
        "Record": record,
        "Document": {
            "type": "object",
            "additionalProperties": false,
            "properties": {"number": text(), "issued_on": to("Day"), "authority": text(), "uri": text()}
        }
    })
}

/// Fields of records of a line.
fn of_lines() -> Vec<(&'static str, Value)> {
    let in_kind = object(&[
        (
            "kind",
            json!({"enum": ["labour_days", "land_m2", "materials"]}),
        ),
        ("quantity", json!({"type": ["string", "integer"]})),
        ("unit_price", to("MoneyIn")),
    ]);
    vec![
        ("note", json!({"type": "string", "maxLength": 2_000})),
        ("document", to("Document")),
        ("line", to("LineId")),
        ("amount", to("MoneyIn")),
        ("change", to("MoneyIn")),
        ("reason", text()),
        ("project", text()),
        ("commune", text()),
        ("payee", text()),
        ("allocation", text()),
        ("commitment", text()),
        ("advance", text()),
        (
            "certainty",
            json!({"enum": ["confirmed", "estimated"], "default": "confirmed"}),
        ),
        ("vintage", json!({"type": "integer"})),
        ("in_kind", in_kind),
        (
            "reverses",
            object(&[
                ("record", json!({"enum": RecordKind::KNOWN})),
                ("reference", text()),
            ]),
        ),
        ("until", to("Day")),
        ("to", to("LineId")),
    ]
}

/// Fields of other records, and those that mean another thing by kind.
fn of_others() -> Vec<(&'static str, Value)> {
    let kind = "Of a transfer, a disbursement, a registration or a merger.";
    let basis = [json!({"enum": ["assigned", "local_increase"]}), to("Basis")];
    let basis = json!({"description": "Of an allocation: a word. Of a statement: all four.", "anyOf": basis});
    let from = [to("LineId"), list(text())];
    let from = json!({"description": "Of a transfer: a line. Of a merger: codes.", "anyOf": from});
    vec![
        ("kind", json!({"description": kind, "type": "string"})),
        ("basis", basis),
        ("from", from),
        ("programme", text()),
        ("province", text()),
        ("year", json!({"type": "integer"})),
        ("source", text()),
        ("type", text()),
        (
            "milestones",
            list(object(&[("by", to("Day")), ("rate", text())])),
        ),
        ("scope", json!({"type": "object"})),
        ("as_of", to("Day")),
        ("measure", text()),
        ("value", json!({"type": ["string", "integer"]})),
        (
            "qualifier",
            json!({"enum": ["about", "at_least", "at_most"]}),
        ),
        ("published_on", to("Day")),
        ("publisher", text()),
        ("code", text()),
        ("names", to("Names")),
        ("into", object(&[("code", text()), ("names", to("Names"))])),
        ("watch", share()),
        ("behind", share()),
        ("critical", share()),
        ("clear_by", share()),
        ("stalled_days", days()),
        ("advance_days", days()),
    ]
}

/// A threshold of a policy, which names all of them.
fn share() -> Value {
    json!({"type": ["string", "integer"], "description": "Of a policy: a fraction. It names all six thresholds."})
}

fn days() -> Value {
    json!({"type": "integer", "description": "Of a policy: a number of days. It names all six thresholds."})
}

fn recorded() -> Value {
    let standing = object(&[
        ("plan", to("Money")),
        ("committed", to("Money")),
        ("disbursed", to("Money")),
        ("remaining", to("Money")),
        ("rate", or_null(to("Rate"))),
    ]);
    let mut recorded = object(&[
        ("id", json!({"type": "string", "format": "uuid"})),
        ("position", number()),
        ("stream", text()),
        ("revision", number()),
        ("recorded_at", to("Instant")),
        ("line", or_null(to("Standing"))),
        ("receipt", json!({"type": ["object", "null"]})),
    ]);
    if let Some(properties) = recorded
        .get_mut("properties")
        .and_then(Value::as_object_mut)
    {
        let arrived =
            json!({"type": "integer", "description": "Where a transfer's capital arrived."});
        properties.insert("position_in".to_owned(), arrived);
    }
    json!({
        "Standing": standing,
        "Recorded": recorded,
        "BatchRow": {
            "type": "object",
            "description": "The single answer or the problem of a row. What a dry run would record has no id, position or instant.",
            "required": ["row", "status"],
            "properties": {"row": {"type": "integer", "minimum": 1}, "status": {"type": "integer"}}
        }
    })
}

fn rates() -> Value {
    let sums = Measure::KNOWN
        .iter()
        .filter(|name| !Measure::find(name).is_some_and(Measure::is_rate));
    let mut figures: Vec<(&str, Value)> = sums.map(|name| (*name, to("Money"))).collect();
    for (name, schema) in &mut figures {
        if ["plan", "remaining", "denominator"].contains(name) {
            *schema = or_null(to("Money"));
        }
    }
    figures.push(("rate", or_null(to("Rate"))));
    figures.push(("commitment_rate", or_null(to("Rate"))));
    for name in ["target", "behind_by"] {
        figures.push((name, json!({"type": ["string", "null"]})));
    }
    let status = Status::KNOWN
        .map(Value::from)
        .into_iter()
        .chain([Value::Null]);
    figures.push(("status", json!({"enum": status.collect::<Vec<_>>()})));
    let given = object(&[
        ("kind", text()),
        ("quantity", text()),
        ("amount", to("Money")),
    ]);
    figures.push(("in_kind", list(given)));
    json!({
        "Figures": object(&figures),
        "RatesRow": {"description": "The dimensions asked for, a code followed by its name, then the figures.", "allOf": [to("Figures")]},
        "Stated": {
            "type": "object",
            "description": "A published figure as it was recorded, with the computed one.",
            "required": ["position", "reference", "stated", "computed", "gap"],
            "properties": {"position": number(), "reference": text(), "stated": text(), "computed": or_null(text()), "gap": or_null(text())}
        },
        "Rates": object(&[
            ("as_of", to("Day")),
            ("known_at", to("KnownAt")),
            ("basis", to("Basis")),
            ("boundaries", text()),
            ("overlap", json!({"type": "boolean"})),
            ("rows", list(to("RatesRow"))),
            ("total", to("Figures")),
            ("statements", list(to("Stated"))),
        ])
    })
}

fn lines() -> Value {
    let listed = object(&[
        ("line", to("LineId")),
        ("opened_on", to("Day")),
        ("revision", number()),
        ("plan", to("Money")),
        ("committed", to("Money")),
        ("disbursed", to("Money")),
        ("remaining", to("Money")),
        ("rate", or_null(to("Rate"))),
    ]);
    let commitment = object(&[
        ("reference", text()),
        ("effective_on", to("Day")),
        ("amount", to("Money")),
        ("paid", to("Money")),
        ("left", to("Money")),
        ("project", or_null(text())),
        ("commune", or_null(text())),
        ("payee", or_null(text())),
    ]);
    let advance = object(&[
        ("reference", text()),
        ("effective_on", to("Day")),
        ("outstanding", to("Money")),
        ("commitment", or_null(text())),
        ("vintage", number()),
        ("project", or_null(text())),
        ("commune", or_null(text())),
    ]);
    json!({
        "Lines": object(&[("lines", list(listed)), ("next", or_null(text()))]),
        "Line": object(&[
            ("line", to("LineId")),
            ("opened_on", or_null(to("Day"))),
            ("revision", number()),
            ("window", object(&[("from", to("Day")), ("until", to("Day"))])),
            ("balances", json!({"type": "object", "additionalProperties": or_null(text())})),
            ("commitments", list(commitment)),
            ("advances", list(advance)),
        ])
    })
}

fn log() -> Value {
    let event = object(&[
        ("position", number()),
        ("id", json!({"type": "string", "format": "uuid"})),
        ("stream", text()),
        ("revision", number()),
        ("name", text()),
        ("version", number()),
        ("recorded_at", to("Instant")),
        ("effective_on", or_null(to("Day"))),
        ("reference", or_null(text())),
        ("actor", text()),
        (
            "correlation_id",
            json!({"type": "string", "format": "uuid"}),
        ),
        (
            "causation_id",
            or_null(json!({"type": "string", "format": "uuid"})),
        ),
        (
            "data",
            json!({"type": "object", "description": "The payload as it is stored."}),
        ),
    ]);
    let lasted = object(&[
        ("from", to("Day")),
        ("until", or_null(to("Day"))),
        ("names", to("Names")),
        ("formed_from", list(text())),
        ("became", or_null(text())),
    ]);
    let unit = object(&[
        ("code", text()),
        ("names", to("Names")),
        ("history", list(lasted)),
    ]);
    let register = |name| {
        object(&[
            ("on", or_null(to("Day"))),
            ("position", number()),
            (name, list(to("Unit"))),
        ])
    };
    let position = || json!({"type": ["integer", "null"]});
    json!({
        "Event": event,
        "Events": object(&[("events", list(to("Event"))), ("next", or_null(text()))]),
        "Unit": unit,
        "Programmes": register("programmes"),
        "Provinces": register("provinces"),
        "Health": object(&[("status", text())]),
        "Readiness": object(&[("applied", position()), ("head", position())])
    })
}
