//! The clock a store stamps events with, so that nobody else reads one.
//!
//! A clock may step back or stand still; the store, not the clock, makes stamps grow.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use events::time::RecordedAt;

/// What counts as now.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> RecordedAt;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real clock; all else is given one"
    )]
    fn now(&self) -> RecordedAt {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        instant(micros(since_epoch)).unwrap_or_else(epoch)
    }
}

/// A clock that stands still until it is moved: for tests and for the demo's script.
pub struct ManualClock {
    now: Mutex<RecordedAt>,
}

impl ManualClock {
    /// A clock standing at `now`.
    pub fn new(now: RecordedAt) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// Moves the clock to `now`, be it forward or back.
    pub fn move_to(&self, now: RecordedAt) {
        *self.lock() = now;
    }

    /// Moves the clock `by` forward; it stays where it is at the end of the calendar.
    pub fn step(&self, by: Duration) {
        let mut now = self.lock();
        *now = instant(now.micros().saturating_add(micros(by))).unwrap_or(*now);
    }

    /// Moves the clock `by` back; it stays where it is at the start of the calendar.
    pub fn step_back(&self, by: Duration) {
        let mut now = self.lock();
        *now = instant(now.micros().saturating_sub(micros(by))).unwrap_or(*now);
    }

    fn lock(&self) -> MutexGuard<'_, RecordedAt> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> RecordedAt {
        *self.lock()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn instant(micros: i64) -> Option<RecordedAt> {
    RecordedAt::from_micros(micros)
}

#[expect(clippy::expect_used, reason = "the epoch is an instant")]
fn epoch() -> RecordedAt {
    instant(0).expect("the epoch is an instant")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_writing_of_this_test() {
        let written = RecordedAt::parse("2025-01-01T00:00:00Z").unwrap();
        assert!(SystemClock.now() > written);
    }

    #[test]
    fn a_manual_clock_moves_only_when_moved() {
        let start = RecordedAt::parse("2025-03-14T01:02:03Z").unwrap();
        let clock = ManualClock::new(start);
        assert_eq!(clock.now(), start);
        clock.step(Duration::from_secs(2));
        assert_eq!(clock.now().to_string(), "2025-03-14T01:02:05.000000Z");
        clock.step_back(Duration::from_secs(3));
        assert_eq!(clock.now().to_string(), "2025-03-14T01:02:02.000000Z");
        clock.move_to(start);
        assert_eq!(clock.now(), start);
        clock.step(Duration::MAX);
        assert_eq!(clock.now(), start);
    }
}
