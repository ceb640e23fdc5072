//! As much of the language of queries as tells which metrics and labels an expression asks for.
//! Whether it is one at all is for promtool to say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde_json::json;

use crate::tools;

/// Words that are no metrics.
const WORDS: [&str; 9] = [
    "and", "atan2", "bool", "end", "inf", "nan", "offset", "or", "unless",
];

/// Words that labels follow, in brackets.
pub(crate) const GROUPINGS: [&str; 6] = [
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "on",
    "without",
];

/// What Prometheus tells of a target by itself.
pub(crate) const OF_PROMETHEUS: &str = "up";

/// The metrics that an expression asks for.
pub(crate) fn metrics(expression: &str) -> BTreeSet<String> {
    let mut metrics = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '{' => after(rest, '}'),
            '[' => after(rest, ']'),
            '"' | '\'' | '`' => after_text(rest, first),
            '#' => after(rest, '\n'),
            // Numbers and spans of time: their letters are no names.
            '0'..='9' => {
                rest.trim_start_matches(|it: char| it.is_ascii_alphanumeric() || it == '.')
            }
            _ if in_name(first) => {
                let follows = rest.trim_start_matches(in_name);
                let name = &rest[..rest.len() - follows.len()];
                let is_grouping = GROUPINGS.contains(&name);
                let next = follows.trim_start();
                let is_called = next.starts_with('(');
                let word = next.split(|it| !in_name(it)).next();
                let is_aggregation = matches!(word, Some("by" | "without"));
                if !(is_called || is_aggregation || is_grouping || WORDS.contains(&name)) {
                    metrics.insert(name.to_owned());
                }
                if is_called && is_grouping {
                    after(follows, ')')
                } else {
                    follows
                }
            }
            _ => &rest[first.len_utf8()..],
        };
    }
    metrics
}

/// The labels that a text asks each series for in braces, or gives it there.
pub(crate) fn selectors(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut selectors = BTreeMap::<_, BTreeSet<String>>::new();
    for (at, _) in text.match_indices('{') {
        let name = text[..at].rsplit(|it| !in_name(it)).next();
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            continue;
        };
        let labels = labels(&text[at + 1..]);
        selectors.entry(name.to_owned()).or_default().extend(labels);
    }
    selectors
}

/// The labels that stand before the closing brace.
fn labels(text: &str) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    let mut rest = text.trim_start();
    while let Some(end) = rest.find(['=', '!', '}']) {
        if rest[end..].starts_with('}') {
            break;
        }
        labels.insert(rest[..end].trim().to_owned());
        let value = rest[end..].trim_start_matches(['=', '!', '~', ' ']);
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => after_text(value, quote),
            // What a template fills in has no quotes of its own.
            _ => value,
        };
        let end = value.find([',', '}']).unwrap_or(value.len());
        rest = value[end..].trim_start_matches([',', ' ']);
    }
    labels
}

/// The labels that an expression names behind one of these words.
pub(crate) fn named_behind(words: &[&str], expression: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in expression.match_indices('(') {
        let before = expression[..at].trim_end();
        let word = before.rsplit(|it| !in_name(it)).next();
        if word.is_some_and(|word| words.contains(&word)) {
            let inside = expression[at + 1..].split(')').next().unwrap_or_default();
            let labels = inside.split(',').map(str::trim);
            named.extend(labels.filter(|it| !it.is_empty()).map(str::to_owned));
        }
    }
    named
}

fn in_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == ':'
}

/// What follows the next `end` that is in no text.
fn after(text: &str, end: char) -> &str {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == end {
            return &rest[first.len_utf8()..];
        }
        rest = match first {
            '"' | '\'' if end != '\n' => after_text(rest, first),
            _ => &rest[first.len_utf8()..],
        };
    }
    ""
}

