//! One group of appends on its way into one transaction.
//!
//! Each append is decided against the index, in which the appends before it already stand; then
//! it is sealed, then written. A refused append leaves nothing; a failed engine fails the group.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use rusqlite::{CachedStatement, Connection, params};
use store::admission::{Admission, Known, admit};
use store::panics::beside;
use store::{
    Append, AppendError, Appended, Batch, Clock, Here, Place, ReplicaError, Seal, follow_on,
};

use crate::bookmark;
use crate::index::{Code, Index, LAST_POSITION};
use crate::rows;

/// Why an append did not get into the transaction.
pub(crate) enum Failure {
    /// It is refused; the others stand.
    Refused(ReplicaError),
    /// The engine failed; none stands.
    Engine(rusqlite::Error),
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<ReplicaError> for Failure {
    fn from(error: ReplicaError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// The open transaction, and the index that runs along with it.
pub(crate) struct Transaction<'a> {
    connection: &'a Connection,
    insert: CachedStatement<'a>,
    index: &'a RwLock<Index>,
}

/// The events added so far, and who sealed them.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) events: Vec<Recorded<Stored>>,
    pub(crate) bytes: usize,
    placed: usize,
    seals: Vec<Arc<dyn Seal>>,
}

impl Group {
    /// Adds an append to `transaction`.
    pub(crate) fn add(
        &mut self,
        transaction: &mut Transaction<'_>,
        clock: &dyn Clock,
        append: Append,
        seal: &Arc<dyn Seal>,
    ) -> Result<Appended, Failure> {
        let (stream, current) = {
            let index = transaction.read();
            let stream = index.stream_code(&append.stream);
            (stream, stream.and_then(|code| index.placed_revision(code)))
        };
        let first = match admit(&append, current, |id| transaction.known(stream, id))? {
            Admission::Add(first) => first,
            Admission::Repeat(places) => {
                return Ok(Appended {
                    places,
                    repeated: true,
                });
            }
        };
        let bytes = append.bytes();
        let start = self.events.len();
        let head = transaction.read().placed();
        let count = u64::try_from(append.events.len()).unwrap_or(u64::MAX);
        if LAST_POSITION - head.position.0 < count {
            return Err(AppendError::Full.into());
        }
        self.events.extend(append.placed(head, first, clock.now()));
        let sealed = match seal.seal(self.events.split_at(start).1) {
            Ok(sealed) => sealed,
            Err(refusal) => {
                self.events.truncate(start);
                return Err(AppendError::Sealed(refusal).into());
            }
        };
        self.sealed_by(seal);
        self.bytes += bytes + sealed.len();
        let batch = self.events.split_at(start).1;
        transaction.write(stream, batch)?;
        self.placed = self.events.len();
        transaction.keep_seal(batch, &sealed)?;
        Ok(Appended {
            places: batch.iter().map(Place::from).collect(),
            repeated: false,
        })
    }

    /// Adds events to `transaction` as they were recorded elsewhere.
    pub(crate) fn take_over(
        &mut self,
        transaction: &mut Transaction<'_>,
        batches: Vec<Batch>,
        bookmark: Option<&str>,
    ) -> Result<(), Failure> {
        transaction.admit_all(batches.iter().flat_map(|batch| &batch.events))?;
        let last = batches.iter().flat_map(|batch| &batch.events).next_back();
        if last.is_some_and(|last| last.position.0 > LAST_POSITION) {
            return Err(AppendError::Full.into());
        }
        for Batch { events, seal } in batches {
            let sealed = seal.seal(&events).unwrap_or_else(|error| {
                tracing::error!(%error, "events recorded elsewhere stay without a seal");
                Vec::new()
            });
            self.sealed_by(&seal);
            let start = self.events.len();
            self.events.extend(events);
            let batch = self.events.split_at(start).1;
            for run in batch.chunk_by(|one, next| one.stream == next.stream) {
                let stream = run.first().and_then(|first| {
                    let index = transaction.read();
                    index.stream_code(&first.stream)
                });
                transaction.write(stream, run)?;
            }
            transaction.keep_seal(batch, &sealed)?;
            let text = batch.iter().map(|recorded| recorded.event.data.len());
            self.bytes += text.sum::<usize>() + sealed.len();
            self.placed = self.events.len();
        }
        if let Some(bookmark) = bookmark {
            bookmark::keep(transaction.connection, bookmark)?;
        }
        Ok(())
    }

