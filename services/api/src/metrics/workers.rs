//! Who works in the background, as gauges: whether each is up is looked up at the scrape.

use ledger::WorkerState;
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

use super::known;

/// What `states` say now.
pub(super) fn families(states: &[WorkerState]) -> Vec<MetricFamily> {
    let registry = Registry::new();
    let up = Opts::new(
        "outlay_worker_up",
        "1 while a worker in the background works, 0 while it is down or has just been started again.",
    );
    let up = known(&registry, IntGaugeVec::new(up, &["worker"]));
    let restarts = Opts::new(
        "outlay_worker_restarts_total",
        "How often a worker in the background went on after a panic.",
    );
    let restarts = known(&registry, IntCounterVec::new(restarts, &["worker"]));
    for state in states {
        let worker = [state.name.as_str()];
        up.with_label_values(&worker).set(state.is_up.into());
        restarts.with_label_values(&worker).inc_by(state.restarts);
    }
    registry.gather()
}
