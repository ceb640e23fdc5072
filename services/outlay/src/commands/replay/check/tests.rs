//! The comparison, held against views that say something else.

use events::Event;
use events::log::Stored;
use events::names::LineId;
use projections::plain::Plain;
use serde_json::json;

use super::*;

const LINE: &str = "NTM/10/2024/community/unclassified";

/// A plan of 1,000 and work worth 50 on it.
fn folded() -> folded::Cells {
    let mut folded = Plain::default();
    let line = LineId::parse(LINE).unwrap();
    for (name, fields) in [
        ("line.allocated", r#""amount":"1000","basis":"assigned""#),
        (
            "line.disbursed",
            r#""amount":"50","kind":"contribution","certainty":"confirmed","vintage":2023,
            "project":"-","in_kind":{"kind":"labour_days","quantity":"2.5","unit_price":"20"}"#,
        ),
    ] {
        let stored = Stored {
            name: name.to_owned(),
            version: 1,
            data: format!(r#"{{"reference":"R","effective_on":"2024-01-05",{fields}}}"#),
        };
        let Event::Line(event) = Event::decode(&line.stream(), &stored).unwrap() else {
            panic!("{name} is not of a line");
        };
        folded.add(line, &event);
    }
    folded.shares().values().next().unwrap().clone()
}

fn row(vintage: u64, project: Value, figures: [(&str, Value); 3]) -> Value {
    let mut row = json!({
        "programme": "NTM", "province": "10", "year": 2024, "source": "community",
        "type": "unclassified", "vintage": vintage, "project": project, "commune": null,
        "assigned": "0", "local_increase": "0", "carried_in": "0", "reallocated": "0",
        "recalled": "0", "carried_out": "0", "in_transit": "0", "detailed": "0",
        "committed": "0", "disbursed": "0", "estimated": "0", "advances_outstanding": "0",
        "numerator": "0", "in_kind": [],
    });
    for (name, figure) in figures {
        row[name] = figure;
    }
    row
}

/// What the view says of the same.
fn live() -> Value {
    let work = json!([{"kind": "labour_days", "quantity": "2.5", "amount": "50"}]);
    json!({"rows": [
        row(2024, Value::Null, [("assigned", json!("1000")), ("disbursed", json!("0")),
            ("numerator", json!("0"))]),
        row(2023, json!("-"), [("disbursed", json!("50")), ("numerator", json!("50")),
            ("in_kind", work)]),
    ]})
}

fn live_lines() -> Value {
    let mut row = row(
        0,
        Value::Null,
        [
            ("numerator", json!("50")),
            ("rate", json!("0.050000")),
            ("plan", json!("1000")),
        ],
    );
    row["remaining"] = json!("950");
    row["denominator"] = json!("1000");
    json!({"rows": [row]})
}

#[test]
fn the_same_cells_have_no_difference() {
    let checked = cells(&folded(), &live()).and(lines(&folded(), &live_lines()));
    assert_eq!(checked.differences, []);
    assert_eq!((checked.cells, checked.figures), (3, 2 * 14 + 5));
    assert!(differing(&checked, 2).is_none());
}

/// What is told of differences.
#[track_caller]
fn text_of(checked: &Checked) -> String {
    let failure = differing(checked, 2).expect("a difference");
    failure.text().expect("a reason").to_string()
}

#[track_caller]
fn finds(live: &Value, told: &str) {
    let text = text_of(&cells(&folded(), live));
    assert!(text.contains(told), "{text}");
}

#[test]
fn one_dong_more_is_found() {
    let mut live = live();
    live["rows"][0]["assigned"] = json!("1001");
    finds(&live, "1 of 28 figures differ at position 2");
    finds(
        &live,
        &format!(
            "{LINE}, vintage 2024, project (none), commune (none): assigned is 1000 replayed and \
         1001 live"
        ),
    );
}

#[test]
fn a_quantity_in_kind_is_compared() {
    let mut live = live();
    live["rows"][1]["in_kind"][0]["quantity"] = json!("2.6");
    finds(
        &live,
        "in_kind is labour_days 2.5 = 50 replayed and labour_days 2.6 = 50 live",
    );
}

#[test]
fn a_cell_that_one_of_both_has_is_found() {
    let mut fewer = live();
    fewer["rows"].as_array_mut().unwrap().pop();
    finds(
        &fewer,
        "project -, commune (none): the cell is there replayed and missing live",
    );
    let mut more = live();
    let nothing = ["assigned", "disbursed", "numerator"].map(|name| (name, json!("0")));
    more["rows"]
        .as_array_mut()
        .unwrap()
        .push(row(2022, Value::Null, nothing));
    finds(
        &more,
        "vintage 2022, project (none), commune (none): the cell is missing replayed",
    );
}

#[test]
fn money_on_another_cell_is_found_on_both() {
    let mut live = live();
    live["rows"][1]["vintage"] = json!(2024);
    finds(&live, "vintage 2023, project -");
    finds(&live, "vintage 2024, project -");
}

#[test]
fn a_rate_that_is_rounded_otherwise_is_found() {
    let mut live = live_lines();
    live["rows"][0]["rate"] = json!("0.050001");
    let text = text_of(&lines(&folded(), &live));
    let told = format!("{LINE}: rate is 0.050000 replayed and 0.050001 live");
    assert!(text.contains(&told), "{text}");
}

#[test]
fn only_the_first_differences_are_told() {
    let mut live = live();
    for (measure, _) in Sums::default().measures() {
        live["rows"][0][measure.as_str()] = json!("7");
    }
    let text = text_of(&cells(&folded(), &live));
    assert!(text.ends_with("and 2 more\n"), "{text}");
    assert_eq!(text.lines().count(), 1 + TOLD + 1);
}
