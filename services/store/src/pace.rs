//! When a checkpoint is due. Nothing here knows what is in one.

use events::log::Position;

/// When the next checkpoint is due: after so many events at least, and a log of many times as many
/// waits many times longer. Each checkpoint writes all that it holds, which must stay a small part
/// of what is written for the events themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Fewest events between two checkpoints.
    pub fewest: u64,
}

impl Default for Pace {
    /// Reading or applying so many events takes a fraction of a second.
    fn default() -> Self {
        Self { fewest: 1 << 20 }
    }
}

impl Pace {
    /// The part of the log, one in so many, that a checkpoint waits for.
    const SHARE: u64 = 8;

    /// Whether one is due at `head`, where the last one begun is at `begun`.
    pub fn is_due(self, begun: Position, head: Position) -> bool {
        let since = head.0.saturating_sub(begun.0);
        since >= self.fewest.max(head.0 / Self::SHARE)
    }
}
