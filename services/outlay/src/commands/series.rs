//! `outlay series`: the cumulative curve, one line a day of it, drawn beside its figures.

use clap::Args;
use serde_json::Value;

use crate::bar::{self, Shares};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::question::QuestionFlags;
use crate::service::Service;
use crate::shown::{basis, known, list, made_of, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// What `series` takes.
#[derive(Debug, Args)]
pub(crate) struct SeriesFlags {
    /// How far apart the points lie: month, week or day [default: month]
    #[arg(long, value_name = "WORD")]
    step: Option<String>,
    /// The day on which the curve begins [default: 1 January of the earliest year asked]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The day of the last point [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// As known at this position, or at this instant [default: now]
    #[arg(long, value_name = "POSITION|INSTANT")]
    known_at: Option<String>,
    #[command(flatten)]
    question: QuestionFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Rates that a curve may have none of.
const OPTIONAL: [(&str, &str); 2] = [("target", "target"), ("last_year_rate", "last year")];

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: SeriesFlags) -> Result<(), Failure> {
    let form = flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    let path = flags
        .question
        .parameters()
        .with("step", flags.step.as_ref())
        .with("from", flags.from.as_ref())
        .with("to", flags.to.as_ref())
        .with("known_at", flags.known_at.as_ref())
        .with("bom", form.mark())
        .path("/v1/series");
    let answer = service.get(&path, form.accept()).await?.bytes().await?;
    if form != Output::Table {
        return flags.output.write(&answer);
    }
    let file = flags.output.file();
    let answer: Value = serde_json::from_slice(&answer).or_unreachable()?;
    let table = table(&answer).render(file.is_coloured());
    file.write_text(&table.apart(&notes(&answer)))
}

/// The points, each with a bar of its rate.
fn table(answer: &Value) -> Table {
    let points = list(answer, "points");
    let is_there = |name: &str| points.iter().any(|point| !point[name].is_null());
    let optional: Vec<_> = OPTIONAL
        .into_iter()
        .filter(|(name, _)| is_there(name))
        .collect();
    let mut columns = vec![
        ("date", Side::Left),
        ("plan", Side::Right),
        ("disbursed", Side::Right),
        ("rate", Side::Right),
    ];
    columns.extend(optional.iter().map(|(_, heading)| (*heading, Side::Right)));
    columns.push((bar::SCALE, Side::Left));
    let mut table = Table::new(columns);
    for point in points {
        let mut row = vec![
            plain(&point["date"]),
            sum(&point["plan"]),
            sum(&point["disbursed"]),
            rate(&point["rate"]),
        ];
        row.extend(optional.iter().map(|(name, _)| rate(&point[*name])));
        row.push(bar::drawn(&Shares::of(point, is_of_plan(answer))));
        table.push(row);
    }
    table
}

/// Whether rates are taken over the plan.
fn is_of_plan(answer: &Value) -> bool {
    basis(answer, "denominator") == "total"
}

/// What the figures stand on, and how to read the bars.
fn notes(answer: &Value) -> Text {
    let (paid, promised, due) = (bar::PAID, bar::PROMISED, bar::DUE);
    let bars = if is_of_plan(answer) {
        format!("{paid} rate, {promised} committed and not yet disbursed, {due} target")
    } else {
        format!("{paid} rate, {due} target")
    };
    let mut text = Text::of(format_args!(
        "Whole dong, known at {}, codes: {}.",
        known(&answer["known_at"]),
        plain(&answer["boundaries"]),
    ));
    text.line(made_of(answer));
    text.line(format_args!("Bars: {bars}."));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(target: Value) -> Value {
        let point = |date: &str, disbursed: &str, rate: &str| {
            json!({"date": date, "plan": "2000", "target": target, "committed": "1500",
                "disbursed": disbursed, "rate": rate, "last_year_rate": null})
        };
        json!({
            "boundaries": "recorded",
            "known_at": {"position": 812, "recorded_at": "2025-02-01T00:00:00.000000Z"},
            "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all",
                "denominator": "total"},
            "points": [point("2024-01-31", "0", "0.000000"), point("2024-02-29", "1000", "0.500000")],
        })
    }

    #[test]
    fn a_curve_grows_from_line_to_line() {
        let expected = "\
date         plan  disbursed     rate  0 %            100 %
2024-01-31  2 000          0   0.00 %  ░░░░░░░░░░░░░░░
2024-02-29  2 000      1 000  50.00 %  ██████████░░░░░
";
        assert_eq!(&*table(&answer(Value::Null)).render(false), expected);
    }

    #[test]
    fn a_target_stands_beside_the_rate_and_in_the_bar() {
        let text = table(&answer(json!("0.900000"))).render(false);
        assert!(text.contains("   rate   target  "), "{text}");
        assert!(
            text.contains("50.00 %  90.00 %  ██████████░░░░░   │"),
            "{text}"
        );
    }

    #[test]
    fn what_is_committed_is_drawn_over_the_plan_alone() {
        let mut answer = answer(Value::Null);
        answer["basis"]["denominator"] = json!("assigned");
        assert!(!table(&answer).render(false).contains(bar::PROMISED));
        assert!(!notes(&answer).contains("committed"));
    }

    #[test]
    fn the_notes_name_the_basis_and_the_position() {
        let text = notes(&answer(Value::Null));
        assert!(text.contains("known at position 812"), "{text}");
        assert!(
            text.contains("(gross, confirmed, money: all) / denominator (total)"),
            "{text}"
        );
    }
}
