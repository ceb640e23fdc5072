//! Prometheus' rules: that they are ones, that each does what its cases say, that none lacks a
//! case, and that they ask for nothing that nobody exports.

use std::collections::{BTreeMap, BTreeSet};

use crate::exported;
use crate::promql;
use crate::tools::{self, deployed, text_of};

pub(crate) const RULES: &str = "prometheus/outlay.rules.yml";
pub(crate) const CASES: &str = "prometheus/outlay.rules.test.yml";

/// A rule, as far as its file says so line by line.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) is_alert: bool,
    pub(crate) expression: String,
    severity: Option<String>,
}

/// The rules of the file, in its order.
pub(crate) fn rules() -> Vec<Rule> {
    let mut rules = Vec::<Rule>::new();
    let text = text_of(RULES);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.trim().trim_start_matches("- ").split_once(':') else {
            continue;
        };
        let value = value.trim();
        if matches!(key, "record" | "alert") {
            rules.push(Rule {
                name: value.to_owned(),
                is_alert: key == "alert",
                ..Rule::default()
            });
        }
        let Some(rule) = rules.last_mut() else {
            continue;
        };
        match key {
            "expr" if value == "|" => {
                let is_inside = |it: &&str| indent(it) > indent(line);
                while let Some(more) = lines.next_if(is_inside) {
                    rule.expression.push_str(more);
                    rule.expression.push('\n');
                }
            }
            "expr" => value.clone_into(&mut rule.expression),
            "severity" if !value.starts_with('>') => rule.severity = Some(value.to_owned()),
            _ => {}
        }
    }
    rules
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The names that recording rules give.
fn recorded() -> BTreeSet<String> {
    let recording = rules().into_iter().filter(|rule| !rule.is_alert);
    recording.map(|rule| rule.name).collect()
}

/// Every name that an expression may ask Prometheus for.
pub(crate) fn known() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = exported::series().into_keys().collect();
    known.extend(recorded());
    known.insert(promql::OF_PROMETHEUS.to_owned());
    known
}

/// What the cases see of an alert: which severities fire, and whether there is one where none does.
#[derive(Debug, Default)]
struct Seen {
    severities: BTreeSet<String>,
    is_quiet: bool,
}

/// The alerts of the cases by name.
fn cases() -> BTreeMap<String, Seen> {
    let mut cases = BTreeMap::<String, Seen>::new();
    let mut name = String::new();
    for line in text_of(CASES).lines() {
        let line = line.trim();
        if let Some(alert) = line.strip_prefix("- alertname: ") {
            alert.clone_into(&mut name);
        } else if line == "exp_alerts: []" {
            cases.entry(name.clone()).or_default().is_quiet = true;
        } else if let Some(labels) = line.strip_prefix("- exp_labels: {severity: ") {
            let severity = labels.split([',', '}']).next().unwrap();
            let seen = cases.entry(name.clone()).or_default();
            seen.severities.insert(severity.to_owned());
        }
    }
    cases
}

#[test]
fn promtool_takes_the_configuration_and_the_rules() {
    for (what, path) in [("config", "prometheus/prometheus.yml"), ("rules", RULES)] {
        let path = deployed(path);
        let path = path.to_str().unwrap();
        let said = tools::run(
            "promtool",
            &["check", what, "--lint=all", "--lint-fatal", path],
        );
        let found = format!("{} rules found", rules().len());
        assert!(said.contains(&found), "{found}? {said}");
    }
}

#[test]
fn every_case_of_a_rule_comes_out() {
    let path = deployed(CASES);
    tools::run("promtool", &["test", "rules", path.to_str().unwrap()]);
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_does_not() {
    let cases = cases();
    let alerts = rules();
    let alerts = alerts.iter().filter(|rule| rule.is_alert);
    for Rule { name, severity, .. } in alerts {
        let seen = cases
            .get(name)
            .unwrap_or_else(|| panic!("no case of {name}"));
        assert!(seen.is_quiet, "{name} is quiet in no case");
        let fires = match severity {
            Some(severity) => seen.severities.contains(severity),
            None => !seen.severities.is_empty(),
        };
        assert!(fires, "{name} fires in no case as {severity:?}");
    }
}

#[test]
fn every_level_of_the_service_has_its_severity() {
    let severities = &cases()["OutlayBehindPlan"].severities;
    let expected = ["critical", "info", "warning"].map(str::to_owned);
    assert_eq!(*severities, BTreeSet::from(expected));
}

#[test]
fn every_recording_rule_has_a_case() {
    let text = text_of(CASES);
    for name in recorded() {
        let expected = format!("- labels: {name}{{");
        assert!(text.contains(&expected), "no case expects {name}");
    }
}

#[test]
fn the_rules_ask_for_nothing_that_nobody_exports() {
    let known = known();
    for rule in rules() {
        let asked = promql::metrics(&rule.expression);
        assert!(!asked.is_empty(), "{} asks for nothing", rule.name);
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{} asks for {unknown:?}", rule.name);
    }
}

/// Annotations ask too, inside texts. The cases hold every series they name against the rules.
#[test]
fn no_text_of_the_rules_or_cases_names_a_metric_that_nobody_exports() {
    let known = known();
    let in_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == ':';
    for path in [RULES, CASES] {
        let text = text_of(path);
        let words = text.split(|it| !in_name(it));
        let named: BTreeSet<String> = words
            .map(|word| word.trim_end_matches(':').to_owned())
            .filter(|word| word.starts_with("outlay_") || word.contains(":outlay_"))
            .collect();
        assert!(named.len() > recorded().len(), "{path}: {named:?}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}
