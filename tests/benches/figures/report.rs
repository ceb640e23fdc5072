//! What a run came to, as Markdown: ours beside the others', the ratios, and whether each goal is
//! reached. It fails on none of them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::asked::Case;
use crate::history::Variant;
use crate::timed::Times;

/// What is to be reached by a case at ten million facts.
#[derive(Clone, Copy)]
struct Goal {
    p50: Option<Duration>,
    max: Option<Duration>,
    duckdb: Option<u128>,
    postgres: Option<u128>,
    /// Whether it is never slower than one linear scan.
    within_a_scan: bool,
}

impl Goal {
    const NONE: Self = Self {
        p50: None,
        max: None,
        duckdb: None,
        postgres: None,
        within_a_scan: false,
    };

    fn of(case: Case, variant: Variant) -> Self {
        let micros = |micros| Some(Duration::from_micros(micros));
        let (p50, duckdb) = match case {
            Case::Now => (micros(5), 500),
            Case::Position => (micros(150), 200),
            Case::Day => (micros(300), 50),
            Case::Both => (micros(500), 50),
            Case::Restated
            | Case::BySource
            | Case::OneProvince
            | Case::OneCommune
            | Case::OneProject
            | Case::OneCell => {
                return Self {
                    p50: micros(200),
                    ..Self::NONE
                };
            }
            Case::OneYearSeries | Case::TenYearSeries => return Self::NONE,
        };
        match variant {
            Variant::Realistic => Self {
                p50,
                duckdb: Some(duckdb),
                postgres: Some(1_000),
                within_a_scan: case != Case::Now,
                max: None,
            },
            Variant::Shuffled => Self {
                within_a_scan: true,
                ..Self::NONE
            },
            Variant::FarOff => Self {
                max: micros(2_000).filter(|_| case == Case::Both),
                within_a_scan: true,
                ..Self::NONE
            },
        }
    }
}

/// One case of one variant.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) variant: Variant,
    pub(crate) ours: Times,
    /// At a tenth of the facts.
    pub(crate) small: Option<Times>,
    pub(crate) duckdb: Option<Times>,
    pub(crate) postgres: Option<Times>,
    pub(crate) scan: Option<Times>,
}

/// Everything of a run.
#[derive(Default)]
pub(crate) struct Report {
    /// What it was measured on, and what could not be.
    pub(crate) remarks: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// Other figures: what, and how much.
    pub(crate) others: Vec<(String, String)>,
    /// Other goals, and whether they are reached.
    pub(crate) goals: Vec<(String, bool)>,
}

impl Report {
    /// The report as Markdown.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(
            "# Figures\n\n\
             Written by `cargo bench -p tests --bench figures -- --write`. Before anything is timed, \
             every sum of every answer is compared with a linear scan and with each engine. Each \
             cell is the median over the questions of its case, of the median of each question's \
             runs; the slowest question stands beside ours. Read the ratios: the figures themselves \
             belong to the machine and to what else it was doing. A ratio is of the questions that both \
             were asked: PostgreSQL is asked the first five of each case.\n\n",
        );
        for remark in &self.remarks {
            let _ = writeln!(text, "- {remark}");
        }
        text.push_str(
            "\n| question | ours | slowest | scan | DuckDB | PostgreSQL | DuckDB / ours | \
             PostgreSQL / ours | of a tenth |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.text());
        }
        text.push_str("\n| what | |\n| --- | ---: |\n");
        for (what, much) in &self.others {
            let _ = writeln!(text, "| {what} | {much} |");
        }
        text.push_str("\n| goal | reached |\n| --- | --- |\n");
        let goals = self.rows.iter().flat_map(Row::goals);
        for (goal, reached) in goals.chain(self.goals.iter().cloned()) {
            let _ = writeln!(
                text,
                "| {goal} | {} |",
                if reached { "yes" } else { "**no**" }
            );
        }
        text
    }

    /// Takes note of a figure that is no question's.
    pub(crate) fn note(&mut self, what: impl Into<String>, much: impl Into<String>) {
        let (what, much) = (what.into(), much.into());
        eprintln!("{what}: {much}");
        self.others.push((what, much));
    }
}

impl Row {
    /// The row as it is shown.
    pub(crate) fn text(&self) -> String {
        let p50 = |times: &Option<Times>| times.as_ref().map_or_else(dash, |it| shown(it.p50()));
        format!(
            "| {} ({}×) | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.name(),
            self.ours.questions(),
            shown(self.ours.p50()),
            shown(self.ours.max()),
            p50(&self.scan),
            p50(&self.duckdb),
            p50(&self.postgres),
            self.times_ours(self.duckdb.as_ref())
                .map_or_else(dash, tenths),
            self.times_ours(self.postgres.as_ref())
                .map_or_else(dash, tenths),
            self.growth().map_or_else(dash, tenths),
        )
    }

    fn name(&self) -> String {
        match self.variant {
            Variant::Realistic => self.case.as_str().to_owned(),
            Variant::Shuffled | Variant::FarOff => {
                format!("{}; {}", self.case.as_str(), self.variant.as_str())
            }
        }
    }

    /// How many tenths of our time another takes.
    fn times_ours(&self, other: Option<&Times>) -> Option<u128> {
        Some(self.ours.of_ours(other?))
    }

    fn growth(&self) -> Option<u128> {
        let small = self.small.as_ref()?.p50();
        Some(self.ours.p50().as_nanos() * 10 / small.as_nanos().max(1))
    }

    fn goals(&self) -> Vec<(String, bool)> {
        let (goal, name) = (Goal::of(self.case, self.variant), self.name());
        let mut goals = Vec::new();
        if let Some(p50) = goal.p50 {
            goals.push((format!("{name}: ≤ {}", shown(p50)), self.ours.p50() <= p50));
        }
        if let Some(max) = goal.max {
            goals.push((
                format!("{name}: none above {}", shown(max)),
                self.ours.max() <= max,
            ));
        }
        let mut ratio = |other: &str, ratio: Option<u128>, least: Option<u128>| {
            if let Some((ratio, least)) = ratio.zip(least) {
                goals.push((
                    format!("{name}: {other} takes ≥ {least} times"),
                    ratio >= least * 10,
                ));
            }
        };
        ratio("DuckDB", self.times_ours(self.duckdb.as_ref()), goal.duckdb);
        ratio(
            "PostgreSQL",
            self.times_ours(self.postgres.as_ref()),
            goal.postgres,
        );
        if let Some(scan) = self.scan.as_ref().filter(|_| goal.within_a_scan) {
            goals.push((
                format!("{name}: none slower than the longest scan"),
                self.ours.max() <= scan.max(),
            ));
        }
        if let Some(growth) = self.growth() {
            goals.push((format!("{name}: ≤ twice that of a tenth"), growth <= 20));
        }
        goals
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// `12.3`, of tenths.
pub(crate) fn tenths(tenths: u128) -> String {
    if tenths >= 1_000 {
        return grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX));
    }
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1_000), number % 1_000)
}

/// A time in the unit that suits it.
pub(crate) fn shown(time: Duration) -> String {
    let nanos = time.as_nanos();
    let (unit, name) = match nanos {
        0..10_000_000 => (1_000, "µs"),
        10_000_000..10_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    format!("{} {name}", tenths(nanos * 10 / unit))
}
