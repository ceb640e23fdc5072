//! Clients that send one after the other for a while, and what that came to.
//!
//! It measures and judges nothing: a number without its machine is not a result.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use store::{Commit, CommitObserver};

/// Whatever stops the benchmark.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long clients run before anything is counted.
pub(crate) const WARM_UP: Duration = Duration::from_millis(300);

/// One that waits for each answer before it sends again.
pub(crate) trait Client: Send + 'static {
    /// Sends one, and waits until it is durable.
    fn once(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a number of clients achieved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Durable appends per second.
    pub(crate) per_second: u64,
    /// The latency that half of the appends kept to.
    pub(crate) p50: Duration,
    /// The latency that 99 of 100 appends kept to.
    pub(crate) p99: Duration,
    /// Durable writes per second, where they can be counted.
    pub(crate) commits: Option<u64>,
    /// Processor time that an append took, where it can be told apart.
    pub(crate) processor: Option<Duration>,
}

impl Measured {
    /// What these latencies, reached within `window`, come to.
    pub(crate) fn of(mut latencies: Vec<Duration>, window: Duration) -> Self {
        latencies.sort_unstable();
        Self {
            per_second: per_second(u64::try_from(latencies.len()).unwrap_or(u64::MAX), window),
            p50: percentile(&latencies, 50),
            p99: percentile(&latencies, 99),
            commits: None,
            processor: None,
        }
    }

    /// The one in the middle by what was achieved per second.
    pub(crate) fn median(rounds: &[Self]) -> Option<Self> {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable_by_key(|round| round.per_second);
        sorted.get(sorted.len() / 2).copied()
    }
}

/// What is looked at while clients run.
#[derive(Clone, Copy)]
pub(crate) struct Watched<'a> {
    /// The commits of the store, where it is in this process.
    pub(crate) commits: Option<&'a Commits>,
    /// The process whose processor time is taken.
    pub(crate) process: u32,
}

impl<'a> Watched<'a> {
    /// A store in this process; the clients' own time counts as well.
    pub(crate) fn here(commits: &'a Commits) -> Self {
        let (commits, process) = (Some(commits), std::process::id());
        Self { commits, process }
    }

    fn look(&self) -> (u64, Duration) {
        let commits = self.commits.map_or(0, Commits::count);
        (commits, processor_time(self.process).unwrap_or_default())
    }
}

/// Lets all `clients` run for `window`, and gives them back.
pub(crate) async fn drive<C: Client>(
    clients: Vec<C>,
    window: Duration,
    watched: Watched<'_>,
) -> Result<(Measured, Vec<C>), Failure> {
    let begin = Instant::now() + WARM_UP;
    let end = begin + window;
    let running: Vec<_> = clients
        .into_iter()
        .map(|client| tokio::spawn(run(client, begin, end)))
        .collect();
    tokio::time::sleep_until(begin.into()).await;
    let (commits, processor) = watched.look();
    tokio::time::sleep_until(end.into()).await;
    let (commits_then, processor_then) = watched.look();
    let (mut clients, mut latencies) = (Vec::new(), Vec::new());
    for client in running {
        let (client, measured) = client.await??;
        clients.push(client);
        latencies.extend(measured);
    }
    let mut measured = Measured::of(latencies, window);
    let committed = || per_second(commits_then - commits, window);
    measured.commits = watched.commits.map(|_| committed());
    let appends = u32::try_from(measured.per_second * window.as_secs()).unwrap_or(u32::MAX);
    measured.processor = processor_then
        .checked_sub(processor)
        .and_then(|taken| taken.checked_div(appends));
    Ok((measured, clients))
}

async fn run<C: Client>(
    mut client: C,
    begin: Instant,
    end: Instant,
) -> Result<(C, Vec<Duration>), Failure> {
    let mut latencies = Vec::new();
    let mut sent = Instant::now();
    while sent < end {
        client.once().await?;
        let answered = Instant::now();
        if answered >= begin && answered < end {
            latencies.push(answered - sent);
        }
        sent = answered;
    }
    Ok((client, latencies))
}

/// Counts the durable commits of a store.
#[derive(Debug, Default)]
pub(crate) struct Commits(AtomicU64);

impl Commits {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl CommitObserver for Commits {
    fn committed(&self, _commit: &Commit) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn failed(&self) {}
}

/// How many of `count` come to a second.
pub(crate) fn per_second(count: u64, window: Duration) -> u64 {
    let micros = window.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// The processor time that a process has taken since its start, to a hundredth of a second.
fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name may hold anything; what follows is plain. Ticks are 10 ms on every Linux we know.
    let (_, plain) = stat.rsplit_once(") ")?;
    let times = plain.split(' ').skip(11).take(2);
    let ticks: u64 = times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let at = sorted
        .get(sorted.len() * percent / 100)
        .or(sorted.get(last));
    at.copied().unwrap_or_default()
}
