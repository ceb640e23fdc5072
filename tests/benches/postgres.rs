//! PostgreSQL with the same rows, driven by its own `pgbench`: a client of ours could be slow.
//!
//! Each row is one prepared INSERT in a transaction of its own, durable when it is answered.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::disk::Folder;
use crate::engine::{STREAMS, VOUCHER};
use crate::measure::{Failure, Measured, WARM_UP, per_second};

/// Memory for its pages.
const SHARED_BUFFERS: &str = "1GB";

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

/// A server of our own with the table of the store.
pub(crate) struct Postgres(Cluster);

impl Postgres {
    /// Starts one in `folder`; otherwise says why there is nothing to compare with.
    pub(crate) fn start(folder: &Folder) -> Result<Result<Self, String>, Failure> {
        let started = Cluster::start(folder, SHARED_BUFFERS)?;
        fs::write(folder.path().join("insert.sql"), INSERT)?;
        Ok(started.map(Self))
    }

    /// Its version.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        self.0.version()
    }

    /// What `connections` achieve on a fresh table whose streams have one event each.
    pub(crate) fn measure(
        &self,
        connections: usize,
        window: Duration,
    ) -> Result<Measured, Failure> {
        self.0.ask(TABLE)?;
        self.0.ask(&format!(
            "INSERT INTO events (id, stream, revision, data) \
             SELECT gen_random_uuid(), concat('line-NTM.', n, '.2024.central'), 0, '{VOUCHER}' \
             FROM generate_series(0, {STREAMS} - 1) n"
        ))?;
        self.0.ask("CHECKPOINT")?;
        let logs = self.0.folder().join("pgbench");
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
        let mut pgbench = self.0.program("pgbench");
        pgbench
            .args(["-n", "-M", "prepared", "-j", "1", "-l"])
            .arg("-f")
            .arg(self.0.folder().join("insert.sql"))
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
        self.0.ask("SELECT pg_stat_clear_snapshot()")?;
        Ok(self.0.ask("SELECT wal_sync FROM pg_stat_wal")?.parse()?)
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
