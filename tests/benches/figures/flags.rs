//! The flags of the benchmark.

use crate::history::Variant;
use crate::measure::Failure;

/// What is asked for.
pub(crate) struct Flags {
    pub(crate) facts: usize,
    pub(crate) seed: usize,
    pub(crate) questions: usize,
    pub(crate) write: bool,
    only: Option<String>,
    variants: Option<String>,
}

impl Flags {
    /// The flags; none where this is not a benchmark but a build that only runs it.
    pub(crate) fn parse() -> Result<Option<Self>, Failure> {
        let mut flags = Self {
            facts: 10_000_000,
            seed: 1,
            questions: 40,
            write: false,
            only: None,
            variants: None,
        };
        let (mut bench, mut given) = (false, std::env::args().skip(1));
        while let Some(flag) = given.next() {
            let mut value = || given.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--bench" => bench = true,
                "--write" => flags.write = true,
                "--facts" => flags.facts = value()?.replace('_', "").parse::<usize>()?.max(10_000),
                "--seed" => flags.seed = value()?.parse()?,
                "--questions" => flags.questions = value()?.parse::<usize>()?.max(1),
                "--only" => flags.only = Some(value()?),
                "--variants" => flags.variants = Some(value()?),
                _ => return Err(format!("unknown flag {flag}").into()),
            }
        }
        Ok(bench.then_some(flags))
    }

    /// Whether a part is asked for. Engines answer questions, and HTTP serves a folder.
    pub(crate) fn wants(&self, what: &str) -> bool {
        let is_named = |what: &str| is_named(self.only.as_deref(), what);
        match what {
            "questions" => ["questions", "duckdb", "postgres"]
                .into_iter()
                .any(is_named),
            "folder" => ["folder", "http"].into_iter().any(is_named),
            _ => is_named(what),
        }
    }

    /// Whether a variant is asked for.
    pub(crate) fn wants_variant(&self, variant: Variant) -> bool {
        let word = match variant {
            Variant::Realistic => "realistic",
            Variant::Shuffled => "shuffled",
            Variant::FarOff => "far-off",
        };
        is_named(self.variants.as_deref(), word)
    }
}

/// Whether a list names it, or there is no list.
fn is_named(list: Option<&str>, what: &str) -> bool {
    list.is_none_or(|list| list.split(',').any(|name| name == what))
}
