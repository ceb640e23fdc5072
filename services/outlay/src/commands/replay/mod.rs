//! `outlay replay`: history folded again from its first event, the slow and obvious way, and held
//! against the live view: cell by cell, step by step.
//!
//! Nothing is taken from the view that it is to be compared with: the fold reads the log alone.

mod check;
mod growth;
mod history;
#[cfg(test)]
mod tests;

use std::num::NonZeroU64;

use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use projections::plain::Plain;
use serde_json::Value;

use self::check::{Checked, differing};
use self::history::History;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::flags::ServiceFlags;
use crate::question::Parameters;
use crate::service::Service;
use crate::terminal::{self, Terminal};

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

/// What is said of a total in which capital is twice.
const OVERLAP: &str =
    "Totals count some capital twice: PUB holds the other programmes, 00 the provinces.\n";

/// What has been compared so far.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    steps: usize,
    cells: usize,
    figures: usize,
    /// Whether the total counts some capital twice.
    overlap: bool,
}

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
    let progress = bar(until);
    let replayed = replay(&service, until, every, &progress).await;
    progress.finish_and_clear();
    let (plain, compared) = replayed?;
    let programmes = growth::by_programme(&plain, terminal::is_coloured());
    Terminal::lock().print(&format!("\n{programmes}\n{}", compared.told(until)))
}

impl Compared {
    fn told(self, until: u64) -> String {
        let Self {
            steps,
            cells,
            figures,
            overlap,
        } = self;
        let overlap = if overlap { OVERLAP } else { "" };
        let steps = if steps == 1 {
            "1 step".to_owned()
        } else {
            format!("{steps} steps")
        };
        format!(
            "{overlap}Replayed {until} events from the first, and compared {figures} figures of \
             {cells} cells\nin {steps} with the live view, the last at position {until}: no \
             difference.\n"
        )
    }
}

fn first_line(failure: &Failure) -> String {
    let message = failure.to_string();
    message.lines().next().unwrap_or_default().to_owned()
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
            Some(_) => Failure::of(verdict, anyhow!("--until: {}", first_line(&failure))),
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
    progress: &ProgressBar,
) -> Result<(Plain, Compared), Failure> {
    let (mut plain, mut compared) = (Plain::default(), Compared::default());
    let mut history = History::of(service);
    print(progress, &growth::heading(terminal::is_coloured()))?;
    while history.position() < until {
        let step = until.min(history.position().saturating_add(every));
        let recorded_at = history.read(step, &mut plain, progress).await?;
        let checked = compare(service, &plain, step).await?;
        compared.steps += 1;
        compared.cells += checked.cells;
        compared.figures += checked.figures;
        compared.overlap = checked.overlap;
        print(progress, &growth::step(step, &recorded_at, &plain))?;
    }
    Ok((plain, compared))
}

/// Holds what is folded against the view at the same position.
async fn compare(service: &Service, plain: &Plain, position: u64) -> Result<Checked, Failure> {
    let live = async |by: &str| {
        let path = Parameters::default()
            .with("by", Some(by))
            .with("as_of", Some(LAST_DAY))
            .with("known_at", Some(position))
            .path("/v1/rates");
        ask(service, &path).await
    };
    let cells = check::cells(plain, &live(CELL).await?);
    let lines = check::lines(plain, &live(LINE).await?);
    let checked = cells.and(lines);
    match differing(&checked, position) {
        Some(told) => Err(Failure::refused(anyhow!(told))),
        None => Ok(checked),
    }
}

async fn ask(service: &Service, path: &str) -> Result<Value, Failure> {
    let answer = service.get(path, "application/json").await?.bytes().await?;
    serde_json::from_slice(&answer).or_unreachable()
}

/// A bar on standard error; none where nobody looks at it.
fn bar(events: u64) -> ProgressBar {
    let bar = ProgressBar::new(events);
    let style = ProgressStyle::with_template("{bar:32} {human_pos}/{human_len} events, {eta} left");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Prints above the bar.
fn print(progress: &ProgressBar, text: &str) -> Result<(), Failure> {
    progress.suspend(|| Terminal::lock().print(text))
}
