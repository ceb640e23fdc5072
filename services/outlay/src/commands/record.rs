//! `outlay record`: records from a file, through the batch endpoint, and what became of each.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::{Map, Value};

use crate::config::Config;
use crate::failure::{Failure, OrFail as _, Verdict};
use crate::flags::ServiceFlags;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::rows::{self, Row};
use crate::service::Service;
use crate::table::{Side, Table};
use crate::terminal::{self, Terminal};
use crate::text::Text;

/// What `record` takes.
#[derive(Debug, Args)]
pub(crate) struct RecordFlags {
    /// A file of records, as JSON (an object or an array) or NDJSON; - is standard input
    file: PathBuf,
    /// All records of one line stand or fall together
    #[arg(long)]
    atomic: bool,
    /// Judge the records and keep nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(crate) service: ServiceFlags,
}

/// Most rows of one request: what is lost from sight when the server goes away meanwhile.
const CHUNK_ROWS: usize = 1_000;

/// Most bytes of one request, of the 16 MiB that a server takes.
const CHUNK_BYTES: usize = 4 << 20;

/// Most rows and bytes that a server judges together.
const WHOLE_ROWS: usize = 10_000;
const WHOLE_BYTES: usize = 16 << 20;

/// What became of the rows so far.
#[derive(Debug, Default)]
struct Report {
    recorded: usize,
    repeated: usize,
    refused: Vec<Refused>,
}

/// A row that was not recorded.
#[derive(Debug)]
struct Refused {
    number: usize,
    reference: String,
    status: u16,
    problem: Problem,
}

/// Sends the records, and reports those that were refused.
///
/// # Errors
/// A [`Failure`] where there is nobody to send them to, or one was refused.
pub(crate) async fn run(config: &Config, flags: RecordFlags) -> Result<(), Failure> {
    let wrong = || format!("the records in '{}' cannot be read", flags.file.display());
    let file = content(&flags.file).with_context(wrong).or_unreachable()?;
    let rows = rows::read(&file).with_context(wrong).or_refuse()?;
    let chunks = chunks(&rows, flags.atomic || flags.dry_run)?;
    let service = if flags.dry_run {
        Service::to_judge(&flags.service, config).await?
    } else {
        Service::to_record(&flags.service, config).await?
    };
    let path = path(&flags);
    let progress = Progress::over(u64::try_from(rows.len()).unwrap_or_default(), "rows");
    let mut report = Report::default();
    for chunk in chunks {
        let sent = send(&service, &path, chunk, &mut report).await;
        if let Err(failure) = sent {
            progress.end();
            return Err(failure.noting(report.known(rows.len(), flags.dry_run)));
        }
        progress.add(u64::try_from(chunk.len()).unwrap_or_default());
    }
    progress.end();
    let printed = Terminal::lock().print(&report.shown(flags.dry_run, terminal::is_coloured()));
    report.outcome(printed, &flags, rows.len())
}

fn content(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut content = Vec::new();
    std::io::stdin().lock().read_to_end(&mut content)?;
    Ok(content)
}

/// The rows as requests: one where they are judged together.
fn chunks(rows: &[Row], together: bool) -> Result<Vec<&[Row]>, Failure> {
    if !together {
        return Ok(rows::chunks(rows, CHUNK_ROWS, CHUNK_BYTES));
    }
    let chunks = rows::chunks(rows, WHOLE_ROWS, WHOLE_BYTES);
    if chunks.len() > 1 {
        return Err(Failure::usage(anyhow!(
            "--atomic and --dry-run judge all records together, which a server does for at most \
             {WHOLE_ROWS} records of 16 MiB; split the file"
        )));
    }
    Ok(chunks)
}

fn path(flags: &RecordFlags) -> String {
    let said = |flag: bool| flag.then_some("true");
    crate::question::Parameters::default()
        .with("atomic", said(flags.atomic))
        .with("dry_run", said(flags.dry_run))
        .path("/v1/records/batch")
}

