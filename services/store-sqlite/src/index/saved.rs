//! The index as a checkpoint: where each stream's events are, and the slots of the ids.
//!
//! Written a piece at a time while events go on being placed, so that nobody waits for more than
//! a piece. What is placed meanwhile is left out. Names are not in it: the file has them.

use std::io::{self, Read as _, Write};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use events::log::Position;
use store::Head;
use store::checkpoint::{Anchor, Kind, Payload};

use super::ids::{Ids, position_of};
use super::{Index, narrow};

/// What such a checkpoint is.
pub(crate) const KIND: Kind = Kind {
    name: "index",
    version: 1,
};

/// Numbers handled at once, and copied under one lock.
const PIECE: usize = 16 * 1024;

/// Why the slots that were written are not those of one moment.
const MOVED: &str = "the slots of the index have moved";

/// What a checkpoint has of an index.
pub(crate) struct Saved {
    anchor: Anchor,
    /// The positions of each stream, in the order of their codes.
    streams: Vec<Vec<u32>>,
    ids: Ids,
}

/// Writes what `index` has up to `last`, which readers see.
///
/// # Errors
/// Whatever `out` fails with; [`io::ErrorKind::Interrupted`] where it may be tried again.
pub(crate) fn encode(index: &RwLock<Index>, last: Position, out: &mut dyn Write) -> io::Result<()> {
    let last = narrow(last);
    let [one, two] = read(index).ids.key();
    out.write_all(&one.to_le_bytes())?;
    out.write_all(&two.to_le_bytes())?;
    let lengths = lengths(index, last);
    let streams = u32::try_from(lengths.len()).unwrap_or(u32::MAX);
    out.write_all(&streams.to_le_bytes())?;
    for length in &lengths {
        out.write_all(&length.to_le_bytes())?;
    }
    let placed: u64 = lengths.iter().copied().map(u64::from).sum();
    if placed != u64::from(last) {
        return Err(io::Error::other("a stream of the index lacks a position"));
    }
    encode_streams(index, &lengths, out)?;
    encode_ids(index, last, out)
}

/// How many events each stream has up to `last`. Codes are given in the order of first events, so
/// that those of later streams come after all others.
fn lengths(index: &RwLock<Index>, last: u32) -> Vec<u32> {
    let mut lengths = Vec::new();
    loop {
        let index = read(index);
        let piece = index.streams.iter().skip(lengths.len()).take(PIECE);
        let before = lengths.len();
        lengths.extend(
            piece
                .map(|stream| {
                    stream
                        .positions
                        .partition_point(|position| *position <= last)
                })
                .take_while(|length| *length > 0)
                .map(|length| u32::try_from(length).unwrap_or(u32::MAX)),
        );
        if lengths.len() < before + PIECE {
            return lengths;
        }
    }
}

fn encode_streams(index: &RwLock<Index>, lengths: &[u32], out: &mut dyn Write) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE * size_of::<u32>());
    let (mut stream, mut from) = (0, 0);
    while stream < lengths.len() {
        piece.clear();
        {
            let index = read(index);
            let mut room = PIECE;
            while room > 0
                && let Some(length) = lengths.get(stream)
                && let Some(known) = index.streams.get(stream)
            {
                let length = usize::try_from(*length).unwrap_or(usize::MAX);
                let until = length.min(from + room);
                let positions = known.positions.get(from..until).unwrap_or_default();
                piece.extend(positions.iter().flat_map(|it| it.to_le_bytes()));
                room -= positions.len();
                if until == length || positions.is_empty() {
                    (stream, from) = (stream + 1, 0);
                } else {
                    from = until;
                }
            }
        }
        out.write_all(&piece)?;
    }
    Ok(())
}

fn encode_ids(index: &RwLock<Index>, last: u32, out: &mut dyn Write) -> io::Result<()> {
    let moved = read(index).ids.moved();
    let mut piece = Vec::with_capacity(PIECE * size_of::<u64>());
    let (mut from, mut written) = (0, 0_u64);
    loop {
        piece.clear();
        {
            let index = read(index);
            if index.ids.moved() != moved {
                return Err(io::Error::new(io::ErrorKind::Interrupted, MOVED));
            }
            let slots = index.ids.slots(from, PIECE);
            if slots.is_empty() {
                break;
            }
            from += slots.len();
            // Free slots have position 0.
            let kept = slots
                .iter()
                .filter(|slot| (1..=last).contains(&position_of(**slot)));
            for slot in kept {
                piece.extend_from_slice(&slot.to_le_bytes());
                written += 1;
            }
        }
        out.write_all(&piece)?;
    }
    if written == u64::from(last) {
        return Ok(());
    }
    Err(io::Error::other("an id of the index is missing"))
}

/// What is in the payload; `None` where it is not of this shape.
pub(crate) fn decode(payload: &mut Payload, anchor: Anchor) -> Option<Saved> {
    let key = [payload.take()?, payload.take()?].map(u64::from_le_bytes);
    let streams = u32::from_le_bytes(payload.take()?);
    let streams = usize::try_from(streams).ok()?;
    let mut lengths = Vec::with_capacity(room(payload, streams, 4)?);
    numbers(payload, streams, |bytes| {
        lengths.push(u32::from_le_bytes(bytes));
    })?;
    let mut positions = Vec::with_capacity(lengths.len());
    for length in lengths {
        let length = usize::try_from(length).ok()?;
        let mut stream = Vec::with_capacity(room(payload, length, 4)?);
        numbers(payload, length, |bytes| {
            stream.push(u32::from_le_bytes(bytes));
        })?;
        positions.push(stream);
    }
    let events = usize::try_from(anchor.position.0).ok()?;
    let mut ids = Ids::with_room(key, room(payload, events, 8)?);
    numbers(payload, events, |bytes| ids.put(u64::from_le_bytes(bytes)))?;
    (ids.len() == events).then_some(Saved {
        anchor,
        streams: positions,
        ids,
    })
}

