//! Whether a subscription does what it should, judged from outside its thread.

use std::time::Duration;

use tokio::time::Instant;

/// After how long without a beat its thread counts as stuck.
const STUCK: Duration = Duration::from_secs(5);

/// How long what the cluster acknowledged may take to come back.
const COMES_BACK: Duration = Duration::from_secs(2);

/// After how long a silence the cluster is asked whether there is something.
const SILENCE: Duration = Duration::from_secs(15);

/// What is known of a subscription.
pub(crate) struct Health {
    heard: Instant,
    beat: Instant,
    beats: u64,
}

impl Health {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            beat: now,
            beats: 0,
        }
    }

    /// Takes note that it said something.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether the cluster is to be asked if there is something, after a look at how often its
    /// thread has beaten, and since when the cluster has something that did not come back.
    ///
    /// # Errors
    /// Why it is of no use any more.
    pub(crate) fn look(
        &mut self,
        now: Instant,
        beats: u64,
        owed_since: Option<Instant>,
    ) -> Result<bool, &'static str> {
        if beats != self.beats {
            (self.beats, self.beat) = (beats, now);
        }
        if now.duration_since(self.beat) >= STUCK {
            return Err("its thread is stuck");
        }
        let silent_for = now.duration_since(self.heard);
        let owed_for = owed_since.map(|since| now.duration_since(since));
        if owed_for.is_some_and(|owed_for| owed_for >= COMES_BACK) && silent_for >= COMES_BACK {
            return Err("what the cluster has acknowledged does not come");
        }
        let asks = silent_for >= SILENCE;
        if asks {
            self.heard = now;
        }
        Ok(asks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_thread_that_does_not_beat_is_stuck() {
        let start = Instant::now();
        let mut health = Health::new(start);
        for second in 1..5 {
            assert_eq!(health.look(start + SECOND * second, 7, None), Ok(false));
        }
        assert_eq!(health.look(start + SECOND * 5, 8, None), Ok(false));
        assert_eq!(health.look(start + SECOND * 9, 8, None), Ok(false));
        health.look(start + SECOND * 10, 8, None).unwrap_err();
    }

    #[tokio::test]
    async fn what_is_owed_comes_or_something_else_does() {
        let start = Instant::now();
        let mut health = Health::new(start);
        assert_eq!(health.look(start + SECOND, 1, Some(start)), Ok(false));
        health.heard(start + SECOND);
        assert_eq!(health.look(start + SECOND * 2, 2, Some(start)), Ok(false));
        health.look(start + SECOND * 3, 3, Some(start)).unwrap_err();
    }

    #[tokio::test]
    async fn a_long_silence_is_looked_into() {
        let start = Instant::now();
        let mut health = Health::new(start);
        let mut look = |second| health.look(start + SECOND * second, u64::from(second), None);
        assert_eq!(look(14), Ok(false));
        assert_eq!(look(15), Ok(true));
        assert_eq!(look(16), Ok(false));
        assert_eq!(look(30), Ok(true));
    }
}
