//! What the service says when it says no, for a person: the reason, the field, and what to do.

use serde::{Deserialize, Deserializer};
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

    /// What else there is to know, in one line.
    pub(crate) fn rest(&self) -> String {
        let parts: Vec<String> = self
            .rest
            .iter()
            .map(|(name, value)| format!("{}: {value}", name.replace('_', " ")))
            .collect();
        parts.join(", ")
    }

    /// What to tell a person who asked with flags, beside the detail.
    fn notes(&self, status: u16) -> Vec<String> {
        let field = self.field.as_ref();
        let field = field.map(|field| {
            // A header is no flag.
            if field.starts_with(char::is_uppercase) {
                return format!("field: {field}");
            }
            format!("field: {field} (--{})", field.replace('_', "-"))
        });
        let mut known = self.known.iter();
        let is_new = known.any(|word| !self.detail.contains(word.as_str()));
        let known = is_new.then(|| format!("known: {}", self.known.join(", ")));
        let rest = (!self.rest.is_empty()).then(|| self.rest());
        let advice = advice(status).map(str::to_owned);
        [field, known, rest, advice].into_iter().flatten().collect()
    }

    /// The failure of a command that was answered so.
    pub(crate) fn failure(&self, status: u16) -> Failure {
        let verdict = match status {
            400 | 405 | 406 | 415 => Verdict::Usage,
            429 | 500.. => Verdict::Unreachable,
            _ => Verdict::Refused,
        };
        let failure = Failure::of(verdict, anyhow::anyhow!("{}", self.detail));
        let notes = self.notes(status).into_iter();
        notes.fold(failure, Failure::noting)
    }
}

impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|object| Self::of(&object))
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

    fn told(body: &str, status: u16) -> String {
        let problem: Problem = serde_json::from_str(body).unwrap();
        problem.failure(status).text().unwrap().to_string()
    }

    #[test]
    fn tells_the_reason_the_field_and_what_helps() {
        let body = r#"{"type":"/problems/exceeds-plan","title":"Exceeds plan","status":422,
            "detail":"the plan has 5 left","field":"amount","remaining":"5000"}"#;
        assert_eq!(
            told(body, 422),
            "outlay: the plan has 5 left\n  field: amount (--amount)\n  remaining: 5 000\n"
        );
    }

    #[test]
    fn what_is_known_is_listed_once() {
        let told = |detail: &str| {
            told(
                &format!(r#"{{"detail":"{detail}","known":["plan","rate"]}}"#),
                400,
            )
        };
        assert_eq!(
            told("it is missing"),
            "outlay: it is missing\n  known: plan, rate\n"
        );
        assert_eq!(told("none of plan, rate"), "outlay: none of plan, rate\n");
    }

    #[test]
    fn no_part_of_a_problem_forges_a_line() {
        let body = r#"{"detail":"a\n  field: b","field":"c\r\u001b[2J","known":["\u202ed"],
            "e\nf":"g\nh"}"#;
        assert_eq!(
            told(body, 422),
            "outlay: a\\n  field: b\n  field: c\\r\\u{1b}[2J (--c\\r\\u{1b}[2J)\n  known: \
             \\u{202e}d\n  e\\nf: g\\nh\n"
        );
    }
}
