//! Reading what the index does not have yet, to build it and to find out whether it is a log at all.
//!
//! The engine keeps no uniqueness for us, so a start without this scan would be a guess. Only what
//! an earlier scan or our own writer vouched for, in a checkpoint, is not read again. It stops at
//! the first wrong position and mends nothing.

use events::log::{EventId, Position, Revision, StreamName};
use events::time::RecordedAt;
use rusqlite::{Connection, Row, Rows};
use store::ReadError;

use crate::index::{Code, Index, LAST_POSITION};
use crate::readers::engine;
use crate::rows::{id, id_at, natural, number};

/// How many entries are read before they are judged. Their ids lie all over the index; so many at
/// once, the waits for memory overlap, and what came from there is still near.
const AT_ONCE: usize = 512;

#[derive(Debug)]
pub(crate) enum ScanError {
    Engine(rusqlite::Error),
    Damaged { position: Position, why: String },
}

impl From<rusqlite::Error> for ScanError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<ScanError> for ReadError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Engine(error) => engine(error),
            ScanError::Damaged { position, why } => Self::Damaged { position, why },
        }
    }
}

/// Brings `index` up to the end of the file, and publishes it.
///
/// # Errors
/// [`ScanError::Damaged`] names the first position that cannot be right.
pub(crate) fn extend(connection: &Connection, index: &mut Index) -> Result<(), ScanError> {
    let snapshot = connection.unchecked_transaction()?;
    let after = index.placed().position;
    let last = last_position(&snapshot)?;
    let coming = last.0.saturating_sub(after.0);
    index.reserve(usize::try_from(coming).unwrap_or_default());
    extend_names(&snapshot, index)?;

    let mut select = snapshot.prepare(
        "SELECT position, stream, revision, event, recorded_at, id FROM events \
         WHERE position > ?1 ORDER BY position",
    )?;
    let mut rows = select.query([number(after.0)])?;
    let mut entries = Vec::with_capacity(AT_ONCE);
    loop {
        let read = read_some(&mut rows, &mut entries);
        // What lies before a row that cannot be read is judged first.
        index.touch(entries.iter().map(|entry| entry.id));
        for entry in &entries {
            let recorded_at = entry.check(&snapshot, index)?;
            index.place(entry.stream, entry.id, recorded_at);
        }
        if read? {
            break;
        }
    }
    if let Some(sealed) = snapshot.query_row("SELECT max(position) FROM seals", [], |row| {
        row.get::<_, Option<i64>>(0)
    })? && sealed > number(last.0)
    {
        let position = Position(u64::try_from(sealed).unwrap_or_default());
        return Err(damaged(
            position,
            "it is sealed, but there is no such event",
        ));
    }
    index.publish();
    Ok(())
}

/// Reads some entries in place of those there; whether they are the last.
fn read_some(rows: &mut Rows<'_>, entries: &mut Vec<Entry>) -> rusqlite::Result<bool> {
    entries.clear();
    while entries.len() < AT_ONCE {
        match rows.next()? {
            Some(row) => entries.push(Entry::read(row)?),
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// The last position in the file.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn last_position(connection: &Connection) -> rusqlite::Result<Position> {
    let mut select = connection.prepare_cached("SELECT max(position) FROM events")?;
    let last: Option<i64> = select.query_row([], |row| row.get(0))?;
    let last = last.and_then(|last| u64::try_from(last).ok());
    Ok(Position(last.unwrap_or_default()))
}

/// The names that came after those the index knows; their codes leave no gaps.
///
/// # Errors
/// [`ScanError::Damaged`] where they do.
pub(crate) fn extend_names(connection: &Connection, index: &mut Index) -> Result<(), ScanError> {
    let due = index.placed().position.next();
    let wrong = |what: &str, code: i64| {
        damaged(
            due,
            &format!("the {what} with the code {code} is not the next one"),
        )
    };
    let mut select =
        connection.prepare("SELECT code, name FROM streams WHERE code >= ?1 ORDER BY code")?;
    let mut rows = select.query([index.next_stream_code()])?;
    while let Some(row) = rows.next()? {
        let code: i64 = row.get(0)?;
        let name = StreamName::from_stored(row.get::<_, String>(1)?);
        if index.stream_code(&name).is_some() || i64::from(index.next_stream_code()) != code {
            return Err(wrong("stream", code));
        }
        index.add_stream(name);
    }
    let mut select = connection
        .prepare("SELECT code, name, version FROM event_types WHERE code >= ?1 ORDER BY code")?;
    let mut rows = select.query([index.next_type_code()])?;
    while let Some(row) = rows.next()? {
        let code: i64 = row.get(0)?;
        if i64::from(index.next_type_code()) != code {
            return Err(wrong("event type", code));
        }
        index.add_type(row.get(1)?, row.get(2)?);
    }
    Ok(())
}

/// What the index needs of an event.
struct Entry {
    position: Position,
    stream: Code,
    revision: Revision,
    event: Code,
    recorded_at: i64,
    id: EventId,
}

impl Entry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: Position(natural(row, 0)?),
            stream: row.get(1)?,
            revision: Revision(natural(row, 2)?),
            event: row.get(3)?,
            recorded_at: row.get(4)?,
            id: id(row, 5)?,
        })
    }

    fn recorded_at(&self) -> Result<RecordedAt, ScanError> {
        RecordedAt::from_micros(self.recorded_at)
            .ok_or_else(|| damaged(self.position, "its instant is past the calendar"))
    }

    /// When it was recorded, if it can be the next event of `index`.
    fn check(&self, connection: &Connection, index: &Index) -> Result<RecordedAt, ScanError> {
        let due = index.placed().position.next();
        if self.position != due {
            return Err(damaged(
                due,
                "there is no such event, but there are later ones",
            ));
        }
        if self.position.0 > LAST_POSITION {
            return Err(damaged(due, "it is past the last position a log can have"));
        }
        let refused = |why: &str| Err(damaged(self.position, why));
        if index.stream_name(self.stream).is_none() {
            return refused("its stream has no name");
        }
        if index.event_type(self.event).is_none() {
            return refused("its event has no name");
        }
        let due = index.placed_revision(self.stream);
        let due = due.map_or(Revision::FIRST, Revision::next);
        if self.revision != due {
            return refused(&format!(
                "its revision is {}, and {due} was due",
                self.revision
            ));
        }
        let recorded_at = self.recorded_at()?;
        if let Some(last) = index.placed().recorded_at
            && recorded_at <= last
        {
            return refused("it was not recorded after the event before it");
        }
        for position in index.candidates(self.id) {
            if id_at(connection, position)? == Some(self.id) {
                return refused(&format!(
                    "it has the id of the event at position {position}"
                ));
            }
        }
        Ok(recorded_at)
    }
}

fn damaged(position: Position, why: &str) -> ScanError {
    ScanError::Damaged {
        position,
        why: why.to_owned(),
    }
}
