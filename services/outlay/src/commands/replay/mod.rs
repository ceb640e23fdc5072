//! `outlay replay`: history folded again from its first event, the slow and obvious way, and held
//! against the live view: cell by cell, step by step, and programme by programme as of some days.
//!
//! Nothing is taken from the view that it is to be compared with: the fold reads the log alone.

mod check;
mod growth;
mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use anyhow::anyhow;
use clap::Args;
use events::time::EffectiveOn;
use projections::plain::{Cells, Plain};
use serde_json::Value;

use self::check::{Checked, differing};
use self::history::History;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _, Verdict};
use crate::flags::ServiceFlags;
use crate::progress::Progress;
use crate::question::Parameters;
use crate::service::Service;
use crate::shown::{list, plain as written};
use crate::terminal::{self, Terminal};
use crate::text::Text;

/// What `replay` takes.
#[derive(Debug, Args)]
pub(crate) struct ReplayFlags {
    /// Replay up to this position, or up to this instant [default: all]
    #[arg(long, value_name = "POSITION|INSTANT")]
    until: Option<String>,
    /// Compare and show the figures every so many events [default: in 20 steps]
    #[arg(long, value_name = "EVENTS")]
    every: Option<NonZeroU64>,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
}

/// How often figures are shown where nobody says otherwise.
const STEPS: u64 = 20;

/// The last day that there is: with it, whatever was recorded counts.
const LAST_DAY: &str = "9999-12-31";

/// Every dimension that there is.
const CELL: &str = "programme,province,year,source,type,project,commune,vintage";

/// The dimensions of a line, which has a plan and a rate.
const LINE: &str = "programme,province,year,source,type";

/// The dimensions of a share, which is asked for by itself: a step holds one share at a time.
const SHARE: &str = "programme,year";

/// What is said of a total in which capital is twice.
const OVERLAP: &str =
    "Totals count some capital twice: PUB holds the other programmes, 00 the provinces.";

/// What has been compared so far.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    steps: usize,
    cells: usize,
    figures: usize,
    /// Whether the total counts some capital twice.
    overlap: bool,
}

/// The view at a position.
#[derive(Clone, Copy)]
struct Live<'a> {
    service: &'a Service,
    position: u64,
}

/// What was compared, and whether the total counts some capital twice.
type Held = (Checked, bool);

/// Folds, compares, and shows how figures grew.
///
/// # Errors
/// A [`Failure`] where there is nobody to ask, or a cell is another than in the view.
pub(crate) async fn run(config: &Config, flags: ReplayFlags) -> Result<(), Failure> {
    let service = Service::to_ask(&flags.service, config).await?;
    let until = end(&service, flags.until.as_deref()).await?;
    let every = flags
        .every
        .map_or(until.div_ceil(STEPS).max(1), NonZeroU64::get);
    let progress = Progress::over(until, "events");
    let replayed = replay(&service, until, every, &progress).await;
    progress.end();
    let (plain, compared) = replayed?;
    let programmes = growth::by_programme(&plain, terminal::is_coloured());
    let programmes = programmes.apart(&compared.told(until));
    Terminal::lock().print(&Text::default().apart(&programmes))
}

impl Compared {
    fn told(self, until: u64) -> Text {
        let Self {
            steps,
            cells,
            figures,
            overlap,
        } = self;
        let mut text = Text::default();
        if overlap {
            text.line(OVERLAP);
        }
        let steps = if steps == 1 {
            "1 step".to_owned()
        } else {
            format!("{steps} steps")
        };
        text.line(format_args!(
            "Replayed {until} events from the first, and compared {figures} figures of {cells} cells"
        ));
        text.line(format_args!(
            "in {steps} with the live view, the last at position {until}: no difference."
        ));
        text
    }
}

/// The position up to which to replay.
async fn end(service: &Service, until: Option<&str>) -> Result<u64, Failure> {
    let path = Parameters::default()
        .with("known_at", until)
        .path("/v1/rates");
    let answered = ask(service, &path).await.map_err(|failure| {
        let verdict = failure.verdict();
        match until {
            // What the failure goes on to say is about the flag of another command.
            Some(_) => Failure::of(verdict, anyhow!("--until: {failure}")),
            None => failure,
        }
    });
    let answer = answered?;
    let position = answer.pointer("/known_at/position").and_then(Value::as_u64);
    position.ok_or_else(|| Failure::unreachable(anyhow!("the answer has no position")))
}

