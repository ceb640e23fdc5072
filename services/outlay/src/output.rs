//! Where an answer goes and in which form: to a person as a table, to programs as bytes.
//!
//! A workbook is refused to a terminal, which could only show its noise.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use reports::{Table, csv, xlsx};
use tempfile::{Builder, NamedTempFile};

use crate::failure::{Failure, OrFail as _};
use crate::terminal::{self, Terminal};
use crate::text::Text;

/// The media type of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a CSV begins with where a spreadsheet is to know its encoding.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// What a new file may be used for, before the mask of the process.
const MODE: u32 = 0o666;

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
    /// A file to write the answer to, instead of standard output; one that is there stays as it is
    /// until the answer is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Begin a CSV in a file without the byte-order mark by which spreadsheets know Vietnamese
    #[arg(long)]
    no_bom: bool,
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

    /// Writes what a service answered in this form.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be written.
    pub(crate) fn write(&self, answer: &[u8]) -> Result<(), Failure> {
        match self.output {
            Output::Csv => self.file.write_marked(answer),
            Output::Table | Output::Json | Output::Xlsx => self.file.write(answer),
        }
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

    /// Whether a service is to mark what it gives as UTF-8, where that can be said.
    pub(crate) fn mark(self) -> Option<bool> {
        (self == Self::Csv).then_some(false)
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
        Sink::over(file).with_context(wrong).or_unreachable()
    }

    /// Writes the whole answer.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be written.
    pub(crate) fn write(&self, answer: &[u8]) -> Result<(), Failure> {
        let mut sink = self.open()?;
        sink.write(answer)?;
        sink.end()
    }

    /// Writes a CSV: in a file with a byte-order mark, unless that is not wanted.
    fn write_marked(&self, csv: &[u8]) -> Result<(), Failure> {
        let mut sink = self.open()?;
        let is_file = matches!(sink, Sink::Whole(..) | Sink::InPlace(..));
        if is_file && !self.no_bom {
            sink.write(MARK)?;
        }
        sink.write(csv.strip_prefix(MARK).unwrap_or(csv))?;
        sink.end()
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
        self.write_marked(csv::write(table).as_bytes())
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
    /// What takes the place of a file once it is whole.
    Whole(NamedTempFile, PathBuf),
    /// What is written over a file in a folder where no other one can be made, once it is whole.
    InPlace(File, File),
    /// What is no file that another one could take the place of, such as a pipe.
    Other(File),
}

impl Sink {
    /// Writes the next part.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be written.
    pub(crate) fn write(&mut self, part: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Terminal => Terminal::lock().print_bytes(part),
            Self::Whole(file, _) => told(file.write_all(part)),
            Self::InPlace(file, _) | Self::Other(file) => told(file.write_all(part)),
        }
    }

    /// The answer is whole.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn end(self) -> Result<(), Failure> {
        match self {
            Self::Terminal | Self::Other(_) => Ok(()),
            Self::InPlace(mut parts, mut file) => {
                let copied = parts.rewind().and_then(|()| file.set_len(0));
                told(copied.and_then(|()| io::copy(&mut parts, &mut file).map(drop)))
            }
            Self::Whole(file, path) => {
                let kept = file.persist(path).map_err(|error| error.error);
                told(kept.map(drop))
            }
        }
    }

    /// What is written to `path`: beside it first, so that who reads it sees all of an answer.
    fn over(path: &Path) -> io::Result<Self> {
        // Of a link, the file that it leads to.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = match File::options().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        let mut permissions = Permissions::from_mode(MODE);
        if let Some(found) = existing.as_ref().map(File::metadata).transpose()? {
            permissions = found.permissions();
            if !found.is_file() {
                return existing
                    .map(Self::Other)
                    .ok_or_else(|| io::ErrorKind::NotFound.into());
            }
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let file = Builder::new()
            .prefix(".outlay-")
            .permissions(permissions)
            .tempfile_in(folder.unwrap_or(Path::new(".")));
        match (file, existing) {
            // Who may write to the file, but not beside it, has it in place.
            (Err(error), Some(existing)) if may_not(&error) => {
                Ok(Self::InPlace(tempfile::tempfile()?, existing))
            }
            (file, _) => Ok(Self::Whole(file?, path)),
        }
    }
}

/// Whether no file may be made there.
fn may_not(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::PermissionDenied || kind == io::ErrorKind::ReadOnlyFilesystem
}

fn told(written: io::Result<()>) -> Result<(), Failure> {
    let wrong = "the answer cannot be written";
    written.context(wrong).or_unreachable()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(file: &Path) -> FileFlags {
        FileFlags {
            out: Some(file.to_owned()),
            no_bom: false,
        }
    }

    #[test]
    fn a_csv_in_a_file_begins_with_a_mark_unless_it_is_not_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rates.csv");
        let mut flags = to(&file);
        for csv in ["plan\r\n", "\u{feff}plan\r\n"] {
            flags.no_bom = false;
            flags.write_marked(csv.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "\u{feff}plan\r\n");
            flags.no_bom = true;
            flags.write_marked(csv.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "plan\r\n");
        }
    }

    #[test]
    fn a_file_stays_as_it_is_until_the_answer_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut sink = to(&link).open().unwrap();
        sink.write(b"after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        drop(sink);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        to(&link).write(b"after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(to(folder.path()).open().is_err());
        to(Path::new("/dev/null")).write(b"after").unwrap();
    }

    #[test]
    fn a_workbook_goes_to_a_file_or_a_pipe() {
        let nowhere = FileFlags {
            out: None,
            no_bom: false,
        };
        let somewhere = to(Path::new("rates.xlsx"));
        let refused = nowhere.refuse_noise(true).unwrap_err();
        assert!(refused.to_string().contains("--out"), "{refused}");
        assert_eq!(refused.verdict(), crate::failure::Verdict::Usage);
        assert!(nowhere.refuse_noise(false).is_ok());
        assert!(somewhere.refuse_noise(true).is_ok());
    }
}
