//! Where an answer goes and in which form: to a person as a table, to programs as bytes.
//!
//! A workbook is refused to a terminal, which could only show its noise.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use reports::{Table, csv, xlsx};

use crate::failure::{Failure, OrFail as _};
use crate::terminal::{self, Terminal};
use crate::text::Text;

/// The media type of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// In which form, and where to.
#[derive(Debug, Args)]
pub(crate) struct OutputFlags {
    /// How to give the answer: json is what the service writes, its pages as one; csv and xlsx
    /// have a column for each field
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    file: FileFlags,
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct FileFlags {
    /// A file to write the answer to, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How an answer is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// For spreadsheets, as text
    Csv,
    /// For spreadsheets, as a workbook
    Xlsx,
}

impl OutputFlags {
    /// In which form.
    ///
    /// # Errors
    /// A [`Failure`] where a workbook would go to a terminal.
    pub(crate) fn form(&self) -> Result<Output, Failure> {
        if self.output == Output::Xlsx {
            self.file.refuse_noise(terminal::is_terminal())?;
        }
        Ok(self.output)
    }

    /// Where to.
    pub(crate) fn file(&self) -> &FileFlags {
        &self.file
    }
}

impl Output {
    /// What a service is asked for, where it has the form.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::Table | Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => WORKBOOK,
        }
    }
}

impl FileFlags {
    /// Refuses a workbook that would go to a terminal.
    ///
    /// # Errors
    /// A [`Failure`] that says where it may go.
    pub(crate) fn refuse_noise(&self, is_terminal: bool) -> Result<(), Failure> {
        if is_terminal && self.out.is_none() {
            return Err(Failure::usage(anyhow!(
                "a workbook is no text for a terminal; name a file with --out rates.xlsx, or send \
                 standard output to one"
            )));
        }
        Ok(())
    }

    /// Whether the answer goes to a person who wants colour.
    pub(crate) fn is_coloured(&self) -> bool {
        self.out.is_none() && terminal::is_coloured()
    }

    /// Where parts of an answer go as they come.
    ///
    /// # Errors
    /// A [`Failure`] where the file cannot be made.
    pub(crate) fn open(&self) -> Result<Sink, Failure> {
        let Some(file) = &self.out else {
            return Ok(Sink::Terminal);
        };
        let wrong = || format!("'{}' cannot be written", file.display());
        File::create(file)
            .with_context(wrong)
            .or_unreachable()
            .map(Sink::File)
    }

    /// Writes the whole answer.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be written.
    pub(crate) fn write(&self, answer: &[u8]) -> Result<(), Failure> {
        self.open()?.write(answer)
    }

    /// Writes what a person reads.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn write_text(&self, text: &Text) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes `table` as CSV.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn write_csv(&self, table: &Table) -> Result<(), Failure> {
        self.write(csv::write(table).as_bytes())
    }

    /// Writes `table` as a workbook.
    ///
    /// # Errors
    /// As [`write`](Self::write); a [`Failure`] where a workbook cannot hold it.
    pub(crate) fn write_workbook(&self, table: &Table) -> Result<(), Failure> {
        self.write(&xlsx::write(table).or_refuse()?)
    }
}

/// Where parts of an answer go as they come.
pub(crate) enum Sink {
    /// Standard output.
    Terminal,
    /// A file.
    File(File),
}

impl Sink {
    /// Writes the next part.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be written.
    pub(crate) fn write(&mut self, part: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Terminal => Terminal::lock().print_bytes(part),
            Self::File(file) => {
                let written = file.write_all(part);
                written
                    .context("the answer cannot be written")
                    .or_unreachable()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_goes_to_a_file_or_a_pipe() {
        let nowhere = FileFlags { out: None };
        let somewhere = FileFlags {
            out: Some(PathBuf::from("rates.xlsx")),
        };
        let refused = nowhere.refuse_noise(true).unwrap_err();
        assert!(refused.to_string().contains("--out"), "{refused}");
        assert_eq!(refused.verdict(), crate::failure::Verdict::Usage);
        assert!(nowhere.refuse_noise(false).is_ok());
        assert!(somewhere.refuse_noise(true).is_ok());
    }
}
