//! `outlay lines`: every line with its sums, or one with all that is open on it.

use clap::Args;
use reports::answers;
use serde_json::Value;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::pages::Pages;
use crate::question::{LineFilterFlags, PageFlags, escaped};
use crate::service::Service;
use crate::shown::{list, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// What `lines` takes.
#[derive(Debug, Args)]
pub(crate) struct LinesFlags {
    /// The id of one line to look into, such as NTM/10/2024/central/investment
    #[arg(conflicts_with_all = FILTERS)]
    line: Option<String>,
    #[command(flatten)]
    filters: LineFilterFlags,
    #[command(flatten)]
    page: PageFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What says nothing of one line.
const FILTERS: [&str; 7] = [
    "programme",
    "province",
    "year",
    "source",
    "capital_type",
    "after",
    "limit",
];

/// What a table shows of every line.
const SUMS: [&str; 3] = ["plan", "committed", "disbursed"];

/// The balances of a line, in the order in which they come about.
const BALANCES: [&str; 15] = [
    "plan",
    "assigned",
    "local_increase",
    "carried_in",
    "reallocated",
    "recalled",
    "carried_out",
    "detailed",
    "committed",
    "disbursed",
    "advances_outstanding",
    "estimated",
    "unpaid",
    "free",
    "remaining",
];

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: LinesFlags) -> Result<(), Failure> {
    flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    match &flags.line {
        Some(line) => one(&service, line, &flags.output).await,
        None => all(&service, &flags).await,
    }
}

async fn all(service: &Service, flags: &LinesFlags) -> Result<(), Failure> {
    let parameters = flags.filters.parameters();
    let asked = parameters.clone().with("after", flags.page.after.as_ref());
    let pages = Pages::of(service, "/v1/lines", asked, flags.page.limit.as_deref());
    let (form, file) = (flags.output.form()?, flags.output.file());
    if form == Output::Json {
        return pages.write("lines", file).await;
    }
    let whole = pages.whole("lines").await?;
    let table = || parameters.beside(answers::lines(&whole.answer, whole.position));
    match form {
        Output::Csv => file.write_csv(&table()),
        Output::Xlsx => file.write_workbook(&table()),
        Output::Table | Output::Json => {
            let text = listed(&whole.answer, whole.position, file.is_coloured());
            file.write_text(&text)
        }
    }
}

async fn one(service: &Service, line: &str, output: &OutputFlags) -> Result<(), Failure> {
    let (form, file) = (output.form()?, output.file());
    let path = format!("/v1/lines/{}", escaped(line));
    let reply = service.get(&path, Output::Json.accept()).await?;
    let position = reply.position().unwrap_or_default();
    let bytes = reply.bytes().await?;
    if form == Output::Json {
        return file.write(&bytes);
    }
    let answer: Value = serde_json::from_slice(&bytes).or_unreachable()?;
    match form {
        Output::Csv => file.write_csv(&answers::line(&answer, position)),
        Output::Xlsx => file.write_workbook(&answers::line(&answer, position)),
        Output::Table | Output::Json => {
            file.write_text(&detailed(&answer, position, file.is_coloured()))
        }
    }
}

/// The lines, and how to come to the next page.
fn listed(answer: &Value, position: u64, coloured: bool) -> Text {
    let sums = SUMS
        .into_iter()
        .chain(["rate"])
        .map(|name| (name, Side::Right));
    let mut table = Table::new([("line", Side::Left)].into_iter().chain(sums));
    let lines = list(answer, "lines");
    for line in lines {
        let mut row = vec![plain(&line["line"])];
        row.extend(SUMS.iter().map(|name| sum(&line[*name])));
        row.push(rate(&line["rate"]));
        table.push(row);
    }
    let mut text = table.render(coloured);
    text.gap();
    text.line(format_args!(
        "{} lines in whole dong, whatever the day, known at position {position}; rate = \
         disbursed / plan.",
        lines.len()
    ));
    if let (false, Some(last)) = (answer["next"].is_null(), lines.last()) {
        let last = plain(&last["line"]);
        text.line(format_args!("There are more: --after {last}"));
    }
    text
}

/// A line: its balances, its commitments and its advances.
fn detailed(answer: &Value, position: u64, coloured: bool) -> Text {
    let balances = &answer["balances"];
    let line = plain(&answer["line"]);
    let mut table = Table::new([(line.as_str(), Side::Left), ("dong", Side::Right)]);
    for name in BALANCES {
        table.push(vec![name.replace('_', " "), sum(&balances[name])]);
    }
    table.push_total(vec!["rate".to_owned(), rate(&balances["rate"])]);
    let mut text = table.render(coloured);
    let commitments = ["amount", "paid", "left"];
    let open = list(answer, "commitments");
    text.append(&opened("commitment", &commitments, open, coloured));
    text.append(&opened(
        "advance",
        &["outstanding"],
        list(answer, "advances"),
        coloured,
    ));
    let window = &answer["window"];
    text.gap();
    text.line(format_args!(
        "Whole dong, whatever the day, known at position {position}; the line's revision {}.",
        plain(&answer["revision"]),
    ));
    text.line(format_args!(
        "Opened on {}, disburses from {} to {}.",
        plain(&answer["opened_on"]),
        plain(&window["from"]),
        plain(&window["until"]),
    ));
    text
}

/// What is open on a line; nothing where nothing is.
fn opened(kind: &str, sums: &[&str], open: &[Value], coloured: bool) -> Text {
    let mut text = Text::default();
    if open.is_empty() {
        return text;
    }
    let names = [kind, "effective on"].map(|name| (name, Side::Left));
    let numbers = sums.iter().map(|name| (*name, Side::Right));
    let places = ["project", "commune"].map(|name| (name, Side::Left));
    let mut table = Table::new(names.into_iter().chain(numbers).chain(places));
    for each in open {
        let mut row = vec![plain(&each["reference"]), plain(&each["effective_on"])];
        row.extend(sums.iter().map(|name| sum(&each[*name])));
        row.extend(["project", "commune"].map(|name| plain(&each[name])));
        table.push(row);
    }
    text.gap();
    text.append(&table.render(coloured));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_that_is_not_the_last_says_how_to_go_on() {
        let line = json!({"line": "NTM/10/2024/central/investment", "plan": "2000",
            "committed": "1500", "disbursed": "-1000", "rate": "-0.500000"});
        let mut answer = json!({"lines": [line], "next": "/v1/lines?after=x"});
        let expected = "\
line                             plan  committed  disbursed      rate
NTM/10/2024/central/investment  2 000      1 500     -1 000  -50.00 %

1 lines in whole dong, whatever the day, known at position 7; rate = disbursed / plan.
There are more: --after NTM/10/2024/central/investment
";
        assert_eq!(&*listed(&answer, 7, false), expected);
        answer["next"] = Value::Null;
        assert!(!listed(&answer, 7, false).contains("--after"));
    }

    #[test]
    fn a_line_tells_what_is_open_on_it() {
        let answer = json!({
            "line": "NTM/10/2024/central/investment", "opened_on": "2024-01-05", "revision": 3,
            "window": {"from": "2024-01-01", "until": "2025-01-31"},
            "balances": {"plan": "2000", "rate": "0.250000"},
            "commitments": [{"reference": "HD-1", "effective_on": "2024-02-01", "amount": "1500",
                "paid": "500", "left": "1000", "project": "DA-1", "commune": null}],
            "advances": [],
        });
        let text = detailed(&answer, 7, false);
        assert!(
            text.contains("plan                              2 000\n"),
            "{text}"
        );
        let commitment = "HD-1        2024-02-01     1 500   500  1 000  DA-1     -\n";
        assert!(text.contains(commitment), "{text}");
        assert!(!text.contains("advance  "), "{text}");
        assert!(text.contains("position 7; the line's revision 3"), "{text}");
        assert!(
            text.contains("disburses from 2024-01-01 to 2025-01-31"),
            "{text}"
        );
    }
}
