//! Grafana's dashboard and what provisions it: that everything it asks for is there, as far as
//! that can be told without Grafana.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::promql;
use crate::rules;
use crate::tools::text_of;

/// How wide Grafana's grid is.
const COLUMNS: u64 = 24;

pub(crate) fn dashboard() -> Value {
    serde_json::from_str(&text_of("grafana/outlay.json")).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The panels, rows and what they hold included.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let mut panels = Vec::new();
    for panel in list(&dashboard["panels"]) {
        panels.push(panel);
        panels.extend(panel.get("panels").map(list).unwrap_or_default());
    }
    panels
}

/// The panels that ask for something.
fn asking(dashboard: &Value) -> Vec<&Value> {
    let panels = panels(dashboard).into_iter();
    panels.filter(|it| it["type"] != "row").collect()
}

/// Every expression, by its panel and letter.
pub(crate) fn expressions(dashboard: &Value) -> BTreeMap<String, String> {
    let mut expressions = BTreeMap::new();
    for panel in asking(dashboard) {
        for target in list(&panel["targets"]) {
            let name = format!("{}, {}", text(&panel["title"]), text(&target["refId"]));
            let earlier = expressions.insert(name.clone(), text(&target["expr"]).to_owned());
            assert!(earlier.is_none(), "two are {name}");
        }
    }
    expressions
}

/// The variables that queries are made for.
fn variables(dashboard: &Value) -> Vec<&Value> {
    let variables = list(&dashboard["templating"]["list"]).iter();
    variables.filter(|it| it["type"] == "query").collect()
}

/// The metric and the label that each variable takes its values from.
pub(crate) fn variables_by_metric(dashboard: &Value) -> Vec<(String, String)> {
    let asked = variables(dashboard).into_iter().map(|variable| {
        let asked = text(&variable["query"]["query"])
            .strip_prefix("label_values(")
            .and_then(|it| it.strip_suffix(')')?.split_once(','));
        let (metric, label) = asked.expect("a question for the values of a label");
        (metric.to_owned(), label.trim().to_owned())
    });
    asked.collect()
}

/// What curves are called, with the expression of each.
pub(crate) fn legends(dashboard: &Value) -> Vec<(String, String)> {
    let targets = asking(dashboard).into_iter();
    let targets = targets.flat_map(|panel| list(&panel["targets"]));
    let named = targets.filter_map(|target| {
        let legend = target.get("legendFormat")?;
        Some((text(legend).to_owned(), text(&target["expr"]).to_owned()))
    });
    named.collect()
}

/// The expression as Prometheus is asked it: without a variable.
pub(crate) fn filled(dashboard: &Value, expression: &str) -> String {
    let mut filled = expression.replace("$__rate_interval", "5m");
    for variable in variables(dashboard) {
        let name = text(&variable["name"]);
        filled = filled.replace(&format!("\"${name}\""), "\"value\"");
    }
    assert!(!filled.contains('$'), "a variable is not known: {filled}");
    filled
}

#[test]
fn the_dashboard_has_a_name_and_its_panels_too() {
    let dashboard = dashboard();
    assert_eq!(dashboard["uid"], "outlay");
    assert_ne!(text(&dashboard["title"]), "");
    assert!(dashboard["schemaVersion"].is_u64());
    assert!(dashboard["id"].is_null(), "a file has no id");
    let mut ids = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert_ne!(text(&panel["title"]), "");
        let id = panel["id"].as_u64().expect("a number");
        assert!(ids.insert(id), "two panels are {id}");
    }
}

#[test]
fn no_panel_lies_over_another_or_beside_the_grid() {
    let mut taken = BTreeMap::new();
    for panel in panels(&dashboard()) {
        let place = |side: &str| panel["gridPos"][side].as_u64().expect("a number");
        let (left, top) = (place("x"), place("y"));
        let (right, bottom) = (left + place("w"), top + place("h"));
        assert!(left < right && top < bottom && right <= COLUMNS, "{panel}");
        for cell in (left..right).flat_map(|x| (top..bottom).map(move |y| (x, y))) {
            let other = taken.insert(cell, panel["title"].to_string());
            assert!(other.is_none(), "{} lies over {other:?}", panel["title"]);
        }
    }
}

#[test]
fn every_panel_asks_the_datasource_that_was_chosen() {
    let dashboard = dashboard();
    let chosen = json!({"type": "prometheus", "uid": "${datasource}"});
    for panel in asking(&dashboard) {
        assert_eq!(panel["datasource"], chosen, "{}", panel["title"]);
        assert!(!list(&panel["targets"]).is_empty(), "{}", panel["title"]);
        for target in list(&panel["targets"]) {
            assert_eq!(target["datasource"], chosen, "{}", panel["title"]);
        }
    }
    for variable in variables(&dashboard) {
        assert_eq!(variable["datasource"], chosen, "{variable}");
    }
    let variables = list(&dashboard["templating"]["list"]);
    let choice = variables.iter().find(|it| it["name"] == "datasource");
    let choice = choice.expect("the variable is there");
    assert_eq!(choice["type"], "datasource");
    assert_eq!(choice["query"], "prometheus");
}

#[test]
fn the_dashboard_asks_for_nothing_that_nobody_exports() {
    let dashboard = dashboard();
    let known = rules::known();
    for (name, expression) in expressions(&dashboard) {
        let asked = promql::metrics(&filled(&dashboard, &expression));
        assert!(!asked.is_empty(), "{name} asks for nothing");
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} asks for {unknown:?}");
    }
    let variables = variables(&dashboard);
    assert!(!variables.is_empty());
    let asked = variables_by_metric(&dashboard);
    for (variable, (metric, label)) in variables.into_iter().zip(asked) {
        assert!(known.contains(&metric), "{metric}");
        assert_eq!(label, text(&variable["name"]));
    }
}

#[test]
fn every_expression_of_the_dashboard_is_one() {
    let dashboard = dashboard();
    let expressions = expressions(&dashboard).into_iter();
    let filled = expressions.map(|(name, it)| (name, filled(&dashboard, &it)));
    promql::parses(&filled.collect());
}

#[test]
fn the_dashboard_shows_what_it_is_for() {
    let dashboard = dashboard();
    let titles: Vec<&str> = panels(&dashboard)
        .iter()
        .map(|it| text(&it["title"]))
        .collect();
    for title in [
        "Rates by programme and province",
        "S-curve: disbursed and plan to date",
        "Behind",
        "Service health",
        "Webhooks",
    ] {
        assert!(titles.contains(&title), "{title} is not in {titles:?}");
    }
}
