//! `outlay compare`: the same question at two positions, what changed, and what moved it.

use clap::Args;
use events::statement::Measure;
use serde_json::Value;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::question::{GroupingFlags, QuestionFlags};
use crate::service::Service;
use crate::shown::{dimension, figure, known, list, made_of, plain};
use crate::table::{Side, Table, grouped};
use crate::text::Text;

/// What `compare` takes.
#[derive(Debug, Args)]
pub(crate) struct CompareFlags {
    /// As known before: at this position, or at this instant
    #[arg(long, value_name = "POSITION|INSTANT")]
    from: Option<String>,
    /// As known after: at this position, or at this instant [default: now]
    #[arg(long, value_name = "POSITION|INSTANT")]
    to: Option<String>,
    #[command(flatten)]
    grouping: GroupingFlags,
    /// Effective on or before this day, such as 2025-01-31 [default: today]
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
    #[command(flatten)]
    question: QuestionFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What a table compares first.
const MEASURES: [&str; 5] = ["plan", "committed", "disbursed", "remaining", "rate"];

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: CompareFlags) -> Result<(), Failure> {
    let form = flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    let path = flags
        .question
        .parameters()
        .with("from", flags.from.as_ref())
        .with("to", flags.to.as_ref())
        .with("by", flags.grouping.by.as_ref())
        .with("as_of", flags.as_of.as_ref())
        .with("bom", form.mark())
        .path("/v1/compare");
    let answer = service.get(&path, form.accept()).await?.bytes().await?;
    if form != Output::Table {
        return flags.output.write(&answer);
    }
    let file = flags.output.file();
    let answer: Value = serde_json::from_slice(&answer).or_unreachable()?;
    let table = table(&answer, &flags.grouping.dimensions());
    file.write_text(&table.render(file.is_coloured()).apart(&notes(&answer)))
}

/// A line for each figure that is another one after, under its row.
fn table(answer: &Value, by: &[&str]) -> Table {
    let names = by.iter().map(|name| (*name, Side::Left));
    let columns = [
        ("measure", Side::Left),
        ("before", Side::Right),
        ("after", Side::Right),
        ("change", Side::Right),
        ("events", Side::Right),
    ];
    let mut table = Table::new(names.chain(columns));
    let total = [&answer["total"]];
    let rows = if by.is_empty() {
        &[]
    } else {
        list(answer, "rows")
    };
    for row in rows.iter().chain(total) {
        let mut names: Vec<_> = by.iter().map(|name| dimension(row, name)).collect();
        let mut count = list(row, "events").len().to_string();
        if std::ptr::eq(row, &raw const answer["total"]) {
            names.fill(String::new());
            names
                .first_mut()
                .into_iter()
                .for_each(|name| "total".clone_into(name));
            count = String::new();
        }
        for measure in changed(row) {
            let (before, after) = figures(row, measure);
            let mut line = names.clone();
            line.extend([measure.to_owned(), figure(before), figure(after)]);
            line.extend([change(before, after), std::mem::take(&mut count)]);
            table.push(line);
            names.fill(String::new());
        }
    }
    table
}

/// The measures of a row that are others after: the first ones, or else any.
fn changed(row: &Value) -> Vec<&'static str> {
    let is_other = |measure: &&str| {
        let (before, after) = figures(row, measure);
        before != after
    };
    let first: Vec<_> = MEASURES.into_iter().filter(is_other).collect();
    if !first.is_empty() {
        return first;
    }
    Measure::KNOWN.iter().copied().filter(is_other).collect()
}

/// A measure of a row, before and after.
fn figures<'a>(row: &'a Value, measure: &str) -> (&'a Value, &'a Value) {
    let (before, after) = (&row["before"], &row["after"]);
    (&before[measure], &after[measure])
}

