//! What the server admits: expected revisions, and which repeats it knows.
//!
//! Written down from `IndexWriter.CheckCommit` of the server (24.x and 25.0), branch by branch. The
//! server's answers are kept where they surprise: the expected revision decides whether ids are
//! looked at at all.

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

use super::{Expected, Log, Stream};

/// What the rules say of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To be written.
    Write,
    /// Written before, up to this revision.
    Repeat { last: u64 },
    /// The stream is not what was demanded.
    Conflict,
    /// The stream is deleted.
    Deleted,
}

/// The ids written last, across all streams, as the server's `BoundedCache` keeps them: an id that
/// is known already stays known where it was first, and is forgotten with its first mention.
#[derive(Debug)]
pub(super) struct Recent {
    known: BTreeMap<Uuid, (String, u64)>,
    mentioned: VecDeque<Uuid>,
    limit: usize,
}

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            known: BTreeMap::new(),
            mentioned: VecDeque::new(),
            limit,
        }
    }

    pub(super) fn put(&mut self, id: Uuid, stream: &str, revision: u64) {
        if self.mentioned.len() >= self.limit
            && let Some(oldest) = self.mentioned.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.mentioned.push_back(id);
        self.known
            .entry(id)
            .or_insert_with(|| (stream.to_owned(), revision));
    }

    fn revision(&self, id: Uuid, stream: &str) -> Option<u64> {
        let (known_in, revision) = self.known.get(&id)?;
        (known_in == stream).then_some(*revision)
    }
}

impl Log {
    /// Judges events with these ids.
    pub(super) fn judge(&self, stream: &str, expected: Expected, ids: &[Uuid]) -> Verdict {
        let found = self.streams.get(stream);
        let is_soft_deleted = found.is_some_and(|it| it.is_soft_deleted);
        if found.is_some_and(|it| it.is_tombstoned) {
            return Verdict::Deleted;
        }
        match expected {
            Expected::StreamExists if is_soft_deleted => Verdict::Deleted,
            Expected::StreamExists if !self.is_begun(stream) => Verdict::Conflict,
            Expected::Any | Expected::StreamExists => self.judge_by_recent_ids(stream, ids),
            Expected::NoStream => self.judge_by_revision(stream, None, ids),
            Expected::Revision(revision) => self.judge_by_revision(stream, Some(revision), ids),
        }
    }

    /// Whether a stream has events, or metadata, which is enough for it to exist.
    fn is_begun(&self, stream: &str) -> bool {
        self.last_of(stream).is_some() || self.last_of(&format!("$${stream}")).is_some()
    }

    /// Where no revision is expected, only what is remembered of recent ids tells a repeat.
    fn judge_by_recent_ids(&self, stream: &str, ids: &[Uuid]) -> Verdict {
        let mut repeated = None;
        for id in ids {
            match self.recent.revision(*id, stream) {
                Some(revision) => repeated = Some(revision),
                None if repeated.is_none() => return Verdict::Write,
                None => return Verdict::Conflict,
            }
        }
        repeated.map_or(Verdict::Write, |last| Verdict::Repeat { last })
    }

    /// Where a revision is expected that the stream has passed, the ids that followed it tell.
    fn judge_by_revision(&self, stream: &str, expected: Option<u64>, ids: &[Uuid]) -> Verdict {
        let current = self.last_of(stream);
        if expected == current {
            return Verdict::Write;
        }
        if expected > current || ids.is_empty() {
            return Verdict::Conflict;
        }
        let start = expected.map_or(0, |revision| revision + 1);
        let mut last = start;
        for (revision, id) in (start..).zip(ids) {
            if self.event_of(stream, revision).map(|event| event.id) != Some(*id) {
                let begins_anew = expected.is_none() && revision == start;
                let is_soft_deleted = self
                    .streams
                    .get(stream)
                    .is_some_and(|it: &Stream| it.is_soft_deleted);
                return if begins_anew && is_soft_deleted {
                    Verdict::Write
                } else {
                    Verdict::Conflict
                };
            }
            last = revision;
        }
        Verdict::Repeat { last }
    }
}
