//! How many durable appends a second: the embedded store, the ledger, the server, and PostgreSQL
//! with the same rows, in one run on one disk.
//!
//! It states ratios and the state of the machine, and fails on no figure: a loaded machine is not
//! a defect. Flags: `--seconds N` and `--rounds N` for each case, `--only engine,ledger,http,postgres`,
//! `--write` for `APPENDS.md`.
#![expect(clippy::print_stdout, reason = "the table is for whoever runs it")]

mod cluster;
#[expect(dead_code, reason = "the benchmark of figures uses the rest")]
mod connection;
mod disk;
mod engine;
mod http;
mod measure;
mod postgres;
mod random;
mod records;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use disk::Folder;
use engine::Engine;
use http::Server;
use measure::Failure;
use postgres::Postgres;
use records::Records;
use report::{Case, Report};

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/APPENDS.md");

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 64, 512];

/// Connections to PostgreSQL; more than these do not make it faster on few processors.
const CONNECTIONS: [usize; 2] = [1, 64];

struct Flags {
    window: Duration,
    rounds: usize,
    only: Option<String>,
    write: bool,
}

impl Flags {
    /// The flags; none where this is not a benchmark but a build that only runs it.
    fn parse() -> Result<Option<Self>, Failure> {
        let (mut flags, mut bench) = (
            Self {
                window: Duration::from_secs(3),
                rounds: 3,
                only: None,
                write: false,
            },
            false,
        );
        let mut given = std::env::args().skip(1);
        while let Some(flag) = given.next() {
            let mut value = || given.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--bench" => bench = true,
                "--write" => flags.write = true,
                "--seconds" => flags.window = Duration::from_secs(value()?.parse::<u64>()?.max(1)),
                "--rounds" => flags.rounds = value()?.parse::<usize>()?.max(1),
                "--only" => flags.only = Some(value()?),
                _ => return Err(format!("unknown flag {flag}").into()),
            }
        }
        Ok(bench.then_some(flags))
    }

    fn wants(&self, what: &str) -> bool {
        let only = self.only.as_deref();
        only.is_none_or(|only| only.split(',').any(|name| name == what))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some(flags) = Flags::parse()? else {
        println!("run it with `cargo bench -p tests --bench appends`");
        return Ok(());
    };
    let folder = Folder::new("appends")?;
    let mut report = Report::default();
    report.remarks.push(format!(
        "{}; {} on the disk of the build",
        disk::machine(),
        folder.file_system()
    ));
    report.remarks.push(format!(
        "{} rounds of {} s for each case, the PostgreSQL of a round right before the store",
        flags.rounds,
        flags.window.as_secs()
    ));
    let binary = if flags.wants("http") {
        Server::build()?
    } else {
        Err("it was not asked for".to_owned())
    };
    let postgres = if flags.wants("postgres") {
        Postgres::start(&folder)?
    } else {
        Err("it was not asked for".to_owned())
    };
    match &postgres {
        Ok(server) => report.remarks.push(format!(
            "PostgreSQL {} over a Unix socket, driven by pgbench; synchronous_commit on, \
             shared_buffers 1 GB",
            server.version()?
        )),
        Err(why) => report
            .remarks
            .push(format!("**Not compared with PostgreSQL**: {why}")),
    }
    if let Err(why) = &binary {
        report
            .remarks
            .push(format!("**Not measured over HTTP**: {why}"));
    }
    for round in 1..=flags.rounds {
        run(
            round,
            &flags,
            &folder,
            &mut report,
            (postgres.as_ref().ok(), binary.as_ref().ok()),
        )
        .await?;
    }
    drop(postgres);
    let text = report.text();
    println!("\n{text}");
    if flags.write {
        std::fs::write(REPORT, text)?;
    }
    Ok(())
}

/// One round of every case, with the probe before and after.
async fn run(
    round: usize,
    flags: &Flags,
    folder: &Folder,
    report: &mut Report,
    (postgres, binary): (Option<&Postgres>, Option<&PathBuf>),
) -> Result<(), Failure> {
    let window = flags.window;
    let (load, mut busy) = (disk::load(), Vec::new());
    let mut look = || busy.push(disk::others_busy());
    report.add(Case::Probe, disk::probe(folder)?);
    if let Some(postgres) = postgres {
        for connections in CONNECTIONS {
            look();
            report.add(
                Case::Postgres(connections),
                postgres.measure(connections, window)?,
            );
        }
    }
    if flags.wants("engine") {
        let mut engine = Engine::open(&folder.fresh("engine")?).await?;
        for clients in CLIENTS {
            look();
            report.add(
                Case::Engine(clients),
                engine.measure(clients, window).await?,
            );
        }
    }
    if flags.wants("ledger") {
        let mut records = Records::open(&folder.fresh("ledger")?).await?;
        for clients in CLIENTS {
            look();
            report.add(
                Case::Ledger(clients),
                records.measure(clients, window).await?,
            );
        }
        look();
        let measured = records.measure_one_line(64, window).await?;
        report.add(Case::LedgerOneLine(64), measured);
    }
    if let Some(binary) = binary {
        let mut server = Server::start(binary, &folder.fresh("http")?).await?;
        for clients in CLIENTS {
            look();
            report.add(Case::Http(clients), server.measure(clients, window).await?);
        }
    }
    report.add(Case::Probe, disk::probe(folder)?);
    busy.sort_unstable();
    let quantile = |part: usize| busy.get(busy.len().saturating_sub(1) * part / 4);
    let [least, half, most] = [0, 2, 4].map(|part| quantile(part).copied().unwrap_or_default());
    report.remarks.push(format!(
        "round {round}: load {load} before and {} after; before its cases others used {least} to \
         {most} % of the processors, {half} % in the middle",
        disk::load()
    ));
    Ok(())
}
