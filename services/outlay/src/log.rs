//! Log lines: to standard error, so that they never mix with an answer, which does not depend on
//! whether anybody takes them.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;

use crate::address::without_user_info;
use crate::config::Config;
use crate::terminal;
use crate::text::escaped;

/// How log lines are written to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// What is logged: a level, or directives such as `info,ledger=debug`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct LogLevel(String); // Invariant: directives that the subscriber reads.

impl LogLevel {
    /// The directives.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LogLevel {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl std::str::FromStr for LogLevel {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        EnvFilter::builder()
            .parse(text)
            .map_err(|_| anyhow!("'{text}' is not a level, such as info or info,ledger=debug"))?;
        Ok(Self(text.to_owned()))
    }
}

/// How long a panic waits for its message to be written: it may be the last of the process.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Starts logging, from the level that the config names or else from the `usual` one. Panics are
/// logged too: the standard library would wait until somebody reads standard error.
pub(crate) fn start(config: &Config, usual: &str) {
    let level = config.log_level.as_ref().map_or(usual, LogLevel::as_str);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .log_internal_errors(false)
        .with_writer(terminal::stderr);
    match config.log_format {
        LogFormat::Text => lines
            .with_ansi(terminal::tells_a_person())
            .fmt_fields(fields())
            .init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    panic::set_hook(Box::new(|panic| {
        panicked(panic);
        terminal::stderr().flush(LAST_WORDS);
    }));
}

/// Logs a panic, with a backtrace where the environment asks for one.
fn panicked(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("unknown");
    let location = panic.location().map(tracing::field::display);
    let thread = thread::current();
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured)
        .then(|| tracing::field::display(&backtrace));
    tracing::error!(
        location,
        thread = thread.name(),
        backtrace,
        "panicked: {message}"
    );
}

/// What a line says, of which no value ends the line or steers the terminal.
fn fields() -> impl for<'w> FormatFields<'w> {
    let field = debug_fn(|writer, field, value| {
        let value = format!("{value:?}");
        let value = without_user_info(&value);
        match field.name() {
            "message" => write!(writer, "{}", escaped(&value)),
            name => write!(writer, "{name}={}", escaped(&value)),
        }
    });
    field.delimited(" ")
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Write};
    use std::panic::catch_unwind;
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::lossy::Lossy;

    /// A reader that gets the first line, and ends.
    struct Ending(Option<Sender<Vec<u8>>>);

    impl Write for Ending {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let reader = self.0.take().ok_or(ErrorKind::BrokenPipe)?;
            reader.send(line.to_vec()).unwrap();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_as_anything_else_and_needs_nobody_who_reads_it() {
        let (usual, test) = (panic::take_hook(), thread::current().id());
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == test {
                panicked(panic);
            } else {
                usual(panic);
            }
        }));
        let (reader, read) = channel();
        let lossy: &Lossy = Box::leak(Box::new(Lossy::over("test", Ending(Some(reader)))));
        let lines = tracing_subscriber::fmt().json().flatten_event(true);
        tracing::subscriber::with_default(lines.with_writer(move || lossy).finish(), || {
            for number in 1..=3 {
                catch_unwind(|| panic!("number {number}")).unwrap_err();
            }
        });
        lossy.flush(Duration::from_mins(1));
        let line: serde_json::Value = serde_json::from_slice(&read.recv().unwrap()).unwrap();
        assert_eq!(line["message"], "panicked: number 1");
        assert_eq!(line["level"], "ERROR");
        let location = line["location"].as_str().unwrap();
        assert!(location.starts_with(file!()), "{location}");
        assert_eq!(line["thread"], thread::current().name().unwrap());
        assert_eq!(lossy.dropped(), 2);
    }
}
