//! The command line: what may be typed, and what `--help` says about it.

#![expect(clippy::doc_markdown, reason = "the docs of a flag are its help")]

use std::path::PathBuf;
use std::process::ExitCode;

use api::Host;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::address::{TypedAddress, without_user_info};
use crate::commands::{
    alerts, behind, compare, events, explain, lines, migrate, rates, record, replay, restore,
    series,
};
use crate::config::{Config, Layer, StoreUrl};
use crate::environment;
use crate::failure::{Failure, OrFail as _, Verdict};
use crate::listen::ListenAddress;
use crate::log::{LogFormat, LogLevel};
use crate::terminal;
use crate::text::{Text, escaped};

/// Tracks how public money that was promised is paid out.
///
/// Exit codes: 0 done, 1 refused or found wrong, 2 usage, 3 cannot reach or read.
#[derive(Debug, Parser)]
#[command(name = "outlay", version, max_term_width = 100)]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(crate) shared: SharedFlags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct SharedFlags {
    /// A file of settings, see deploy/outlay.example.toml [env: OUTLAY_CONFIG]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// What is logged to standard error, such as info or info,ledger=debug
    /// [env: OUTLAY_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL", global = true)]
    log_level: Option<LogLevel>,
    /// How log lines are written [env: OUTLAY_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT", global = true, value_enum)]
    log_format: Option<LogFormat>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a fresh data folder filled with published figures, to look around in
    Demo(DemoFlags),
    /// Serve the questions and take records
    Serve(ServeFlags),
    /// Record what is in a file of JSON or NDJSON
    Record(record::RecordFlags),
    /// Ask how much of the plan is disbursed
    Rates(rates::RatesFlags),
    /// Draw how disbursement grew, day by day, week by week or month by month
    Series(series::SeriesFlags),
    /// List the events behind a figure, and what each adds to it
    Explain(explain::ExplainFlags),
    /// Show what changed between two positions of the log
    Compare(compare::CompareFlags),
    /// Show how far scopes are behind their schedules, and the pace that would save the year
    Behind(behind::BehindFlags),
    /// List alerts, take note of one, or say when which would have been raised
    Alerts(alerts::AlertsFlags),
    /// List the lines and their sums, or look into one
    Lines(lines::LinesFlags),
    /// Read the log, event by event
    Events(events::EventsFlags),
    /// Fold history again from its first event, and fail where the live view differs
    Replay(replay::ReplayFlags),
    /// Move a log between a data folder and a cluster, event by event
    Migrate(migrate::MigrateFlags),
    /// Go on with a log that was set back, such as by an older backup
    Restore(restore::RestoreFlags),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What `demo` takes.
#[derive(Debug, Args)]
pub(crate) struct DemoFlags {
    /// The address to listen on; port 0 takes a free one [env: OUTLAY_LISTEN]
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<ListenAddress>,
    #[command(flatten)]
    names: NameFlags,
    /// A folder to fill, which has to be empty or absent; without it, a temporary one that is
    /// removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub(crate) struct ServeFlags {
    /// The address to listen on; port 0 takes a free one [env: OUTLAY_LISTEN]
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<ListenAddress>,
    #[command(flatten)]
    names: NameFlags,
    /// The data folder; it is made where it is missing [env: OUTLAY_DATA] [default: ./data]
    #[arg(long, value_name = "DIR", conflicts_with = "store")]
    data: Option<PathBuf>,
    /// The cluster that keeps the log, such as <esdb://node1,node2,node3>; a password is better
    /// in the environment, where nobody else sees it [env: OUTLAY_STORE]
    #[arg(long, value_name = "URL")]
    store: Option<StoreUrl>,
    /// The folder for this node's copy of a cluster's log, which may be deleted while it does not
    /// run; without it, a temporary one [env: OUTLAY_CACHE]
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    cache: Option<PathBuf>,
    /// Another register of programmes and provinces for a fresh store: registrations and mergers
    /// as JSON or NDJSON
    #[arg(long, value_name = "FILE")]
    pub(crate) register: Option<PathBuf>,
}

/// What a server is asked by.
#[derive(Debug, Args)]
struct NameFlags {
    /// A name that it is asked by, such as ledger.example.vn, beside those of loopback; once for
    /// each: who asks for another is refused [env: OUTLAY_HOST, separated by commas]
    #[arg(long, value_name = "NAME")]
    host: Vec<Host>,
}

