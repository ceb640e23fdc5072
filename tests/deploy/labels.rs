//! The labels that queries name, held against those that series bear. A label that nobody bears is
//! no error to Prometheus: the query finds nothing, and an alert never fires.

use std::collections::{BTreeMap, BTreeSet};

use events::alert::AlertRule;

use crate::dashboard;
use crate::exported;
use crate::promql::{self, GROUPINGS, OF_PROMETHEUS};
use crate::rules::{self, CASES, RULES};
use crate::tools::text_of;

/// What Prometheus adds to each series that it scrapes.
const OF_TARGETS: [&str; 2] = ["instance", "job"];

/// The labels of series, by their names.
type Borne = BTreeMap<String, BTreeSet<String>>;

/// The labels of every series that may be asked for: of those that are exported, and of those that
/// are recorded of them.
fn borne() -> Borne {
    let mut borne = exported::series();
    borne.entry(OF_PROMETHEUS.to_owned()).or_default();
    for labels in borne.values_mut() {
        labels.extend(OF_TARGETS.map(str::to_owned));
    }
    for rule in rules::rules().iter().filter(|rule| !rule.is_alert) {
        let kept = promql::named_behind(&["by"], &rule.expression);
        let labels = if kept.is_empty() {
            of_all(&borne, &rule.expression)
        } else {
            kept
        };
        borne.insert(rule.name.clone(), labels);
    }
    borne
}

/// The labels of all series that an expression asks for.
fn of_all(borne: &Borne, expression: &str) -> BTreeSet<String> {
    let metrics = promql::metrics(expression);
    let labels = metrics.iter().filter_map(|metric| borne.get(metric));
    labels.flatten().cloned().collect()
}

/// Each label that a text asks of a series that does not bear it.
fn amiss(borne: &Borne, text: &str) -> Vec<String> {
    let selectors = promql::selectors(text).into_iter();
    let of_series = selectors.filter_map(|(name, labels)| Some((borne.get(&name)?, name, labels)));
    let amiss = of_series.flat_map(|(bears, name, labels)| {
        let missing: Vec<_> = labels.difference(bears).cloned().collect();
        missing.into_iter().map(move |it| format!("{name}{{{it}}}"))
    });
    amiss.collect()
}

/// As [`amiss`], and each label that an expression groups by and no series of it bears.
fn amiss_in_expression(borne: &Borne, expression: &str) -> Vec<String> {
    let mut amiss = amiss(borne, expression);
    let grouped = promql::named_behind(&GROUPINGS, expression);
    amiss.extend(grouped.difference(&of_all(borne, expression)).cloned());
    amiss
}

#[test]
fn the_rules_ask_for_no_label_that_nobody_bears() {
    let borne = borne();
    for rule in rules::rules() {
        let amiss = amiss_in_expression(&borne, &rule.expression);
        assert!(amiss.is_empty(), "{} asks for {amiss:?}", rule.name);
    }
}

/// Annotations ask too, inside texts.
#[test]
fn no_text_of_the_rules_asks_for_a_label_that_nobody_bears() {
    let text = text_of(RULES);
    assert!(promql::selectors(&text).len() > 5, "it asks inside texts");
    let amiss = amiss(&borne(), &text);
    assert!(amiss.is_empty(), "{amiss:?}");
}

/// A case with series that nobody exports would prove nothing.
#[test]
fn the_cases_are_fed_with_series_as_they_are_exported() {
    let (borne, text) = (borne(), text_of(CASES));
    let fed = text.lines().filter_map(|line| {
        let series = line.trim().strip_prefix("- series: ")?;
        promql::selectors(series).pop_first()
    });
    let mut count = 0;
    for (name, mut labels) in fed {
        labels.extend(OF_TARGETS.map(str::to_owned));
        assert_eq!(Some(&labels), borne.get(&name), "{name}");
        count += 1;
    }
    assert!(count > 0, "the cases are fed with nothing");
}

#[test]
fn the_dashboard_asks_for_no_label_that_nobody_bears() {
    let (borne, dashboard) = (borne(), dashboard::dashboard());
    for (name, expression) in dashboard::expressions(&dashboard) {
        let filled = dashboard::filled(&dashboard, &expression);
        let amiss = amiss_in_expression(&borne, &filled);
        assert!(amiss.is_empty(), "{name} asks for {amiss:?}");
    }
    for (metric, label) in dashboard::variables_by_metric(&dashboard) {
        assert!(borne[&metric].contains(&label), "{metric} has no {label}");
    }
}

#[test]
fn the_dashboard_names_no_curve_by_a_label_that_nobody_bears() {
    let (borne, dashboard) = (borne(), dashboard::dashboard());
    let mut count = 0;
    for (legend, expression) in dashboard::legends(&dashboard) {
        let bears = of_all(&borne, &dashboard::filled(&dashboard, &expression));
        let named = legend.split("{{").skip(1);
        for label in named.map(|it| it.split("}}").next().unwrap_or(it).trim()) {
            assert!(bears.contains(label), "{legend}: no {label}");
            count += 1;
        }
    }
    assert!(count > 0, "no legend names a label");
}

#[test]
fn a_label_that_nobody_bears_is_found() {
    let borne = borne();
    for (expression, expected) in [
        ("outlay_plan_dong{source=\"central\"}", &[][..]),
        (
            "outlay_plan_dong{origin=\"x\"}",
            &["outlay_plan_dong{origin}"],
        ),
        ("sum by (origin) (outlay_plan_dong)", &["origin"]),
        (
            "scope:outlay_disbursed:ratio{source=\"x\"}",
            &["scope:outlay_disbursed:ratio{source}"],
        ),
        ("up{job=\"outlay\"} and on (programme) up", &["programme"]),
    ] {
        assert_eq!(
            amiss_in_expression(&borne, expression),
            expected,
            "{expression}"
        );
    }
}

/// What the service judges is passed on, rule by rule, and nothing that it does not know.
#[test]
fn every_rule_of_the_service_is_passed_on() {
    let passed: BTreeSet<String> = rules::rules()
        .iter()
        .filter_map(|rule| {
            let behind = rule.expression.split("outlay_alert_active:max{rule=\"");
            behind
                .last()?
                .split_once("\"} == 1")
                .map(|it| it.0.to_owned())
        })
        .collect();
    let judged = AlertRule::ALL.map(|rule| rule.as_str().to_owned());
    assert_eq!(passed, BTreeSet::from(judged));
}
