//! What an answer says, as people read it: sums grouped by thousands, rates as percentages, and
//! what all of it stands on. Nothing is computed here that the answer does not say.

use serde_json::Value;

use crate::table::{grouped, percent};

/// Most characters of a name.
const NAME: usize = 24;

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

/// A dimension of a row, with the beginning of the name where it has one: some names are a line
/// long, and the code says the same.
pub(crate) fn dimension(row: &Value, name: &str) -> String {
    let code = plain(&row[name]);
    match row[format!("{name}_name").as_str()].as_str() {
        Some(name) if name.chars().count() > NAME => {
            let beginning: String = name.chars().take(NAME).collect();
            format!("{code} {}…", beginning.trim_end())
        }
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

/// What a rate is made of, in one line.
pub(crate) fn made_of(answer: &Value) -> String {
    let basis = |name| basis(answer, name);
    format!(
        "rate = numerator ({}, {}, money: {}) / denominator ({}).",
        basis("numerator"),
        basis("certainty"),
        basis("money"),
        basis("denominator"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_name_is_cut_and_its_code_is_not() {
        let row = json!({"programme": "EM", "programme_name": "Phát triển kinh tế - xã hội vùng",
            "province": "10", "province_name": "Lào Cai", "year": 2024});
        assert_eq!(dimension(&row, "programme"), "EM Phát triển kinh tế - xã…");
        assert_eq!(dimension(&row, "province"), "10 Lào Cai");
        assert_eq!(dimension(&row, "year"), "2024");
    }

    #[test]
    fn the_empty_log_has_a_position_and_no_instant() {
        let empty = json!({"position": 0, "recorded_at": null});
        assert_eq!(known(&empty), "position 0");
    }
}
