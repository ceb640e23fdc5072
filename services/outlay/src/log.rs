//! Log lines: to standard error, so that they never mix with an answer.

use std::io;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::config::Config;

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
        LogFormat::Text => lines.with_ansi(is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
}
