//! Figures as CSV (RFC 4180): the same rows, plain numbers, and on every row what they are made of.

use events::basis::Basis;
use events::statement::Measure;
use serde_json::Value;

use crate::figures::answer::{Figures, InKindRow, KnownAt, RatesAnswer};

/// Columns whose texts are codes of a form that no spreadsheet takes for a formula.
const CODES: [&str; 5] = ["programme", "province", "year", "source", "type"];
/// The columns of figures that are no measures.
const DERIVED: [&str; 4] = ["target", "behind_by", "status", "in_kind"];
/// The columns that say what the figures are made of.
pub(crate) const MADE_OF: [&str; 6] = [
    "position",
    "numerator_basis",
    "certainty_basis",
    "money_basis",
    "denominator_basis",
    "boundaries",
];

/// The rows of `answer`, grouped by these columns.
pub(crate) fn write(answer: &RatesAnswer, dimensions: &[&str]) -> String {
    let mut written = String::new();
    let header = dimensions
        .iter()
        .chain(Measure::KNOWN)
        .chain(&DERIVED)
        .chain(&["as_of"])
        .chain(&MADE_OF);
    line(&mut written, header.map(|name| (*name).to_owned()));
    let made_of = made_of(&answer.known_at, answer.basis, &answer.boundaries);
    let basis: Vec<String> = [answer.as_of.to_string()]
        .into_iter()
        .chain(made_of)
        .collect();
    for row in &answer.rows {
        let dimensions = row
            .dimensions
            .0
            .iter()
            .map(|(name, value)| cell(name, value));
        line(
            &mut written,
            dimensions.chain(figures(&row.figures)).chain(basis.clone()),
        );
    }
    written
}

/// What the figures are made of, under the columns of [`MADE_OF`].
pub(crate) fn made_of(known_at: &KnownAt, basis: Basis, boundaries: &str) -> [String; 6] {
    [
        known_at.position.to_string(),
        basis.numerator.as_str().to_owned(),
        basis.certainty.as_str().to_owned(),
        basis.money.as_str().to_owned(),
        basis.denominator.as_str().to_owned(),
        boundaries.to_owned(),
    ]
}

/// A figure, or nothing where there is none.
pub(crate) fn or_empty(figure: Option<&impl ToString>) -> String {
    figure.map_or_else(String::new, ToString::to_string)
}

fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if CODES.contains(&name) => text.clone(),
        Value::String(text) => harmless(text),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let starts = |first: char| "=+-@\t\r＝＋－＠".contains(first);
    if text.starts_with(starts) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn figures(figures: &Figures) -> [String; 22] {
    let given = |given: &InKindRow| format!("{} {} = {}", given.kind, given.quantity, given.amount);
    let in_kind: Vec<String> = figures.in_kind.iter().map(given).collect();
    [
        or_empty(figures.plan.as_ref()),
        figures.assigned.to_string(),
        figures.local_increase.to_string(),
        figures.carried_in.to_string(),
        figures.reallocated.to_string(),
        figures.recalled.to_string(),
        figures.carried_out.to_string(),
        figures.in_transit.to_string(),
        or_empty(figures.remaining.as_ref()),
        figures.detailed.to_string(),
        figures.committed.to_string(),
        figures.disbursed.to_string(),
        figures.advances_outstanding.to_string(),
        figures.estimated.to_string(),
        figures.numerator.to_string(),
        or_empty(figures.denominator.as_ref()),
        or_empty(figures.rate.as_ref()),
        or_empty(figures.commitment_rate.as_ref()),
        or_empty(figures.target.as_ref()),
        or_empty(figures.behind_by.as_ref()),
        // The status, which needs thresholds.
        String::new(),
        in_kind.join("; "),
    ]
}

/// Writes a row.
pub(crate) fn line(written: &mut String, cells: impl Iterator<Item = String>) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            written.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            written.push('"');
            written.push_str(&cell.replace('"', "\"\""));
            written.push('"');
        } else {
            written.push_str(&cell);
        }
    }
    written.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_a_formula() {
        for text in ["=1", "+1", "-1", "@a", "\ta", "\ra", "＝1", "＠a"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        assert_eq!(harmless("Lào Cai"), "Lào Cai");
        assert_eq!(cell("province", &Value::from("-1")), "-1");
        assert_eq!(cell("project", &Value::from("-1")), "'-1");
    }

    #[test]
    fn cells_with_signs_of_their_own_are_quoted() {
        let mut written = String::new();
        line(
            &mut written,
            ["a,b", "c\"d", "e"].map(str::to_owned).into_iter(),
        );
        assert_eq!(written, "\"a,b\",\"c\"\"d\",e\r\n");
    }
}