async fn send(
    service: &Service,
    path: &str,
    rows: &[Row],
    report: &mut Report,
) -> Result<(), Failure> {
    let body: String = rows
        .iter()
        .flat_map(|row| [row.text.as_str(), "\n"])
        .collect();
    let reply = service
        .post(path, "application/x-ndjson", body.into_bytes())
        .await?;
    let answer = reply.bytes().await?;
    let answer = std::str::from_utf8(&answer).or_unreachable()?;
    let mut answered = 0;
    for line in answer.lines().filter(|line| !line.is_empty()) {
        let result: Map<String, Value> = serde_json::from_str(line).or_unreachable()?;
        let at = result
            .get("row")
            .and_then(Value::as_u64)
            .and_then(|row| row.checked_sub(1));
        let row = at.and_then(|at| rows.get(usize::try_from(at).ok()?));
        let row = row.context("the server answered about a row that was not sent");
        report.add(row.or_unreachable()?, &result);
        answered += 1;
    }
    if answered < rows.len() {
        return Err(Failure::unreachable(anyhow!(
            "the server answered {answered} of {} rows",
            rows.len()
        )));
    }
    Ok(())
}

impl Report {
    fn add(&mut self, row: &Row, result: &Map<String, Value>) {
        let status = result
            .get("status")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        match u16::try_from(status).unwrap_or_default() {
            201 => self.recorded += 1,
            200 => self.repeated += 1,
            status => self.refused.push(Refused {
                number: row.number,
                reference: reference(row).unwrap_or_else(|| "-".to_owned()),
                status,
                problem: Problem::of(result),
            }),
        }
    }

    /// What refused rows come to: one that the service could not take may be sent again as it is.
    fn verdict(&self) -> Verdict {
        let failed = self.refused.iter().any(|refused| refused.status >= 500);
        if failed {
            Verdict::Unreachable
        } else {
            Verdict::Refused
        }
    }

    /// What the command comes to once its report was `printed` or not: what became of the rows does
    /// not depend on who reads of it.
    fn outcome(
        &self,
        printed: Result<(), Failure>,
        flags: &RecordFlags,
        all: usize,
    ) -> Result<(), Failure> {
        let printed = printed.map_err(|failure| failure.noting(self.known(all, flags.dry_run)));
        match printed {
            Err(failure) if failure.verdict() != Verdict::Done => Err(failure),
            Ok(()) | Err(_) if self.refused.is_empty() => Ok(()),
            Ok(()) | Err(_) => Err(Failure::told(self.verdict())),
        }
    }

    /// What is known of the `all` rows of a file that was not sent to its end.
    fn known(&self, all: usize, is_dry_run: bool) -> String {
        let (count, next) = if is_dry_run {
            (self.repeated, "judge the file again: nothing was kept")
        } else {
            let count = self.recorded + self.repeated;
            (count, "send the file again: what is recorded counts once")
        };
        format!("{count} of {all} rows are known to be recorded; {next}")
    }

    /// The refused rows with their reasons, and how many there are of each kind.
    fn shown(&self, is_dry_run: bool, coloured: bool) -> Text {
        let mut text = Text::default();
        if !self.refused.is_empty() {
            let columns = ["row", "reference", "status", "field", "reason"];
            let sides = [Side::Right, Side::Left, Side::Right, Side::Left, Side::Left];
            let mut table = Table::new(columns.into_iter().zip(sides));
            for refused in &self.refused {
                let Problem { detail, field, .. } = &refused.problem;
                let rest = refused.problem.rest();
                table.push(vec![
                    refused.number.to_string(),
                    refused.reference.clone(),
                    refused.status.to_string(),
                    field.clone().unwrap_or_else(|| "-".to_owned()),
                    if rest.is_empty() {
                        detail.clone()
                    } else {
                        format!("{detail} ({rest})")
                    },
                ]);
            }
            text.append(&table.render(coloured));
            text.gap();
        }
        let recorded = if is_dry_run {
            "would be recorded"
        } else {
            "recorded"
        };
        text.line(format_args!(
            "{} {recorded}, {} repeated, {} refused",
            self.recorded,
            self.repeated,
            self.refused.len()
        ));
        text
    }
}

/// The reference of a row, where it can be read.
fn reference(row: &Row) -> Option<String> {
    let record: Map<String, Value> = serde_json::from_str(&row.text).ok()?;
    record.get("reference")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_only_judged_is_not_known_to_be_recorded() {
        let report = Report {
            recorded: 5,
            repeated: 2,
            refused: Vec::new(),
        };
        let told = |is_dry_run| report.known(9, is_dry_run);
        assert!(
            told(false).starts_with("7 of 9 rows are known to be recorded; send the file again")
        );
        assert!(
            told(true).starts_with("2 of 9 rows are known to be recorded; judge the file again")
        );
    }
}
