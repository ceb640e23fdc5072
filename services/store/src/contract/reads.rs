//! Reads: after a position, of a stream, by id, by instant.

use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Position, Revision, Stored};
use events::time::RecordedAt;
use uuid::Uuid;

use super::{event, extend, numbers, positions, stream};
use crate::clock::ManualClock;
use crate::port::EventStore;
use crate::scan::Scanned;

pub(super) async fn reads_after_a_position(store: Arc<dyn EventStore>) {
    assert!(store.read(Position::START, 10).await.unwrap().is_empty());
    extend(&store, "a", 1..=5).await;
    extend(&store, "b", 6..=10).await;
    let read = async |after, limit| positions(&store.read(Position(after), limit).await.unwrap());
    assert_eq!(read(0, 3).await, [1, 2, 3]);
    assert_eq!(read(3, 100).await, [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(read(9, usize::MAX).await, [10]);
    assert!(read(10, 5).await.is_empty());
    assert!(read(u64::MAX, 5).await.is_empty());
    assert!(read(0, 0).await.is_empty());

    let one = store.at(Position(6)).await.unwrap().unwrap();
    assert_eq!(
        (one.stream.as_str(), one.revision),
        ("line-b", Revision::FIRST)
    );
    assert_eq!(store.at(Position::START).await.unwrap(), None);
    assert_eq!(store.at(Position(11)).await.unwrap(), None);
}

pub(super) async fn scans_what_it_reads(
    store: Arc<dyn EventStore>,
    open: impl AsyncFn(&'static str) -> Arc<dyn EventStore>,
) {
    for round in 0..100_u128 {
        extend(&store, "a", round * 9..round * 9 + 4).await;
        extend(&store, "b", round * 9 + 4..round * 9 + 9).await;
    }
    check_scans(&store).await;
    drop(store);
    // Not from anybody's memory.
    check_scans(&open("scan").await).await;
}

/// Scans give what reads give, several at once.
async fn check_scans(store: &Arc<dyn EventStore>) {
    let ranges = [
        (0, usize::MAX),
        (0, 1),
        (0, 0),
        (1, 64),
        (130, 300),
        (898, 64),
        (899, 5),
        (900, 5),
        (u64::MAX, 5),
    ];
    let scans = ranges.map(|(after, limit)| {
        let store = Arc::clone(store);
        tokio::task::spawn_blocking(move || {
            let mut said = Vec::new();
            let scanned = store.scan(Position(after), limit, &mut |it| said.push(told(it)));
            scanned.unwrap();
            said
        })
    });
    for ((after, limit), scan) in ranges.into_iter().zip(scans) {
        let read = store.read(Position(after), limit).await.unwrap();
        let read: Vec<_> = read.iter().map(Scanned::from).map(told).collect();
        assert_eq!(scan.await.unwrap(), read, "{limit} after {after}");
    }
}

/// All that a scan tells of an event.
fn told(scanned: Scanned<'_>) -> (Position, String, Revision, Stored) {
    let Scanned {
        position,
        stream,
        revision,
        event,
    } = scanned;
    let stored = Stored {
        name: event.name.to_owned(),
        version: event.version,
        data: event.data.to_owned(),
    };
    (position, stream.as_str().to_owned(), revision, stored)
}

pub(super) async fn reads_a_stream(store: Arc<dyn EventStore>) {
    for round in 0..5 {
        extend(&store, "a", [round * 2]).await;
        extend(&store, "b", [round * 2 + 1]).await;
    }
    let read = async |rest, from, limit| {
        let stream = stream(rest);
        numbers(
            &store
                .read_stream(&stream, Revision(from), limit)
                .await
                .unwrap(),
        )
    };
    assert_eq!(read("a", 0, 10).await, [0, 2, 4, 6, 8]);
    assert_eq!(read("b", 1, 2).await, [3, 5]);
    assert_eq!(read("b", 4, usize::MAX).await, [9]);
    assert!(read("b", 5, 10).await.is_empty());
    assert!(read("b", u64::MAX, 10).await.is_empty());
    assert!(read("c", 0, 10).await.is_empty());
    assert!(read("a", 0, 0).await.is_empty());
}

pub(super) async fn finds_by_id(store: Arc<dyn EventStore>) {
    extend(&store, "a", [10, 11, 12]).await;
    let found = store.find(event(11).id).await.unwrap().unwrap();
    assert_eq!(found.position, Position(2));
    assert_eq!(found.revision, Revision(1));
    assert_eq!(found.stream, stream("a"));
    assert_eq!(found.origin, event(11).origin);
    assert_eq!(found.event, event(11).event);
    let unknown = EventId(Uuid::from_u128(99));
    assert_eq!(store.find(unknown).await.unwrap(), None);
}

pub(super) async fn finds_the_position_at_an_instant(
    store: Arc<dyn EventStore>,
    clock: &ManualClock,
) {
    let before = store.now();
    assert_eq!(store.position_at(before).await.unwrap(), Position::START);
    for number in 1..=9 {
        clock.step(Duration::from_mins(1));
        extend(&store, "a", [number]).await;
    }
    assert_eq!(store.position_at(before).await.unwrap(), Position::START);
    for recorded in store.read(Position::START, 9).await.unwrap() {
        let at = async |micros| {
            let instant = RecordedAt::from_micros(micros).unwrap();
            store.position_at(instant).await.unwrap()
        };
        let micros = recorded.recorded_at.micros();
        assert_eq!(at(micros).await, recorded.position);
        assert_eq!(at(micros + 1).await, recorded.position);
        assert_eq!(at(micros - 1).await.next(), recorded.position);
    }
    clock.step(Duration::from_mins(1));
    assert_eq!(store.position_at(store.now()).await.unwrap(), Position(9));
}
