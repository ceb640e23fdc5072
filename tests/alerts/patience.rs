//! Waiting for what has to come: asking until it is there, and not for ever.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test fails. It is long, since machines may be busy, and says
/// nothing about how long things should take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(20);

/// What `ask` comes to give; fails, and says `what` was waited for, where it never does.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(it) = ask() {
            return it;
        }
        assert!(started.elapsed() < PATIENCE, "it never came: {what}");
        thread::sleep(PAUSE);
    }
}
