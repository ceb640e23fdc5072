//! What is counted and timed, in Prometheus' words. Labels are templates and codes, never what a
//! caller wrote.

mod watched;
mod workers;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use events::log::Position;
use ledger::Ledger;
use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use watch::Board;

/// Most events counted by name at one scrape; the rest is counted at the next.
const MOST_COUNTED: usize = 20_000;
/// Events read at once to be counted.
const PAGE: usize = 1_000;

/// The bounds of what is timed, in seconds.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What is counted and timed.
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    given_again: IntCounter,
    in_flight: IntGauge,
    connections: IntGauge,
    ready: IntGauge,
    append_duration: Histogram,
    append_events: Histogram,
    append_failures: IntCounter,
    read_only: IntGauge,
    log: Log,
    events: IntCounterVec,
    counted: Mutex<Position>,
    machine: Machine,
    board: OnceLock<Arc<Board>>,
    log_lines_dropped: OnceLock<fn() -> u64>,
}

/// What is known of the machine.
struct Machine {
    data_free: Gauge,
    data_total: Gauge,
    clock_steps: IntCounter,
}

impl Machine {
    fn new(registry: &Registry) -> Self {
        let bytes = |name, help| known(registry, Gauge::new(name, help));
        let steps = IntCounter::new(
            "outlay_clock_steps_total",
            "How often the wall clock stepped by more than a second beside the steady one.",
        );
        Self {
            data_free: bytes(
                "outlay_data_free_bytes",
                "Free bytes of the file system of the data folder.",
            ),
            data_total: bytes(
                "outlay_data_total_bytes",
                "All bytes of the file system of the data folder.",
            ),
            clock_steps: known(registry, steps),
        }
    }
}

/// What is known of the log, and how far the figures are.
struct Log {
    applied: IntGauge,
    head: IntGauge,
    lag: Gauge,
    checkpoint: IntGauge,
    silence: Gauge,
}

impl Log {
    fn new(registry: &Registry) -> Self {
        let position = |name, help| known(registry, IntGauge::new(name, help));
        let gauge = |name, help| known(registry, Gauge::new(name, help));
        Self {
            applied: position(
                "outlay_applied_position",
                "The last position that the figures count.",
            ),
            head: position("outlay_head_position", "The last position of the log."),
            lag: gauge(
                "outlay_projection_lag_events",
                "Events that the figures do not count yet.",
            ),
            checkpoint: position(
                "outlay_checkpoint_position",
                "The position of the figures' checkpoint; 0 where there is none.",
            ),
            silence: gauge(
                "outlay_cluster_silent_seconds",
                "Seconds since the cluster that keeps the log said something; 0 where the log is \
                 kept here, or is not followed any more.",
            ),
        }
    }

