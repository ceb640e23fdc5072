//! What may go wrong around the service, for its metrics: a file system that fills up, and a wall
//! clock that steps.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use api::Metrics;
use ledger::panics::joined;

/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How far the wall clock may part from the steady one in that time.
const STEP: Duration = Duration::from_secs(1);

/// Tells `metrics` of the room in the file system of `data` and of steps of the clock, for as long
/// as it is polled.
pub(crate) async fn look_after(metrics: Arc<Metrics>, data: PathBuf) -> Infallible {
    let mut clocks = Clocks::now();
    loop {
        let path = data.clone();
        let room = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&path));
        if let Ok(room) = joined(room).await {
            let bytes = |blocks: u64| blocks.saturating_mul(room.f_frsize);
            metrics.room(bytes(room.f_bavail), bytes(room.f_blocks));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        let now = Clocks::now();
        if now.parted(&clocks) > STEP {
            tracing::warn!("the wall clock stepped");
            metrics.clock_stepped();
        }
        clocks = now;
    }
}

/// Both clocks of the machine at once.
struct Clocks {
    wall: SystemTime,
    steady: Instant,
}

impl Clocks {
    #[expect(
        clippy::disallowed_methods,
        reason = "it is compared with the steady clock and stamps nothing"
    )]
    fn now() -> Self {
        Self {
            wall: SystemTime::now(),
            steady: Instant::now(),
        }
    }

    /// How far the clocks went apart since `before`.
    fn parted(&self, before: &Self) -> Duration {
        let steady = self.steady.duration_since(before.steady);
        match self.wall.duration_since(before.wall) {
            Ok(wall) => wall.abs_diff(steady),
            Err(back) => back.duration() + steady,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_what_the_clocks_went_apart() {
        let before = Clocks::now();
        let after = |wall: SystemTime, seconds| Clocks {
            wall,
            steady: before.steady + Duration::from_secs(seconds),
        };
        let second = Duration::from_secs(1);
        assert_eq!(
            after(before.wall + 10 * second, 10).parted(&before),
            Duration::ZERO
        );
        assert_eq!(
            after(before.wall + 12 * second, 10).parted(&before),
            2 * second
        );
        assert_eq!(
            after(before.wall + 10 * second, 13).parted(&before),
            3 * second
        );
        assert_eq!(
            after(before.wall - 5 * second, 10).parted(&before),
            15 * second
        );
    }
}
