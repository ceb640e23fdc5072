//! The newest events, kept in memory for those who follow the log.
//!
//! Without it each follower would read back from the file what was just written to it.

use std::collections::VecDeque;
use std::sync::Arc;

use events::log::{Position, Recorded, Stored};

/// Most events kept.
const EVENTS: usize = 8_192;

/// Most bytes of payload kept.
const BYTES: usize = 8 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Tail {
    groups: VecDeque<Group>,
    events: usize,
    bytes: usize,
}

/// The events of one commit.
#[derive(Clone)]
pub(crate) struct Group {
    events: Arc<Vec<Recorded<Stored>>>,
    bytes: usize,
}

/// A run of committed events that can be read without holding a lock.
pub(crate) struct Run {
    groups: Vec<Group>,
    after: Position,
    limit: usize,
}

impl Tail {
    /// Keeps the events of a commit, and gives back the oldest where there are too many.
    pub(crate) fn keep(&mut self, events: Vec<Recorded<Stored>>) -> Vec<Group> {
        let bytes = events
            .iter()
            .map(|recorded| recorded.event.data.len())
            .sum();
        self.events += events.len();
        self.bytes += bytes;
        self.groups.push_back(Group {
            events: Arc::new(events),
            bytes,
        });
        let mut evicted = Vec::new();
        while self.events > EVENTS || self.bytes > BYTES {
            let Some(oldest) = self.groups.pop_front() else {
                break;
            };
            self.events -= oldest.events.len();
            self.bytes -= oldest.bytes;
            evicted.push(oldest);
        }
        evicted
    }

    /// Up to `limit` events after `after`; none where some of them are no longer kept.
    pub(crate) fn run(&self, after: Position, limit: usize) -> Option<Run> {
        let first = self.groups.front()?.events.first()?.position;
        if after.next() < first {
            return None;
        }
        let start = self.groups.partition_point(|group| {
            let last = group.events.last();
            last.is_some_and(|last| last.position <= after)
        });
        let (mut groups, mut found) = (Vec::new(), 0);
        for group in self.groups.range(start..) {
            groups.push(group.clone());
            found += group.events.len();
            if found > limit.saturating_add(EVENTS) {
                break;
            }
        }
        Some(Run {
            groups,
            after,
            limit,
        })
    }
}

impl Run {
    /// The events.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Recorded<Stored>> {
        self.groups
            .iter()
            .flat_map(|group| group.events.iter())
            .skip_while(|recorded| recorded.position <= self.after)
            .take(self.limit)
    }

    /// Copies of the events.
    pub(crate) fn events(&self) -> Vec<Recorded<Stored>> {
        self.iter().cloned().collect()
    }
}
