//! Outlay: event-sourced tracking of how public money that was promised is paid out.
//!
//! Flags, config, wiring and exit codes, and nothing else: rules are in `events`, figures in
//! `projections`, use cases in `ledger`, the wire in `api`. Only here is an adapter named.

mod address;
mod bar;
mod cluster;
mod commands;
mod config;
mod demo;
mod encoding;
mod environment;
mod failure;
mod fill;
mod flags;
mod folder;
mod listen;
mod log;
mod lossy;
mod output;
mod pages;
mod problem;
mod progress;
mod question;
mod room;
mod rows;
mod server;
mod service;
mod shown;
mod table;
mod terminal;
mod text;
mod wiring;

use std::process::ExitCode;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::{
    alerts, behind, compare, completions, demo as demonstrate, events, explain, lines, migrate,
    rates, record, replay, restore, series, serve,
};
use crate::failure::Failure;
use crate::flags::{Command, Flags};

fn main() -> ExitCode {
    let code = Flags::typed().map_or_else(|usage| usage, outcome);
    terminal::flush();
    code
}

#[tokio::main]
async fn outcome(flags: Flags) -> ExitCode {
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                terminal::tell(&text);
            }
            failure.code()
        }
    }
}

async fn run(flags: Flags) -> Result<(), Failure> {
    let config = flags.config()?;
    survive_large_files();
    log::start(&config, flags.command.usual_log_level());
    match flags.command {
        Command::Demo(flags) => demonstrate::run(config, flags).await,
        Command::Serve(flags) => serve::run(config, flags).await,
        Command::Record(flags) => record::run(&config, flags).await,
        Command::Rates(flags) => rates::run(&config, flags).await,
        Command::Series(flags) => series::run(&config, flags).await,
        Command::Explain(flags) => explain::run(&config, flags).await,
        Command::Compare(flags) => compare::run(&config, flags).await,
        Command::Behind(flags) => behind::run(&config, flags).await,
        Command::Alerts(flags) => alerts::run(&config, flags).await,
        Command::Lines(flags) => lines::run(&config, flags).await,
        Command::Events(flags) => events::run(&config, flags).await,
        Command::Replay(flags) => replay::run(&config, flags).await,
        Command::Migrate(flags) => migrate::run(&config, flags).await,
        Command::Restore(_) => restore::run(&config).await,
        Command::Completions { shell } => completions::run(shell),
    }
}

/// A write to a file that may not grow any more fails from now on, and does not end the process:
/// whoever listens for the signal takes its usual effect away, for as long as the process runs.
fn survive_large_files() {
    let _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()));
}
