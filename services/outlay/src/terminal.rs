//! Standard output: for people with colour, for pipes without, and quiet when nobody reads on. And
//! what is said beside the answer, whether somebody listens or not.

use std::io::{self, ErrorKind, IsTerminal as _, StdoutLock, Write};
use std::sync::LazyLock;
use std::time::Duration;

use crate::failure::{Failure, OrFail as _, Verdict};
use crate::lossy::Lossy;
use crate::text::Text;

/// How long who listens is waited for before the process goes on, or ends.
const PATIENCE: Duration = Duration::from_secs(2);

static STDERR: LazyLock<Lossy> = LazyLock::new(|| Lossy::over("stderr", io::stderr()));
static STDOUT: LazyLock<Lossy> = LazyLock::new(|| Lossy::over("stdout", io::stdout()));

/// Standard output, locked while a command writes to it.
pub(crate) struct Terminal {
    out: StdoutLock<'static>,
}

impl Terminal {
    /// Takes standard output.
    pub(crate) fn lock() -> Self {
        Self {
            out: io::stdout().lock(),
        }
    }

    /// Writes `text` and sees that it leaves.
    ///
    /// # Errors
    /// A [`Failure`]; a quiet one with exit code 0 where the reader has gone.
    pub(crate) fn print(&mut self, text: &Text) -> Result<(), Failure> {
        self.print_bytes(text.as_bytes())
    }

    /// As [`print`](Self::print), whatever the bytes are: what a program reads.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.out.write_all(bytes).and_then(|()| self.out.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                Err(Failure::told(Verdict::Done))
            }
            other => other.or_unreachable(),
        }
    }
}

/// Whether standard output goes to a person.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard output goes to a person who wants colour.
pub(crate) fn is_coloured() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

/// Whether standard error goes to a person.
pub(crate) fn tells_a_person() -> bool {
    io::stderr().is_terminal()
}

/// Standard error, for log lines and messages. Nothing depends on who reads it.
pub(crate) fn stderr() -> &'static Lossy {
    &STDERR
}

/// Tells the person something beside the answer.
pub(crate) fn tell(message: &Text) {
    stderr().send(message.as_bytes());
}

/// Says on standard output what nobody has to hear, such as where a server is found.
pub(crate) fn announce(text: &Text) {
    STDOUT.send(text.as_bytes());
    STDOUT.flush(PATIENCE);
}

/// Waits for what was told and logged to be written, as far as somebody takes it.
pub(crate) fn flush() {
    stderr().flush(PATIENCE);
}