impl Index {
    /// Takes over what a checkpoint has, in place of everything but the names; gives back whether
    /// they are enough for it.
    pub(crate) fn adopt(&mut self, saved: Saved) -> bool {
        if saved.streams.len() > self.streams.len() {
            return false;
        }
        for (stream, positions) in self.streams.iter_mut().zip(saved.streams) {
            stream.positions = positions;
        }
        self.ids = saved.ids;
        self.placed = Head {
            position: saved.anchor.position,
            recorded_at: Some(saved.anchor.recorded_at),
        };
        self.publish();
        true
    }
}

/// So many numbers of so many bytes each, if the payload can have them.
fn room(payload: &Payload, count: usize, bytes: u64) -> Option<usize> {
    let most = payload.left() / bytes;
    u64::try_from(count)
        .is_ok_and(|count| count <= most)
        .then_some(count)
}

/// Reads `count` numbers of `N` bytes.
fn numbers<const N: usize>(
    payload: &mut Payload,
    count: usize,
    mut each: impl FnMut([u8; N]),
) -> Option<()> {
    let mut piece = vec![0; count.min(PIECE) * N];
    let mut left = count;
    while left > 0 {
        let now = left.min(PIECE);
        let bytes = piece.get_mut(..now * N)?;
        payload.read_exact(bytes).ok()?;
        bytes.as_chunks().0.iter().copied().for_each(&mut each);
        left -= now;
    }
    Some(())
}

fn read(index: &RwLock<Index>) -> RwLockReadGuard<'_, Index> {
    index.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use events::log::{EventId, StreamName};
    use events::time::RecordedAt;
    use store::checkpoint;
    use uuid::Uuid;

    use super::*;

    const STREAMS: u64 = 7;

    fn id(position: u64) -> EventId {
        EventId(Uuid::new_v5(&Uuid::NAMESPACE_OID, &position.to_le_bytes()))
    }

    fn at(position: u64) -> RecordedAt {
        RecordedAt::from_micros(i64::try_from(position).unwrap()).unwrap()
    }

    fn name(number: u64) -> StreamName {
        StreamName::new("line", number % STREAMS)
    }

    fn place(index: &RwLock<Index>, positions: impl IntoIterator<Item = u64>) {
        for position in positions {
            let mut index = index.write().unwrap();
            let name = name(position);
            let code = index
                .stream_code(&name)
                .unwrap_or_else(|| index.add_stream(name));
            index.place(code, id(position), at(position));
        }
    }

    /// What `index` has up to `last`, written and read again, with the names it needs.
    fn again(index: &RwLock<Index>, last: u64) -> Index {
        let folder = std::env::temp_dir().join(format!("store-sqlite-saved-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("index.checkpoint");
        let anchor = Anchor {
            position: Position(last),
            id: id(last),
            recorded_at: at(last),
        };
        checkpoint::write(&path, KIND, anchor, |out| {
            encode(index, Position(last), out)
        })
        .unwrap();
        let found = checkpoint::find(&path, KIND).unwrap();
        let saved = found.load(|payload| decode(payload, anchor)).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        let mut again = Index::default();
        (1..=STREAMS).for_each(|number| {
            again.add_stream(name(number));
        });
        assert!(again.adopt(saved));
        again
    }

    /// `index` has the events up to `last` and no others.
    fn check(index: &Index, last: u64) {
        assert_eq!(index.head().position, Position(last));
        assert_eq!(index.head().recorded_at, Some(at(last)));
        for number in 0..STREAMS {
            let code = index.stream_code(&name(number)).unwrap();
            let expected = (1..=last).filter(|position| position % STREAMS == number);
            let places = index.places(code, events::log::Revision::FIRST, usize::MAX);
            assert!(places.into_iter().eq(expected.map(Position)));
        }
        for position in 1..=last {
            let mut found = index.candidates(id(position));
            assert!(found.any(|candidate| candidate == Position(position)));
        }
    }

    #[test]
    fn an_index_comes_back_without_what_is_not_published() {
        let index = RwLock::default();
        place(&index, 1..=100_000);
        check(&again(&index, 100_000), 100_000);
        check(&again(&index, 99_999), 99_999);
        check(&again(&index, 8), 8);
    }

    #[test]
    fn an_index_that_came_back_goes_on() {
        let index = RwLock::default();
        place(&index, 1..=1_000);
        let again = RwLock::new(again(&index, 1_000));
        place(&again, 1_001..=30_000);
        let mut again = again.into_inner().unwrap();
        again.publish();
        check(&again, 30_000);
    }

    #[test]
    fn events_go_on_being_placed_meanwhile() {
        let index = Arc::new(RwLock::default());
        place(&index, 1..=60_000);
        index.write().unwrap().reserve(60_000);
        let placing = Arc::clone(&index);
        let placing = thread::spawn(move || place(&placing, 60_001..=120_000));
        check(&again(&index, 60_000), 60_000);
        placing.join().unwrap();
    }

    #[test]
    fn slots_that_move_meanwhile_are_told_of() {
        struct Growing<'a>(&'a RwLock<Index>);
        impl Write for Growing<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.write().unwrap().reserve(1_000_000);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let index = RwLock::default();
        place(&index, 1..=50_000);
        let moved = encode_ids(&index, 50_000, &mut Growing(&index)).unwrap_err();
        assert_eq!(moved.kind(), io::ErrorKind::Interrupted);
    }
}
