//! The figures of a run as a table, with the machine they were taken on.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::Measured;

/// One case, in the order in which cases are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    Probe,
    Engine(usize),
    Ledger(usize),
    LedgerOneLine(usize),
    Http(usize),
    Postgres(usize),
}

impl Case {
    fn name(self) -> String {
        let (what, clients) = match self {
            Self::Probe => return "fdatasync of 4 KiB written over (probe)".to_owned(),
            Self::Engine(clients) => ("embedded store", clients),
            Self::Ledger(clients) => ("ledger, many lines", clients),
            Self::LedgerOneLine(clients) => ("ledger, one line", clients),
            Self::Http(clients) => ("HTTP", clients),
            Self::Postgres(clients) => ("PostgreSQL", clients),
        };
        let plural = if clients == 1 { "" } else { "s" };
        format!("{what}, {clients} client{plural}")
    }
}

/// Everything measured in a run.
#[derive(Default)]
pub(crate) struct Report {
    rounds: std::collections::BTreeMap<Case, Vec<Measured>>,
    /// What it was measured on, and what could not be.
    pub(crate) remarks: Vec<String>,
}

impl Report {
    /// Takes note of a round of `case`.
    pub(crate) fn add(&mut self, case: Case, measured: Measured) {
        eprintln!("{}", row(case, measured));
        self.rounds.entry(case).or_default().push(measured);
    }

    /// The report as Markdown.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(
            "# Durable appends\n\n\
             Written by `cargo bench -p tests --bench appends -- --write`. Each row is the median \
             of its rounds by appends per second; rounds of all cases take turns. Clients wait for \
             each answer. Read the ratios: the figures themselves belong to the machine and to \
             what else it was doing. `CPU each` is the processor time of the store's process for an \
             append, the clients' own included except over HTTP.\n\n",
        );
        for remark in &self.remarks {
            let _ = writeln!(text, "- {remark}");
        }
        text.push_str(
            "\n| case | appends/s | p50 | p99 | durable writes/s | CPU each | rounds |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | --- |\n",
        );
        for (case, rounds) in &self.rounds {
            let Some(median) = Measured::median(rounds) else {
                continue;
            };
            let each: Vec<String> = rounds.iter().map(|it| grouped(it.per_second)).collect();
            let _ = writeln!(text, "{} {} |", row(*case, median), each.join(", "));
        }
        text.push_str("\n| ratio of medians | |\n| --- | ---: |\n");
        for (name, ratio) in self.ratios() {
            let _ = writeln!(text, "| {name} | {ratio} |");
        }
        text
    }

    fn ratios(&self) -> Vec<(&'static str, String)> {
        use Case::{Engine, Http, Ledger, LedgerOneLine, Postgres, Probe};
        let median = |case| Measured::median(self.rounds.get(&case)?);
        let appends = |case| median(case).map(|it| it.per_second);
        let commits = |case| median(case).and_then(|it| it.commits);
        let probe = appends(Probe);
        [
            (
                "store / PostgreSQL, 64 clients (goal: 8)",
                appends(Engine(64)),
                appends(Postgres(64)),
            ),
            (
                "store, 512 clients / PostgreSQL, 64",
                appends(Engine(512)),
                appends(Postgres(64)),
            ),
            (
                "store / PostgreSQL, 1 client",
                appends(Engine(1)),
                appends(Postgres(1)),
            ),
            (
                "ledger / PostgreSQL, 64 clients",
                appends(Ledger(64)),
                appends(Postgres(64)),
            ),
            (
                "ledger, one line / PostgreSQL, 64 clients",
                appends(LedgerOneLine(64)),
                appends(Postgres(64)),
            ),
            (
                "HTTP / PostgreSQL, 64 clients",
                appends(Http(64)),
                appends(Postgres(64)),
            ),
            (
                "commits of the store / probe, 1 client",
                commits(Engine(1)),
                probe,
            ),
            (
                "commits of the store / probe, 64 clients",
                commits(Engine(64)),
                probe,
            ),
            (
                "commits of the ledger / probe, 64 clients",
                commits(Ledger(64)),
                probe,
            ),
            (
                "syncs of PostgreSQL / probe, 64 clients",
                commits(Postgres(64)),
                probe,
            ),
        ]
        .into_iter()
        .map(|(name, over, under)| (name, ratio(over, under)))
        .collect()
    }
}

fn row(case: Case, measured: Measured) -> String {
    let Measured {
        per_second,
        p50,
        p99,
        commits,
        processor,
    } = measured;
    let processor =
        processor.map_or_else(|| "-".to_owned(), |time| format!("{} µs", time.as_micros()));
    let commits = commits.map_or_else(|| "-".to_owned(), grouped);
    format!(
        "| {} | {} | {} | {} | {commits} | {processor} |",
        case.name(),
        grouped(per_second),
        millis(p50),
        millis(p99)
    )
}

/// `12,345`.
fn grouped(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1_000), number % 1_000)
}

/// `0.43 ms`.
fn millis(duration: Duration) -> String {
    let hundredths = duration.as_micros() / 10;
    format!("{}.{:02} ms", hundredths / 100, hundredths % 100)
}

/// `13.52`, or that one of the two was not measured.
fn ratio(over: Option<u64>, under: Option<u64>) -> String {
    match (over, under) {
        (Some(over), Some(under)) if under > 0 => {
            let hundredths = over * 100 / under;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        }
        _ => "not measured".to_owned(),
    }
}
