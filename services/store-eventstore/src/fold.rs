//! Folding: what came from the cluster gets its places, and is put together as it was sent.

use std::sync::Arc;

use events::log::{EventId, Recorded, Stored};
use store::{Batch, Head, NoSeal, Place, Seal};

use crate::bookmark::Landmark;
use crate::codec::Arrived;
use crate::tickets::{CameBack, Tickets};

/// What becomes of the beginning of what came.
#[derive(Default)]
pub(crate) struct Folded {
    /// Where the copy ends with it.
    pub(crate) head: Head,
    /// Its last event; none where nothing is folded yet.
    pub(crate) last: Option<Landmark>,
    pub(crate) batches: Vec<Batch>,
    /// What is told to whom waits, by the first event of their append.
    pub(crate) answers: Vec<(EventId, CameBack)>,
    /// How many events it is.
    pub(crate) count: usize,
    /// Whether the last batch is of other nodes, and may grow.
    is_open: bool,
}

/// Folds `came` onto `head`, up to an append of this node that has not come whole: its rest is on
/// its way, as long as its ticket is open.
pub(crate) fn fold(head: Head, came: &[Arrived], tickets: &Tickets) -> Folded {
    let mut folded = Folded {
        head,
        ..Folded::default()
    };
    let mut rest = came;
    while let Some((first, after)) = rest.split_first() {
        let awaited = tickets.find(first.id);
        rest = match awaited {
            Some(own) if first.append == Some(own.append) => {
                // The cluster writes an append in one piece.
                let Some((run, after)) = rest.split_at_checked(own.count) else {
                    break;
                };
                folded.add_own(first.id, run, own.seal);
                after
            }
            others => {
                let repeated = others.map(|_| (first.id, CameBack::Repeated));
                folded.answers.extend(repeated);
                folded.add_others(first);
                after
            }
        };
    }
    folded.count = came.len() - rest.len();
    folded
}

impl Folded {
    /// Adds an append of this node, which begins with `first`.
    fn add_own(&mut self, first: EventId, run: &[Arrived], seal: Arc<dyn Seal>) {
        let events: Vec<Recorded<Stored>> = run.iter().map(|it| self.place(it)).collect();
        let places = events.iter().map(Place::from).collect();
        self.answers.push((first, CameBack::Written(places)));
        self.batches.push(Batch { events, seal });
        self.is_open = false;
    }

    /// Adds an event that no append of this node wrote which somebody waits for.
    fn add_others(&mut self, arrived: &Arrived) {
        let event = self.place(arrived);
        if let Some(batch) = self.batches.last_mut().filter(|_| self.is_open) {
            batch.events.push(event);
        } else {
            let (events, seal) = (vec![event], NoSeal::shared());
            self.batches.push(Batch { events, seal });
            self.is_open = true;
        }
    }

    /// The event in its place: the next position, and a stamp that grows.
    fn place(&mut self, arrived: &Arrived) -> Recorded<Stored> {
        let stamp = self.head.recorded_at;
        let stamp = stamp.map_or(arrived.stamp, |last| arrived.stamp.after(last));
        self.head = Head {
            position: self.head.position.next(),
            recorded_at: Some(stamp),
        };
        self.last = Some(Landmark {
            bookmark: arrived.bookmark,
            id: arrived.id,
        });
        Recorded {
            position: self.head.position,
            id: arrived.id,
            stream: arrived.stream.clone(),
            revision: arrived.revision,
            recorded_at: stamp,
            origin: arrived.origin.clone(),
            event: arrived.event.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use events::log::{Origin, Position, Revision, StreamName};
    use events::time::RecordedAt;
    use uuid::Uuid;

    use super::*;
    use crate::tickets::Open;

    fn id(number: u64) -> EventId {
        EventId(Uuid::from_u128(number.into()))
    }

    fn came(number: u64, stamp: &str) -> Arrived {
        Arrived {
            bookmark: format!("{number}/{number}").parse().unwrap(),
            id: id(number),
            stream: StreamName::new("line", "a"),
            revision: Revision(number),
            stamp: RecordedAt::parse(stamp).unwrap(),
            origin: Origin {
                actor: "local".to_owned(),
                correlation_id: Uuid::nil(),
                causation_id: None,
            },
            append: None,
            event: Stored {
                name: "line.tested".to_owned(),
                version: 1,
                data: "{}".to_owned(),
            },
        }
    }

    fn all(numbers: impl Iterator<Item = u64>) -> Vec<Arrived> {
        numbers
            .map(|number| came(number, "2025-03-14T00:00:00Z"))
            .collect()
    }

    fn sizes(folded: &Folded) -> Vec<usize> {
        let batches = folded.batches.iter();
        batches.map(|batch| batch.events.len()).collect()
    }

    #[test]
    fn positions_count_and_stamps_grow() {
        let came = [
            came(1, "2025-03-14T00:00:05Z"),
            came(2, "2025-03-14T00:00:00Z"),
            came(3, "2025-03-14T00:00:06Z"),
        ];
        let folded = fold(Head::default(), &came, &Tickets::default());
        let stamps: Vec<String> = folded.batches[0]
            .events
            .iter()
            .map(|it| it.recorded_at.to_string())
            .collect();
        assert_eq!(
            stamps,
            [
                "2025-03-14T00:00:05.000000Z",
                "2025-03-14T00:00:05.000001Z",
                "2025-03-14T00:00:06.000000Z"
            ]
        );
        assert_eq!(folded.head.position, Position(3));
        assert_eq!(folded.last.map(|last| last.id), Some(id(3)));
    }

    /// The same, written by the append of `open`.
    fn written_by(open: &Open<'_>, numbers: impl IntoIterator<Item = usize>, came: &mut [Arrived]) {
        for number in numbers {
            came[number].append = Some(open.append);
        }
    }

    #[test]
    fn appends_of_this_node_are_batches_and_others_run_together() {
        let tickets = Tickets::default();
        let open = tickets.open(id(3), 2, &NoSeal::shared());
        let mut came = all(1..=6);
        written_by(&open, 2..=3, &mut came);
        let folded = fold(Head::default(), &came, &tickets);
        assert_eq!(sizes(&folded), [2, 2, 2]);
        let [(first, CameBack::Written(places))] = &folded.answers[..] else {
            unreachable!("one is answered");
        };
        assert_eq!((*first, places.len()), (id(3), 2));
        assert_eq!(places[1].position, Position(4));
    }

    #[test]
    fn half_an_append_waits_for_its_rest_as_long_as_somebody_does() {
        let tickets = Tickets::default();
        let open = tickets.open(id(2), 3, &NoSeal::shared());
        let mut came = all(1..=3);
        written_by(&open, 1..=2, &mut came);
        let folded = fold(Head::default(), &came, &tickets);
        assert_eq!((folded.count, folded.head.position), (1, Position(1)));
        drop(open);
        let folded = fold(Head::default(), &came, &tickets);
        assert_eq!((folded.count, sizes(&folded)), (3, vec![3]));
    }

    #[test]
    fn what_another_append_wrote_is_told_to_be_so_at_its_first_event() {
        let tickets = Tickets::default();
        let _open = tickets.open(id(1), 3, &NoSeal::shared());
        let folded = fold(Head::default(), &all(1..=2), &tickets);
        assert_eq!((folded.count, sizes(&folded)), (2, vec![2]));
        assert_eq!(folded.answers, [(id(1), CameBack::Repeated)]);
    }
}
