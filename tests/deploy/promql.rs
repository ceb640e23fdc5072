//! As much of the language of queries as tells which metrics an expression asks for. Whether it is one at all is
//! for promtool to say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde_json::json;

use crate::tools;

/// Words that are no metrics.
const WORDS: [&str; 9] = [
    "and", "atan2", "bool", "end", "inf", "nan", "offset", "or", "unless",
];

/// Words that labels follow, in brackets.
const GROUPINGS: [&str; 6] = [
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
fn an_expression_that_is_none_is_found_by_its_name() {
    let good = ("good".to_owned(), "sum(a)".to_owned());
    assert!(try_parse(&BTreeMap::from([good.clone()])).is_ok());
    let bad = ("bad".to_owned(), "sum(a".to_owned());
    let said = try_parse(&BTreeMap::from([good, bad])).unwrap_err();
    assert!(said.contains("\"bad\""), "{said}");
}
