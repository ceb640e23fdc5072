//! Following: what is there, then what comes, to any number of followers.

use std::sync::Arc;
use std::time::Duration;

use events::log::Position;
use tokio::time::timeout;

use super::{extend, positions};
use crate::follow::Follower;
use crate::port::EventStore;

pub(super) async fn catches_up_then_follows(store: Arc<dyn EventStore>) {
    extend(&store, "a", 1..=3).await;
    let mut follower = store.follow(Position(1));
    assert_eq!(positions(&follower.next_batch().await.unwrap()), [2, 3]);
    let live = tokio::spawn(async move {
        let batch = follower.next_batch().await.unwrap();
        (positions(&batch), follower.position())
    });
    tokio::task::yield_now().await;
    extend(&store, "b", [4]).await;
    assert_eq!(live.await.unwrap(), (vec![4], Position(4)));
}

pub(super) async fn many_followers_see_the_same(store: Arc<dyn EventStore>) {
    const EVENTS: u64 = 3_000;
    let followers: Vec<_> = (0..32)
        .map(|_| tokio::spawn(collect(store.follow(Position::START), EVENTS)))
        .collect();
    for first in (1..=u128::from(EVENTS)).step_by(100) {
        extend(&store, "a", first..first + 100).await;
    }
    let late = tokio::spawn(collect(store.follow(Position(17)), EVENTS));
    for follower in followers {
        assert!(follower.await.unwrap().into_iter().eq(1..=EVENTS));
    }
    assert!(late.await.unwrap().into_iter().eq(18..=EVENTS));
}

pub(super) async fn a_dropped_wait_loses_nothing(store: Arc<dyn EventStore>) {
    let mut follower = store.follow(Position::START);
    for number in 1..=5 {
        let wait = timeout(Duration::from_millis(1), follower.next_batch()).await;
        assert!(wait.is_err(), "there is nothing to hand out");
        extend(&store, "a", [number]).await;
        let batch = follower.next_batch().await.unwrap();
        assert!(positions(&batch).into_iter().map(u128::from).eq([number]));
    }
}

/// The positions a follower hands out, up to `last`.
async fn collect(mut follower: Follower, last: u64) -> Vec<u64> {
    let mut seen = Vec::new();
    while follower.position() < Position(last) {
        let batch = follower.next_batch().await.unwrap();
        assert!(!batch.is_empty());
        seen.extend(positions(&batch));
    }
    seen
}
