//! A table: columns that say how they are read, rows, and what all of it stands on.
//!
//! Cells stay the texts that the answer has, so that no digit is lost on the way.

use events::statement::Measure;
use serde_json::Value;

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word of a form that no spreadsheet takes for a formula.
    Code,
    /// What somebody wrote.
    Text,
    /// A whole number that is counted, not spent.
    Number,
    /// Whole đồng.
    Money,
    /// A fraction with six places.
    Rate,
    /// A civil day.
    Day,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field it shows; a dot leads into a field that has fields.
    pub name: String,
    /// How its cells are read.
    pub kind: Kind,
}

/// Rows of an answer, and what they stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is called.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows: a cell a column, none where there is no such figure.
    pub rows: Vec<Vec<Option<String>>>,
    /// What its figures stand on: said on every row of a CSV, and once in a workbook.
    pub basis: Vec<(Column, Option<String>)>,
    /// What else the question said: said in a workbook.
    pub asked: Vec<(String, String)>,
}

impl Column {
    /// The column of a field.
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::of(name.rsplit('.').next().unwrap_or(name)),
        }
    }
}

impl Kind {
    /// How a field of this name is read.
    fn of(field: &str) -> Self {
        if let Some(measure) = Measure::find(field) {
            return if measure.is_rate() {
                Self::Rate
            } else {
                Self::Money
            };
        }
        match field {
            "target" | "behind_by" | "last_year_rate" | "national_rate" => Self::Rate,
            "amount" | "paid" | "left" | "outstanding" | "free" | "unpaid" | "gap"
            | "plan_to_date" | "advances_overdue" | "detail_missing" => Self::Money,
            word if word.ends_with("_30_days") => Self::Money,
            "date" | "day" | "on" | "as_of" | "effective_on" | "opened_on" | "finished_on"
            | "silenced_until" => Self::Day,
            "position" | "known_at" | "year" | "vintage" | "revision" | "version"
            | "event_count" | "first_event" | "last_event" | "days_since_payment" | "place"
            | "of" => Self::Number,
            "programme" | "province" | "source" | "type" | "line" | "stream" | "id" | "name"
            | "kind" | "recorded_at" | "measure" | "rule" | "level" | "state" | "change"
            | "why" | "target_from" => Self::Code,
            word if word.ends_with("_basis") => Self::Code,
            _ => Self::Text,
        }
    }
}

impl Table {
    /// A table of the `rows` with these columns.
    pub(crate) fn of<'a>(
        name: &'static str,
        columns: impl IntoIterator<Item = &'a str>,
        rows: &Value,
    ) -> Self {
        let columns: Vec<_> = columns.into_iter().map(Column::of).collect();
        let row = |row: &Value| {
            let cells = columns.iter().map(|column| cell(find(row, &column.name)));
            cells.collect()
        };
        Self {
            name,
            rows: rows.as_array().into_iter().flatten().map(row).collect(),
            columns,
            basis: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// The table, which stands on these fields of `answer`, each under the name of a column.
    #[must_use]
    pub(crate) fn on(mut self, answer: &Value, fields: &[(&str, &str)]) -> Self {
        let said = fields
            .iter()
            .map(|(name, field)| (Column::of(name), cell(find(answer, field))));
        self.basis.extend(said);
        self
    }

    /// The table, whose question also said this.
    #[must_use]
    pub fn asked(mut self, name: &str, value: impl ToString) -> Self {
        self.asked.push((name.to_owned(), value.to_string()));
        self
    }

    /// The table, which stands on this too.
    #[must_use]
    pub fn based(mut self, name: &str, value: impl ToString) -> Self {
        let said = (Column::of(name), Some(value.to_string()));
        self.basis.push(said);
        self
    }
}

/// A field; a dot leads into a field that has fields.
pub(crate) fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(object, |object, field| object.get(field))
}

/// A value as it stands in a cell; none for what is not there.
pub(crate) fn cell(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(item).collect();
            Some(items.join("; "))
        }
        other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => Some(other.to_string()),
    }
}

/// A part of a list: what was given in kind is told in words.
fn item(item: &Value) -> Option<String> {
    let field = |name| item.get(name).and_then(Value::as_str);
    match (field("kind"), field("quantity"), field("amount")) {
        (Some(kind), Some(quantity), Some(amount)) => Some(format!("{kind} {quantity} = {amount}")),
        _ => cell(Some(item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_measure_is_money_or_a_rate() {
        for name in Measure::KNOWN {
            let kind = Column::of(&format!("before.{name}")).kind;
            let expected = if name.ends_with("rate") {
                Kind::Rate
            } else {
                Kind::Money
            };
            assert_eq!(kind, expected, "{name}");
        }
    }

    #[test]
    fn a_cell_is_the_text_of_its_field() {
        let row = json!({"plan": "9007199254740993", "rate": null, "year": 2024,
            "before": {"plan": "1"},
            "in_kind": [{"kind": "labour_days", "quantity": "12.5", "amount": "125"},
                {"kind": "materials", "quantity": "1", "amount": "7"}]});
        let columns = [
            "plan",
            "rate",
            "year",
            "before.plan",
            "after.plan",
            "in_kind",
        ];
        let table = Table::of("rates", columns, &json!([row]));
        let cells = [
            Some("9007199254740993"),
            None,
            Some("2024"),
            Some("1"),
            None,
            Some("labour_days 12.5 = 125; materials 1 = 7"),
        ];
        assert_eq!(table.rows, [cells.map(|cell| cell.map(str::to_owned))]);
    }
}
