//! Questions that cannot be answered: each says what is wrong with which flag, and what would be
//! understood.

use tempfile::tempdir;

use crate::outlay::Server;
use crate::records::{LINE, little_history};

/// What is typed, the exit code, and what is said of it.
type Refused = (&'static [&'static str], i32, &'static [&'static str]);

const REFUSED: [Refused; 36] = [
    (
        &["rates", "--by", "colour"],
        2,
        &["--by", "programme, province"],
    ),
    (&["rates", "--as-of", "31/01/2025"], 2, &["--as-of"]),
    (
        &["rates", "--known-at", "999999"],
        2,
        &["--known-at", "past the end"],
    ),
    (
        &["rates", "--known-at", "yesterday"],
        2,
        &["--known-at", "RFC 3339"],
    ),
    (
        &["rates", "--boundaries", "then"],
        2,
        &["--boundaries", "recorded"],
    ),
    (
        &["rates", "--numerator", "net"],
        2,
        &["--numerator", "net_of_advances"],
    ),
    (
        &["rates", "--certainty", "x"],
        2,
        &["--certainty", "with_estimates"],
    ),
    (&["rates", "--money", "x"], 2, &["--money", "plan_year"]),
    (
        &["rates", "--denominator", "x"],
        2,
        &["--denominator", "assigned_and_local"],
    ),
    (&["rates", "--programme", "ntm"], 2, &["--programme"]),
    (&["rates", "--province", "1_0"], 2, &["--province"]),
    (&["rates", "--source", "state"], 2, &["--source", "central"]),
    (
        &["rates", "--type", "capital"],
        2,
        &["--type", "investment"],
    ),
    (&["rates", "-o", "pdf"], 2, &["table, json, csv, xlsx"]),
    (&["rates", "--colour"], 2, &["--colour"]),
    (
        &["series", "--step", "year"],
        2,
        &["--step", "month, week, day"],
    ),
    (&["series", "--from", "soon"], 2, &["--from"]),
    (&["series", "--to", "soon"], 2, &["--to"]),
    (
        &["series", "--step", "day", "--from", "2001-01-01"],
        2,
        &["1200 points", "'step'"],
    ),
    (
        &["series", "--from", "2025-01-01", "--to", "2024-01-01"],
        2,
        &["after 'to'"],
    ),
    (
        &["explain"],
        2,
        &["--measure", "known: plan", "commitment_rate"],
    ),
    (
        &["explain", "--measure", "colour"],
        2,
        &["--measure", "plan, assigned"],
    ),
    (
        &["explain", "--measure", "plan", "--after", "x"],
        2,
        &["--after", "position"],
    ),
    (
        &["explain", "--measure", "plan", "--limit", "0"],
        2,
        &["--limit", "1,000"],
    ),
    (&["compare"], 2, &["--from"]),
    (&["compare", "--from", "x"], 2, &["--from"]),
    (
        &["compare", "--from", "2", "--to", "1"],
        2,
        &["--from", "after 'to'"],
    ),
    (
        &["compare", "--from", "0", "--to", "999999"],
        2,
        &["--to", "past the end"],
    ),
    (
        &["lines", "--after", "x"],
        2,
        &["--after", "programme/province/year"],
    ),
    (&["lines", "--limit", "1001"], 2, &["--limit"]),
    (&["lines", LINE, "--year", "2024"], 2, &["--year"]),
    (&["lines", "NTM/10/2024"], 1, &["not a line"]),
    (
        &["lines", "NTM/10/2023/central/investment"],
        1,
        &["nothing is recorded"],
    ),
    (
        &["replay", "--until", "999999"],
        2,
        &["--until", "past the end"],
    ),
    (&["replay", "--until", "soon"], 2, &["--until", "RFC 3339"]),
    (&["replay", "--every", "0"], 2, &["--every"]),
];

#[test]
fn what_is_not_understood_says_what_is() {
    let folder = tempdir().expect("a folder");
    let server = Server::over(folder.path());
    let rows = server.try_batch(&little_history());
    rows.expect("an answer").of(200);
    for (flags, code, said) in REFUSED {
        let run = server.ask(flags).ends(code);
        assert_eq!(run.stdout, "", "{flags:?}");
        let says = |what: &&&str| !run.stderr.contains(**what);
        let silent: Vec<_> = said.iter().filter(says).collect();
        assert!(
            silent.is_empty(),
            "{flags:?} does not say {silent:?}: {}",
            run.stderr
        );
    }
}
