//! The engines that we are compared with: each loads the same file of facts and answers the same
//! questions in SQL.
//!
//! None is told to be slow: DuckDB has both processors, PostgreSQL an index that covers the table
//! of programmes and provinces, memory for all of it, and its statistics.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::cluster::Cluster;
use crate::coded::COLUMNS;
use crate::measure::Failure;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/figures/in_duckdb.py");

/// Processors of DuckDB.
const THREADS: usize = 2;

/// How often each engine is asked the same.
const RUNS: usize = 3;

/// The index that covers the table of programmes and provinces at every point of both clocks, and
/// one for those who ask for a project.
const TABLE: &str = "\
    DROP MATERIALIZED VIEW IF EXISTS rates; DROP TABLE IF EXISTS facts; \
    CREATE TABLE facts ( \
        position integer NOT NULL, day date NOT NULL, programme smallint NOT NULL, \
        province smallint NOT NULL, year smallint NOT NULL, source smallint NOT NULL, \
        type smallint NOT NULL, vintage smallint NOT NULL, project integer NOT NULL, \
        commune integer NOT NULL, part smallint NOT NULL, programme_now smallint NOT NULL, \
        province_now smallint NOT NULL, amount bigint NOT NULL)";
const INDEXES: [&str; 4] = [
    "CREATE INDEX ON facts (programme, province, part) INCLUDE (position, day, amount)",
    "CREATE INDEX ON facts (project)",
    "VACUUM ANALYZE facts",
    "CHECKPOINT",
];

/// What one question came to.
pub(crate) struct Answered {
    pub(crate) rows: Vec<Vec<i64>>,
    pub(crate) took: Vec<Duration>,
}

/// What an engine made of a file of facts.
pub(crate) struct Compared {
    pub(crate) version: String,
    pub(crate) load: Duration,
    pub(crate) bytes: u64,
    pub(crate) answers: Vec<Answered>,
}

/// Lets DuckDB load `facts` and answer; otherwise says why there is nothing to compare with.
pub(crate) fn duckdb(
    facts: &Path,
    questions: &[Asked],
) -> Result<Result<Compared, String>, Failure> {
    let has = Command::new("python3")
        .args(["-c", "import duckdb"])
        .output();
    if !has.is_ok_and(|it| it.status.success()) {
        let why = "there is no python3 with the package duckdb; `pip install duckdb`";
        return Ok(Err(why.to_owned()));
    }
    let database = facts.with_extension("duckdb");
    if database.exists() {
        std::fs::remove_file(&database)?;
    }
    let task = json!({
        "facts": facts, "database": database, "threads": THREADS, "runs": RUNS,
        "columns": COLUMNS,
        "questions": questions.iter().map(Asked::sql).collect::<Vec<_>>(),
    });
    let mut python = Command::new("python3")
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = python.stdin.take() {
        input.write_all(task.to_string().as_bytes())?;
    }
    let output = python.wait_with_output()?;
    std::fs::remove_file(&database)?;
    if !output.status.success() {
        return Err("DuckDB failed: see above".into());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let answers = list(said.get("answers"))?.iter().map(answered);
    Ok(Ok(Compared {
        version: said
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        load: nanos(said.get("load_nanos"))?,
        bytes: said
            .get("bytes")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
        answers: answers.collect::<Result<_, _>>()?,
    }))
}

fn answered(said: &Value) -> Result<Answered, Failure> {
    let row = |row: &Value| {
        let numbers = list(Some(row))?.iter().map(Value::as_i64);
        numbers
            .collect::<Option<Vec<_>>>()
            .ok_or("a row holds no number".into())
    };
    let rows = list(said.get("rows"))?.iter().map(row);
    let took = list(said.get("nanos"))?.iter().map(|it| nanos(Some(it)));
    Ok(Answered {
        rows: rows.collect::<Result<_, Failure>>()?,
        took: took.collect::<Result<_, _>>()?,
    })
}

fn list(value: Option<&Value>) -> Result<&Vec<Value>, Failure> {
    value
        .and_then(Value::as_array)
        .ok_or("DuckDB's script left out a list".into())
}

fn nanos(value: Option<&Value>) -> Result<Duration, Failure> {
    let nanos = value.and_then(Value::as_u64);
    Ok(nanos
        .map(Duration::from_nanos)
        .ok_or("DuckDB's script left out a time")?)
}

/// PostgreSQL's view of the present.
pub(crate) struct View {
    /// How it reads the table for the first question.
    pub(crate) plan: String,
    pub(crate) refresh: Duration,
    pub(crate) read: Answered,
}

/// Lets PostgreSQL load `facts` and answer; the first question is also put into a view.
pub(crate) fn postgres(
    cluster: &Cluster,
    facts: &Path,
    questions: &[Asked],
) -> Result<(Compared, View), Failure> {
    let begin = Instant::now();
    cluster.ask(TABLE)?;
    copy(cluster, facts)?;
    for statement in INDEXES {
        cluster.ask(statement)?;
    }
    let load = begin.elapsed();
    let best = |asked: &Asked| best(cluster, asked);
    let best = questions.iter().map(best).collect::<Result<Vec<_>, _>>()?;
    let first = questions.first().ok_or("nothing is asked")?.sql();
    let how = best.first().map_or(CHOSEN, |(how, _)| *how);
    let answers = best.into_iter().map(|(_, answered)| answered).collect();
    cluster.ask(&format!("CREATE MATERIALIZED VIEW rates AS {first}"))?;
    let refresh = timed(cluster, CHOSEN, "REFRESH MATERIALIZED VIEW rates")?;
    let plan = cluster.ask(&format!("{how}; EXPLAIN (COSTS OFF) {first}"))?;
    let plan = plan.lines().find(|line| line.contains("Scan"));
    let plan = plan.map(|line| line.trim_start_matches([' ', '-', '>']));
    let view = View {
        plan: plan.unwrap_or("no scan").to_owned(),
        refresh: median(&refresh.took),
        read: timed(cluster, CHOSEN, "SELECT * FROM rates")?,
    };
    let bytes = cluster
        .ask("SELECT pg_total_relation_size('facts')")?
        .parse()?;
    let compared = Compared {
        version: cluster.version()?,
        load,
        bytes,
        answers,
    };
    Ok((compared, view))
}

/// Copies a file that the server itself may not be able to read.
fn copy(cluster: &Cluster, facts: &Path) -> Result<(), Failure> {
    let copied = cluster
        .program("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c"])
        .args(["COPY facts FROM STDIN (FORMAT csv)", "postgres"])
        .stdin(std::fs::File::open(facts)?)
        .output()?;
    if !copied.status.success() {
        let said = String::from_utf8_lossy(&copied.stderr);
        return Err(format!("PostgreSQL did not take the facts: {said}").into());
    }
    Ok(())
}