/// Where a command that asks or records finds the service.
#[derive(Debug, Args)]
pub(crate) struct ServiceFlags {
    /// A server, such as <http://127.0.0.1:8080>; OUTLAY_TOKEN goes along as its bearer token
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub(crate) server: Option<TypedAddress>,
    /// Reach the server through the proxy that http_proxy or ALL_PROXY names, which then reads
    /// what is sent; a server on this machine is never reached so
    #[arg(long, requires = "server")]
    pub(crate) use_proxy: bool,
    /// A data folder [env: OUTLAY_DATA] [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

impl Command {
    /// What the flags of the command say about settings.
    fn layer(&self) -> Layer {
        let service = match self {
            Self::Demo(flags) => {
                return Layer {
                    listen: flags.listen,
                    hosts: flags.names.host.clone(),
                    ..Layer::default()
                };
            }
            Self::Serve(flags) => {
                return Layer {
                    listen: flags.listen,
                    hosts: flags.names.host.clone(),
                    data: flags.data.clone(),
                    store: flags.store.clone(),
                    cache: flags.cache.clone(),
                    ..Layer::default()
                };
            }
            Self::Record(flags) => &flags.service,
            Self::Rates(flags) => &flags.service,
            Self::Series(flags) => &flags.service,
            Self::Explain(flags) => &flags.service,
            Self::Compare(flags) => &flags.service,
            Self::Behind(flags) => &flags.service,
            Self::Alerts(flags) => &flags.service,
            Self::Lines(flags) => &flags.service,
            Self::Events(flags) => &flags.service,
            Self::Replay(flags) => &flags.service,
            Self::Restore(flags) => {
                return Layer {
                    data: flags.data.clone(),
                    ..Layer::default()
                };
            }
            Self::Migrate(_) | Self::Completions { .. } => return Layer::default(),
        };
        Layer {
            data: service.data.clone(),
            ..Layer::default()
        }
    }

    /// What is logged when nobody says otherwise. A command that asks is told what went wrong, and
    /// leaves while the figures still follow the log.
    pub(crate) fn usual_log_level(&self) -> &'static str {
        match self {
            // Of its client the store says what matters.
            Self::Demo(_) | Self::Serve(_) => "info,kurrentdb=off",
            Self::Record(_)
            | Self::Rates(_)
            | Self::Series(_)
            | Self::Explain(_)
            | Self::Compare(_)
            | Self::Behind(_)
            | Self::Alerts(_)
            | Self::Lines(_)
            | Self::Events(_)
            | Self::Replay(_)
            | Self::Migrate(_)
            | Self::Restore(_)
            | Self::Completions { .. } => {
                "warn,ledger::error=off,ledger::view=off,store::workers=off,kurrentdb=off"
            }
        }
    }
}

impl Flags {
    /// What was typed. Who asked for help or the version has it, and the process ends.
    ///
    /// # Errors
    /// The exit code, where it cannot be understood and the person was told why, by what can be
    /// shown of what they typed.
    pub(crate) fn typed() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            let shown = std::env::args_os().map(|argument| {
                let argument = argument.to_string_lossy();
                escaped(&without_user_info(&argument)).into_owned()
            });
            let wrong = Self::try_parse_from(shown).err().unwrap_or(error);
            // Coloured as the person likes it.
            if !wrong.use_stderr() || terminal::tells_a_person() {
                wrong.exit()
            }
            let mut text = Text::default();
            wrong
                .render()
                .to_string()
                .trim_end()
                .lines()
                .for_each(|line| text.line(line));
            terminal::tell(&text);
            Failure::told(Verdict::Usage).code()
        })
    }

    /// The configuration: the flags over the environment over the file over the defaults.
    ///
    /// # Errors
    /// A setting that is not known or not of its form.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        environment::check(std::env::vars_os()).or_usage()?;
        let find = |name: &str| std::env::var(name).ok();
        let named = || find("OUTLAY_CONFIG").filter(|path| !path.is_empty());
        let SharedFlags {
            config,
            log_level,
            log_format,
        } = &self.shared;
        let file = match config.clone().or_else(|| named().map(PathBuf::from)) {
            Some(path) => Layer::read(&path).or_usage()?,
            None => Layer::default(),
        };
        let flags = Layer {
            log_level: log_level.clone(),
            log_format: *log_format,
            ..self.command.layer()
        };
        let environment = Layer::of_environment(find).or_usage()?;
        flags.over(environment).over(file).settled().or_usage()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_fit_together() {
        Flags::command().debug_assert();
    }
}
