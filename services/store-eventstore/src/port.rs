//! The port, as a cluster keeps it: what is read is read from the copy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use store::{
    Append, AppendError, Appended, Batch, Cause, Clock, EventStore, Head, Here, ReadError,
    ReadOnly, Replica, ReplicaError, Seal, Sealed, Visit, WorkerState, follow_on,
};
use tokio::sync::watch;

use crate::codec;
use crate::copier::Shared;
use crate::reads;
use crate::store::EventStoreDb;
use crate::wait::Wait;

#[async_trait]
impl EventStore for EventStoreDb {
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError> {
        self.add(append, seal).await
    }

    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError> {
        self.shared.copy.find(id).await
    }

    async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.shared.copy.read(after, limit).await
    }

    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        self.shared.copy.scan(after, limit, visit)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.shared.copy.read_stream(stream, from, limit).await
    }

    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError> {
        self.shared.copy.stream_head(stream).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.shared.copy.head().await
    }

    /// Asks the cluster for its last event of ours, and waits until the copy has it.
    async fn latest(&self) -> Result<Head, ReadError> {
        let Shared {
            links,
            streams,
            reached,
            ..
        } = &*self.shared;
        let mut wait = Wait::default();
        let last = loop {
            self.not_stopped()?;
            let copied = links.landmark().map(|last| last.bookmark);
            match reads::last(links, streams).await {
                Ok(last) if last >= copied => break last,
                // Not the log that is copied, or a node that lags behind: the copier finds out.
                Ok(_) => tracing::warn!("the cluster's log ends before the copy of it"),
                Err(error) if error.is_denied() => return Err(ReadError::Engine(Arc::new(error))),
                Err(error) => {
                    tracing::warn!(%error, "the cluster does not say where its log ends");
                }
            }
            wait.longer();
            wait.over().await;
        };
        let mut reached = reached.subscribe();
        let there = reached.wait_for(|now| now.bookmark >= last || now.stopped.is_some());
        // The sender is ours, so it is gone only with this store.
        drop(there.await);
        self.not_stopped()?;
        self.head().await
    }

    fn stopped(&self) -> Option<Cause> {
        self.shared.reached.borrow().stopped.clone()
    }

    fn read_only(&self) -> Option<ReadOnly> {
        self.stopped().map(ReadOnly::Stopped)
    }

    fn workers(&self) -> Vec<WorkerState> {
        let mut states = self.shared.copy.workers();
        states.push(self.worker.state());
        states
    }

    fn silent_for(&self) -> Option<Duration> {
        let silent_for = self.shared.links.heard().silent_for();
        Some(silent_for).filter(|_| self.stopped().is_none())
    }

    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError> {
        self.shared.copy.seals(after, limit).await
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.copy.watch_head()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    async fn position_at(&self, instant: RecordedAt) -> Result<Position, ReadError> {
        self.shared.copy.position_at(instant).await
    }
}

#[async_trait]
impl Replica for EventStoreDb {
    /// One append after the other, so that they stand in the cluster in the order they have.
    async fn replicate(&self, batches: Vec<Batch>) -> Result<(), ReplicaError> {
        for Batch { events, seal } in batches {
            self.check(&events).await?;
            for run in self.runs(&events) {
                let places = self.send(run, &seal).await?.places;
                let other = run.iter().zip(places).find(|(recorded, place)| {
                    (recorded.position, recorded.recorded_at) != (place.position, place.recorded_at)
                });
                if let Some((recorded, _)) = other {
                    return Err(ReplicaError::NotNext {
                        position: recorded.position,
                        why: "another node writes to the cluster",
                    });
                }
            }
        }
        Ok(())
    }
}

impl EventStoreDb {
    /// Fails where the copy goes no further.
    fn not_stopped(&self) -> Result<(), ReadError> {
        let stopped = self.stopped();
        stopped.map_or(Ok(()), |cause| Err(ReadError::Engine(cause)))
    }

    /// Whether `events` follow on what is in the copy.
    async fn check(&self, events: &[Recorded<Stored>]) -> Result<(), ReplicaError> {
        let copy = &self.shared.copy;
        let (mut ends, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for recorded in events {
            ends.insert(&recorded.stream, copy.stream_head(&recorded.stream).await?);
            taken.extend(copy.find(recorded.id).await?.map(|found| found.id));
        }
        let head = copy.head().await?;
        let here = Here {
            head,
            stream_head: &|stream| ends.get(stream).copied().flatten(),
            is_taken: &|id| Ok::<_, ReplicaError>(taken.contains(&id)),
        };
        follow_on(&here, events.iter())
    }

    /// Parts of `events` that one append takes: of one stream, and not too large.
    fn runs<'e>(&self, events: &'e [Recorded<Stored>]) -> Vec<&'e [Recorded<Stored>]> {
        let most = self.shared.links.settings().max_append_bytes;
        let mut runs = Vec::new();
        for run in events.chunk_by(|one, next| one.stream == next.stream) {
            let mut rest = run;
            while !rest.is_empty() {
                let mut bytes = 0;
                let fits = rest.iter().take_while(|recorded| {
                    bytes += codec::bytes(recorded);
                    bytes <= most
                });
                // One that is too large by itself is told to be.
                let (part, after) = rest.split_at(fits.count().max(1));
                runs.push(part);
                rest = after;
            }
        }
        runs
    }
}
