//! A wait that grows, before what failed is tried again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// The first one, and the longest: an election is over in seconds.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How long what failed must have stood for the next try to come as soon as the first.
const STOOD: Duration = Duration::from_secs(5);

/// A wait that doubles, spread over its upper half so that nodes do not knock together.
#[derive(Default)]
pub(crate) struct Wait {
    failed: u32,
    until: Option<Instant>,
}

impl Wait {
    /// Waits as long as it is due.
    pub(crate) async fn over(&self) {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
    }

    /// Takes note of one more failure.
    pub(crate) fn longer(&mut self) {
        self.until = Some(Instant::now() + self.spread(Uuid::new_v4().as_u128()));
        self.failed = self.failed.saturating_add(1);
    }

    /// Takes note that what had stood for so long failed.
    pub(crate) fn failed_after(&mut self, stood: Duration) {
        if stood >= STOOD {
            *self = Self::default();
        }
        self.longer();
    }

    fn spread(&self, random: u128) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failed));
        let half = doubled.min(LONGEST_WAIT) / 2;
        let nanos = random % half.as_nanos().max(1);
        half + Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread() {
        let wait = |failed| Wait {
            failed,
            until: None,
        };
        assert_eq!(wait(0).spread(0), FIRST_WAIT / 2);
        assert!(wait(0).spread(u128::MAX) < FIRST_WAIT);
        assert_eq!(wait(1).spread(0), FIRST_WAIT);
        assert_eq!(wait(2).spread(7), FIRST_WAIT * 2 + Duration::from_nanos(7));
        assert_eq!(wait(60).spread(0), LONGEST_WAIT / 2);
    }

    #[test]
    fn what_ends_at_once_is_asked_for_ever_less_often() {
        let mut wait = Wait::default();
        for failed in 1..9 {
            wait.failed_after(STOOD / 2);
            assert_eq!(wait.failed, failed);
        }
        wait.failed_after(STOOD);
        assert_eq!(wait.failed, 1);
    }
}
