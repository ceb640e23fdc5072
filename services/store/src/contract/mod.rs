//! The contract of the port: one suite, called from the tests of every adapter.
//!
//! Each rule gets a log of its own name. Opening a name again, after the store before it was
//! dropped, must give the same log. Nothing here knows which adapter it talks to.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a suite of assertions, compiled for tests only"
)]

mod appends;
mod crowds;
mod follows;
mod reads;
mod reopening;
mod replicas;
mod seals;

use std::sync::Arc;

use events::log::{EventId, Origin, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use uuid::Uuid;

use crate::append::{Append, AppendError, Appended, Expected, NewEvent};
use crate::clock::{Clock, ManualClock};
use crate::memory::MemoryStore;
use crate::port::EventStore;
use crate::replica::{Mirror, Replica};
use crate::seal::NoSeal;

/// Checks every rule of the port on the stores that `open` gives for a log's name and a clock.
///
/// # Panics
/// Where a rule is broken.
pub async fn check(open: impl AsyncFn(&'static str, Arc<dyn Clock>) -> Arc<dyn EventStore>) {
    let clock = clock();
    let fresh = async |name| open(name, clock.clone()).await;

    appends::gives_places_in_order(fresh("order").await).await;
    appends::adds_all_or_none(fresh("all-or-none").await).await;
    appends::names_the_current_revision(fresh("expected").await).await;
    appends::repeats_add_nothing(fresh("repeats").await).await;
    appends::an_id_is_used_once(fresh("ids").await).await;
    appends::refuses_what_is_too_large(fresh("too-large").await).await;
    reads::reads_after_a_position(fresh("read").await).await;
    reads::scans_what_it_reads(fresh("scan").await, &fresh).await;
    reads::reads_a_stream(fresh("read-stream").await).await;
    reads::finds_by_id(fresh("find").await).await;
    reads::finds_the_position_at_an_instant(fresh("instants").await, &clock).await;
    follows::catches_up_then_follows(fresh("follow").await).await;
    follows::many_followers_see_the_same(fresh("followers").await).await;
    follows::a_dropped_wait_loses_nothing(fresh("dropped-wait").await).await;
    seals::keeps_what_the_seal_gives(fresh("seals").await).await;
    seals::a_refusal_stands_alone(fresh("refused").await).await;
    seals::seals_in_order_of_position(fresh("sealed-crowd").await).await;
    crowds::one_winner_for_each_revision(fresh("one-stream").await).await;
    crowds::many_streams_leave_no_gaps(fresh("many-streams").await).await;
    reopening::keeps_every_byte(&fresh).await;
    reopening::stamps_grow_when_the_clock_steps_back(&fresh, &clock).await;
    reopening::remembers_ids_and_revisions(&fresh).await;
}

/// Checks the rules of replicas on the empty ones that `open` gives for a log's name and a clock.
///
/// # Panics
/// Where a rule is broken.
pub async fn check_replica(open: impl AsyncFn(&'static str, Arc<dyn Clock>) -> Arc<dyn Replica>) {
    let clock = clock();
    let fresh = async |name| open(name, clock.clone()).await;

    replicas::keeps_places_and_stamps(&*fresh("replicated").await).await;
    replicas::refuses_what_does_not_follow(&*fresh("not-next").await).await;
    let from = Arc::new(MemoryStore::new(clock.clone()));
    replicas::replicates_a_log(from, &*fresh("whole").await, &clock).await;
}

/// Checks the rules of mirrors on those that `open` gives for a clock: the first time an empty
/// one, then the same again.
///
/// # Panics
/// Where a rule is broken.
pub async fn check_mirror(open: impl AsyncFn(Arc<dyn Clock>) -> Arc<dyn Mirror>) {
    let clock = clock();
    replicas::keeps_a_bookmark(async || open(clock.clone()).await).await;
}

fn clock() -> Arc<ManualClock> {
    let start = RecordedAt::parse("2025-03-14T00:00:00Z").unwrap();
    Arc::new(ManualClock::new(start))
}

fn stream(rest: impl std::fmt::Display) -> StreamName {
    StreamName::new("line", rest)
}

/// The event with the id `number`.
fn event(number: u128) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(number)),
        origin: Origin {
            actor: format!("actor-{}", number % 3),
            correlation_id: Uuid::from_u128(number / 2),
            causation_id: (number % 2 == 1).then(|| EventId(Uuid::from_u128(number - 1))),
        },
        event: Stored {
            name: format!("line.tested_{}", number % 5),
            version: u16::try_from(number % 2 + 1).unwrap(),
            data: format!("{{\"amount\": \"{number}\",  \"note\":\"giải ngân — đồng\"}}"),
        },
    }
}

fn append(rest: &str, expected: Expected, numbers: impl IntoIterator<Item = u128>) -> Append {
    Append {
        stream: stream(rest),
        expected,
        events: numbers.into_iter().map(event).collect(),
    }
}

fn exact(revision: u64) -> Expected {
    Expected::Exact(Revision(revision))
}

async fn add(
    store: &Arc<dyn EventStore>,
    rest: &str,
    expected: Expected,
    numbers: impl IntoIterator<Item = u128>,
) -> Result<Appended, AppendError> {
    let seal = NoSeal::shared();
    store.append(append(rest, expected, numbers), &seal).await
}

/// Adds `numbers` to a stream that ends wherever it ends.
async fn extend(
    store: &Arc<dyn EventStore>,
    rest: &str,
    numbers: impl IntoIterator<Item = u128>,
) -> Appended {
    let current = store.stream_head(&stream(rest)).await.unwrap();
    add(store, rest, current.into(), numbers).await.unwrap()
}

fn numbers(batch: &[Recorded<Stored>]) -> Vec<u128> {
    batch.iter().map(|one| one.id.0.as_u128()).collect()
}

fn positions(batch: &[Recorded<Stored>]) -> Vec<u64> {
    batch.iter().map(|one| one.position.0).collect()
}

#[track_caller]
fn assert_conflict(outcome: Result<Appended, AppendError>, current: Option<u64>) {
    match outcome {
        Err(AppendError::Conflict { current: found, .. }) => {
            assert_eq!(found, current.map(Revision));
        }
        other => unreachable!("a conflict was due, not {other:?}"),
    }
}
