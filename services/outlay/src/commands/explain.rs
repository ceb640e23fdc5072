//! `outlay explain`: the events behind a figure, each with what it adds to it.

use clap::Args;
use reports::answers::{self, added};
use serde_json::Value;

use crate::config::Config;
use crate::failure::Failure;
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::pages::Pages;
use crate::question::{ClockFlags, PageFlags, QuestionFlags};
use crate::service::Service;
use crate::shown::{figure, known, list, made_of, plain};
use crate::table::{Side, Table, grouped};
use crate::text::Text;

/// What `explain` takes.
#[derive(Debug, Args)]
pub(crate) struct ExplainFlags {
    /// The figure to explain: plan, disbursed, rate or any other column of rates
    #[arg(long, value_name = "WORD")]
    measure: Option<String>,
    #[command(flatten)]
    clocks: ClockFlags,
    #[command(flatten)]
    question: QuestionFlags,
    #[command(flatten)]
    page: PageFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: ExplainFlags) -> Result<(), Failure> {
    let form = flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    let parameters = flags
        .question
        .parameters()
        .with("measure", flags.measure.as_ref())
        .with("as_of", flags.clocks.as_of.as_ref())
        .with("known_at", flags.clocks.known_at.as_ref());
    let asked = parameters.clone().with("after", flags.page.after.as_ref());
    let pages = Pages::of(&service, "/v1/explain", asked, flags.page.limit.as_deref());
    let file = flags.output.file();
    if form == Output::Json {
        return pages.write("events", file).await;
    }
    let answer = pages.whole("events").await?.answer;
    match form {
        Output::Csv => file.write_csv(&parameters.beside(answers::explain(&answer))),
        Output::Xlsx => file.write_workbook(&parameters.beside(answers::explain(&answer))),
        Output::Table | Output::Json => {
            let table = table(&answer).render(file.is_coloured());
            file.write_text(&table.apart(&notes(&answer)))
        }
    }
}

/// The events, what each adds, and the sum of it. A line that all of them are on is said once, in
/// the notes.
fn table(answer: &Value) -> Table {
    let measures = added(answer["measure"].as_str().unwrap_or_default());
    let names = [
        ("position", Side::Right),
        ("effective on", Side::Left),
        ("event", Side::Left),
    ];
    let line = one_line(answer).is_none().then_some(("line", Side::Left));
    let names: Vec<_> = names
        .into_iter()
        .chain(line)
        .chain([("reference", Side::Left)])
        .collect();
    let numbers = measures.iter().map(|name| (*name, Side::Right));
    let mut table = Table::new(names.iter().copied().chain(numbers));
    let mut sums = vec![0_i128; measures.len()];
    for event in list(answer, "events") {
        let name = plain(&event["name"]);
        let mut row = vec![
            plain(&event["position"]),
            plain(&event["effective_on"]),
            name.strip_prefix("line.").unwrap_or(&name).to_owned(),
        ];
        row.extend(line.map(|_| line_of(event)));
        row.push(plain(&event["reference"]));
        let adds = &event["adds"];
        for (measure, total) in measures.iter().zip(&mut sums) {
            let added = adds[*measure].as_str();
            row.push(added.map(grouped).unwrap_or_default());
            *total += added.and_then(|dong| dong.parse().ok()).unwrap_or(0);
        }
        table.push(row);
    }
    let mut total = vec![String::new(), "total".to_owned()];
    total.resize(names.len(), String::new());
    total.extend(sums.iter().map(|total| grouped(&total.to_string())));
    table.push_total(total);
    table
}

/// The line that all events are on, where it is one.
fn one_line(answer: &Value) -> Option<String> {
    let mut lines = list(answer, "events").iter().map(line_of);
    let first = lines.next()?;
    lines.all(|line| line == first).then_some(first)
}

/// The line of an event, as records name it.
fn line_of(event: &Value) -> String {
    let stream = plain(&event["stream"]);
    match stream.strip_prefix("line-") {
        Some(line) => line.replace('.', "/"),
        None => stream,
    }
}

/// The figure, what it stands on, and how to come to the next page.
fn notes(answer: &Value) -> Text {
    let (measure, figure) = (plain(&answer["measure"]), figure(&answer["figure"]));
    let mut text = Text::of(format_args!("{measure} is {figure}."));
    if let Some(line) = one_line(answer) {
        text.line(format_args!("All of these events are on {line}."));
    }
    text.line(format_args!(
        "Whole dong as of {}, known at {}, codes: {}.",
        plain(&answer["as_of"]),
        known(&answer["known_at"]),
        plain(&answer["boundaries"]),
    ));
    text.line(made_of(answer));
    if let (false, Some(last)) = (answer["next"].is_null(), list(answer, "events").last()) {
        let last = plain(&last["position"]);
        text.line(format_args!("There are more: --after {last}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(measure: &str, next: Value) -> Value {
        let event = |position: u64, name: &str, adds: Value| {
            json!({"position": position, "effective_on": "2024-01-05", "name": name,
                "stream": "line-NTM.10.2024.central.investment", "reference": "QD-1", "adds": adds})
        };
        json!({
            "measure": measure, "figure": "1500", "as_of": "2025-01-31", "boundaries": "recorded",
            "known_at": {"position": 812, "recorded_at": "2025-02-01T00:00:00.000000Z"},
            "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all",
                "denominator": "total"},
            "events": [
                event(31, "line.disbursed", json!({"numerator": "2000", "disbursed": "2000"})),
                event(40, "line.reversed", json!({"numerator": "-500", "disbursed": "-500"})),
            ],
            "next": next,
        })
    }

    #[test]
    fn what_events_add_is_summed_up() {
        let expected = "\
position  effective on  event      line                            reference  disbursed
      31  2024-01-05    disbursed  NTM/10/2024/central/investment  QD-1           2 000
      40  2024-01-05    reversed   NTM/10/2024/central/recurrent   QD-1            -500
--------  ------------  ---------  ------------------------------  ---------  ---------
          total                                                                   1 500
";
        let mut answer = answer("disbursed", Value::Null);
        answer["events"][1]["stream"] = json!("line-NTM.10.2024.central.recurrent");
        assert_eq!(&*table(&answer).render(false), expected);
        assert!(!notes(&answer).contains("All of these"));
    }

    #[test]
    fn a_line_that_all_events_are_on_is_said_once() {
        let answer = answer("disbursed", Value::Null);
        assert!(!table(&answer).render(false).contains("investment"));
        let line = "All of these events are on NTM/10/2024/central/investment.\n";
        assert!(notes(&answer).contains(line));
    }

    #[test]
    fn a_rate_is_told_by_both_of_its_sums() {
        let text = table(&answer("rate", Value::Null)).render(false);
        assert!(text.contains("numerator  denominator"), "{text}");
        assert!(text.contains("1 500            0"), "{text}");
    }

    #[test]
    fn the_notes_name_the_figure_and_the_next_page() {
        let text = notes(&answer("disbursed", Value::Null));
        assert!(
            text.starts_with("disbursed is 1 500.\n") && text.contains("as of 2025-01-31"),
            "{text}"
        );
        assert!(!text.contains("--after"), "{text}");
        assert!(notes(&answer("disbursed", json!("/v1"))).contains("--after 40"));
    }
}
