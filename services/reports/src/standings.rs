//! The tables about scopes: how they stand beside their schedules, their alerts, and which alerts
//! there would have been.
//!
//! Each row of alerts stands on a day and a position of its own, so these are columns there.

use serde_json::Value;

use crate::answers::{BASIS, DAY, POSITION, recorded};
use crate::table::{Table, cell, find};

/// What tells a scope.
const SCOPE: [&str; 5] = [
    "programme",
    "programme_name",
    "province",
    "province_name",
    "year",
];

/// How a scope stands.
const STANDING: [&str; 21] = [
    "plan",
    "disbursed",
    "rate",
    "target",
    "target_from",
    "behind_by",
    "gap",
    "plan_to_date",
    "status",
    "paid_30_days",
    "to_schedule_30_days",
    "to_finish_30_days",
    "finished_on",
    "days_since_payment",
    "advances_overdue",
    "detail_missing",
    "is_unassigned",
    "national_rate",
    "rank.place",
    "rank.of",
    "last_year_rate",
];

/// What an alert is doing.
const DOING: [&str; 10] = [
    "id",
    "rule",
    "level",
    "state",
    "raised.position",
    "raised.on",
    "resolved.on",
    "resolved.why",
    "acknowledged",
    "silenced_until",
];

/// What an alert was raised, changed or resolved on.
const EVIDENCE: [&str; 14] = [
    "as_of",
    "known_at",
    "boundaries",
    "plan",
    "disbursed",
    "rate",
    "target",
    "target_from",
    "behind_by",
    "gap",
    "paid_30_days",
    "days_since_payment",
    "detail_missing",
    "advances_overdue",
];

/// What would have happened to an alert.
const STEP: [&str; 4] = ["day", "change", "level", "why"];

/// The figures of a step.
const STEP_FIGURES: [&str; 4] = ["rate", "target", "behind_by", "gap"];

/// The thresholds of a policy.
const POLICY: [&str; 6] = [
    "watch",
    "behind",
    "critical",
    "clear_by",
    "stalled_days",
    "advance_days",
];

/// The scopes of an answer about how they stand.
pub fn behind(answer: &Value) -> Table {
    let columns = SCOPE.into_iter().chain(STANDING);
    let table = Table::of("behind", columns, &answer["scopes"])
        .on(answer, &DAY)
        .on(answer, &POSITION)
        .on(answer, &BASIS);
    let thresholds = POLICY.iter().filter_map(|name| {
        let value = cell(find(answer, &format!("policy.{name}")))?;
        Some((format!("policy {name}"), value))
    });
    let table = thresholds.fold(table, |table, (name, value)| table.asked(&name, value));
    recorded(table, answer, "known_at")
}

/// Alerts, each with what it stands on.
pub fn alerts(answer: &Value) -> Table {
    let columns = DOING.into_iter().chain(SCOPE).chain(EVIDENCE);
    Table::of("alerts", columns, &answer["alerts"]).on(answer, &[("position", "position")])
}

/// What would have happened to which alerts, in the order of the days.
pub fn backtest(answer: &Value) -> Table {
    let scope = ["id", "rule", "programme", "province", "year"];
    let columns = STEP.into_iter().chain(scope).chain(STEP_FIGURES);
    let table = Table::of("backtest", columns, &answer["steps"]).on(answer, &POSITION);
    let asked = ["from", "to", "as_recorded"];
    let table = asked.into_iter().fold(table, |table, name| {
        table.asked(name, cell(answer.get(name)).unwrap_or_default())
    });
    recorded(table, answer, "known_at")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::csv;
    use crate::table::Kind;

    #[test]
    fn every_sum_day_and_rate_is_read_as_one() {
        let kind = |table: &Table, name: &str| {
            let mut columns = table.columns.iter();
            columns.find(|column| column.name == name).unwrap().kind
        };
        let table = behind(&json!({}));
        for (name, expected) in [
            ("gap", Kind::Money),
            ("plan_to_date", Kind::Money),
            ("to_finish_30_days", Kind::Money),
            ("advances_overdue", Kind::Money),
            ("national_rate", Kind::Rate),
            ("finished_on", Kind::Day),
            ("rank.place", Kind::Number),
            ("days_since_payment", Kind::Number),
            ("target_from", Kind::Code),
        ] {
            assert_eq!(kind(&table, name), expected, "{name}");
        }
        let table = alerts(&json!({}));
        for (name, expected) in [
            ("raised.position", Kind::Number),
            ("resolved.on", Kind::Day),
            ("silenced_until", Kind::Day),
            ("known_at", Kind::Number),
        ] {
            assert_eq!(kind(&table, name), expected, "{name}");
        }
    }

    #[test]
    fn a_workbook_of_standings_says_the_thresholds() {
        let answer = json!({"policy": {"watch": "0.05", "stalled_days": 60}, "scopes": []});
        let asked = behind(&answer).asked;
        let said = |name: &str, value: &str| asked.contains(&(name.to_owned(), value.to_owned()));
        assert!(
            said("policy watch", "0.05") && said("policy stalled_days", "60"),
            "{asked:?}"
        );
        assert_eq!(behind(&json!({"policy": null})).asked, []);
    }

    #[test]
    fn a_step_stands_on_the_position_of_the_answer() {
        let answer = json!({"from": "2024-01-01", "to": "2024-12-31", "as_recorded": false,
            "known_at": {"position": 7, "recorded_at": null},
            "steps": [{"day": "2024-07-01", "id": "stalled.NTM.10.2024", "rule": "stalled",
                "programme": "NTM", "province": "10", "year": 2024, "change": "resolved",
                "level": null, "why": "recovered", "rate": null, "target": null,
                "behind_by": null, "gap": null}]});
        let expected = "\
day,change,level,why,id,rule,programme,province,year,rate,target,behind_by,gap,position\r
2024-07-01,resolved,,recovered,stalled.NTM.10.2024,stalled,NTM,10,2024,,,,,7\r
";
        assert_eq!(csv::write(&backtest(&answer)), expected);
    }
}