async fn replay(
    service: &Service,
    until: u64,
    every: u64,
    progress: &Progress,
) -> Result<(Plain, Compared), Failure> {
    let (mut plain, mut compared) = (Plain::default(), Compared::default());
    let mut history = History::of(service);
    print(progress, &growth::heading(terminal::is_coloured()))?;
    while history.position() < until {
        let step = until.min(history.position().saturating_add(every));
        let recorded_at = history.read(step, &mut plain, progress).await?;
        let live = Live {
            service,
            position: step,
        };
        let (checked, overlap) = compare(live, &plain, progress).await?;
        compared.steps += 1;
        compared.cells += checked.cells;
        compared.figures += checked.figures;
        compared.overlap = overlap;
        print(progress, &growth::step(step, &recorded_at, &plain))?;
    }
    Ok((plain, compared))
}

/// Holds what is folded against the view at the same position: shares as of some days, then cells
/// and lines, share by share. Tells whether the total counts some capital twice.
async fn compare(live: Live<'_>, plain: &Plain, bar: &Progress) -> Result<Held, Failure> {
    let (whole, no_cells) = (live.rates(SHARE, None, LAST_DAY).await?, Cells::new());
    let folded = plain.by(|cell| (cell.line.programme(), cell.line.year()));
    let mut checked = check::shares(&folded, &whole, LAST_DAY);
    for day in drawn(&plain.days().collect::<Vec<_>>()) {
        let (folded, day) = (plain.as_of(day), day.to_string());
        let then = live.rates(SHARE, None, &day).await?;
        checked = checked.and(check::shares(&folded, &then, &day));
    }
    for ((programme, year), cells) in shares(plain, &whole, &no_cells) {
        bar.say(format_args!("comparing {programme} {year}"));
        let share = Some((programme.as_str(), year.as_str()));
        checked = checked.and(check::cells(
            cells,
            &live.rates(CELL, share, LAST_DAY).await?,
        ));
        checked = checked.and(check::lines(
            cells,
            &live.rates(LINE, share, LAST_DAY).await?,
        ));
    }
    bar.say("");
    match differing(&checked, live.position) {
        Some(failure) => Err(failure),
        None => Ok((checked, whole.get("overlap") == Some(&Value::Bool(true)))),
    }
}

/// The first of these days, the last, and three evenly between.
fn drawn(days: &[EffectiveOn]) -> Vec<EffectiveOn> {
    let last = days.len().saturating_sub(1);
    let mut drawn: Vec<_> = (0..=4)
        .filter_map(|quarter| days.get(last * quarter / 4).copied())
        .collect();
    drawn.dedup();
    drawn
}

/// Every share that the fold or the view has, with what is folded: nothing where the view alone
/// has it.
fn shares<'a>(
    plain: &'a Plain,
    live: &Value,
    no_cells: &'a Cells,
) -> BTreeMap<(String, String), &'a Cells> {
    let folded = plain.shares().iter();
    let mut shares: BTreeMap<_, _> = folded
        .map(|((programme, year), cells)| ((programme.to_string(), year.to_string()), cells))
        .collect();
    for row in list(live, "rows") {
        let share = (written(&row["programme"]), written(&row["year"]));
        shares.entry(share).or_insert(no_cells);
    }
    shares
}

impl Live<'_> {
    /// What the view says of a share, or of all, as of a day.
    async fn rates(
        &self,
        by: &str,
        share: Option<(&str, &str)>,
        day: &str,
    ) -> Result<Value, Failure> {
        let path = Parameters::default()
            .with("by", Some(by))
            .with("programme", share.map(|(programme, _)| programme))
            .with("year", share.map(|(_, year)| year))
            .with("as_of", Some(day))
            .with("known_at", Some(self.position))
            .path("/v1/rates");
        ask(self.service, &path).await
    }
}

async fn ask(service: &Service, path: &str) -> Result<Value, Failure> {
    let answer = service.get(path, "application/json").await?.bytes().await?;
    serde_json::from_slice(&answer).or_unreachable()
}

/// Prints above the bar. That nobody reads the steps is no reason not to compare.
fn print(progress: &Progress, text: &Text) -> Result<(), Failure> {
    match progress.aside(|| Terminal::lock().print(text)) {
        Err(failure) if failure.verdict() == Verdict::Done => Ok(()),
        printed => printed,
    }
}
