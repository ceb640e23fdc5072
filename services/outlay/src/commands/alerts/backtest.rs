//! `outlay alerts --backtest`: which alerts there would have been, day by day.

use clap::Args;
use reports::standings;
use serde_json::Value;

use crate::failure::{Failure, OrFail as _};
use crate::output::{Output, OutputFlags};
use crate::progress::Progress;
use crate::question::Parameters;
use crate::service::Service;
use crate::shown::{known, list, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// What a backtest takes.
#[derive(Debug, Args)]
pub(super) struct BacktestFlags {
    /// Judge every day from the first to the last, such as 2024-01-01..2024-12-31, and show which
    /// alerts would have been raised and resolved when; at most 800 days
    #[arg(long, value_name = "FROM..TO", value_parser = days)]
    backtest: Option<(String, String)>,
    /// Judge each day as it was known when it ended, and not by what was recorded later
    #[arg(long, requires = "backtest", conflicts_with = "known_at")]
    as_recorded: bool,
    /// Judge every day as known at this position, or at this instant [default: now]
    #[arg(long, value_name = "POSITION|INSTANT", requires = "backtest")]
    known_at: Option<String>,
}

/// Two days with dots between.
fn days(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once("..");
    let parts = parts.filter(|(from, to)| !from.is_empty() && !to.is_empty());
    let (from, to) =
        parts.ok_or("two days with two dots between, such as 2024-01-01..2024-12-31")?;
    Ok((from.to_owned(), to.to_owned()))
}

impl BacktestFlags {
    pub(super) fn is_asked(&self) -> bool {
        self.backtest.is_some()
    }

    fn parameters(&self, narrowed: Parameters) -> Parameters {
        let days = self.backtest.as_ref();
        narrowed
            .with("from", days.map(|(from, _)| from))
            .with("to", days.map(|(_, to)| to))
            .with("as_recorded", self.as_recorded.then_some("true"))
            .with("known_at", self.known_at.as_ref())
    }
}

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where the question is refused.
pub(super) async fn run(
    service: &Service,
    flags: &BacktestFlags,
    narrowed: Parameters,
    output: &OutputFlags,
) -> Result<(), Failure> {
    let path = flags
        .parameters(narrowed.clone())
        .path("/v1/alerts/backtest");
    let progress = Progress::while_going_on("judging day by day");
    let answered = async {
        service
            .get(&path, Output::Json.accept())
            .await?
            .bytes()
            .await
    };
    let answered = answered.await;
    progress.end();
    let (bytes, file) = (answered?, output.file());
    let form = output.form()?;
    if form == Output::Json {
        return file.write(&bytes);
    }
    let answer: Value = serde_json::from_slice(&bytes).or_unreachable()?;
    let table = || narrowed.beside(standings::backtest(&answer));
    match form {
        Output::Csv => file.write_csv(&table()),
        Output::Xlsx => file.write_workbook(&table()),
        Output::Table | Output::Json => file.write_text(&shown(&answer, file.is_coloured())),
    }
}

/// The steps in the order of the days, and what they stand on.
fn shown(answer: &Value, coloured: bool) -> Text {
    let columns = [
        ("day", Side::Left),
        ("change", Side::Left),
        ("alert", Side::Left),
        ("level", Side::Left),
        ("rate", Side::Right),
        ("target", Side::Right),
        ("behind by", Side::Right),
        ("gap", Side::Right),
    ];
    let mut table = Table::new(columns);
    let steps = list(answer, "steps");
    for step in steps {
        table.push(vec![
            plain(&step["day"]),
            plain(&step["change"]),
            plain(&step["id"]),
            level(step),
            rate(&step["rate"]),
            rate(&step["target"]),
            rate(&step["behind_by"]),
            sum(&step["gap"]),
        ]);
    }
    let mut text = table.render(coloured);
    let count = |change: &str| steps.iter().filter(|it| it["change"] == change).count();
    let judged = if answer["as_recorded"] == true {
        "each day as it was known when it ended, the last".to_owned()
    } else {
        "every day as it is".to_owned()
    };
    text.gap();
    text.line(format_args!(
        "{} raised, {} updated, {} resolved from {} to {}; {judged} known at {}.",
        count("raised"),
        count("updated"),
        count("resolved"),
        plain(&answer["from"]),
        plain(&answer["to"]),
        known(&answer["known_at"]),
    ));
    text.line("Whole dong; rate = disbursed / plan.");
    text
}

/// How bad it is, or why it is over.
fn level(step: &Value) -> String {
    let level = if step["level"].is_null() {
        &step["why"]
    } else {
        &step["level"]
    };
    plain(level).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_range_is_two_days_with_dots_between() {
        let pair = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(
            days("2024-01-01..2024-12-31"),
            pair("2024-01-01", "2024-12-31")
        );
        for wrong in [
            "2024-01-01",
            "2024-01-01..",
            "..2024-12-31",
            "2024-01-01.2024-12-31",
            "..",
        ] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_step_tells_how_bad_it_is_or_why_it_is_over() {
        let step = |day: &str, change: &str, level: Value, why: Value| {
            json!({"day": day, "change": change, "id": "stalled.NTM.10.2024", "level": level,
                "why": why, "rate": "0.450000", "target": "0.500000", "behind_by": "0.050000",
                "gap": "50000"})
        };
        let mut answer = json!({
            "from": "2024-01-01", "to": "2024-12-31", "as_recorded": false,
            "known_at": {"position": 812, "recorded_at": null},
            "steps": [step("2024-07-01", "raised", json!("critical"), Value::Null),
                step("2024-10-01", "resolved", Value::Null, json!("year_closed"))],
        });
        let text = shown(&answer, false);
        let expected = "\
day         change    alert                level           rate   target  behind by     gap
2024-07-01  raised    stalled.NTM.10.2024  critical     45.00 %  50.00 %     5.00 %  50 000
2024-10-01  resolved  stalled.NTM.10.2024  year closed  45.00 %  50.00 %     5.00 %  50 000

1 raised, 0 updated, 1 resolved from 2024-01-01 to 2024-12-31; every day as it is known at position 812.
Whole dong; rate = disbursed / plan.
";
        assert_eq!(&*text, expected);
        answer["as_recorded"] = json!(true);
        assert!(shown(&answer, false).contains("each day as it was known when it ended"));
    }
}
