//! Deleting a stream, as far as a client can see it: a soft deletion, after which the name can be
//! used again, and a tombstone, after which it cannot. Records stay where they are.

use prost::bytes::Bytes;
use uuid::Uuid;

use super::rules::Verdict;
use super::{Expected, Log, Outcome, Proposed, count};

/// The revision that marks a deletion.
const DELETED: u64 = i64::MAX.cast_unsigned();

impl Log {
    /// Deletes a stream; its next event has the next revision.
    pub(crate) fn delete(&mut self, stream: &str, expected: Expected) -> Outcome {
        if let Some(refused) = self.judge_deletion(stream, expected) {
            return refused;
        }
        self.streams
            .entry(stream.to_owned())
            .or_default()
            .is_soft_deleted = true;
        let position = self.write_truncation(stream, DELETED);
        Outcome::Committed {
            last: self.last_of(stream),
            position: Some(position),
        }
    }

    /// Deletes a stream for ever.
    pub(crate) fn tombstone(&mut self, stream: &str, expected: Expected) -> Outcome {
        if let Some(refused) = self.judge_deletion(stream, expected) {
            return refused;
        }
        self.streams
            .entry(stream.to_owned())
            .or_default()
            .is_tombstoned = true;
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: "$streamDeleted".to_owned(),
            is_json: false,
            data: Bytes::new(),
            metadata: Bytes::new(),
        };
        Outcome::Committed {
            last: Some(DELETED),
            position: Some(self.push(stream, DELETED, event)),
        }
    }

    /// After an append a soft-deleted stream is there again, without what it had before.
    pub(super) fn restore(&mut self, stream: &str) {
        let Some(found) = self.streams.get_mut(stream).filter(|it| it.is_soft_deleted) else {
            return;
        };
        found.is_soft_deleted = false;
        let readable_from = found.readable_from;
        self.write_truncation(stream, readable_from);
    }

    fn judge_deletion(&mut self, stream: &str, expected: Expected) -> Option<Outcome> {
        match self.judge(stream, expected, &[Uuid::new_v4()]) {
            Verdict::Write | Verdict::Repeat { .. } => {
                let found = self.streams.entry(stream.to_owned()).or_default();
                found.readable_from = count(found.places.len());
                None
            }
            Verdict::Conflict => Some(Outcome::Conflict {
                current: self.last_of(stream),
            }),
            Verdict::Deleted => Some(Outcome::Deleted),
        }
    }

    /// Writes the metadata that hides what comes before a revision.
    fn write_truncation(&mut self, stream: &str, revision: u64) -> u64 {
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: "$metadata".to_owned(),
            is_json: true,
            data: format!("{{\"$tb\":{revision}}}").into(),
            metadata: Bytes::new(),
        };
        self.write(&format!("$${stream}"), event)
    }
}
