//! How long to wait before a delivery is tried again, and when to give it up.
//!
//! The randomness comes from outside, so that the rule can be tested and a wait told in advance.

use std::time::Duration;

/// The rule of repeating: a wait that doubles up to a bound, and a number of attempts.
///
/// By default the first wait is 1 s, the longest 15 min, and the 105th attempt is the last: the
/// waits add up to almost 24 hours at most, and to half of that at least. Attempts are counted rather than hours, so
/// that nothing is given up for the time that the service itself was down.
///
/// A receiver that refuses a delivery 8 times reads it and does not want it: it is given up, so that
/// those behind it, which it may want, do not wait for a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failed attempt, before jitter.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How many attempts a delivery has; after the last it is a dead letter.
    pub attempts: u32,
    /// How many of them the receiver may refuse; see
    /// [`SendError::is_refusal`](super::SendError::is_refusal).
    pub refusals: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_mins(15),
            attempts: 105,
            refusals: 8,
        }
    }
}

impl Backoff {
    /// Whether a delivery is to be given up that was `refused` so often.
    pub fn is_refused(&self, refused: u32) -> bool {
        refused >= self.refusals
    }

    /// The wait after as many `failed` attempts as that, at least one; none where the delivery is
    /// to be given up. `random` spreads it over the upper half of the full wait, so that endpoints
    /// that failed together are not tried again together.
    pub fn find_wait(&self, failed: u32, random: u64) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let full = self.first.saturating_mul(doubled).min(self.longest);
        let half = full / 2;
        let spread = u64::try_from(full.saturating_sub(half).as_nanos()).unwrap_or(u64::MAX);
        let jitter = spread.checked_add(1).map_or(random, |count| random % count);
        Some(half + Duration::from_nanos(jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Backoff = Backoff {
        first: Duration::from_secs(1),
        longest: Duration::from_mins(15),
        attempts: 105,
        refusals: 8,
    };

    /// The full wait, counted by hand.
    fn full(failed: u32) -> Duration {
        Duration::from_secs(1 << (failed - 1).min(10)).min(Duration::from_mins(15))
    }

    /// The random number that gives the full wait.
    fn most(failed: u32) -> u64 {
        u64::try_from(full(failed).as_nanos() / 2).unwrap()
    }

    #[test]
    fn the_rule_of_the_documentation_is_the_default() {
        assert_eq!(Backoff::default(), RULE);
    }

    #[test]
    fn the_wait_doubles_from_a_second_to_a_quarter_of_an_hour() {
        let wait = |failed| RULE.find_wait(failed, most(failed)).unwrap().as_secs();
        let waits: Vec<u64> = (1..13).map(wait).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn jitter_keeps_to_the_upper_half() {
        for failed in 1..105 {
            let (half, full) = (full(failed) / 2, full(failed));
            assert_eq!(RULE.find_wait(failed, 0), Some(half));
            assert_eq!(RULE.find_wait(failed, most(failed)), Some(full));
            for random in [1, 7, 123_456_789_012, u64::MAX / 3, u64::MAX] {
                let wait = RULE.find_wait(failed, random).unwrap();
                assert!(half <= wait && wait <= full, "{failed}: {wait:?}");
            }
        }
    }

    #[test]
    fn jitter_tells_two_endpoints_apart() {
        let wait = |random| RULE.find_wait(11, random).unwrap();
        assert!(wait(u64::MAX / 3).abs_diff(wait(u64::MAX / 5)) > Duration::from_secs(1));
    }

    #[test]
    fn a_delivery_is_given_up_after_a_day_of_waiting_at_most() {
        let day = Duration::from_hours(24);
        let waits = |random: fn(u32) -> u64| -> Duration {
            (1..)
                .map_while(|failed| RULE.find_wait(failed, random(failed)))
                .sum()
        };
        let all = waits(most);
        assert!(all <= day && day < all + RULE.longest, "{all:?}");
        assert!(day / 2 < waits(|_| 0) + RULE.longest);
        assert_ne!(RULE.find_wait(104, 0), None);
        assert_eq!(RULE.find_wait(105, 0), None);
        assert_eq!(RULE.find_wait(u32::MAX, 0), None);
    }

    #[test]
    fn the_eighth_refusal_is_the_last() {
        assert!(!RULE.is_refused(7));
        assert!(RULE.is_refused(8));
    }

    #[test]
    fn no_rule_is_too_large_to_count_with() {
        let endless = Backoff {
            first: Duration::MAX,
            longest: Duration::MAX,
            attempts: u32::MAX,
            refusals: u32::MAX,
        };
        let wait = endless.find_wait(u32::MAX - 1, u64::MAX).unwrap();
        assert!(wait >= Duration::MAX / 2);
    }
}
