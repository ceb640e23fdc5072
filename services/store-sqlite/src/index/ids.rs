//! Which ids are taken, and where their events may be.
//!
//! Open addressing over one vector of 64-bit slots: 32 bits of an id's keyed hash, its tag, and
//! the position. A tag finds its slot by itself, so that the table grows from one end to the other
//! and is saved as it stands, without a look at any id. Two ids in four thousand million share a
//! tag: what is found here must be confirmed against the id that the file has there.

use std::hint::black_box;

use events::log::EventId;
use uuid::Uuid;

/// A tag in the upper half and a position in the lower one; no event has position 0.
type Slot = u64;

/// A slot without an event.
const FREE: Slot = 0;

/// Of so many slots, [`MOST`] may be taken; above that, looking for a free one takes long.
const OF: usize = 10;
const MOST: usize = 8;

/// Slots of the smallest table.
const FEWEST: usize = 64;

/// An odd number without a pattern (2⁶⁴ over the golden ratio): carries every bit upwards.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The places of ids.
pub(crate) struct Ids {
    /// Mixed into tags, so that nobody can choose ids that crowd into one corner.
    key: [u64; 2],
    slots: Vec<Slot>,
    taken: usize,
    /// How often slots have moved.
    moved: u64,
}

impl Default for Ids {
    fn default() -> Self {
        let (one, two) = Uuid::new_v4().as_u64_pair();
        Self::keyed([one, two])
    }
}

impl Ids {
    fn keyed(key: [u64; 2]) -> Self {
        Self {
            key,
            slots: Vec::new(),
            taken: 0,
            moved: 0,
        }
    }

    /// A table with this key, and room for `events` and some more.
    pub(crate) fn with_room(key: [u64; 2], events: usize) -> Self {
        let mut ids = Self::keyed(key);
        ids.reserve(events + events / 8);
        ids
    }

    /// The key of its tags.
    pub(crate) fn key(&self) -> [u64; 2] {
        self.key
    }

    /// How many ids it has.
    pub(crate) fn len(&self) -> usize {
        self.taken
    }

    /// A number that changes whenever slots have moved.
    pub(crate) fn moved(&self) -> u64 {
        self.moved
    }

    /// Up to `limit` slots from number `from` on, free ones among them; empty at the end.
    pub(crate) fn slots(&self, from: usize, limit: usize) -> &[Slot] {
        let rest = self.slots.get(from..).unwrap_or_default();
        rest.get(..limit).unwrap_or(rest)
    }

    /// Makes room for `events` more.
    pub(crate) fn reserve(&mut self, events: usize) {
        let wanted = self.taken + events;
        if wanted > self.slots.len() / OF * MOST {
            self.grow(wanted / MOST * OF + FEWEST);
        }
    }

    /// Where an event with this id may be.
    pub(crate) fn candidates(&self, id: EventId) -> impl Iterator<Item = u32> {
        let tag = self.tag(id);
        self.run(tag)
            .filter(move |(_, slot)| tag_of(*slot) == tag)
            .map(|(_, slot)| position_of(slot))
    }

    /// Looks at the first slot of this id and waits for nothing.
    pub(crate) fn touch(&self, id: EventId) {
        black_box(self.get(self.home(self.tag(id))));
    }

    /// Takes note that the event at `position` has this id.
    pub(crate) fn insert(&mut self, id: EventId, position: u32) {
        self.put(slot(self.tag(id), position));
    }

    /// Puts a slot of another table with this key into this one.
    pub(crate) fn put(&mut self, slot: Slot) {
        if self.taken >= self.slots.len() / OF * MOST {
            self.grow(self.slots.len() / 2 * 3 + FEWEST);
        }
        let mut at = self.home(tag_of(slot));
        while let Some(taken) = self.slots.get_mut(at) {
            if *taken == FREE {
                *taken = slot;
                self.taken += 1;
                return;
            }
            at = self.after(at);
        }
    }

    /// Forgets the id of the event at `position`.
    pub(crate) fn remove(&mut self, id: EventId, position: u32) {
        let wanted = slot(self.tag(id), position);
        let found = self.run(tag_of(wanted)).find(|(_, slot)| *slot == wanted);
        let Some((mut gap, _)) = found else { return };
        self.taken -= 1;
        self.moved += 1;
        let mut at = gap;
        // Whatever could not be found any more with a gap before it moves into the gap.
        loop {
            self.set(gap, FREE);
            loop {
                at = self.after(at);
                let slot = self.get(at);
                if slot == FREE {
                    return;
                }
                let home = self.home(tag_of(slot));
                if self.distance(home, at) >= self.distance(gap, at) {
                    self.set(gap, slot);
                    gap = at;
                    break;
                }
            }
        }
    }

