//! `outlay behind`: how far scopes are behind their schedules, and what would still save the year.

use clap::Args;
use serde_json::Value;

use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::output::{Output, OutputFlags};
use crate::question::{ClockFlags, ScopeFlags};
use crate::service::Service;
use crate::shown::{dimension, known, list, made_of, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// What `behind` takes.
#[derive(Debug, Args)]
pub(crate) struct BehindFlags {
    #[command(flatten)]
    scopes: ScopeFlags,
    #[command(flatten)]
    clocks: ClockFlags,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// The figures of a scope, and what heads their columns.
const FIGURES: [(&str, &str); 9] = [
    ("plan", "plan"),
    ("disbursed", "disbursed"),
    ("rate", "rate"),
    ("target", "target"),
    ("behind_by", "behind by"),
    ("gap", "gap"),
    ("paid_30_days", "paid in 30 days"),
    ("to_schedule_30_days", "due in 30 days"),
    ("to_finish_30_days", "to finish, in 30 days"),
];

/// Those of them that are shares.
const RATES: [&str; 3] = ["rate", "target", "behind_by"];

/// Asks, and prints the answer.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or the question is refused.
pub(crate) async fn run(config: &Config, flags: BehindFlags) -> Result<(), Failure> {
    let form = flags.output.form()?;
    let service = Service::to_ask(&flags.service, config).await?;
    let path = flags
        .scopes
        .parameters()
        .with("as_of", flags.clocks.as_of.as_ref())
        .with("known_at", flags.clocks.known_at.as_ref())
        .with("bom", form.mark())
        .path("/v1/behind");
    let answer = service.get(&path, form.accept()).await?.bytes().await?;
    if form != Output::Table {
        return flags.output.write(&answer);
    }
    let file = flags.output.file();
    let answer: Value = serde_json::from_slice(&answer).or_unreachable()?;
    let table = table(&answer).render(file.is_coloured());
    file.write_text(&table.apart(&notes(&answer)))
}

/// The scopes, the whole country of each programme and year first.
fn table(answer: &Value) -> Table {
    let names = ["programme", "province", "year"].map(|name| (name, Side::Left));
    let figures = FIGURES.map(|(_, heading)| (heading, Side::Right));
    let status = [("status", Side::Left)];
    let mut table = Table::new(names.into_iter().chain(status).chain(figures));
    for scope in list(answer, "scopes") {
        let mut row = vec![
            dimension(scope, "programme"),
            province(scope),
            plain(&scope["year"]),
            plain(&scope["status"]).replace('_', " "),
        ];
        row.extend(FIGURES.iter().map(|(name, _)| {
            if RATES.contains(name) {
                rate(&scope[*name])
            } else {
                sum(&scope[*name])
            }
        }));
        table.push(row);
    }
    table
}

/// The province of a scope.
pub(crate) fn province(scope: &Value) -> String {
    if scope["province"].is_null() {
        "all".to_owned()
    } else {
        dimension(scope, "province")
    }
}

/// What the figures stand on: days, codes, basis, thresholds, and where targets come from.
fn notes(answer: &Value) -> Text {
    let mut text = Text::of(format_args!(
        "Whole dong of the state budget as of {}, known at {}, codes: {}.",
        plain(&answer["as_of"]),
        known(&answer["known_at"]),
        plain(&answer["boundaries"]),
    ));
    text.line(made_of(answer));
    let policy = &answer["policy"];
    if !policy.is_null() {
        text.line(format_args!(
            "Behind by {} is watch, by {} behind, by {} critical; stalled is behind with nothing \
             paid for {} days.",
            plain(&policy["watch"]),
            plain(&policy["behind"]),
            plain(&policy["critical"]),
            plain(&policy["stalled_days"]),
        ));
    }
    let scopes = list(answer, "scopes");
    for (from, whose) in [
        ("national", "the schedule of the whole country"),
        ("last_year", "the rate of a year before"),
    ] {
        let stands_in = scopes.iter().filter(|scope| scope["target_from"] == from);
        let names: Vec<_> = stands_in.map(name).collect();
        if !names.is_empty() {
            text.line(format_args!("The target is {whose}: {}.", names.join(", ")));
        }
    }
    text
}

/// A scope in short, as alerts name it.
fn name(scope: &Value) -> String {
    let province = scope["province"].as_str().unwrap_or("all");
    format!(
        "{}.{province}.{}",
        plain(&scope["programme"]),
        scope["year"]
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Value {
        json!({
            "as_of": "2024-06-30", "boundaries": "2024-06-30",
            "known_at": {"position": 812, "recorded_at": null},
            "basis": {"numerator": "gross", "certainty": "confirmed", "money": "all",
                "denominator": "total"},
            "policy": {"watch": "0.05", "behind": "0.1", "critical": "0.2", "stalled_days": 60},
            "scopes": [
                {"programme": "NTM", "programme_name": "Nông thôn mới", "province": null,
                    "province_name": null, "year": 2024, "status": null, "plan": "2000",
                    "disbursed": "450", "rate": "0.225000", "target": null, "target_from": null,
                    "behind_by": null, "gap": null, "paid_30_days": "0",
                    "to_schedule_30_days": null, "to_finish_30_days": "77"},
                {"programme": "NTM", "programme_name": "Nông thôn mới", "province": "10",
                    "province_name": "Lào Cai", "year": 2024, "status": "on_plan", "plan": "1000",
                    "disbursed": "450", "rate": "0.450000", "target": "0.500000",
                    "target_from": "national", "behind_by": "0.050000", "gap": "50",
                    "paid_30_days": "0", "to_schedule_30_days": "120", "to_finish_30_days": "77"},
            ],
        })
    }

    #[test]
    fn a_scope_stands_beside_its_target_in_points_and_money() {
        let text = table(&answer()).render(false);
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| {
                line.split("  ")
                    .map(str::trim)
                    .filter(|it| !it.is_empty())
                    .collect()
            })
            .collect();
        let expected = [
            "NTM Nông thôn mới",
            "10 Lào Cai",
            "2024",
            "on plan",
            "1 000",
            "450",
            "45.00 %",
            "50.00 %",
            "5.00 %",
            "50",
            "0",
            "120",
            "77",
        ];
        assert_eq!(rows[2], expected, "{text}");
        assert_eq!(rows[1][1], "all", "{text}");
    }

    #[test]
    fn the_notes_say_the_thresholds_and_whose_schedule_stands_in() {
        let text = notes(&answer());
        assert!(text.contains("known at position 812"), "{text}");
        assert!(
            text.contains("Behind by 0.05 is watch, by 0.1 behind, by 0.2 critical"),
            "{text}"
        );
        let stands_in = "The target is the schedule of the whole country: NTM.10.2024.\n";
        assert!(text.ends_with(stands_in), "{text}");
    }
}
