//! How long an answer takes over a realistic history: ours in process and over HTTP, DuckDB's and
//! PostgreSQL's over the same facts, in one run; and what memory, opening and replay take.
//!
//! It compares every answer before it times one, states ratios and the machine, and fails on no
//! figure: a loaded machine is not a defect. Flags: `--facts N`, `--seed N`, `--questions N` of
//! each case, `--variants realistic,shuffled,far-off`,
//! `--only questions,duckdb,postgres,folder,http`, `--write` for `RESULTS.md`.
#![expect(clippy::print_stdout, reason = "the tables are for whoever runs it")]

mod asked;
#[expect(dead_code, reason = "the benchmark of appends uses the rest")]
#[path = "../cluster.rs"]
mod cluster;
mod coded;
#[expect(dead_code, reason = "the benchmark of appends uses the rest")]
#[path = "../connection.rs"]
mod connection;
#[expect(dead_code, reason = "the benchmark of appends uses the rest")]
#[path = "../disk.rs"]
mod disk;
mod engines;
mod filled;
mod flags;
mod history;
mod loaded;
#[expect(dead_code, reason = "the benchmark of appends uses the rest")]
#[path = "../measure.rs"]
mod measure;
mod ours;
#[path = "../random.rs"]
mod random;
mod report;
mod scan;
mod served;
mod timed;
mod variant;

use std::time::{Duration, Instant};

use cluster::Cluster;
use coded::Answer;
use disk::Folder;
use events::time::EffectiveOn;
use flags::Flags;
use history::{History, Variant};
use measure::{Failure, per_second};
use report::{Report, grouped, shown};
use store::{Clock as _, SystemClock};

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/RESULTS.md");

/// Memory of PostgreSQL for its pages: the table and its index fit.
const SHARED_BUFFERS: &str = "2GB";

fn main() -> Result<(), Failure> {
    let Some(flags) = Flags::parse()? else {
        println!("run it with `cargo bench -p tests --bench figures`");
        return Ok(());
    };
    let folder = Folder::new("figures")?;
    let mut report = Report::default();
    let history = drawn(&flags, &folder, &mut report)?;
    let now = if flags.wants("questions") {
        questions(&flags, &folder, &history, &mut report)?
    } else {
        None
    };
    if flags.wants("folder") {
        in_folder(&flags, &folder, (&history, now), &mut report)?;
    }
    let text = report.text();
    println!("\n{text}");
    if flags.write {
        std::fs::write(REPORT, text)?;
    }
    Ok(())
}

/// The history of the run, and what it is.
fn drawn(flags: &Flags, folder: &Folder, report: &mut Report) -> Result<History, Failure> {
    report.remarks.push(format!(
        "{}; {} on the disk of the build; {}; load {} before",
        disk::machine(),
        folder.file_system(),
        EffectiveOn::at(SystemClock.now()),
        disk::load()
    ));
    let begin = Instant::now();
    let history = History::draw(flags.seed, flags.facts)?;
    let (lines, projects) = history.breadth();
    report.remarks.push(format!(
        "{} facts in {} events of {} lines and {} projects, seed {}, up to {}; drawn in {}",
        grouped(count(history.facts())),
        grouped(count(history.len())),
        grouped(count(lines)),
        grouped(count(projects)),
        flags.seed,
        history.today(),
        shown(begin.elapsed())
    ));
    if history.facts() != flags.facts {
        let asked = grouped(count(flags.facts));
        report
            .remarks
            .push(format!("**Not the {asked} facts that were asked for**"));
    }
    Ok(history)
}

/// Every question of every variant; gives the answer to the first one, if it was asked.
fn questions(
    flags: &Flags,
    folder: &Folder,
    history: &History,
    report: &mut Report,
) -> Result<Option<Answer>, Failure> {
    let cluster = if flags.wants("postgres") {
        Cluster::start(folder, SHARED_BUFFERS)?
    } else {
        Err("it was not asked for".to_owned())
    };
    if let Err(why) = &cluster {
        skipped(report, "Not compared with PostgreSQL", why);
    }
    let small = variant::small(flags)?;
    let mut now = None;
    for variant in [Variant::Realistic, Variant::Shuffled, Variant::FarOff] {
        if !flags.wants_variant(variant) {
            continue;
        }
        let run = variant::Run {
            flags,
            folder,
            history,
            variant,
            cluster: cluster.as_ref().ok(),
        };
        let answer = run.measure(&small, report)?;
        now = now.or(answer);
    }
    Ok(now)
}

/// The history in a data folder: written, opened, replayed, served.
fn in_folder(
    flags: &Flags,
    folder: &Folder,
    (history, now): (&History, Option<Answer>),
    report: &mut Report,
) -> Result<(), Failure> {
    let data = folder.fresh("data")?;
    let filled = filled::fill(history, &data)?;
    let events = count(history.len());
    let rate = |time: Duration| {
        format!(
            "{}, {} events/s",
            shown(time),
            grouped(per_second(events, time))
        )
    };
    report.note("data folder: written through the store", rate(filled.write));
    report.note(
        "data folder: bytes an event",
        grouped(filled.bytes / events.max(1)),
    );
    for (name, bare) in [("first open, the log alone", true), ("opened again", false)] {
        let running = filled::open(&data, bare)?;
        let besides = running
            .besides
            .iter()
            .map(|(name, bytes)| format!("{name} {}", grouped(*bytes)));
        let besides = besides.collect::<Vec<_>>().join(", ");
        let besides = if besides.is_empty() {
            "nothing".to_owned()
        } else {
            besides
        };
        report.note(format!("{name}: besides the log there was"), besides);
        report.note(format!("{name}: the store"), shown(running.open));
        report.note(format!("{name}: the figures"), rate(running.replay));
        report.note(format!("{name}: both"), rate(running.open + running.replay));
        report.note(
            format!("{name}: memory of all, bytes an event"),
            grouped(running.bytes / events.max(1)),
        );
        if let Some(now) = &now {
            variant::check_replayed(&running, history, now)?;
        }
        if !bare && flags.wants("http") {
            serve(&running, report)?;
        }
        running.close();
    }
    Ok(())
}

fn serve(running: &filled::Running, report: &mut Report) -> Result<(), Failure> {
    let served = served::measure(running)?;
    report
        .remarks
        .push(format!("HTTP/1.1 on the loopback: {}", served.load));
    let empty = served.routes.iter().find(|route| route.is_layered_empty());
    let empty = empty.map_or(0, |route| route.per_second);
    for route in &served.routes {
        let share = route.per_second * 100 / empty.max(1);
        report.note(
            format!(
                "HTTP, {}, {} bytes",
                route.name,
                grouped(count(route.bytes))
            ),
            format!("{} requests/s, {share} %", grouped(route.per_second)),
        );
        if let Some(least) = route.least() {
            let goal = format!("HTTP, {}: ≥ {least} % of /healthz", route.name);
            report.goals.push((goal, share >= least));
        }
    }
    report.note(
        "HTTP, writing the full table with serde_json alone",
        shown(served.serialise),
    );
    report.remarks.push(
        "HTTP shares are of `/healthz`, the handler with the same layers that answers least (18 \
         bytes); the empty handler without layers stands beside it"
            .to_owned(),
    );
    Ok(())
}

/// Says loudly what is left out.
fn skipped(report: &mut Report, what: &str, why: &str) {
    eprintln!("{what}: {why}");
    report.remarks.push(format!("**{what}**: {why}"));
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