    /// The taken slots from the home of `tag` up to the next free one.
    fn run(&self, tag: u32) -> impl Iterator<Item = (usize, Slot)> {
        let home = self.home(tag);
        let (before, after) = self.slots.split_at(home.min(self.slots.len()));
        let around = (home..).zip(after).chain((0..).zip(before));
        around
            .map(|(at, slot)| (at, *slot))
            .take_while(|(_, slot)| *slot != FREE)
    }

    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![FREE; slots]);
        self.taken = 0;
        self.moved += 1;
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            self.put(slot);
        }
    }

    /// The slot that a tag begins to look at: as far into the table as the tag is into all tags.
    fn home(&self, tag: u32) -> usize {
        let slots = u128::try_from(self.slots.len()).unwrap_or_default();
        usize::try_from((u128::from(tag) * slots) >> 32).unwrap_or_default()
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() {
            0
        } else {
            at + 1
        }
    }

    /// How many slots `at` is after `from`.
    fn distance(&self, from: usize, at: usize) -> usize {
        if at >= from {
            at - from
        } else {
            at + self.slots.len() - from
        }
    }

    fn get(&self, at: usize) -> Slot {
        self.slots.get(at).copied().unwrap_or(FREE)
    }

    fn set(&mut self, at: usize, to: Slot) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = to;
        }
    }

    /// 32 bits of an id, all of it mixed: ids of one kind are alike in parts.
    fn tag(&self, id: EventId) -> u32 {
        let (high, low) = id.0.as_u64_pair();
        let [one, two] = self.key;
        let product = u128::from(high ^ one) * u128::from(low ^ two);
        let folded = u64::try_from(((product >> 64) ^ product) & u128::from(u64::MAX));
        let mixed = folded.unwrap_or_default().wrapping_mul(MIX);
        u32::try_from(mixed >> 32).unwrap_or_default()
    }
}

fn slot(tag: u32, position: u32) -> Slot {
    u64::from(tag) << 32 | u64::from(position)
}

fn tag_of(slot: Slot) -> u32 {
    u32::try_from(slot >> 32).unwrap_or_default()
}

/// The position in a slot.
pub(crate) fn position_of(slot: Slot) -> u32 {
    u32::try_from(slot & 0xffff_ffff).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const KEY: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

    fn id(number: u64) -> EventId {
        EventId(Uuid::from_u64_pair(number, !number))
    }

    fn found(ids: &Ids, number: u64) -> Vec<u32> {
        ids.candidates(id(number)).collect()
    }

    #[test]
    fn every_id_is_found_at_its_position_through_all_growth() {
        let mut ids = Ids::keyed(KEY);
        for number in 1..=50_000 {
            ids.insert(id(number), u32::try_from(number).unwrap());
        }
        assert_eq!(ids.len(), 50_000);
        for number in 1..=50_000 {
            let position = u32::try_from(number).unwrap();
            assert!(found(&ids, number).contains(&position));
        }
        let strangers = (60_000..160_000).filter(|number| !found(&ids, *number).is_empty());
        assert!(strangers.count() < 20, "few strangers share a tag");
    }

    #[test]
    fn what_is_removed_is_gone_and_the_rest_stays() {
        // A full table, so that every gap has to be closed.
        let mut ids = Ids::keyed(KEY);
        let mut kept = BTreeMap::new();
        let mut random = 1_u64;
        for position in 1..=20_000_u32 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ids.insert(id(random), position);
            kept.insert(random, position);
            if position % 3 == 0 {
                let (gone, at) = kept.pop_first().unwrap();
                ids.remove(id(gone), at);
                assert!(!found(&ids, gone).contains(&at));
            }
        }
        assert_eq!(ids.len(), kept.len());
        for (number, position) in kept {
            assert!(found(&ids, number).contains(&position));
        }
    }

    #[test]
    fn events_of_one_id_are_all_found() {
        // An id cannot be there twice, but a tag can.
        let mut ids = Ids::default();
        for position in 1..=9 {
            ids.insert(id(7), position);
        }
        let mut positions = found(&ids, 7);
        positions.sort_unstable();
        assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn an_event_takes_at_most_fifteen_bytes() {
        let mut ids = Ids::keyed(KEY);
        for position in 1..=100_000_u32 {
            ids.insert(id(u64::from(position)), position);
            let bytes = ids.slots.len() * size_of::<Slot>();
            assert!(position < 1_000 || bytes <= 15 * ids.len() + 1_000);
        }
    }
}
