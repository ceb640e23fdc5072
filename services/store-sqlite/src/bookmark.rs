//! The bookmark of a copy: where the log that it is a copy of goes on, in that log's own terms.
//!
//! A file that has the table is a copy, whether or not anything was copied yet; such a file is
//! never appended to, and one that has events without it is never made into a copy. A copy is
//! marked as one in its first bytes too, by which one that is torn is known: it is made anew, and
//! a log never is.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use store::{Batch, Mirror, ReadError, Replica, ReplicaError};

use crate::open::OpenError;
use crate::readers::engine;
use crate::schema;
use crate::store::SqliteStore;
use crate::writer::Work;

/// What a file is opened as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The log itself.
    Log,
    /// A copy of a log that is kept elsewhere.
    Copy,
}

/// Refuses a copy where a log is wanted, and the other way round. An empty file is either.
///
/// # Errors
/// [`OpenError::Copy`], [`OpenError::NoCopy`].
pub(crate) fn check(connection: &Connection, kind: Kind) -> Result<(), OpenError> {
    match (kind, is_copy(connection)?) {
        (Kind::Log, true) => Err(OpenError::Copy),
        (Kind::Copy, false) if has_table(connection, "events")? && has_events(connection)? => {
            Err(OpenError::NoCopy)
        }
        (Kind::Log, false) | (Kind::Copy, _) => Ok(()),
    }
}

/// Whether the file is a copy.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn is_copy(connection: &Connection) -> rusqlite::Result<bool> {
    has_table(connection, "bookmark")
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let count = "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(count, [name], |row| row.get(0))
}

fn has_events(connection: &Connection) -> rusqlite::Result<bool> {
    let any = "SELECT EXISTS (SELECT 1 FROM events)";
    connection.query_row(any, [], |row| row.get(0))
}

/// Makes the table of a copy.
///
/// # Errors
/// [`OpenError::Engine`] where the file cannot be written.
pub(crate) fn prepare(connection: &Connection, kind: Kind) -> Result<(), OpenError> {
    if kind == Kind::Copy {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS bookmark (
                 one INTEGER PRIMARY KEY CHECK (one = 1),
                 place TEXT NOT NULL
             ) STRICT",
        )?;
        schema::mark_copy(connection)?;
    }
    Ok(())
}

/// Whether `error` says of the file at `path` that it is torn, and it is a copy.
pub(crate) fn is_torn(error: &OpenError, path: &Path) -> bool {
    let is_torn = match error {
        OpenError::Damaged { .. } | OpenError::Foreign => true,
        OpenError::Engine(error) => error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt),
        OpenError::Folder { .. }
        | OpenError::InUse { .. }
        | OpenError::Missing { .. }
        | OpenError::Copy
        | OpenError::NoCopy
        | OpenError::Newer { .. }
        | OpenError::Setting { .. }
        | OpenError::Changed(_)
        | OpenError::Unreadable(_)
        | OpenError::Writer(_) => false,
    };
    is_torn && begins_as_copy(path).unwrap_or(false)
}

fn begins_as_copy(path: &Path) -> io::Result<bool> {
    let mut bytes = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut bytes)?;
    Ok(schema::is_marked_copy(&bytes))
}

/// Keeps `place` in the open transaction.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn keep(connection: &Connection, place: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO bookmark VALUES (1, ?1)")?
        .execute(params![place])?;
    Ok(())
}

#[async_trait]
impl Replica for SqliteStore {
    async fn replicate(&self, batches: Vec<Batch>) -> Result<(), ReplicaError> {
        self.write(Work::TakeOver(batches, None)).await?;
        Ok(())
    }
}

#[async_trait]
impl Mirror for SqliteStore {
    async fn reflect(&self, batches: Vec<Batch>, bookmark: String) -> Result<(), ReplicaError> {
        self.write(Work::TakeOver(batches, Some(bookmark))).await?;
        Ok(())
    }

    async fn bookmark(&self) -> Result<Option<String>, ReadError> {
        let look = |connection: &Connection| {
            let place = "SELECT place FROM bookmark WHERE one = 1";
            let row = connection.query_row(place, [], |row| row.get(0));
            row.optional().map_err(engine)
        };
        self.shared.readers.with(look).await
    }
}
