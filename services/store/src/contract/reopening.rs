//! Reopening: what was acknowledged is there again, to the byte, and stamps still grow.

use std::sync::Arc;
use std::time::Duration;

use events::log::{Position, Revision};

use super::{add, append, assert_conflict, event, exact, extend, numbers, positions, stream};
use crate::append::Expected;
use crate::clock::{Clock as _, ManualClock};
use crate::port::EventStore;
use crate::seal::NoSeal;

pub(super) async fn keeps_every_byte(open: impl AsyncFn(&'static str) -> Arc<dyn EventStore>) {
    let store = open("bytes").await;
    extend(&store, "a", 1..=20).await;
    extend(&store, "b", 21..=40).await;
    let mut odd = append("c", Expected::NoStream, [41]);
    odd.events[0].event.data = String::from(" {\"b\":1, \"a\":\"\\u0111\u{1F4B0}\"}\n");
    odd.events[0].event.version = u16::MAX;
    odd.events[0].origin.actor = String::new();
    store.append(odd, &NoSeal::shared()).await.unwrap();
    let before = store.read(Position::START, 100).await.unwrap();
    let head = store.head().await.unwrap();
    assert_eq!(before.len(), 41);
    drop(store);

    let store = open("bytes").await;
    assert_eq!(store.read(Position::START, 100).await.unwrap(), before);
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(*store.watch_head().borrow(), head.position);
    for recorded in before {
        let found = store.find(recorded.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&recorded));
        let again = store
            .read_stream(&recorded.stream, recorded.revision, 1)
            .await
            .unwrap();
        assert_eq!(again, [recorded]);
    }
}

pub(super) async fn stamps_grow_when_the_clock_steps_back(
    open: impl AsyncFn(&'static str) -> Arc<dyn EventStore>,
    clock: &ManualClock,
) {
    let store = open("stamps").await;
    let start = clock.now();
    extend(&store, "a", [1, 2, 3]).await;
    clock.step_back(Duration::from_hours(1));
    extend(&store, "a", [4, 5]).await;
    drop(store);

    clock.step_back(Duration::from_hours(1));
    let store = open("stamps").await;
    extend(&store, "b", [6]).await;
    clock.move_to(start);
    clock.step(Duration::from_secs(1));
    extend(&store, "b", [7]).await;

    let all = store.read(Position::START, 10).await.unwrap();
    let stamps: Vec<_> = all
        .iter()
        .map(|recorded| recorded.recorded_at.micros() - start.micros())
        .collect();
    assert_eq!(stamps, [0, 1, 2, 3, 4, 5, 1_000_000]);
}

pub(super) async fn remembers_ids_and_revisions(
    open: impl AsyncFn(&'static str) -> Arc<dyn EventStore>,
) {
    let store = open("memory").await;
    let first = add(&store, "a", Expected::NoStream, [1, 2]).await.unwrap();
    drop(store);

    let store = open("memory").await;
    let again = add(&store, "a", Expected::NoStream, [1, 2]).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.places, first.places);
    assert_conflict(add(&store, "a", Expected::NoStream, [3]).await, Some(1));
    assert_conflict(add(&store, "b", Expected::NoStream, [1]).await, None);
    assert_eq!(
        store.stream_head(&stream("a")).await.unwrap(),
        Some(Revision(1))
    );
    add(&store, "a", exact(1), [3]).await.unwrap();
    let all = store.read(Position::START, 10).await.unwrap();
    assert_eq!(
        (positions(&all), numbers(&all)),
        (vec![1, 2, 3], vec![1, 2, 3])
    );
    let found = store.find(event(3).id).await.unwrap().unwrap();
    assert_eq!(found.position, Position(3));
}
