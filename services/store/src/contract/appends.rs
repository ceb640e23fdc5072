//! Appends: order, expected revisions, all or none, repeats.

use std::sync::Arc;

use events::log::{Position, Revision};

use super::{add, append, assert_conflict, exact, extend, numbers, stream};
use crate::append::{Append, AppendError, Expected};
use crate::port::EventStore;
use crate::seal::NoSeal;

pub(super) async fn gives_places_in_order(store: Arc<dyn EventStore>) {
    assert_eq!(store.head().await.unwrap().position, Position::START);
    let first = add(&store, "a", Expected::NoStream, [1, 2]).await.unwrap();
    let second = add(&store, "b", Expected::NoStream, [3]).await.unwrap();
    let third = add(&store, "a", exact(1), [4]).await.unwrap();
    let places: Vec<_> = [&first, &second, &third]
        .into_iter()
        .flat_map(|appended| &appended.places)
        .collect();
    let position_and_revision: Vec<_> = places
        .iter()
        .map(|place| (place.position.0, place.revision.0))
        .collect();
    assert_eq!(position_and_revision, [(1, 0), (2, 1), (3, 0), (4, 2)]);
    assert!(!first.repeated && !second.repeated && !third.repeated);
    assert!(
        places
            .windows(2)
            .all(|pair| pair[0].recorded_at < pair[1].recorded_at)
    );

    let all = store.read(Position::START, 10).await.unwrap();
    assert_eq!(numbers(&all), [1, 2, 3, 4]);
    for (recorded, place) in all.iter().zip(places) {
        assert_eq!(recorded.position, place.position);
        assert_eq!(recorded.revision, place.revision);
        assert_eq!(recorded.recorded_at, place.recorded_at);
    }
    let head = store.head().await.unwrap();
    assert_eq!(head.position, Position(4));
    assert_eq!(head.recorded_at, all.last().map(|last| last.recorded_at));
    assert_eq!(*store.watch_head().borrow(), Position(4));
}

pub(super) async fn adds_all_or_none(store: Arc<dyn EventStore>) {
    extend(&store, "a", [1]).await;
    assert_conflict(add(&store, "a", exact(4), [2, 3]).await, Some(0));
    assert_conflict(add(&store, "a", exact(0), [2, 1]).await, Some(0));
    assert_conflict(add(&store, "a", exact(0), [2, 3, 2]).await, Some(0));
    let nothing = add(&store, "a", exact(0), []).await.unwrap();
    assert!(nothing.places.is_empty());
    assert_eq!(
        numbers(&store.read(Position::START, 10).await.unwrap()),
        [1]
    );
    assert_eq!(extend(&store, "a", [2, 3]).await.places.len(), 2);
}

pub(super) async fn names_the_current_revision(store: Arc<dyn EventStore>) {
    assert_conflict(add(&store, "a", exact(0), [1]).await, None);
    extend(&store, "a", [1, 2]).await;
    extend(&store, "b", [3]).await;
    assert_conflict(add(&store, "a", Expected::NoStream, [4]).await, Some(1));
    assert_conflict(add(&store, "a", exact(0), [4]).await, Some(1));
    assert_conflict(add(&store, "a", exact(2), [4]).await, Some(1));
    assert_eq!(
        store.stream_head(&stream("a")).await.unwrap(),
        Some(Revision(1))
    );
    assert_eq!(store.stream_head(&stream("c")).await.unwrap(), None);
}

pub(super) async fn repeats_add_nothing(store: Arc<dyn EventStore>) {
    let first = add(&store, "a", Expected::NoStream, [1, 2]).await.unwrap();
    let second = add(&store, "a", exact(1), [3]).await.unwrap();
    extend(&store, "b", [4]).await;

    let again = add(&store, "a", Expected::NoStream, [1, 2]).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.places, first.places);
    let again = add(&store, "a", exact(9), [3]).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.places, second.places);

    // Some but not all, or all but not as one run, is no repeat.
    assert_conflict(add(&store, "a", exact(2), [3, 5]).await, Some(2));
    assert_conflict(add(&store, "a", exact(2), [1, 3]).await, Some(2));
    assert_conflict(add(&store, "a", exact(2), [2, 1]).await, Some(2));
    assert_eq!(store.head().await.unwrap().position, Position(4));
}

pub(super) async fn an_id_is_used_once(store: Arc<dyn EventStore>) {
    extend(&store, "a", [1]).await;
    assert_conflict(add(&store, "b", Expected::NoStream, [1]).await, None);
    assert_conflict(add(&store, "a", exact(0), [2, 2]).await, Some(0));

    // The same append from many at once: one adds, the others repeat it.
    let crowd: Vec<_> = (0..32)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { add(&store, "c", Expected::NoStream, [7, 8]).await })
        })
        .collect();
    let (mut added, mut places) = (0, Vec::new());
    for one in crowd {
        let appended = one.await.unwrap().unwrap();
        added += u32::from(!appended.repeated);
        places.push(appended.places);
    }
    assert_eq!(added, 1);
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(store.head().await.unwrap().position, Position(3));
}

pub(super) async fn refuses_what_is_too_large(store: Arc<dyn EventStore>) {
    let mut large = append("a", Expected::NoStream, [1]);
    large.events[0].event.data = format!("\"{}\"", "x".repeat(Append::MAX_BYTES));
    let refused = store.append(large, &NoSeal::shared()).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })));
    assert_eq!(store.head().await.unwrap().position, Position::START);
}
