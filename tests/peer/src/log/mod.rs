//! The one log that all nodes share: streams of events, in the order they were committed.
//!
//! It keeps to what the server does with names, revisions, positions, deletions and repeats. It
//! keeps everything in memory and forgets it with the cluster, scavenges nothing, and does not act
//! upon what clients write as metadata of a stream: `$maxCount` and `$maxAge` hide nothing here.

mod deletion;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use prost::bytes::Bytes;
use uuid::Uuid;

use rules::{Recent, Verdict};

/// What each record takes in the log besides its texts.
const FRAME: u64 = 75;

/// Where the first record stands: before it a server keeps records of its own.
const FIRST_POSITION: u64 = 287;

/// An event as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The stream it was appended to.
    pub stream: String,
    /// Its number there, the first is 0.
    pub revision: u64,
    /// The id the client gave it.
    pub id: Uuid,
    /// Its type; those of the server begin with `$`.
    pub event_type: String,
    /// Whether the client said that it is JSON.
    pub is_json: bool,
    /// The payload.
    pub data: Bytes,
    /// The custom metadata.
    pub metadata: Bytes,
    /// When it was written: ticks of 100 ns since 1970.
    pub created: u64,
    /// The commit position, which is the prepare position too. It grows by bytes, not by one.
    pub position: u64,
}

/// An event as a client proposes it.
#[derive(Debug, Clone)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) is_json: bool,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
}

impl Proposed {
    /// What it counts against the limit of an append: types are UTF-16 there.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + self.metadata.len() + 2 * self.event_type.encode_utf16().count()
    }
}

/// What a client demands of the stream it appends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Nothing.
    Any,
    /// That it is there.
    StreamExists,
    /// That it is not there.
    NoStream,
    /// That this is its last revision.
    Revision(u64),
}

/// What came of an append, a deletion or a tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It stands in the log, from now on or since an earlier call.
    Committed {
        /// The last revision of it; none where nothing was appended to nothing.
        last: Option<u64>,
        /// The position of its last record; none where it has no record.
        position: Option<u64>,
    },
    /// The stream is not what was demanded.
    Conflict {
        /// Its last revision.
        current: Option<u64>,
    },
    /// The stream was deleted for ever, or was deleted and had to exist.
    Deleted,
}

/// What a reader finds where a stream should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nothing.
    Absent,
    /// A tombstone.
    Tombstone,
    /// Revisions that can be read.
    Present {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
}

/// Which way a reader goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

/// One stream: where its events stand in the log.
#[derive(Debug, Default)]
struct Stream {
    places: Vec<usize>,
    readable_from: u64,
    is_soft_deleted: bool,
    is_tombstoned: bool,
}

impl Stream {
    fn last(&self) -> Option<u64> {
        count(self.places.len()).checked_sub(1)
    }
}

/// The log.
#[derive(Debug)]
pub(crate) struct Log {
    events: Vec<Arc<LoggedEvent>>,
    streams: BTreeMap<String, Stream>,
    recent: Recent,
    head: u64,
    appends: usize,
    stats_every: usize,
}

