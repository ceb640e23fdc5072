//! The log in memory: the double of every test that needs a store, and a naive model of one.
//!
//! Nothing is durable here; a [`MemoryLog`] stands for the disk, so that a store can be reopened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use tokio::sync::watch;

use crate::admission::{Admission, Known, admit};
use crate::append::{Append, AppendError, Appended, Place, ReadOnly};
use crate::clock::Clock;
use crate::port::{EventStore, Head, ReadError};
use crate::replica::{Batch, Here, Mirror, Replica, ReplicaError, follow_on};
use crate::scan::{Scanned, Visit};
use crate::seal::{Seal, Sealed};

/// What a [`MemoryStore`] keeps its events in; a clone is the same log.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    events: Vec<Recorded<Stored>>,
    streams: BTreeMap<StreamName, Vec<usize>>,
    ids: BTreeMap<EventId, usize>,
    seals: Vec<Sealed>,
    bookmark: Option<String>,
}

/// A store over a [`MemoryLog`]. One log has one store at a time.
pub struct MemoryStore {
    log: MemoryLog,
    clock: Arc<dyn Clock>,
    head: watch::Sender<Position>,
    most: usize,
    gate: Option<Arc<Gate>>,
    refusing: Option<ReadOnly>,
    faults: Arc<Faults>,
}

