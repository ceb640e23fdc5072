//! Log lines: to standard error, so that they never mix with an answer.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat, LogLevel};

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
