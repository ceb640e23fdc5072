//! How a command ends when it does not end well: an exit code, and what to tell the person.

use std::fmt;
use std::process::ExitCode;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    verdict: Verdict,
    error: Option<anyhow::Error>,
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
        }
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

    /// What to tell the person; none where it has been told.
    pub(crate) fn message(&self) -> Option<String> {
        self.error.as_ref().map(|error| format!("{error:#}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().unwrap_or_default())
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
