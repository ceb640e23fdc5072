//! PostgreSQL with the same rows, driven by its own `pgbench`: a client of ours could be slow.
//!
//! Each row is one prepared INSERT in a transaction of its own, durable when it is answered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::disk::Folder;
use crate::engine::{STREAMS, VOUCHER};
use crate::measure::{Failure, Measured, WARM_UP, per_second};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/postgres.sh");

/// What the script exits with where there is no PostgreSQL to compare with.
const ABSENT: i32 = 3;

const TABLE: &str = "\
    DROP TABLE IF EXISTS events; \
    CREATE TABLE events ( \
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
        id uuid NOT NULL UNIQUE, \
        stream text NOT NULL, \
        revision bigint NOT NULL, \
        data jsonb NOT NULL, \
        UNIQUE (stream, revision))";

/// The n-th insert of a client goes to a stream by chance that no other client writes to. Each
/// stream is written once before any is written again, which gives the revision.
const INSERT: &str = "\
\\set stream :client_id + :clients * permute(:n % :share, :share, :n / :share)
\\set revision :n / :share
\\set n :n + 1
INSERT INTO events (id, stream, revision, data) VALUES (gen_random_uuid(), \
concat('line-NTM.', :stream::int, '.2024.central'), :revision, :voucher);
";

/// A server of our own, stopped when it is dropped.
pub(crate) struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    socket: PathBuf,
}

impl Postgres {
    /// Starts one in `folder`; otherwise says why there is nothing to compare with.
    pub(crate) fn start(folder: &Folder) -> Result<Result<Self, String>, Failure> {
        let started = Command::new(SCRIPT)
            .arg("start")
            .arg(folder.path())
            .arg(std::process::id().to_string())
            .output()?;
        let said = String::from_utf8_lossy(&started.stderr).trim().to_owned();
        if started.status.code() == Some(ABSENT) {
            return Ok(Err(said));
        }
        if !started.status.success() {
            return Err(format!("PostgreSQL did not start: {said}").into());
        }
        let answer = String::from_utf8_lossy(&started.stdout);
        let mut paths = answer.lines().map(PathBuf::from);
        let missing = "PostgreSQL's script did not say where it listens";
        let server = Self {
            folder: folder.path().to_owned(),
            bin: paths.next().ok_or(missing)?,
            socket: paths.next().ok_or(missing)?,
        };
        fs::write(server.folder.join("insert.sql"), INSERT)?;
        Ok(Ok(server))
    }

    /// Its version.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        self.ask("SHOW server_version")
    }

    /// What `connections` achieve on a fresh table whose streams have one event each.
    pub(crate) fn measure(
        &self,
        connections: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        self.ask(TABLE)?;
        self.ask(&format!(
            "INSERT INTO events (id, stream, revision, data) \
             SELECT gen_random_uuid(), concat('line-NTM.', n, '.2024.central'), 0, '{VOUCHER}' \
             FROM generate_series(0, {STREAMS} - 1) n"
        ))?;
        self.ask("CHECKPOINT")?;
        let logs = self.folder.join("pgbench");
        if logs.exists() {
            fs::remove_dir_all(&logs)?;
        }
        fs::create_dir_all(&logs)?;
        let syncs = self.syncs()?;
        let whole = self.run(connections, WARM_UP + window, &logs)?;
        let syncs = self.syncs()? - syncs;
        let mut measured = Measured::of(latencies(&logs, window)?, window);
        // Counted over the warm-up as well: the server does not say when.
        measured.commits = Some(per_second(syncs, whole));
        Ok(measured)
    }

    /// Inserts for `window`, rounded up to whole seconds, and gives those.
    fn run(&self, connections: usize, window: Duration, logs: &Path) -> Result<Duration, Failure> {
        let share = STREAMS / connections;
        let seconds = window.as_secs() + u64::from(window.subsec_nanos() > 0);
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        pgbench
            .args(["-n", "-M", "prepared", "-j", "1", "-l", "-U", "bench", "-h"])
            .arg(&self.socket)
            .arg("-f")
            .arg(self.folder.join("insert.sql"))
            .arg("--log-prefix")
            .arg(logs.join("log"))
            .args(["-c", &connections.to_string(), "-T", &seconds.to_string()]);
        let voucher = ("voucher", VOUCHER.to_owned());
        let numbers = [("clients", connections), ("share", share), ("n", share)];
        let numbers = numbers.map(|(name, number)| (name, number.to_string()));
        for (name, value) in numbers.into_iter().chain([voucher]) {
            pgbench.arg("-D").arg(format!("{name}={value}"));
        }
        let done = pgbench.arg("postgres").output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            return Err(format!("pgbench failed: {said}").into());
        }
        Ok(Duration::from_secs(seconds))
    }

    /// How often the log was synced so far.
    fn syncs(&self) -> Result<u64, Failure> {
        self.ask("SELECT pg_stat_clear_snapshot()")?;
        Ok(self.ask("SELECT wal_sync FROM pg_stat_wal")?.parse()?)
    }

    fn ask(&self, statement: &str) -> Result<String, Failure> {
        let answer = Command::new(self.bin.join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "bench",
            ])
            .arg("-h")
            .arg(&self.socket)
            .args(["-c", statement, "postgres"])
            .output()?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(format!("PostgreSQL refused: {said}").into());
        }
        Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = Command::new(SCRIPT);
        let stop = stop.arg("stop").arg(&self.folder).stdin(Stdio::null());
        if !stop.status().is_ok_and(|status| status.success()) {
            eprintln!("PostgreSQL was not stopped; it stops once this process has ended");
        }
    }
}

/// The latencies that `pgbench` logged, without those of the warm-up.
fn latencies(logs: &Path, window: Duration) -> Result<Vec<Duration>, Failure> {
    let mut logged = Vec::new();
    for log in fs::read_dir(logs)? {
        for line in fs::read_to_string(log?.path())?.lines() {
            let words: Vec<u64> = line
                .split(' ')
                .filter_map(|word| word.parse().ok())
                .collect();
            // Client, transaction, latency in µs, script, seconds, and µs of the end.
            let &[_, _, latency, _, seconds, micros] = words.as_slice() else {
                return Err(format!("pgbench logged '{line}'").into());
            };
            logged.push((seconds * 1_000_000 + micros, latency));
        }
    }
    let first = logged.iter().map(|(end, latency)| end - latency).min();
    let begin = first.unwrap_or_default() + u64::try_from(WARM_UP.as_micros())?;
    let end = begin + u64::try_from(window.as_micros())?;
    let counted = logged
        .iter()
        .filter(|(done, _)| (begin..end).contains(done));
    Ok(counted
        .map(|(_, latency)| Duration::from_micros(*latency))
        .collect())
}
