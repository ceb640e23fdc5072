//! What the file is not asked for: where each stream's events are, and which ids are taken.
//!
//! About 20 bytes an event. The writer places events here before they are committed; readers
//! look no further than the published head, and a failed commit takes its events out again.
//! It knows nothing that the file does not say.

mod ids;
pub(crate) mod saved;

use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;
use store::Head;

use ids::Ids;

/// A stream's or an event type's number in the file, from 1.
pub(crate) type Code = u32;

/// Last position the index can hold.
pub(crate) const LAST_POSITION: u64 = 0xffff_ffff;

#[derive(Default)]
pub(crate) struct Index {
    /// Where the log ends for readers.
    published: Head,
    /// Where it ends for the writer.
    placed: Head,
    ids: Ids,
    streams: Vec<Stream>,
    stream_codes: HashTable<Code>,
    types: Vec<EventType>,
    hasher: DefaultHashBuilder,
}

struct Stream {
    name: StreamName,
    positions: Vec<u32>,
}

pub(crate) struct EventType {
    pub(crate) name: String,
    pub(crate) version: u16,
}

/// The ends of an [`Index`], to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    placed: Head,
    streams: usize,
    types: usize,
}

impl Mark {
    /// The last position then.
    pub(crate) fn position(self) -> Position {
        self.placed.position
    }
}

impl Index {
    /// Makes room for `events` more.
    pub(crate) fn reserve(&mut self, events: usize) {
        self.ids.reserve(events);
    }

    /// Where the log ends for readers.
    pub(crate) fn head(&self) -> Head {
        self.published
    }

    /// Where the log ends for the writer.
    pub(crate) fn placed(&self) -> Head {
        self.placed
    }

    /// Lets readers see everything placed.
    pub(crate) fn publish(&mut self) {
        self.published = self.placed;
    }

    pub(crate) fn stream_code(&self, name: &StreamName) -> Option<Code> {
        let hash = self.hasher.hash_one(name);
        self.stream_codes
            .find(hash, |&code| self.stream_name(code) == Some(name))
            .copied()
    }

    pub(crate) fn stream_name(&self, code: Code) -> Option<&StreamName> {
        self.stream(code).map(|stream| &stream.name)
    }

    /// Names the next stream, and gives its code.
    pub(crate) fn add_stream(&mut self, name: StreamName) -> Code {
        let code = next_code(self.streams.len());
        let hash = self.hasher.hash_one(&name);
        self.streams.push(Stream {
            name,
            positions: Vec::new(),
        });
        let (streams, hasher) = (&self.streams, &self.hasher);
        self.stream_codes.insert_unique(hash, code, |&code| {
            let stream = streams.get(slot(code));
            stream.map_or(0, |stream| hasher.hash_one(&stream.name))
        });
        code
    }

    /// The code the next stream gets.
    pub(crate) fn next_stream_code(&self) -> Code {
        next_code(self.streams.len())
    }

    pub(crate) fn type_code(&self, event: &Stored) -> Option<Code> {
        self.types
            .iter()
            .position(|known| known.version == event.version && known.name == event.name)
            .map(next_code)
    }

    pub(crate) fn event_type(&self, code: Code) -> Option<&EventType> {
        self.types.get(slot(code))
    }

    /// Names the next event type, and gives its code.
    pub(crate) fn add_type(&mut self, name: String, version: u16) -> Code {
        self.types.push(EventType { name, version });
        next_code(self.types.len() - 1)
    }

    /// The code the next event type gets.
    pub(crate) fn next_type_code(&self) -> Code {
        next_code(self.types.len())
    }

    /// The revision of the last event of a stream, as the writer sees it.
    pub(crate) fn placed_revision(&self, code: Code) -> Option<Revision> {
        let placed = self.stream(code)?.positions.len();
        last_revision(placed)
    }

    /// The revision of the last event of a stream, as readers see it.
    pub(crate) fn published_revision(&self, code: Code) -> Option<Revision> {
        last_revision(self.published_positions(code).len())
    }

    /// Up to `limit` places of a stream's events from revision `from` on, as readers see them.
    pub(crate) fn places(&self, code: Code, from: Revision, limit: usize) -> Vec<Position> {
        self.published_positions(code)
            .iter()
            .skip(usize::try_from(from.0).unwrap_or(usize::MAX))
            .take(limit)
            .map(|&position| Position(u64::from(position)))
            .collect()
    }

    /// Where an event with this id may be: to be confirmed against the id stored there.
    pub(crate) fn candidates(&self, id: EventId) -> impl Iterator<Item = Position> {
        let candidates = self.ids.candidates(id);
        candidates.map(|position| Position(u64::from(position)))
    }

    /// Has memory bring near what tells where these ids are, all at once: soon each is asked for.
    pub(crate) fn touch(&self, ids: impl Iterator<Item = EventId>) {
        ids.for_each(|id| self.ids.touch(id));
    }

    /// Places the next event, which belongs to the stream `code`.
    pub(crate) fn place(&mut self, code: Code, id: EventId, recorded_at: RecordedAt) {
        self.placed = Head {
            position: self.placed.position.next(),
            recorded_at: Some(recorded_at),
        };
        let position = narrow(self.placed.position);
        if let Some(stream) = self.streams.get_mut(slot(code)) {
            stream.positions.push(position);
        }
        self.ids.insert(id, position);
    }

