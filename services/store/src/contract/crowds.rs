//! Crowds: many who append at once.

use std::sync::Arc;

use events::log::{Position, Revision};

use super::{add, extend, positions, stream};
use crate::append::{AppendError, Expected};
use crate::port::EventStore;

const CLIENTS: u128 = 64;

pub(super) async fn one_winner_for_each_revision(store: Arc<dyn EventStore>) {
    const REVISIONS: u64 = 100;
    let crowd: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(race(Arc::clone(&store), client, REVISIONS)))
        .collect();
    let mut won = Vec::new();
    for client in crowd {
        won.extend(client.await.unwrap());
    }
    won.sort_unstable();
    assert!(won.into_iter().eq(0..REVISIONS));
    let all = store
        .read_stream(&stream("a"), Revision::FIRST, usize::MAX)
        .await
        .unwrap();
    assert!(
        all.iter()
            .map(|recorded| recorded.revision.0)
            .eq(0..REVISIONS)
    );
}

/// Tries for every revision up to `revisions`, and gives those won.
async fn race(store: Arc<dyn EventStore>, client: u128, revisions: u64) -> Vec<u64> {
    let mut won = Vec::new();
    let mut next = 0;
    while next < revisions {
        let expected = Expected::from(next.checked_sub(1).map(Revision));
        let number = client * 1_000_000 + u128::from(next);
        match add(&store, "a", expected, [number]).await {
            Ok(appended) => {
                won.push(appended.places[0].revision.0);
                next += 1;
            }
            Err(AppendError::Conflict { current, .. }) => {
                let current = current.unwrap().0;
                assert!(current >= next, "a loser learns what it lost to");
                next = current + 1;
            }
            Err(other) => unreachable!("only a conflict was due, not {other:?}"),
        }
    }
    won
}

pub(super) async fn many_streams_leave_no_gaps(store: Arc<dyn EventStore>) {
    const EACH: u64 = 50;
    let crowd: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let rest = format!("s{client}");
                for number in 0..u128::from(EACH) {
                    extend(&store, &rest, [client * 1_000_000 + number]).await;
                }
            })
        })
        .collect();
    for client in crowd {
        client.await.unwrap();
    }
    let total = EACH * u64::try_from(CLIENTS).unwrap();
    let all = store.read(Position::START, usize::MAX).await.unwrap();
    assert!(positions(&all).into_iter().eq(1..=total));
    assert!(
        all.windows(2)
            .all(|pair| pair[0].recorded_at < pair[1].recorded_at)
    );
    for client in 0..CLIENTS {
        let stream = stream(format!("s{client}"));
        let own = store
            .read_stream(&stream, Revision::FIRST, usize::MAX)
            .await
            .unwrap();
        let revisions = own.iter().map(|recorded| recorded.revision.0);
        assert!(revisions.eq(0..EACH));
    }
}
