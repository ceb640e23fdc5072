//! How a command ends when it does not end well: an exit code, and what to tell the person.

use std::fmt;
use std::process::ExitCode;

use crate::address::without_user_info;
use crate::text::Text;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    verdict: Verdict,
    error: Option<anyhow::Error>,
    notes: Vec<String>,
}

/// What a command comes to; the number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody reads on: not a failure of ours.
    Done,
    /// Refused, or found wrong.
    Refused,
    /// Called in a way that cannot be understood.
    Usage,
    /// Cannot be reached or read.
    Unreachable,
}

impl Failure {
    /// A failure whose reason has been told already.
    pub(crate) fn told(verdict: Verdict) -> Self {
        Self {
            verdict,
            error: None,
            notes: Vec::new(),
        }
    }

    /// What was refused, or found wrong.
    pub(crate) fn refused(error: impl Into<anyhow::Error>) -> Self {
        Self::of(Verdict::Refused, error)
    }

    /// What cannot be understood.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::of(Verdict::Usage, error)
    }

    /// What cannot be reached or read.
    pub(crate) fn unreachable(error: impl Into<anyhow::Error>) -> Self {
        Self::of(Verdict::Unreachable, error)
    }

    /// A failure with this verdict.
    pub(crate) fn of(verdict: Verdict, error: impl Into<anyhow::Error>) -> Self {
        Self {
            verdict,
            error: Some(error.into()),
            notes: Vec::new(),
        }
    }

    /// The failure, with something else to tell: a line of its own.
    #[must_use]
    pub(crate) fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What the command comes to.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self.verdict {
            Verdict::Done => 0,
            Verdict::Refused => 1,
            Verdict::Usage => 2,
            Verdict::Unreachable => 3,
        })
    }

    /// What to tell the person; none where it has been told. No password of an address is in it.
    pub(crate) fn text(&self) -> Option<Text> {
        let error = self.error.as_ref()?;
        let mut text = Text::of(without_user_info(&format!("outlay: {error:#}")));
        for note in &self.notes {
            text.line(without_user_info(&format!("  {note}")));
        }
        Some(text)
    }
}

/// The reason, without what else there is to tell.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error
            .as_ref()
            .map_or(Ok(()), |error| write!(f, "{error:#}"))
    }
}

/// Gives an error its verdict on the way up.
pub(crate) trait OrFail<T> {
    /// As [`Failure::refused`].
    fn or_refuse(self) -> Result<T, Failure>;
    /// As [`Failure::usage`].
    fn or_usage(self) -> Result<T, Failure>;
    /// As [`Failure::unreachable`].
    fn or_unreachable(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_refuse(self) -> Result<T, Failure> {
        self.map_err(Failure::refused)
    }

    fn or_usage(self) -> Result<T, Failure> {
        self.map_err(Failure::usage)
    }

    fn or_unreachable(self) -> Result<T, Failure> {
        self.map_err(Failure::unreachable)
    }
}