impl Log {
    /// A log with the server's own first event. Every so many appends (never for 0) the server
    /// writes one of its own again, and so many ids are remembered across streams.
    pub(crate) fn new(stats_every: usize, remembered_ids: usize) -> Self {
        let mut log = Self {
            events: Vec::new(),
            streams: BTreeMap::new(),
            recent: Recent::new(remembered_ids),
            head: FIRST_POSITION,
            appends: 0,
            stats_every,
        };
        log.write_own("$settings", "$user-created", br#"{"login":"admin"}"#);
        log
    }

    /// Judges an append by the rules and writes what they admit: all of it or nothing.
    pub(crate) fn append(
        &mut self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Outcome {
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        match self.judge(stream, expected, &ids) {
            Verdict::Write => self.write_all(stream, events),
            Verdict::Repeat { last } => Outcome::Committed {
                last: Some(last),
                position: self.event_of(stream, last).map(|event| event.position),
            },
            Verdict::Conflict => Outcome::Conflict {
                current: self.last_of(stream),
            },
            Verdict::Deleted => Outcome::Deleted,
        }
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// All events.
    pub(crate) fn events(&self) -> &[Arc<LoggedEvent>] {
        &self.events
    }

    /// At most so many events of the log, from a place on.
    pub(crate) fn page(&self, from: usize, limit: usize) -> Vec<Arc<LoggedEvent>> {
        self.events.iter().skip(from).take(limit).cloned().collect()
    }

    /// At most so many events before a place, the latest first.
    pub(crate) fn page_before(&self, end: usize, limit: usize) -> Vec<Arc<LoggedEvent>> {
        let before = self.events.get(..end).unwrap_or(&self.events);
        before.iter().rev().take(limit).cloned().collect()
    }

    /// The place of the event at a position: `Err` with the place where one would stand.
    pub(crate) fn place(&self, position: u64) -> Result<usize, usize> {
        self.events
            .binary_search_by(|event| event.position.cmp(&position))
    }

    /// Where the next record will stand.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// What a reader finds.
    pub(crate) fn presence(&self, stream: &str) -> Presence {
        let Some(stream) = self.streams.get(stream) else {
            return Presence::Absent;
        };
        match stream.last() {
            _ if stream.is_tombstoned => Presence::Tombstone,
            Some(last) if !stream.is_soft_deleted => Presence::Present {
                first: stream.readable_from,
                last,
            },
            _ => Presence::Absent,
        }
    }

    /// At most so many readable events of a stream, from a revision on.
    pub(crate) fn stream_page(
        &self,
        stream: &str,
        direction: Direction,
        from: u64,
        limit: usize,
    ) -> Vec<Arc<LoggedEvent>> {
        let Presence::Present { first, last } = self.presence(stream) else {
            return Vec::new();
        };
        let at = |revision| self.event_of(stream, revision).cloned();
        match direction {
            Direction::Forwards => (from.max(first)..=last).map_while(at).take(limit).collect(),
            Direction::Backwards => (first..=from.min(last))
                .rev()
                .map_while(at)
                .take(limit)
                .collect(),
        }
    }

    /// The last revision of a stream, whatever can be read of it.
    pub(crate) fn last_of(&self, stream: &str) -> Option<u64> {
        self.streams.get(stream)?.last()
    }

    fn event_of(&self, stream: &str, revision: u64) -> Option<&Arc<LoggedEvent>> {
        let places = &self.streams.get(stream)?.places;
        let place = places.get(usize::try_from(revision).ok()?)?;
        self.events.get(*place)
    }

    fn write_all(&mut self, stream: &str, events: Vec<Proposed>) -> Outcome {
        let mut position = None;
        for event in events {
            position = Some(self.write(stream, event));
        }
        self.restore(stream);
        self.appends += 1;
        if self.stats_every > 0 && self.appends.is_multiple_of(self.stats_every) {
            self.write_own("$stats-127.0.0.1:2113", "$statsCollected", b"{}");
        }
        Outcome::Committed {
            last: self.last_of(stream),
            position,
        }
    }

    fn write_own(&mut self, stream: &str, event_type: &str, data: &'static [u8]) {
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: event_type.to_owned(),
            is_json: true,
            data: Bytes::from_static(data),
            metadata: Bytes::new(),
        };
        self.write(stream, event);
    }

    fn write(&mut self, stream: &str, event: Proposed) -> u64 {
        let place = self.events.len();
        let entry = self.streams.entry(stream.to_owned()).or_default();
        let revision = count(entry.places.len());
        entry.places.push(place);
        self.recent.put(event.id, stream, revision);
        self.push(stream, revision, event)
    }

    fn push(&mut self, stream: &str, revision: u64, event: Proposed) -> u64 {
        let position = self.head;
        let texts = stream.len() + event.event_type.len() + event.data.len() + event.metadata.len();
        self.head += FRAME + count(texts);
        self.events.push(Arc::new(LoggedEvent {
            stream: stream.to_owned(),
            revision,
            id: event.id,
            event_type: event.event_type,
            is_json: event.is_json,
            data: event.data,
            metadata: event.metadata,
            created: ticks(),
            position,
        }));
        position
    }
}

/// Now, in ticks of 100 ns since 1970, as the server stamps its records.
pub(crate) fn ticks() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a server stamps by the clock of its machine"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos() / 100).unwrap_or(u64::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