/// What follows the text that begins here.
fn after_text(text: &str, quote: char) -> &str {
    let mut is_escaped = false;
    let end = text[1..].find(|it| {
        let ends = it == quote && !is_escaped;
        is_escaped = it == '\\' && !is_escaped;
        ends
    });
    end.map_or("", |end| &text[end + 2..])
}

/// promtool takes every expression; otherwise the test fails with what it says, by name.
#[track_caller]
pub(crate) fn parses(expressions: &BTreeMap<String, String>) {
    if let Err(said) = try_parse(expressions) {
        panic!("{said}");
    }
}

fn try_parse(expressions: &BTreeMap<String, String>) -> Result<String, String> {
    // promtool tells which rule of which group is wrong: a group bears the name.
    let groups = expressions.iter().map(|(name, expression)| {
        json!({"name": name, "rules": [{"record": "a:b:c", "expr": expression}]})
    });
    let rules = json!({"groups": groups.collect::<Vec<_>>()});
    let mut file = tempfile::NamedTempFile::new().unwrap();
    // YAML reads JSON.
    file.write_all(rules.to_string().as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    tools::try_run("promtool", &["check", "rules", "--lint=none", path], "")
}

#[test]
fn names_are_told_from_functions_labels_words_and_texts() {
    for (expression, expected) in [
        ("a", "a"),
        ("sum by (b) (a)", "a"),
        ("sum(a) without (b, c)", "a"),
        (
            "rate(a_total{b=\"c\", d=~\"e}f\"}[5m]) offset 1h",
            "a_total",
        ),
        ("a * on (b) group_left (c) d:e:f", "a d:e:f"),
        ("a * on (b) group_left d", "a d"),
        ("a > bool 2e6 and b == inf or c # d", "a b c"),
        ("label_replace(a, \"b\", '$1 (c\\'d', `e`, \"f\")", "a"),
        ("time() - a @ end()", "a"),
        ("max by (a)(b >= 0 <= 61)", "b"),
        ("", ""),
    ] {
        let expected = expected.split_whitespace().map(str::to_owned).collect();
        assert_eq!(metrics(expression), expected, "{expression}");
    }
}

#[test]
fn labels_are_told_by_the_series_they_are_asked_of() {
    let expected = |series: &[(&str, &str)]| -> BTreeMap<String, BTreeSet<String>> {
        let labels = |it: &str| it.split_whitespace().map(str::to_owned).collect();
        let series = series.iter().map(|it| (it.0.to_owned(), labels(it.1)));
        series.collect()
    };
    for (text, series) in [
        ("a{b=\"c\"}", &[("a", "b")][..]),
        (
            "a{b=\"c\", d=~\"e}f,g\"}[5m] / h:i{ j != 'k' }",
            &[("a", "b d"), ("h:i", "j")],
        ),
        ("a{b=%q,c=%q} + a{d=\"\\\"e\"}", &[("a", "b c d")]),
        ("{{ .f }} sum by (b) (a) and {severity: info}", &[]),
        ("a{} 1", &[("a", "")]),
    ] {
        assert_eq!(selectors(text), expected(series), "{text}");
    }
}

#[test]
fn labels_are_told_that_stand_behind_a_word() {
    let expression = "sum by (b, c) (a) * on(d) group_left (e) max without (f) (g) + by";
    let named = |words: &[&str]| {
        let named = named_behind(words, expression).into_iter();
        named.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(named(&["by"]), "b c");
    assert_eq!(named(&["on", "group_left"]), "d e");
    assert_eq!(named(&GROUPINGS), "b c d e f");
    assert_eq!(named(&["ignoring"]), "");
}

#[test]
fn an_expression_that_is_none_is_found_by_its_name() {
    let good = ("good".to_owned(), "sum(a)".to_owned());
    assert!(try_parse(&BTreeMap::from([good.clone()])).is_ok());
    let bad = ("bad".to_owned(), "sum(a".to_owned());
    let said = try_parse(&BTreeMap::from([good, bad])).unwrap_err();
    assert!(said.contains("\"bad\""), "{said}");
}