/// What makes a store panic when it is asked for it, by the names of the port; where `writer` is one
/// of them, it is read-only instead, as one is whose writer has ended.
#[derive(Debug, Default)]
pub struct Faults(Mutex<BTreeSet<&'static str>>);

impl Faults {
    /// From now on asking for `what` panics, or does not any more.
    pub fn set(&self, what: &'static str, panics: bool) {
        let mut faults = self.lock();
        if panics {
            faults.insert(what);
        } else {
            faults.remove(what);
        }
    }

    /// # Panics
    /// Where this is what a test wants.
    fn asked(&self, what: &'static str) {
        let panics = self.has(what);
        assert!(!panics, "'{what}' panics, as a test wants it");
    }

    fn has(&self, what: &'static str) -> bool {
        self.lock().contains(what)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds back what a store reflects of another log, as a slow disk does.
#[derive(Debug, Default)]
pub struct Gate {
    closed: watch::Sender<bool>,
    waiting: AtomicUsize,
}

impl Gate {
    /// From now on nothing goes through, or what waits does.
    pub fn close(&self, closed: bool) {
        self.closed.send_replace(closed);
    }

    /// Whether something waits.
    pub fn holds(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    async fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // The sender is ours.
        drop(self.closed.subscribe().wait_for(|closed| !closed).await);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::open(MemoryLog::default(), clock)
    }

    /// A store over the events of `log`.
    pub fn open(log: MemoryLog, clock: Arc<dyn Clock>) -> Self {
        let head = log.lock().head().position;
        Self {
            log,
            clock,
            head: watch::Sender::new(head),
            most: Append::MAX_BYTES,
            gate: None,
            refusing: None,
            faults: Arc::default(),
        }
    }

    /// The same store, taking nothing for this reason.
    #[must_use]
    pub fn refusing(self, why: ReadOnly) -> Self {
        let refusing = Some(why);
        Self { refusing, ..self }
    }

    /// The same store, reflecting nothing while `gate` is closed.
    #[must_use]
    pub fn behind(self, gate: Arc<Gate>) -> Self {
        let gate = Some(gate);
        Self { gate, ..self }
    }

    /// The same store, which panics as `faults` say.
    #[must_use]
    pub fn with(self, faults: Arc<Faults>) -> Self {
        Self { faults, ..self }
    }

    /// The same store, taking appends of up to `most` bytes only: as others do that keep the log
    /// elsewhere.
    #[must_use]
    pub fn taking(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl MemoryLog {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn head(&self) -> Head {
        self.events.last().map_or_else(Head::default, |last| Head {
            position: last.position,
            recorded_at: Some(last.recorded_at),
        })
    }

    fn stream_head(&self, stream: &StreamName) -> Option<Revision> {
        let last = *self.streams.get(stream)?.last()?;
        self.events.get(last).map(|recorded| recorded.revision)
    }

    fn known(&self, stream: &StreamName, id: EventId) -> Known {
        match self.ids.get(&id).and_then(|&index| self.events.get(index)) {
            None => Known::Absent,
            Some(recorded) if recorded.stream == *stream => Known::Here(Place::from(recorded)),
            Some(_) => Known::Elsewhere,
        }
    }

    fn keep(&mut self, batch: Vec<Recorded<Stored>>, seal: Vec<u8>) {
        for recorded in batch {
            let index = self.events.len();
            self.ids.insert(recorded.id, index);
            self.streams
                .entry(recorded.stream.clone())
                .or_default()
                .push(index);
            self.events.push(recorded);
        }
        if !seal.is_empty() {
            let position = self.head().position;
            self.seals.push(Sealed {
                position,
                bytes: seal,
            });
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError> {
        self.faults.asked("append");
        if let Some(why) = self.read_only() {
            return Err(why.into());
        }
        let bytes = append.bytes();
        if bytes > self.most {
            let most = Some(self.most);
            return Err(AppendError::TooLarge { bytes, most });
        }
        let mut log = self.log.lock();
        let current = log.stream_head(&append.stream);
        let known = |id| Ok::<_, AppendError>(log.known(&append.stream, id));
        let first = match admit(&append, current, known)? {
            Admission::Add(first) => first,
            Admission::Repeat(places) => {
                return Ok(Appended {
                    places,
                    repeated: true,
                });
            }
        };
        let batch = append.placed(log.head(), first, self.clock.now());
        let sealed = seal.seal(&batch)?;
        let places = batch.iter().map(Place::from).collect();
        log.keep(batch, sealed);
        self.head.send_replace(log.head().position);
        Ok(Appended {
            places,
            repeated: false,
        })
    }

    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError> {
        self.faults.asked("find");
        let log = self.log.lock();
        let found = log.ids.get(&id).and_then(|&index| log.events.get(index));
        Ok(found.cloned())
    }

    async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.faults.asked("read");
        let log = self.log.lock();
        let events = log.events.iter().skip(index(after.0));
        Ok(events.take(limit).cloned().collect())
    }

    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        self.faults.asked("scan");
        let log = self.log.lock();
        let events = log.events.iter().skip(index(after.0)).take(limit);
        events.map(Scanned::from).for_each(visit);
        Ok(())
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.faults.asked("read_stream");
        let log = self.log.lock();
        let places = log.streams.get(stream).into_iter().flatten();
        let events = places.filter_map(|&index| log.events.get(index));
        Ok(events.skip(index(from.0)).take(limit).cloned().collect())
    }

    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError> {
        Ok(self.log.lock().stream_head(stream))
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.faults.asked("head");
        Ok(self.log.lock().head())
    }

    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError> {
        let log = self.log.lock();
        let seals = log.seals.iter().filter(|sealed| sealed.position > after);
        Ok(seals.take(limit).cloned().collect())
    }

    fn read_only(&self) -> Option<ReadOnly> {
        let has_ended = self.faults.has("writer");
        let refusing = self.refusing.clone();
        refusing.or(has_ended.then_some(ReadOnly::WriterEnded))
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

#[async_trait]
impl Replica for MemoryStore {
    async fn replicate(&self, batches: Vec<Batch>) -> Result<(), ReplicaError> {
        self.take_over(batches, None)
    }
}

#[async_trait]
impl Mirror for MemoryStore {
    async fn reflect(&self, batches: Vec<Batch>, bookmark: String) -> Result<(), ReplicaError> {
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        self.faults.asked("reflect");
        self.take_over(batches, Some(bookmark))
    }

    async fn bookmark(&self) -> Result<Option<String>, ReadError> {
        Ok(self.log.lock().bookmark.clone())
    }
}

impl MemoryStore {
    fn take_over(&self, batches: Vec<Batch>, bookmark: Option<String>) -> Result<(), ReplicaError> {
        let mut log = self.log.lock();
        let events = batches.iter().flat_map(|batch| &batch.events);
        let here = Here {
            head: log.head(),
            stream_head: &|stream| log.stream_head(stream),
            is_taken: &|id| Ok::<_, ReplicaError>(log.ids.contains_key(&id)),
        };
        follow_on(&here, events)?;
        for Batch { events, seal } in batches {
            let sealed = seal.seal(&events).unwrap_or_default();
            log.keep(events, sealed);
        }
        log.bookmark = bookmark.or(log.bookmark.take());
        self.head.send_replace(log.head().position);
        Ok(())
    }
}
