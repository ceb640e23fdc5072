//! What can go wrong between a client and the cluster, on demand.
//!
//! Faults are counted and switched, never drawn at random: a test says what fails, and the same
//! test fails the same way again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Every fault that can be asked for. All of them can be turned while calls are under way.
#[derive(Debug, Default)]
pub struct Faults {
    knobs: Mutex<Knobs>,
    signal: watch::Sender<Signal>,
}

#[derive(Debug, Default)]
struct Knobs {
    lost_requests: usize,
    timed_out: usize,
    timed_out_committed: usize,
    lost_replies: usize,
    delay: Duration,
}

/// What open subscriptions look at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// How often subscriptions were ended.
    pub(crate) ended: usize,
    /// How often they were broken.
    pub(crate) broken: usize,
    /// Whether they are silent.
    pub(crate) stalled: bool,
}

/// What befalls one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppendFault {
    /// The call breaks before anything is written.
    RequestLost,
    /// The server gives up waiting.
    TimedOut {
        /// Whether it was written all the same.
        committed: bool,
    },
    /// It is written, and the call breaks.
    ReplyLost,
}

impl Faults {
    /// The next so many appends are committed, and then their call breaks with `Unavailable`.
    ///
    /// A call of `BatchAppend` breaks as a whole, with all appends that are under way in it.
    /// Where several faults of appends are asked for, lost requests come first, then time-outs,
    /// then lost replies.
    pub fn lose_replies(&self, appends: usize) {
        self.knobs().lost_replies += appends;
    }

    /// The next so many appends break with `Unavailable` before they are committed.
    pub fn lose_requests(&self, appends: usize) {
        self.knobs().lost_requests += appends;
    }

    /// The next so many appends are answered as timed out, and are committed or not.
    ///
    /// `Append` says `Aborted`, `Operation timed out: …`; `BatchAppend` says `Timeout` of the
    /// append and goes on, as the server does. What is not committed comes first.
    pub fn time_out(&self, appends: usize, committed: bool) {
        let mut knobs = self.knobs();
        if committed {
            knobs.timed_out_committed += appends;
        } else {
            knobs.timed_out += appends;
        }
    }

    /// Every open subscription ends with status OK, as behind a proxy that shuts down politely.
    pub fn end_subscriptions(&self) {
        self.signal.send_modify(|signal| signal.ended += 1);
    }

    /// Every open subscription ends with `Unavailable`.
    pub fn break_subscriptions(&self) {
        self.signal.send_modify(|signal| signal.broken += 1);
    }

    /// Subscriptions stay connected and silent: nothing is delivered to open ones or new ones,
    /// not even a confirmation, until this is taken back. Then all of it is.
    pub fn stall_subscriptions(&self, stalled: bool) {
        self.signal.send_modify(|signal| signal.stalled = stalled);
    }

    /// Each reply and each message of a read or a subscription comes so much later.
    ///
    /// Messages stay in order and travel together, as on a slow link; what is under way keeps the
    /// delay that it set out with.
    pub fn delay(&self, by: Duration) {
        self.knobs().delay = by;
    }

    /// The delay of what sets out now.
    pub(crate) fn delayed_by(&self) -> Duration {
        self.knobs().delay
    }

    /// What subscriptions watch.
    pub(crate) fn signal(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    /// What befalls the append that comes now.
    pub(crate) fn next_append(&self) -> Option<AppendFault> {
        let mut knobs = self.knobs();
        if take(&mut knobs.lost_requests) {
            Some(AppendFault::RequestLost)
        } else if take(&mut knobs.timed_out) {
            Some(AppendFault::TimedOut { committed: false })
        } else if take(&mut knobs.timed_out_committed) {
            Some(AppendFault::TimedOut { committed: true })
        } else if take(&mut knobs.lost_replies) {
            Some(AppendFault::ReplyLost)
        } else {
            None
        }
    }

    fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one of what is left, if anything is.
fn take(left: &mut usize) -> bool {
    let is_left = *left > 0;
    *left = left.saturating_sub(1);
    is_left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_appends_come_in_their_order_and_run_out() {
        let faults = Faults::default();
        faults.lose_replies(1);
        faults.time_out(1, true);
        faults.time_out(1, false);
        faults.lose_requests(2);

        let expected = [
            Some(AppendFault::RequestLost),
            Some(AppendFault::RequestLost),
            Some(AppendFault::TimedOut { committed: false }),
            Some(AppendFault::TimedOut { committed: true }),
            Some(AppendFault::ReplyLost),
            None,
        ];
        assert_eq!(expected.map(|_| faults.next_append()), expected);
    }
}
