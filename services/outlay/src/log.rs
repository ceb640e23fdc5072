//! Log lines: to standard error, so that they never mix with an answer.

use std::io;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;

use crate::address::without_user_info;
use crate::config::Config;
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

/// Starts logging, from the level that the config names or else from the `usual` one.
pub(crate) fn start(config: &Config, usual: &str) {
    let level = config.log_level.as_ref().map_or(usual, LogLevel::as_str);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(io::stderr);
    match config.log_format {
        LogFormat::Text => lines.with_ansi(is_terminal()).fmt_fields(fields()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
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

fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
}