    fn sealed_by(&mut self, seal: &Arc<dyn Seal>) {
        if !self.seals.iter().any(|known| Arc::ptr_eq(known, seal)) {
            self.seals.push(Arc::clone(seal));
        }
    }

    /// The events that stand in the index.
    pub(crate) fn placed(&self) -> &[Recorded<Stored>] {
        self.events.split_at(self.placed).0
    }

    /// Tells every seal that what came after `position` was not committed.
    pub(crate) fn withdraw(&self, position: Position) {
        for seal in &self.seals {
            beside(|| seal.withdraw(position));
        }
    }
}

impl<'a> Transaction<'a> {
    /// Begins a transaction: no other program writes until it ends.
    pub(crate) fn begin(
        connection: &'a Connection,
        index: &'a RwLock<Index>,
    ) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self {
            connection,
            insert: connection.prepare_cached(rows::INSERT)?,
            index,
        })
    }

    /// Whether all of `events` follow on what stands here.
    fn admit_all<'e>(
        &self,
        events: impl Iterator<Item = &'e Recorded<Stored>>,
    ) -> Result<(), Failure> {
        let end = |stream: &StreamName| {
            let index = self.read();
            let code = index.stream_code(stream);
            code.and_then(|code| index.placed_revision(code))
        };
        let is_taken = |id| Ok(!matches!(self.known(None, id)?, Known::Absent));
        let here = Here {
            head: self.read().placed(),
            stream_head: &end,
            is_taken: &is_taken,
        };
        follow_on(&here, events)
    }

    /// Writes events of one stream, and places them in the index.
    fn write(&mut self, stream: Option<Code>, batch: &[Recorded<Stored>]) -> rusqlite::Result<()> {
        let Some(last) = batch.last() else {
            return Ok(());
        };
        let stream = stream.map_or_else(|| self.name_stream(&last.stream), Ok)?;
        for recorded in batch {
            let known = self.read().type_code(&recorded.event);
            let event = known.map_or_else(|| self.name_type(&recorded.event), Ok)?;
            rows::insert(&mut self.insert, recorded, (stream, event))?;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for recorded in batch {
            index.place(stream, recorded.id, recorded.recorded_at);
        }
        Ok(())
    }

    /// Keeps what a seal gave for `batch`.
    fn keep_seal(&self, batch: &[Recorded<Stored>], sealed: &[u8]) -> rusqlite::Result<()> {
        if let Some(last) = batch.last().filter(|_| !sealed.is_empty()) {
            self.connection
                .prepare_cached("INSERT INTO seals VALUES (?1, ?2)")?
                .execute(params![rows::number(last.position.0), sealed])?;
        }
        Ok(())
    }

    fn name_stream(&self, name: &StreamName) -> rusqlite::Result<Code> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let code = index.add_stream(name.clone());
        self.connection
            .prepare_cached("INSERT INTO streams VALUES (?1, ?2)")?
            .execute(params![code, name.as_str()])?;
        Ok(code)
    }

    fn name_type(&self, event: &Stored) -> rusqlite::Result<Code> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let code = index.add_type(event.name.clone(), event.version);
        self.connection
            .prepare_cached("INSERT INTO event_types VALUES (?1, ?2, ?3)")?
            .execute(params![code, event.name, event.version])?;
        Ok(code)
    }

    /// What the log knows of an event id, when asked for an append to `stream`.
    fn known(&self, stream: Option<Code>, id: EventId) -> Result<Known, Failure> {
        let candidates: Vec<Position> = self.read().candidates(id).collect();
        for position in candidates {
            let mut select = self.connection.prepare_cached(
                "SELECT stream, revision, recorded_at FROM events WHERE position = ?1 AND id = ?2",
            )?;
            let mut rows = select.query(params![rows::number(position.0), id.0.as_bytes()])?;
            let Some(row) = rows.next()? else {
                continue;
            };
            let recorded_at = RecordedAt::from_micros(row.get(2)?);
            return Ok(match recorded_at {
                Some(recorded_at) if Some(row.get::<_, Code>(0)?) == stream => Known::Here(Place {
                    position,
                    revision: Revision(rows::natural(row, 1)?),
                    recorded_at,
                }),
                _ => Known::Elsewhere,
            });
        }
        Ok(Known::Absent)
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}