    /// Shows `ledger` as it is now.
    async fn look(&self, ledger: &Ledger) {
        let silent_for = ledger.silent_for().unwrap_or_default();
        self.silence.set(silent_for.as_secs_f64());
        if let Ok(progress) = ledger.progress().await {
            let (applied, head) = (progress.applied.0, progress.head.0);
            self.applied.set(number(progress.applied));
            self.head.set(number(progress.head));
            self.checkpoint.set(number(progress.checkpoint));
            let lag = usize::try_from(head.saturating_sub(applied));
            self.lag.set(float(lag.unwrap_or(usize::MAX)));
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a metric and has the registry know it.
///
/// # Panics
/// Never: names are written here, each once, and of their form.
#[expect(clippy::expect_used, reason = "names are written below, each once")]
fn known<M: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> M {
    let metric = metric.expect("a metric of its form");
    registry
        .register(Box::new(metric.clone()))
        .expect("a metric of a new name");
    metric
}

/// Tells which version this is.
fn tell_build(registry: &Registry) {
    let build = Opts::new(
        "outlay_build_info",
        "Always 1; the label tells the version.",
    );
    let build = known(registry, IntGaugeVec::new(build, &["version"]));
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let registry = Registry::new();
        let gauge = |name, help| known(&registry, IntGauge::new(name, help));
        let counter = |name, help| known(&registry, IntCounter::new(name, help));
        let histogram = |name, help, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            known(&registry, Histogram::with_opts(options))
        };
        let sizes = [
            1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0,
        ];
        let requests = HistogramOpts::new(
            "outlay_http_request_duration_seconds",
            "Time from a request's head to its answer's head.",
        );
        tell_build(&registry);
        let events = Opts::new("outlay_events_total", "Events in the log, by name.");
        Self {
            requests: known(
                &registry,
                HistogramVec::new(
                    requests.buckets(SECONDS.to_vec()),
                    &["route", "method", "status_class"],
                ),
            ),
            given_again: counter(
                "outlay_answers_given_again_total",
                "Questions answered with the bytes of an earlier answer.",
            ),
            in_flight: gauge("outlay_http_requests_in_flight", "Requests being answered."),
            connections: gauge("outlay_http_connections", "Connections that are open."),
            ready: gauge(
                "outlay_ready",
                "1 where questions and records are answered, as /readyz says.",
            ),
            append_duration: histogram(
                "outlay_append_duration_seconds",
                "Time of one durable write of the log.",
                &SECONDS,
            ),
            append_events: histogram(
                "outlay_append_batch_events",
                "Events that one durable write added.",
                &sizes,
            ),
            append_failures: counter(
                "outlay_append_failures_total",
                "Durable writes that failed.",
            ),
            read_only: gauge(
                "outlay_store_read_only",
                "1 where the store takes no events.",
            ),
            log: Log::new(&registry),
            events: known(&registry, IntCounterVec::new(events, &["name"])),
            counted: Mutex::default(),
            machine: Machine::new(&registry),
            board: OnceLock::new(),
            log_lines_dropped: OnceLock::new(),
            registry,
        }
    }

    /// Takes note of a durable write that added `events`.
    pub fn committed(&self, events: usize, duration: Duration) {
        self.append_duration.observe(duration.as_secs_f64());
        self.append_events.observe(float(events));
    }

    /// Takes note of a durable write that failed.
    pub fn commit_failed(&self) {
        self.append_failures.inc();
    }

    /// Takes note of the room that the data folder's file system has, in bytes.
    pub fn room(&self, free: u64, total: u64) {
        self.machine.data_free.set(large(free));
        self.machine.data_total.set(large(total));
    }

    /// Takes note that the wall clock stepped.
    pub fn clock_stepped(&self) {
        self.machine.clock_steps.inc();
    }

    /// Shows what is judged from now on. The first board stays.
    pub fn watched(&self, board: Arc<Board>) {
        let _ = self.board.set(board);
    }

    /// Has `count` say how many log lines were dropped. The first stays.
    pub fn count_dropped_lines_by(&self, count: fn() -> u64) {
        let _ = self.log_lines_dropped.set(count);
    }

    /// Takes note of a request that was answered.
    pub(crate) fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let class = format!("{}xx", status / 100);
        let request = self.requests.with_label_values(&[route, method, &class]);
        request.observe(took.as_secs_f64());
    }

    /// Takes note of an answer that was given again.
    pub(crate) fn given_again(&self) {
        self.given_again.inc();
    }

    /// Requests being answered.
    pub(crate) fn in_flight(&self) -> &IntGauge {
        &self.in_flight
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> &IntGauge {
        &self.connections
    }

    /// Everything in the text format, with positions as they are now, and whether all is well.
    pub(crate) async fn text(&self, ledger: Option<&Ledger>, is_ready: bool) -> Vec<u8> {
        self.ready.set(is_ready.into());
        if let Some(ledger) = ledger {
            self.read_only.set(ledger.read_only().is_some().into());
            self.log.look(ledger).await;
            self.count_events(ledger).await;
        }
        let mut families = self.registry.gather();
        families.extend(self.of_log_lines());
        if let Some(ledger) = ledger {
            families.extend(workers::families(&ledger.worker_states()));
        }
        let whole = ledger.filter(|ledger| ledger.is_whole().is_ok());
        if let (Some(board), Some(ledger)) = (self.board.get(), whole) {
            families.extend(watched::families(board, ledger));
        }
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&families, &mut text) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        text
    }

    /// How many log lines were dropped, as whoever writes them counts.
    fn of_log_lines(&self) -> Vec<MetricFamily> {
        let registry = Registry::new();
        let dropped = IntCounter::new(
            "outlay_log_lines_dropped_total",
            "Log lines that nobody took: their write failed, or too many waited for it.",
        );
        let count = self.log_lines_dropped.get();
        known(&registry, dropped).inc_by(count.map_or(0, |count| count()));
        registry.gather()
    }

    /// Counts the events that were recorded since they were counted last.
    async fn count_events(&self, ledger: &Ledger) {
        for _ in 0..MOST_COUNTED / PAGE {
            let from = *self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(page) = ledger.events(from, PAGE).await else {
                return;
            };
            let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            // Two scrapes at once: whoever is first counts the page.
            if *counted != from {
                return;
            }
            for recorded in &page {
                self.events
                    .with_label_values(&[recorded.event.name.as_str()])
                    .inc();
                *counted = recorded.position;
            }
            if page.len() < PAGE {
                return;
            }
        }
    }
}

/// A position as a gauge shows it.
fn number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

/// Bytes as a gauge shows them.
fn large(bytes: u64) -> f64 {
    float(usize::try_from(bytes).unwrap_or(usize::MAX))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "Prometheus counts in floats"
)]
fn float(count: usize) -> f64 {
    count as f64
}
