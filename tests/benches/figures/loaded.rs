//! The figures of a history, and the same facts for everyone else.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use events::log::Position;
use projections::{Figures, Projection as _};

use crate::coded::{Coder, Fact};
use crate::history::{History, Variant};
use crate::measure::Failure;
use crate::scan::Scan;

/// Figures with what they took.
pub(crate) struct Loaded {
    pub(crate) figures: Figures,
    /// Time to make up the events, and to apply them.
    pub(crate) generate: Duration,
    pub(crate) apply: Duration,
    /// What the figures say that they hold, in bytes.
    pub(crate) bytes: u64,
    /// By how much the process has grown.
    pub(crate) grown: u64,
}

impl Loaded {
    /// Applies the history to empty figures.
    pub(crate) fn new(history: &History, variant: Variant) -> Self {
        let begin = Instant::now();
        let last = history
            .events(variant)
            .fold(Position::START, |_, it| it.position);
        let generate = begin.elapsed();
        std::hint::black_box(last);
        let before = resident();
        let begin = Instant::now();
        let mut figures = Figures::default();
        for recorded in history.events(variant) {
            figures.apply(&recorded);
        }
        let apply = begin.elapsed().saturating_sub(generate);
        Self {
            bytes: u64::try_from(figures.memory()).unwrap_or(u64::MAX),
            figures,
            generate,
            apply,
            grown: resident().saturating_sub(before),
        }
    }

    /// The last position.
    pub(crate) fn head(&self) -> Position {
        self.figures.applied()
    }
}

/// The columns of a scan over the same facts.
pub(crate) fn scan(history: &History, variant: Variant) -> Scan {
    let (mut scan, mut coder) = (Scan::default(), Coder::new(history.today()));
    for recorded in history.events(variant) {
        coder.facts(&recorded, |fact| scan.add(fact));
    }
    scan
}

/// Writes the same facts to a file, one to a line, for those who load one.
pub(crate) fn export(history: &History, variant: Variant, path: &Path) -> Result<(), Failure> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut coder, mut written) = (Coder::new(history.today()), Ok(()));
    for recorded in history.events(variant) {
        coder.facts(&recorded, |fact| {
            if written.is_ok() {
                written = write(&mut file, fact);
            }
        });
    }
    written?;
    file.flush()?;
    Ok(())
}

fn write(file: &mut impl std::io::Write, fact: &Fact) -> std::io::Result<()> {
    let Fact {
        position,
        day,
        line: [programme, province, year, source, kind],
        vintage,
        project,
        commune,
        part,
        now: [programme_now, province_now],
        amount,
    } = fact;
    writeln!(
        file,
        "{position},{day},{programme},{province},{year},{source},{kind},{vintage},{project},\
         {commune},{part},{programme_now},{province_now},{amount}"
    )
}

/// The memory that this process holds, in bytes; 0 where the system does not tell.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
