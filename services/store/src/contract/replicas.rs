//! Replicas: events keep the places and stamps they have, and what does not follow is refused.

use std::sync::Arc;
use std::time::Duration;

use events::log::{Position, Recorded, Revision, Stored};
use events::time::RecordedAt;

use super::{event, extend, numbers, stream};
use crate::clock::ManualClock;
use crate::port::EventStore;
use crate::replica::{Batch, Mirror, Replica, ReplicaError, difference, replicate_log};
use crate::seal::NoSeal;

/// The event with this number, at this position of the log and revision of the stream `rest`,
/// stamped a minute after the one before.
fn recorded(rest: &str, position: u64, revision: u64) -> Recorded<Stored> {
    let new = event(u128::from(position));
    let minutes = i64::try_from(position).unwrap() * 60_000_000;
    Recorded {
        position: Position(position),
        id: new.id,
        stream: stream(rest),
        revision: Revision(revision),
        recorded_at: RecordedAt::from_micros(minutes).unwrap(),
        origin: new.origin,
        event: new.event,
    }
}

fn batch(events: Vec<Recorded<Stored>>) -> Batch {
    let seal = NoSeal::shared();
    Batch { events, seal }
}

pub(super) async fn keeps_places_and_stamps(replica: &dyn Replica) {
    let log = vec![
        recorded("a", 1, 0),
        recorded("b", 2, 0),
        recorded("a", 3, 1),
        recorded("a", 4, 2),
    ];
    let (first, rest) = log.split_at(1);
    let rest = rest.iter().cloned().map(|one| batch(vec![one]));
    replica
        .replicate(vec![batch(first.to_vec())])
        .await
        .unwrap();
    replica.replicate(rest.collect()).await.unwrap();
    replica.replicate(Vec::new()).await.unwrap();
    assert_eq!(replica.read(Position::START, 10).await.unwrap(), log);
    assert_eq!(*replica.watch_head().borrow(), Position(4));
    let found = replica.find(event(3).id).await.unwrap();
    assert_eq!(found.as_ref(), log.get(2));
    let a = replica.read_stream(&stream("a"), Revision(1), 10).await;
    assert_eq!(a.unwrap(), log[2..]);
}

pub(super) async fn refuses_what_does_not_follow(replica: &dyn Replica) {
    let begun = vec![recorded("a", 1, 0), recorded("a", 2, 1)];
    replica.replicate(vec![batch(begun.clone())]).await.unwrap();
    let mut early = recorded("a", 3, 2);
    early.recorded_at = begun[1].recorded_at;
    let mut taken = recorded("a", 3, 2);
    taken.id = begun[0].id;
    for wrong in [
        vec![recorded("a", 4, 2)],
        vec![recorded("a", 2, 1)],
        vec![recorded("a", 3, 3)],
        vec![recorded("b", 3, 1)],
        vec![early],
        vec![taken],
        vec![recorded("a", 3, 2), recorded("a", 5, 3)],
        vec![recorded("a", 3, 2), recorded("a", 4, 2)],
    ] {
        let refused = replica.replicate(vec![batch(wrong)]).await;
        assert!(
            matches!(refused, Err(ReplicaError::NotNext { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(replica.read(Position::START, 10).await.unwrap(), begun);
    replica
        .replicate(vec![batch(vec![recorded("a", 3, 2)])])
        .await
        .unwrap();
}

/// A log is replicated whole, again where it stopped, and tells how far it is.
pub(super) async fn replicates_a_log(
    from: Arc<dyn EventStore>,
    to: &dyn Replica,
    clock: &ManualClock,
) {
    for number in 0..1_500 {
        extend(&from, if number % 3 == 0 { "a" } else { "b" }, [number]).await;
        clock.step(Duration::from_millis(1));
    }
    let mut told = Vec::new();
    let end = Position(1_500);
    let part = replicate_log(&*from, to, Position(7), |_| {}).await;
    assert_eq!(part.unwrap(), Position(7));
    let done = replicate_log(&*from, to, end, |at| told.push(at)).await;
    assert_eq!((done.unwrap(), told.last()), (end, Some(&end)));
    extend(&from, "a", [1_500, 1_501]).await;
    let until = Position(1_502);
    let other = difference(&*from, to, until, |_| {}).await.unwrap();
    assert_eq!(other, Some(Position(1_501)));
    replicate_log(&*from, to, until, |_| {}).await.unwrap();
    assert_eq!(difference(&*from, to, until, |_| {}).await.unwrap(), None);
    assert_eq!(
        numbers(&to.read(Position(1_499), 10).await.unwrap()),
        [1_499, 1_500, 1_501]
    );
}

/// A bookmark is kept with the events it came with, and is there again after a reopening.
pub(super) async fn keeps_a_bookmark(open: impl AsyncFn() -> Arc<dyn Mirror>) {
    let mirror = open().await;
    assert_eq!(mirror.bookmark().await.unwrap(), None);
    let reflect = async |events, place: &str| {
        let batches = vec![batch(events)];
        mirror.reflect(batches, place.to_owned()).await
    };
    reflect(vec![recorded("a", 1, 0)], "one").await.unwrap();
    let refused = reflect(vec![recorded("a", 1, 0)], "wrong").await;
    assert!(matches!(refused, Err(ReplicaError::NotNext { .. })));
    assert_eq!(mirror.bookmark().await.unwrap().as_deref(), Some("one"));
    reflect(vec![recorded("a", 2, 1)], "two").await.unwrap();
    drop(mirror);

    let mirror = open().await;
    assert_eq!(mirror.bookmark().await.unwrap().as_deref(), Some("two"));
    assert_eq!(mirror.head().await.unwrap().position, Position(2));
    mirror
        .reflect(Vec::new(), "three".to_owned())
        .await
        .unwrap();
    assert_eq!(mirror.bookmark().await.unwrap().as_deref(), Some("three"));
}