/// How PostgreSQL reads a table: as it chooses, or from an index where there is one.
const CHOSEN: &str = "SET enable_seqscan = on";
const FROM_AN_INDEX: &str = "SET enable_seqscan = off";

/// The answer the quicker way: it reads its table where the covering index would be quicker.
fn best(cluster: &Cluster, asked: &Asked) -> Result<(&'static str, Answered), Failure> {
    let chosen = timed(cluster, CHOSEN, &asked.sql())?;
    if asked.is_covered() {
        let forced = timed(cluster, FROM_AN_INDEX, &asked.sql())?;
        if median(&forced.took) < median(&chosen.took) {
            return Ok((FROM_AN_INDEX, forced));
        }
    }
    Ok((CHOSEN, chosen))
}

/// The rows of `statement` and how long each of its runs took, as `psql` times them.
fn timed(cluster: &Cluster, how: &str, statement: &str) -> Result<Answered, Failure> {
    let script = format!("{how};\n\\timing on\n") + &format!("{statement};\n").repeat(RUNS);
    let mut psql = cluster
        .program("psql")
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-F",
            ",",
            "-v",
            "ON_ERROR_STOP=1",
            "postgres",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = psql.stdin.take() {
        input.write_all(script.as_bytes())?;
    }
    let output = psql.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("PostgreSQL refused {statement}").into());
    }
    let (mut rows, mut took) = (Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(time) = line.strip_prefix("Time: ") {
            took.push(millis(time).ok_or_else(|| format!("psql said '{line}'"))?);
        } else if took.is_empty() && !line.is_empty() {
            let row = line.split(',').map(str::parse);
            rows.push(row.collect::<Result<_, _>>()?);
        }
    }
    Ok(Answered { rows, took })
}

/// A time as `psql` writes it: `12.345 ms`, and more words where it is long.
fn millis(text: &str) -> Option<Duration> {
    let (whole, rest) = text.split_once('.')?;
    let part = rest.get(..3)?;
    let micros = whole.parse::<u64>().ok()? * 1_000 + part.parse::<u64>().ok()?;
    Some(Duration::from_micros(micros))
}

/// The one in the middle.
pub(crate) fn median(took: &[Duration]) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Where the facts of a run are written for the engines.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("facts.csv")
}
