//! Alerts as a table for people: who is behind, since when, by how much, and who knows.

use serde_json::Value;

use crate::commands::behind::province;
use crate::shown::{list, plain, rate, sum};
use crate::table::{Side, Table};
use crate::text::Text;

/// The columns.
const COLUMNS: [(&str, Side); 9] = [
    ("alert", Side::Left),
    ("province", Side::Left),
    ("level", Side::Left),
    ("state", Side::Left),
    ("since", Side::Left),
    ("rate", Side::Right),
    ("target", Side::Right),
    ("behind by", Side::Right),
    ("dong", Side::Right),
];

/// The alerts, and what their figures stand on.
pub(super) fn shown(answer: &Value, coloured: bool) -> Text {
    let alerts = list(answer, "alerts");
    let position = plain(&answer["position"]);
    if alerts.is_empty() {
        return Text::of(format_args!(
            "No alerts of this kind, known at position {position}."
        ));
    }
    let mut table = Table::new(COLUMNS);
    for alert in alerts {
        let raised = &alert["raised"];
        table.push(vec![
            plain(&alert["id"]),
            province(alert),
            plain(&alert["level"]),
            state(alert),
            plain(&raised["on"]),
            rate(&alert["rate"]),
            rate(&alert["target"]),
            rate(&alert["behind_by"]),
            sum(money(alert)),
        ]);
    }
    let mut text = table.render(coloured);
    text.gap();
    text.line(format_args!(
        "{} alert{}, known at position {position}; figures of the day each was last told; rate = \
         disbursed / plan.",
        alerts.len(),
        if alerts.len() == 1 { "" } else { "s" },
    ));
    text.line("Whole dong: behind the target, of advances overdue, or not allocated in detail.");
    for alert in alerts {
        let dead = list(alert, "deliveries").iter();
        for letter in dead.filter(|it| it["outcome"] == "abandoned") {
            text.line(format_args!(
                "{} could not be told of event {} of {}.",
                plain(&letter["endpoint"]),
                letter["event"],
                plain(&alert["id"]),
            ));
        }
    }
    text
}

/// What it is doing, and until when or since when.
fn state(alert: &Value) -> String {
    let state = plain(&alert["state"]);
    match state.as_str() {
        "silenced" => format!("silenced until {}", plain(&alert["silenced_until"])),
        "resolved" => {
            let resolved = &alert["resolved"];
            let why = plain(&resolved["why"]).replace('_', " ");
            format!("resolved on {}: {why}", plain(&resolved["on"]))
        }
        _ => state,
    }
}

/// The sum that its rule is about.
fn money(alert: &Value) -> &Value {
    match alert["rule"].as_str() {
        Some("advances_overdue") => &alert["advances_overdue"],
        Some("detail_incomplete") => &alert["detail_missing"],
        _ => &alert["gap"],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(rule: &str, state: &str) -> Value {
        json!({"id": format!("{rule}.NTM.10.2024"), "rule": rule, "level": "critical",
            "state": state, "province": "10", "province_name": "Lào Cai", "year": 2024,
            "raised": {"position": 900, "on": "2024-07-01"},
            "resolved": {"on": "2024-10-01", "why": "year_closed"},
            "silenced_until": "2024-09-30", "rate": "0.250000", "target": "0.500000",
            "behind_by": "0.250000", "gap": "250000", "detail_missing": "7000",
            "advances_overdue": "500", "deliveries": []})
    }

    #[test]
    fn an_alert_tells_who_since_when_and_how_much() {
        let answer = json!({"position": 912, "alerts": [alert("behind_plan", "open")]});
        let text = shown(&answer, false);
        let expected = "\
alert                    province    level     state  since          rate   target  behind by     dong
behind_plan.NTM.10.2024  10 Lào Cai  critical  open   2024-07-01  25.00 %  50.00 %    25.00 %  250 000
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("1 alert, known at position 912"), "{text}");
    }

    #[test]
    fn the_sum_is_the_one_that_the_rule_is_about() {
        for (rule, dong) in [
            ("stalled", "250000"),
            ("advances_overdue", "500"),
            ("detail_incomplete", "7000"),
        ] {
            assert_eq!(money(&alert(rule, "open")), dong, "{rule}");
        }
    }

    #[test]
    fn a_state_tells_until_when_and_why() {
        let told = |word| state(&alert("stalled", word));
        assert_eq!(told("acknowledged"), "acknowledged");
        assert_eq!(told("silenced"), "silenced until 2024-09-30");
        assert_eq!(told("resolved"), "resolved on 2024-10-01: year closed");
    }

    #[test]
    fn who_could_not_be_told_is_named() {
        let mut alert = alert("stalled", "open");
        alert["deliveries"] = json!([
            {"endpoint": "office", "event": 0, "outcome": "abandoned"},
            {"endpoint": "ministry", "event": 0, "outcome": "delivered"},
        ]);
        let text = shown(&json!({"position": 9, "alerts": [alert]}), false);
        let told = "office could not be told of event 0 of stalled.NTM.10.2024.\n";
        assert!(text.ends_with(told), "{text}");
        assert!(!text.contains("ministry"), "{text}");
    }
}