    /// Where everything ends now.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            placed: self.placed,
            streams: self.streams.len(),
            types: self.types.len(),
        }
    }

    /// Takes out everything placed since `mark`: these events, in the order they were placed.
    pub(crate) fn undo<'a>(
        &mut self,
        mark: Mark,
        events: impl DoubleEndedIterator<Item = &'a Recorded<Stored>>,
    ) {
        for recorded in events.rev() {
            self.ids.remove(recorded.id, narrow(recorded.position));
            if let Some(code) = self.stream_code(&recorded.stream)
                && let Some(stream) = self.streams.get_mut(slot(code))
            {
                stream.positions.pop();
            }
        }
        for code in (mark.streams..self.streams.len()).map(next_code) {
            let Some(name) = self.stream_name(code) else {
                continue;
            };
            let hash = self.hasher.hash_one(name);
            if let Ok(entry) = self.stream_codes.find_entry(hash, |&found| found == code) {
                entry.remove();
            }
        }
        self.streams.truncate(mark.streams);
        self.types.truncate(mark.types);
        self.placed = mark.placed;
    }

    fn stream(&self, code: Code) -> Option<&Stream> {
        self.streams.get(slot(code))
    }

    fn published_positions(&self, code: Code) -> &[u32] {
        let positions = self
            .stream(code)
            .map_or(&[][..], |stream| &stream.positions);
        let head = narrow(self.published.position);
        let seen = match positions.last() {
            Some(&last) if last > head => positions.partition_point(|&position| position <= head),
            _ => positions.len(),
        };
        positions.split_at(seen).0
    }
}

/// A position as the index keeps it; the writer and the scan refuse larger ones.
fn narrow(position: Position) -> u32 {
    u32::try_from(position.0).unwrap_or(u32::MAX)
}

fn slot(code: Code) -> usize {
    usize::try_from(code).map_or(usize::MAX, |code| code.wrapping_sub(1))
}

fn next_code(known: usize) -> Code {
    Code::try_from(known).unwrap_or(Code::MAX - 1) + 1
}

fn last_revision(events: usize) -> Option<Revision> {
    let last = events.checked_sub(1)?;
    u64::try_from(last).ok().map(Revision)
}

#[cfg(test)]
mod tests {
    use events::log::Origin;
    use uuid::Uuid;

    use super::*;

    fn recorded(position: u64, stream: &str) -> Recorded<Stored> {
        Recorded {
            position: Position(position),
            id: EventId(Uuid::from_u128(u128::from(position))),
            stream: StreamName::new("line", stream),
            revision: Revision(0),
            recorded_at: RecordedAt::from_micros(i64::try_from(position).unwrap()).unwrap(),
            origin: Origin {
                actor: String::new(),
                correlation_id: Uuid::nil(),
                causation_id: None,
            },
            event: Stored {
                name: String::new(),
                version: 1,
                data: String::new(),
            },
        }
    }

    fn place(index: &mut Index, recorded: &Recorded<Stored>) {
        let code = index
            .stream_code(&recorded.stream)
            .unwrap_or_else(|| index.add_stream(recorded.stream.clone()));
        index.place(code, recorded.id, recorded.recorded_at);
    }

    #[test]
    fn an_undone_group_leaves_no_trace() {
        let mut index = Index::default();
        let kept: Vec<_> = (1..=40)
            .map(|n| recorded(n, &format!("{}", n % 4)))
            .collect();
        for event in &kept {
            place(&mut index, event);
        }
        index.publish();
        let (mark, head) = (index.mark(), index.head());

        let undone: Vec<_> = (41..=90)
            .map(|n| recorded(n, &format!("{}", n % 9)))
            .collect();
        for event in &undone {
            place(&mut index, event);
        }
        index.add_type("line.tested".to_owned(), 1);
        let code = index.stream_code(&kept[0].stream).unwrap();
        assert!(index.placed_revision(code) > index.published_revision(code));
        index.undo(mark, undone.iter());

        assert_eq!(index.placed(), head);
        assert_eq!(index.placed_revision(code), Some(Revision(9)));
        assert_eq!(index.published_revision(code), Some(Revision(9)));
        assert!(index.event_type(1).is_none());
        assert!((4..9).all(|n| {
            index
                .stream_code(&recorded(1, &format!("{n}")).stream)
                .is_none()
        }));
        assert!(
            undone
                .iter()
                .all(|event| index.candidates(event.id).next().is_none())
        );
        for event in &kept {
            assert!(index.candidates(event.id).eq([event.position]));
        }
    }

    #[test]
    fn readers_see_no_further_than_the_published_head() {
        let mut index = Index::default();
        place(&mut index, &recorded(1, "a"));
        let code = index.stream_code(&StreamName::new("line", "a")).unwrap();
        assert_eq!(index.published_revision(code), None);
        assert!(index.places(code, Revision::FIRST, 9).is_empty());
        index.publish();
        assert_eq!(index.places(code, Revision::FIRST, 9), [Position(1)]);
        assert!(index.places(code, Revision(1), 9).is_empty());
    }
}
