//! What the service says when it says no, for a person: the reason, the field, and what to do.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::failure::{Failure, Verdict};
use crate::table::grouped;

/// A problem (RFC 9457).
#[derive(Clone, Debug, Default)]
pub(crate) struct Problem {
    /// What kind of problem, as a slug.
    pub(crate) slug: String,
    /// What is wrong.
    pub(crate) detail: String,
    /// Which field or parameter.
    pub(crate) field: Option<String>,
    /// What would have been understood.
    known: Vec<String>,
    /// What else the caller needs to mend it.
    pub(crate) rest: Vec<(String, String)>,
}

impl Problem {
    /// The problem that `object` is.
    pub(crate) fn of(object: &Map<String, Value>) -> Self {
        let mut problem = Self::default();
        for (name, value) in object {
            let text = shown(value);
            match name.as_str() {
                "type" => problem.slug = text.rsplit('/').next().unwrap_or_default().to_owned(),
                "detail" => problem.detail = text,
                "title" if problem.detail.is_empty() => problem.detail = text,
                "field" | "parameter" => problem.field = Some(text),
                "known" => {
                    problem.known = value.as_array().into_iter().flatten().map(shown).collect();
                }
                "title" | "status" | "instance" | "row" => {}
                _ => problem.rest.push((name.clone(), text)),
            }
        }
        problem
    }

    /// What a body says, be it a problem or not.
    pub(crate) fn parse(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Map<String, Value>>(body) {
            Ok(object) if object.contains_key("detail") || object.contains_key("title") => {
                Self::of(&object)
            }
            _ => Self {
                detail: format!("the server answered {status}, and not as outlay does"),
                ..Self::default()
            },
        }
    }

    /// What else there is to know, in one line.
    pub(crate) fn rest(&self) -> String {
        let parts: Vec<String> = self
            .rest
            .iter()
            .map(|(name, value)| format!("{}: {value}", name.replace('_', " ")))
            .collect();
        parts.join(", ")
    }

    /// What to tell a person who asked with flags.
    pub(crate) fn message(&self, status: u16) -> String {
        let mut message = self.detail.clone();
        if let Some(field) = &self.field {
            let _ = write!(
                message,
                "\n  field: {field} (--{})",
                field.replace('_', "-")
            );
        }
        if self
            .known
            .iter()
            .any(|word| !self.detail.contains(word.as_str()))
        {
            let _ = write!(message, "\n  known: {}", self.known.join(", "));
        }
        if !self.rest.is_empty() {
            let _ = write!(message, "\n  {}", self.rest());
        }
        if let Some(advice) = advice(status) {
            let _ = write!(message, "\n  {advice}");
        }
        message
    }

    /// The failure of a command that was answered so.
    pub(crate) fn failure(&self, status: u16) -> Failure {
        let verdict = match status {
            400 | 405 | 406 | 415 => Verdict::Usage,
            429 | 500.. => Verdict::Unreachable,
            _ => Verdict::Refused,
        };
        Failure::of(verdict, anyhow::anyhow!("{}", self.message(status)))
    }
}

fn advice(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("set OUTLAY_TOKEN to your key"),
        403 => Some("your key does not allow this"),
        429 | 503 => Some("try again in a moment"),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if is_long_number(text) => grouped(text),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
            other.to_string()
        }
    }
}

fn is_long_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 3 && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_reason_the_field_and_what_helps() {
        let body = br#"{"type":"/problems/exceeds-plan","title":"Exceeds plan","status":422,
            "detail":"the plan has 5 left","field":"amount","remaining":"5000"}"#;
        let problem = Problem::parse(422, body);
        assert_eq!(problem.slug, "exceeds-plan");
        assert_eq!(
            problem.message(422),
            "the plan has 5 left\n  field: amount (--amount)\n  remaining: 5 000"
        );
    }

    #[test]
    fn what_is_known_is_listed_once() {
        let message = |detail: &str| {
            let body = format!(r#"{{"detail":"{detail}","known":["plan","rate"]}}"#);
            Problem::parse(400, body.as_bytes()).message(400)
        };
        assert_eq!(
            message("it is missing"),
            "it is missing\n  known: plan, rate"
        );
        assert_eq!(message("none of plan, rate"), "none of plan, rate");
    }

    #[test]
    fn an_answer_that_is_not_ours_is_named_so() {
        let problem = Problem::parse(502, b"<html>");
        assert!(problem.message(502).contains("answered 502"));
    }
}