/// What a sum grew by; a rate in hundredths of a percentage point; nothing where a rate begins or
/// ends.
fn change(before: &Value, after: &Value) -> String {
    let digits = |value: &Value| match value {
        Value::String(text) => text.replace('.', "").parse::<i128>().ok(),
        Value::Null => Some(0),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let is_rate = [before, after]
        .iter()
        .any(|it| it.as_str().is_some_and(|it| it.contains('.')));
    if is_rate && (before.is_null() || after.is_null()) {
        return String::new();
    }
    let Some((before, after)) = digits(before).zip(digits(after)) else {
        return String::new();
    };
    let grown = after - before;
    let sign = if grown > 0 { "+" } else { "" };
    if !is_rate {
        return format!("{sign}{}", grouped(&grown.to_string()));
    }
    let sign = if grown < 0 { "-" } else { "+" };
    let points = (grown.abs() + 50) / 100;
    format!("{sign}{}.{:02} pp", points / 100, points % 100)
}

/// Between what was compared, and on what it stands.
fn notes(answer: &Value) -> Text {
    let rows = list(answer, "rows");
    let same = rows
        .iter()
        .filter(|row| row["before"] == row["after"])
        .count();
    let mut text = Text::of(format_args!(
        "Whole dong as of {}, codes: {}.",
        plain(&answer["as_of"]),
        plain(&answer["boundaries"]),
    ));
    text.line(format_args!("Before: known at {}.", known(&answer["from"])));
    text.line(format_args!("After:  known at {}.", known(&answer["to"])));
    text.line(made_of(answer));
    text.line(format_args!(
        "{same} of {} rows are the same; -o json lists the events that moved each.",
        rows.len(),
    ));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Value {
        let figures = |plan: &str, rate: Value| {
            json!({"plan": plan, "committed": "1", "disbursed": "2", "remaining": "3",
                "rate": rate})
        };
        json!({
            "as_of": "2025-01-31", "boundaries": "recorded",
            "from": {"position": 0, "recorded_at": null},
            "to": {"position": 812, "recorded_at": "2025-02-01T00:00:00.000000Z"},
            "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all",
                "denominator": "total"},
            "rows": [
                {"province": "10", "province_name": "Lào Cai", "events": [4, 6],
                    "before": figures("1000", json!("0.500000")),
                    "after": figures("3000", json!("0.166667"))},
                {"province": "15", "province_name": "Yên Bái", "events": [],
                    "before": figures("7", json!("0.5")), "after": figures("7", json!("0.5"))},
                {"province": "31", "province_name": "Hải Phòng", "events": [5], "before": null,
                    "after": figures("9", Value::Null)},
            ],
            "total": {"before": figures("1007", Value::Null), "after": figures("3016", Value::Null)},
        })
    }

    #[test]
    fn only_what_changed_is_shown_under_its_row() {
        let expected = "\
province      measure     before    after     change  events
10 Lào Cai    plan         1 000    3 000     +2 000       2
              rate       50.00 %  16.67 %  -33.33 pp
31 Hải Phòng  plan             -        9         +9       1
              committed        -        1         +1
              disbursed        -        2         +2
              remaining        -        3         +3
total         plan         1 007    3 016     +2 009
";
        assert_eq!(&*table(&answer(), &["province"]).render(false), expected);
    }

    #[test]
    fn a_change_beside_the_first_measures_is_shown_too() {
        let row = json!({"before": {"plan": "1", "detailed": "2"}, "after": {"plan": "1",
            "detailed": "3"}});
        assert_eq!(changed(&row), ["detailed"]);
        let same = json!({"before": {"plan": "1"}, "after": {"plan": "1"}});
        assert!(changed(&same).is_empty());
    }

    #[test]
    fn without_dimensions_there_is_the_total() {
        let text = table(&answer(), &[]).render(false);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn a_fall_has_its_sign() {
        assert_eq!(change(&json!("5"), &json!("-1000")), "-1 005");
        assert_eq!(change(&json!("0.000049"), &json!("0.000000")), "-0.00 pp");
        assert_eq!(change(&json!("0.100000"), &json!("0.212345")), "+11.23 pp");
    }

    #[test]
    fn the_notes_name_both_positions() {
        let text = notes(&answer());
        assert!(text.contains("Before: known at position 0."), "{text}");
        assert!(
            text.contains("After:  known at position 812 (2025"),
            "{text}"
        );
        assert!(text.contains("1 of 3 rows are the same"), "{text}");
    }
}
