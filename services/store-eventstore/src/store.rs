//! The store: an append goes to the cluster, and is answered when it has come back into the copy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use events::log::{EventId, Recorded, Revision, Stored, StreamName};
use store::admission::{Admission, Known, admit};
use store::{
    Append, AppendError, Appended, Clock, Commit, EventStore as _, Expected, Place, ReadError,
    Seal, Worker,
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::codec;
use crate::copier::Shared;
use crate::outcome::{Outcome, Sent, outcome};
use crate::tickets::{CameBack, Open};

/// How long what the cluster has may take to be folded here.
const FOLDS: Duration = Duration::from_secs(10);

/// The log on a cluster, and the copy of it that this node reads.
pub struct EventStoreDb {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who appends to a stream, one after the other: of two equals only one is sent.
    pub(crate) turns: Mutex<BTreeMap<StreamName, Weak<AsyncMutex<()>>>>,
    pub(crate) copier: JoinHandle<()>,
    /// The copier, as others see it.
    pub(crate) worker: Arc<Worker>,
}

impl Drop for EventStoreDb {
    fn drop(&mut self) {
        self.copier.abort();
    }
}

impl EventStoreDb {
    /// Waits for one's turn to append to `stream`.
    async fn turn(&self, stream: &StreamName) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let turn = turns.get(stream).and_then(Weak::upgrade);
            turn.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(stream.clone(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// What the copy says of `append`.
    async fn admit(&self, append: &Append) -> Result<Admission, AppendError> {
        let copy = &self.shared.copy;
        let current = copy.stream_head(&append.stream).await.map_err(unread)?;
        let mut known = BTreeMap::new();
        for new in &append.events {
            let found = copy.find(new.id).await.map_err(unread)?;
            let found = found.map_or(Known::Absent, |found| {
                if found.stream == append.stream {
                    Known::Here(Place::from(&found))
                } else {
                    Known::Elsewhere
                }
            });
            known.insert(new.id, found);
        }
        admit(append, current, |id| {
            Ok(known.get(&id).copied().unwrap_or(Known::Absent))
        })
    }

    /// Adds the events of `append`, and tells the observer what came of it.
    ///
    /// # Errors
    /// As [`EventStore::append`](store::EventStore::append).
    pub(crate) async fn add(
        &self,
        append: Append,
        seal: &Arc<dyn Seal>,
    ) -> Result<Appended, AppendError> {
        let observer = &self.shared.observer;
        if let Some(read_only) = self.read_only() {
            return Err(read_only.into());
        }
        let _turn = self.turn(&append.stream).await;
        let first = match self.admit(&append).await? {
            Admission::Add(first) => first,
            Admission::Repeat(places) => {
                return Ok(Appended {
                    places,
                    repeated: true,
                });
            }
        };
        let begun = Instant::now();
        let events = self.foresee(append, first, &**seal).await?;
        let appended = self.send(&events, seal).await.inspect_err(|error| {
            if matches!(error, AppendError::OutOfReach | AppendError::Engine(_)) {
                observer.failed();
            }
        })?;
        if let Some(last) = appended.places.last().filter(|_| !appended.repeated) {
            observer.committed(&Commit {
                appends: 1,
                events: appended.places.len(),
                position: last.position,
                duration: begun.elapsed(),
            });
        }
        Ok(appended)
    }

    /// The events of `append` where they stand if nothing comes in between, once `seal` would seal
    /// them there. What it gives is asked for again where they come to stand.
    async fn foresee(
        &self,
        append: Append,
        first: Revision,
        seal: &dyn Seal,
    ) -> Result<Vec<Recorded<Stored>>, AppendError> {
        let _in_order = self.shared.sealing.lock().await;
        let head = self.shared.copy.head().await.map_err(unread)?;
        let events = append.placed(head, first, self.clock.now());
        seal.seal(&events)?;
        seal.withdraw(head.position);
        Ok(events)
    }

    /// Sends events of one stream, which stand or fall together, and waits until they have come
    /// back: whose places are where they stand then.
    ///
    /// # Errors
    /// What became of them; see [`outcome`].
    pub(crate) async fn send(
        &self,
        events: &[Recorded<Stored>],
        seal: &Arc<dyn Seal>,
    ) -> Result<Appended, AppendError> {
        let most = self.shared.links.settings().max_append_bytes;
        let bytes = events.iter().map(codec::bytes).sum();
        if bytes > most {
            let most = Some(most);
            return Err(AppendError::TooLarge { bytes, most });
        }
        let Some(first) = events.first() else {
            return Ok(Appended::default());
        };
        let ticket = self.ticket(first.id, events.len(), seal).await?;
        let encode = |recorded| codec::encode(recorded, ticket.append);
        let before = first.revision.0.checked_sub(1).map(Revision);
        let sent = Sent {
            there: self.shared.streams.there(&first.stream),
            stream: first.stream.clone(),
            expected: Expected::from(before),
            ids: events.iter().map(|recorded| recorded.id).collect(),
            events: events.iter().map(encode).collect(),
            bytes,
        };
        match outcome(&self.shared.links, &*self.shared.copy, &sent).await? {
            Outcome::Written => {
                ticket.acknowledge(Instant::now());
                let came_back = timeout(FOLDS, self.came_back(&sent.ids, ticket)).await;
                came_back.unwrap_or(Err(AppendError::OutOfReach))
            }
            Outcome::Conflict(current) => {
                // What others wrote is not held back for what does not come.
                drop(ticket);
                Err(self.conflict(&first.stream, current).await)
            }
        }
    }

    /// A ticket for `count` events, the first of which is `first`. It hears of that one for sure:
    /// what is folded from now on is told, and what was folded before is in the copy.
    async fn ticket(
        &self,
        first: EventId,
        count: usize,
        seal: &Arc<dyn Seal>,
    ) -> Result<Open<'_>, AppendError> {
        let Shared {
            copy,
            sealing,
            tickets,
            ..
        } = &*self.shared;
        let _in_order = sealing.lock().await;
        let ticket = tickets.open(first, count, seal);
        // It came after the append was admitted.
        if copy.find(first).await.map_err(unread)?.is_some() {
            tickets.answer(first, CameBack::Repeated);
        }
        Ok(ticket)
    }

    /// Where the events with these ids came to stand, and whether by another append than the one
    /// that `ticket` is for: the cluster tells all that send the same that it has it.
    async fn came_back(
        &self,
        ids: &[EventId],
        mut ticket: Open<'_>,
    ) -> Result<Appended, AppendError> {
        // Whoever tells is ours, so it is gone only with this store.
        let came_back = (&mut ticket.came_back).await;
        match came_back.map_err(|_| AppendError::OutOfReach)? {
            CameBack::Written(places) => Ok(Appended {
                places,
                repeated: false,
            }),
            CameBack::Repeated => {
                let mut head = self.shared.copy.watch_head();
                loop {
                    head.mark_unchanged();
                    if let Some(places) = self.find_all(ids).await? {
                        let repeated = true;
                        return Ok(Appended { places, repeated });
                    }
                    // Another node may have written them in several appends.
                    let changed = head.changed().await;
                    changed.map_err(|_| AppendError::OutOfReach)?;
                }
            }
        }
    }

    /// Where the events with these ids stand in the copy, if it has them all.
    async fn find_all(&self, ids: &[EventId]) -> Result<Option<Vec<Place>>, AppendError> {
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            match self.shared.copy.find(*id).await.map_err(unread)? {
                Some(found) => places.push(Place::from(&found)),
                None => return Ok(None),
            }
        }
        Ok(Some(places))
    }

    /// The conflict with a stream that ends at `current` or later, once the copy knows it too: who
    /// decides again must see what was first.
    async fn conflict(&self, stream: &StreamName, current: Option<Revision>) -> AppendError {
        let copy = &self.shared.copy;
        let reading = async {
            let mut head = copy.watch_head();
            loop {
                head.mark_unchanged();
                let known = copy.stream_head(stream).await.ok()?;
                if known >= current {
                    return Some(known);
                }
                head.changed().await.ok()?;
            }
        };
        let known = timeout(FOLDS, reading).await.ok().flatten();
        AppendError::Conflict {
            stream: stream.clone(),
            current: known.unwrap_or(current),
        }
    }
}

fn unread(error: ReadError) -> AppendError {
    AppendError::Engine(Arc::new(error))
}
