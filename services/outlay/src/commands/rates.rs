//! `outlay rates`: how much of the plan is disbursed, by any dimensions, on any basis.

use clap::Args;
use serde_json::Value;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::question::{ClockFlags, GroupingFlags, QuestionFlags};
use crate::service::Service;
use crate::shown::{basis, dimension, figure, known, list, made_of, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// What `rates` takes.
#[derive(Debug, Args)]
pub(crate) struct RatesFlags {
    #[command(flatten)]
    grouping: GroupingFlags,
    #[command(flatten)]
    clocks: ClockFlags,
    #[command(flatten)]
    question: QuestionFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// What a table shows of every row, between its dimensions and its rate.
const MEASURES: [&str; 4] = ["plan", "committed", "disbursed", "remaining"];

/// What it shows besides where the rate is not disbursed over plan.
const BASIS: [&str; 2] = ["numerator", "denominator"];

/// The basis that needs no explanation.
const USUAL: [(&str, &str); 4] = [
    ("numerator", "gross"),
    ("certainty", "confirmed"),
    ("money", "all"),
    ("denominator", "total"),
];

/// What a statement may be about.
const FILTERS: [&str; 7] = [
    "programme",
    "province",
    "year",
    "source",
    "type",
    "project",
    "commune",
];

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: RatesFlags) -> Result<(), Failure> {
    let form = flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    let path = flags
        .question
        .parameters()
        .with("by", flags.grouping.by.as_ref())
        .with("as_of", flags.clocks.as_of.as_ref())
        .with("known_at", flags.clocks.known_at.as_ref())
        .with("bom", form.mark())
        .path("/v1/rates");
    let answer = service.get(&path, form.accept()).await?.bytes().await?;
    if form != Output::Table {
        return flags.output.write(&answer);
    }
    let file = flags.output.file();
    let answer: Value = serde_json::from_slice(&answer).or_unreachable()?;
    let table = table(&answer, &flags.grouping.dimensions());
    file.write_text(&table.render(file.is_coloured()).apart(&notes(&answer)))
}

/// The rows and their total.
fn table(answer: &Value, by: &[&str]) -> Table {
    let is_usual = USUAL
        .iter()
        .all(|(name, word)| basis(answer, name) == *word);
    let mut measures = MEASURES.to_vec();
    if !is_usual {
        measures.extend(BASIS);
    }
    let rows = list(answer, "rows");
    let is_behind = rows.iter().any(|row| !row["behind_by"].is_null());
    let rates = if is_behind {
        vec!["rate", "target", "behind_by"]
    } else {
        vec!["rate"]
    };
    let names = by.iter().map(|name| (*name, Side::Left));
    let numbers = measures
        .iter()
        .chain(&rates)
        .map(|name| (*name, Side::Right));
    let mut table = Table::new(names.chain(numbers));
    let cells = |row: &Value| -> Vec<String> {
        let sums = measures.iter().map(|name| sum(&row[*name]));
        sums.chain(rates.iter().map(|name| rate(&row[*name])))
            .collect()
    };
    if !by.is_empty() {
        for row in rows {
            let names = by.iter().map(|name| dimension(row, name));
            table.push(names.chain(cells(row)).collect());
        }
    }
    let names = by
        .iter()
        .enumerate()
        .map(|(at, _)| if at == 0 { "total" } else { "" });
    let names = names.map(str::to_owned);
    table.push_total(names.chain(cells(&answer["total"])).collect());
    table
}

/// What the figures stand on: days, codes, basis, and what somebody else said.
fn notes(answer: &Value) -> Text {
    let mut text = Text::of(format_args!(
        "Whole dong as of {}, known at {}, codes: {}.",
        plain(&answer["as_of"]),
        known(&answer["known_at"]),
        plain(&answer["boundaries"]),
    ));
    text.line(made_of(answer));
    for given in list(&answer["total"], "in_kind") {
        text.line(format_args!(
            "Disbursed in kind: {} {}, worth {} dong.",
            plain(&given["quantity"]),
            plain(&given["kind"]),
            sum(&given["amount"]),
        ));
    }
    if answer["overlap"] == true {
        text.line(
            "Some capital is in more than one row: PUB holds the other programmes, 00 the \
             provinces.",
        );
    }
    for statement in list(answer, "statements") {
        let [stated, computed, gap] =
            ["stated", "computed", "gap"].map(|name| figure(&statement[name]));
        text.line(format_args!(
            "Stated by {}: {}{} {stated}; computed {computed}, gap {gap}.",
            plain(&statement["publisher"]),
            plain(&statement["measure"]),
            about(&statement["scope"]),
        ));
    }
    text
}

/// What a statement is about, in the order of a line's id; nothing where it is about everything.
fn about(scope: &Value) -> String {
    let asked = FILTERS.iter().map(|name| list(scope, name));
    let asked = asked.filter(|values| !values.is_empty());
    let values: Vec<_> = asked
        .map(|values| values.iter().map(plain).collect::<Vec<_>>().join(","))
        .collect();
    if values.is_empty() {
        return String::new();
    }
    format!(" of {}", values.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(numerator: &str) -> Value {
        let row = |plan: &str, rate: &str| {
            json!({
                "province": "10", "province_name": "Lào Cai", "year": 2024, "plan": plan,
                "committed": "1", "disbursed": "2", "remaining": "-3000", "numerator": "2",
                "denominator": plan, "rate": rate, "target": null, "behind_by": null,
            })
        };
        json!({
            "as_of": "2025-01-31", "boundaries": "recorded", "overlap": false,
            "known_at": {"position": 812, "recorded_at": "2025-02-01T00:00:00.000000Z"},
            "basis": {"numerator": numerator, "certainty": "confirmed", "money": "all",
                "denominator": "total"},
            "rows": [row("2419000000000", "0.736668")], "total": row("2419000000000", "0.736668"),
            "statements": [{"publisher": "MoF", "measure": "plan", "stated": "2419000000001",
                "computed": "2419000000000", "gap": "1"}],
        })
    }

    #[test]
    fn a_table_names_units_and_groups_sums() {
        let text = table(&answer("gross"), &["province", "year"]).render(false);
        let expected = "\
province    year               plan  committed  disbursed  remaining     rate
10 Lào Cai  2024  2 419 000 000 000          1          2     -3 000  73.67 %
----------  ----  -----------------  ---------  ---------  ---------  -------
total             2 419 000 000 000          1          2     -3 000  73.67 %
";
        assert_eq!(&*text, expected);
    }

    #[test]
    fn an_unusual_basis_shows_what_is_divided() {
        let text = table(&answer("net_of_advances"), &[]).render(false);
        assert!(text.contains("numerator"), "{text}");
        assert!(
            !table(&answer("gross"), &[])
                .render(false)
                .contains("numerator")
        );
    }

    #[test]
    fn a_statement_says_what_it_is_about() {
        let scope = json!({"year": [2023, 2024], "programme": ["NTM"], "province": ["10"]});
        assert_eq!(about(&scope), " of NTM 10 2023,2024");
        assert_eq!(about(&json!({})), "");
    }

    #[test]
    fn what_was_given_in_kind_is_told_by_kind() {
        let mut answer = answer("gross");
        assert!(!notes(&answer).contains("in kind"));
        answer["total"]["in_kind"] = json!([
            {"kind": "labour_days", "quantity": "12.5", "amount": "125000"},
            {"kind": "land_m2", "quantity": "300", "amount": "7"},
        ]);
        let text = notes(&answer);
        let told = "Disbursed in kind: 12.5 labour_days, worth 125 000 dong.\n\
            Disbursed in kind: 300 land_m2, worth 7 dong.\n";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn the_notes_name_the_basis_and_both_clocks() {
        let text = notes(&answer("gross"));
        assert!(
            text.contains("as of 2025-01-31, known at position 812"),
            "{text}"
        );
        assert!(
            text.contains("(gross, confirmed, money: all) / denominator (total)"),
            "{text}"
        );
        assert!(
            text.contains("Stated by MoF: plan 2 419 000 000 001"),
            "{text}"
        );
    }
}
