//! What an answer says, as people read it: sums grouped by thousands, rates as percentages, and
//! what all of it stands on. Nothing is computed here that the answer does not say.

use serde_json::Value;

use crate::table::{grouped, percent};

/// A value as it stands.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    }
}

/// Whole đồng.
pub(crate) fn sum(value: &Value) -> String {
    value.as_str().map_or_else(|| plain(value), grouped)
}

/// A rate of six places.
pub(crate) fn rate(value: &Value) -> String {
    value.as_str().map_or_else(|| plain(value), percent)
}

/// A sum, or a rate of six places.
pub(crate) fn figure(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.contains('.') => percent(text),
        _ => sum(value),
    }
}

/// A list of an answer.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().map_or(&[], Vec::as_slice)
}

/// A dimension of a row, with the name where it has one.
pub(crate) fn dimension(row: &Value, name: &str) -> String {
    let code = plain(&row[name]);
    match row[format!("{name}_name").as_str()].as_str() {
        Some(name) => format!("{code} {name}"),
        None => code,
    }
}

/// A choice of the basis that the answer stands on.
pub(crate) fn basis(answer: &Value, name: &str) -> String {
    let basis = &answer["basis"];
    plain(&basis[name])
}

/// A position and when it was recorded.
pub(crate) fn known(known_at: &Value) -> String {
    let position = plain(&known_at["position"]);
    match known_at["recorded_at"].as_str() {
        Some(instant) => format!("position {position} ({instant})"),
        None => format!("position {position}"),
    }
}

/// What a rate is made of.
pub(crate) fn made_of(answer: &Value) -> String {
    let basis = |name| basis(answer, name);
    format!(
        "rate = numerator ({}, {}, money: {}) / denominator ({}).\n",
        basis("numerator"),
        basis("certainty"),
        basis("money"),
        basis("denominator"),
    )
}
