//! The answers of this service, in process: the one place that names what is measured.
//!
//! It adds nothing to an answer and keeps none.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::time::EffectiveOn;
use ledger::{Checkpoints, Ledger};
use projections::facts::Part;
use projections::rates::rates;
use projections::row::Row;
use projections::series::{Point, series};
use projections::{Figures, Question, table};
use store::SystemClock;
use store_sqlite::SqliteStore;

use crate::coded::{Answer, coded};
use crate::measure::Failure;

/// The numbers of `question`, unformatted; gives how many groups there are.
pub(crate) fn numbers(figures: &Figures, question: &Question) -> usize {
    table(figures, question).len()
}

/// The curve of `question`; gives how many points it has.
pub(crate) fn curve(figures: &Figures, question: &Question, days: &[EffectiveOn]) -> Vec<Point> {
    series(figures, question, days)
}

/// The sums of `question`, group by group, to be compared.
pub(crate) fn sums(figures: &Figures, question: &Question) -> Answer {
    let groups = rates(figures, question).groups.into_iter();
    let sums = groups.map(|group| {
        let values = question.by.iter().zip(&group.values);
        let values = values.map(|(by, value)| coded(*by, value)).collect();
        (values, Part::ALL.map(|part| sum(&group.row, part)))
    });
    sums.collect()
}

fn sum(row: &Row, part: Part) -> i128 {
    let money = match part {
        Part::Assigned => row.assigned,
        Part::LocalIncrease => row.local_increase,
        Part::CarriedIn => row.carried_in,
        Part::Reallocated => row.reallocated,
        Part::Recalled => row.recalled,
        Part::CarriedOut => row.carried_out,
        Part::InTransit => row.in_transit,
        Part::Detailed => row.detailed,
        Part::Committed => row.committed,
        Part::Disbursed => row.disbursed,
        Part::Estimated => row.estimated,
        Part::AdvancesOutstanding => row.advances_outstanding,
    };
    money.to_dong()
}

/// A folder that is open, and how long that took.
pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    /// Until the store was open.
    pub(crate) open: Duration,
    /// Until the figures were where the log ends, from then on.
    pub(crate) replay: Duration,
}

/// Opens `folder`, and waits until its figures are where its log ends.
pub(crate) async fn open(folder: &Path) -> Result<Opened, Failure> {
    let begin = Instant::now();
    let path = folder.to_owned();
    let opening = move || SqliteStore::open(&path, Arc::new(SystemClock));
    let store = tokio::task::spawn_blocking(opening).await??;
    let open = begin.elapsed();
    let ledger = Ledger::open_kept(Arc::new(store), Checkpoints::kept_in(folder));
    ledger.catch_up().await?;
    let replay = begin.elapsed().saturating_sub(open);
    Ok(Opened {
        ledger,
        open,
        replay,
    })
}
