//! Whether a subscription does what it should, judged from outside its thread.

use std::time::Duration;

use tokio::time::Instant;

use crate::bookmark::Bookmark;

/// After how long without a beat its thread counts as stuck.
const STUCK: Duration = Duration::from_secs(5);

/// How long what the cluster acknowledged may take to come back.
const COMES_BACK: Duration = Duration::from_secs(2);

/// After how long a silence the cluster is asked whether there is something.
const SILENCE: Duration = Duration::from_secs(15);

/// How long what the cluster was found to have may take to come.
const GRACE: Duration = Duration::from_secs(1);

/// What is known of a subscription.
pub(crate) struct Health {
    heard: Instant,
    beat: Instant,
    beats: u64,
    due: Option<(Bookmark, Instant)>,
}

/// What a look at a subscription is taken with.
pub(crate) struct Look {
    pub(crate) now: Instant,
    /// How often its thread has beaten.
    pub(crate) beats: u64,
    /// Since when the cluster has something that did not come back.
    pub(crate) owed_since: Option<Instant>,
    /// Everything of ours up to here has come.
    pub(crate) received: Option<Bookmark>,
}

impl Health {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            beat: now,
            beats: 0,
            due: None,
        }
    }

    /// Takes note that the cluster has an event of ours here.
    pub(crate) fn expect(&mut self, bookmark: Bookmark, now: Instant) {
        self.due = Some((bookmark, now));
    }

    /// Takes note that it said something.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether the cluster is to be asked if there is something.
    ///
    /// # Errors
    /// Why it is of no use any more.
    pub(crate) fn look(&mut self, look: &Look) -> Result<bool, &'static str> {
        let Look {
            now,
            beats,
            owed_since,
            received,
        } = *look;
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
        self.due = self.due.filter(|(due, _)| received < Some(*due));
        if self
            .due
            .is_some_and(|(_, since)| now.duration_since(since) >= GRACE)
        {
            return Err("it is silent, and the cluster has more");
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

    /// A look `second` seconds after `start`, with nothing owed.
    fn look(start: Instant, second: u32, beats: u64) -> Look {
        Look {
            now: start + SECOND * second,
            beats,
            owed_since: None,
            received: None,
        }
    }

    #[tokio::test]
    async fn a_thread_that_does_not_beat_is_stuck() {
        let start = Instant::now();
        let mut health = Health::new(start);
        for second in 1..5 {
            assert_eq!(health.look(&look(start, second, 7)), Ok(false));
        }
        assert_eq!(health.look(&look(start, 5, 8)), Ok(false));
        assert_eq!(health.look(&look(start, 9, 8)), Ok(false));
        health.look(&look(start, 10, 8)).unwrap_err();
    }

    #[tokio::test]
    async fn what_is_owed_comes_or_something_else_does() {
        let start = Instant::now();
        let mut health = Health::new(start);
        let owed = |second| Look {
            owed_since: Some(start),
            ..look(start, second, u64::from(second))
        };
        assert_eq!(health.look(&owed(1)), Ok(false));
        health.heard(start + SECOND);
        assert_eq!(health.look(&owed(2)), Ok(false));
        health.look(&owed(3)).unwrap_err();
    }

    #[tokio::test]
    async fn a_long_silence_is_looked_into() {
        let start = Instant::now();
        let mut health = Health::new(start);
        let mut look = |second| health.look(&look(start, second, second.into()));
        assert_eq!(look(14), Ok(false));
        assert_eq!(look(15), Ok(true));
        assert_eq!(look(16), Ok(false));
        assert_eq!(look(30), Ok(true));
    }

    #[tokio::test]
    async fn what_the_cluster_was_found_to_have_comes_soon() {
        let start = Instant::now();
        let there: Bookmark = "7/7".parse().unwrap();
        let mut health = Health::new(start);
        health.expect(there, start);
        let received = |second, received: &str| Look {
            received: Some(received.parse().unwrap()),
            ..look(start, second, second.into())
        };
        assert_eq!(health.look(&received(1, "7/7")), Ok(false));
        health.expect(there, start + SECOND);
        health.look(&received(2, "6/6")).unwrap_err();
    }
}
