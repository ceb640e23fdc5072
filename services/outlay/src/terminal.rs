//! Standard output: for people with colour, for pipes without, and quiet when nobody reads on.

use std::io::{self, ErrorKind, IsTerminal as _, StdoutLock, Write};

use crate::failure::{Failure, OrFail as _, Verdict};
use crate::text::Text;

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

/// Tells the person something beside the answer. Who does not read it, does not miss it.
pub(crate) fn tell(message: &Text) {
    let _ = write!(io::stderr().lock(), "{message}");
}
