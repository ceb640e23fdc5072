//! The port, as the file keeps it.

use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use rusqlite::Connection;
use store::{
    Append, AppendError, Appended, Clock, EventStore, Head, ReadError, ReadOnly, ReplicaError,
    Scanned, Seal, Sealed, Visit, WorkerState,
};
use tokio::sync::watch;

use crate::readers::engine;
use crate::select::{self, search, select_after, select_at, select_seals};
use crate::store::SqliteStore;
use crate::writer::Work;

#[async_trait]
impl EventStore for SqliteStore {
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError> {
        let outcome = self.write(Work::Append(append, Arc::clone(seal))).await;
        outcome.map_err(|error| match error {
            ReplicaError::Append(error) => error,
            // What has no places yet is refused for no place.
            other @ (ReplicaError::NotNext { .. } | ReplicaError::Read(_)) => {
                AppendError::Engine(Arc::new(other))
            }
        })
    }

    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError> {
        self.refresh().await?;
        let candidates: Vec<Position> = {
            let index = self.shared.index();
            let head = index.head().position;
            let published = |position: &Position| *position <= head;
            index.candidates(id).filter(published).collect()
        };
        if candidates.is_empty() {
            return Ok(None);
        }
        let found = self.look_up(move |connection| select_at(connection, &candidates));
        Ok(found.await?.into_iter().find(|recorded| recorded.id == id))
    }

    async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.refresh().await?;
        let head = self.shared.index().head().position;
        if after >= head || limit == 0 {
            return Ok(Vec::new());
        }
        if let Some(run) = self.shared.run(after, limit) {
            return Ok(run.events());
        }
        self.look_up(move |connection| select_after(connection, after, head, limit))
            .await
    }

    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        let (shared, readers) = (&self.shared, &self.shared.readers);
        if self.writing.is_none() {
            readers.lend(|connection| shared.refresh(connection))?;
        }
        if after >= self.shared.index().head().position || limit == 0 {
            return Ok(());
        }
        if let Some(run) = self.shared.run(after, limit) {
            run.iter().map(Scanned::from).for_each(visit);
            return Ok(());
        }
        readers.lend(|connection| select::scan(connection, shared, (after, limit), visit))
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.refresh().await?;
        let places = {
            let index = self.shared.index();
            let code = index.stream_code(stream);
            code.map_or_else(Vec::new, |code| index.places(code, from, limit))
        };
        if places.is_empty() {
            return Ok(Vec::new());
        }
        self.look_up(move |connection| select_at(connection, &places))
            .await
    }

    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError> {
        self.refresh().await?;
        let index = self.shared.index();
        let code = index.stream_code(stream);
        Ok(code.and_then(|code| index.published_revision(code)))
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.refresh().await?;
        Ok(self.shared.index().head())
    }

    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError> {
        self.refresh().await?;
        let head = self.shared.index().head().position;
        let look = move |connection: &Connection| {
            select_seals(connection, after, head, limit).map_err(engine)
        };
        self.shared.readers.with(look).await
    }

    async fn check(&self) {
        if self.read_only().is_none() && self.shared.readers.is_replaced() {
            // The writer finds it out before it writes anything, and leaves word of it.
            let _ = self.write(Work::TakeOver(Vec::new(), None)).await;
        }
    }

    fn read_only(&self) -> Option<ReadOnly> {
        let refusing = self.shared.refusing.get().cloned();
        refusing.or_else(|| {
            let Some(writing) = &self.writing else {
                return Some(ReadOnly::ForReading);
            };
            let ended = writing.thread.as_ref().is_none_or(JoinHandle::is_finished);
            ended.then_some(ReadOnly::WriterEnded)
        })
    }

    fn workers(&self) -> Vec<WorkerState> {
        let writing = self.writing.iter();
        writing.flat_map(|_| self.shared.workers.states()).collect()
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    async fn position_at(&self, instant: RecordedAt) -> Result<Position, ReadError> {
        let Head {
            position,
            recorded_at,
        } = self.head().await?;
        if recorded_at.is_none_or(|last| last <= instant) {
            return Ok(position);
        }
        let look = move |connection: &Connection| {
            search(connection, position, instant.micros()).map_err(engine)
        };
        self.shared.readers.with(look).await
    }
}
