//! Rows of the file as events, and back.
//!
//! The only place that knows the order of the columns.

use events::log::{EventId, Origin, Position, Recorded, Revision, Stored, StoredRef};
use events::time::RecordedAt;
use rusqlite::{Connection, Row, Statement, params};
use store::checkpoint::Anchor;
use store::{ReadError, Scanned, Visit};
use uuid::Uuid;

use crate::index::{Code, Index};
use crate::readers::engine;

/// The columns of an event, as [`EventRow::read`] expects them.
pub(crate) const COLUMNS: &str =
    "position, stream, revision, event, recorded_at, id, correlation, causation, actor, data";

/// An event with codes in place of names.
pub(crate) struct EventRow {
    position: Position,
    stream: Code,
    revision: Revision,
    event: Code,
    recorded_at: i64,
    id: EventId,
    origin: Origin,
    data: String,
}

impl EventRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: Position(natural(row, 0)?),
            stream: row.get(1)?,
            revision: Revision(natural(row, 2)?),
            event: row.get(3)?,
            recorded_at: row.get(4)?,
            id: id(row, 5)?,
            origin: Origin {
                correlation_id: Uuid::from_bytes(row.get(6)?),
                causation_id: row
                    .get::<_, Option<[u8; 16]>>(7)?
                    .map(|bytes| EventId(Uuid::from_bytes(bytes))),
                actor: row.get(8)?,
            },
            data: row.get(9)?,
        })
    }

    /// The event with its names.
    pub(crate) fn named(self, index: &Index) -> Result<Recorded<Stored>, ReadError> {
        let position = self.position;
        let damaged = |why: &str| ReadError::Damaged {
            position,
            why: why.to_owned(),
        };
        let stream = index.stream_name(self.stream);
        let event = index.event_type(self.event);
        let recorded_at = RecordedAt::from_micros(self.recorded_at);
        Ok(Recorded {
            position,
            id: self.id,
            stream: stream
                .ok_or_else(|| damaged("its stream has no name"))?
                .clone(),
            revision: self.revision,
            recorded_at: recorded_at.ok_or_else(|| damaged("its instant is past the calendar"))?,
            origin: self.origin,
            event: event
                .map(|known| Stored {
                    name: known.name.clone(),
                    version: known.version,
                    data: self.data,
                })
                .ok_or_else(|| damaged("its event has no name"))?,
        })
    }
}

/// The columns of an event that answers are computed from, as [`visit`] expects them.
pub(crate) const FACT_COLUMNS: &str = "position, stream, revision, event, data";

/// Has `look` see the event in `row` where it lies.
///
/// # Errors
/// [`ReadError`] where the row cannot be an event.
pub(crate) fn visit(row: &Row<'_>, index: &Index, look: &mut Visit<'_>) -> Result<(), ReadError> {
    let position = Position(natural(row, 0).map_err(engine)?);
    let damaged = |why: &str| ReadError::Damaged {
        position,
        why: why.to_owned(),
    };
    let stream = index.stream_name(row.get(1).map_err(engine)?);
    let event = index.event_type(row.get(3).map_err(engine)?);
    let event = event.ok_or_else(|| damaged("its event has no name"))?;
    look(Scanned {
        position,
        stream: stream.ok_or_else(|| damaged("its stream has no name"))?,
        revision: Revision(natural(row, 2).map_err(engine)?),
        event: StoredRef {
            name: &event.name,
            version: event.version,
            data: text(row, 4).map_err(engine)?,
        },
    });
    Ok(())
}

/// The text in a column.
fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// The id in a column.
pub(crate) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<EventId> {
    row.get(column)
        .map(|bytes: [u8; 16]| EventId(Uuid::from_bytes(bytes)))
}

/// The number in a column, which is not negative.
pub(crate) fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// The id of the event at `position`; none where there is no such event.
pub(crate) fn id_at(
    connection: &Connection,
    position: Position,
) -> rusqlite::Result<Option<EventId>> {
    let mut select = connection.prepare_cached("SELECT id FROM events WHERE position = ?1")?;
    let mut rows = select.query([number(position.0)])?;
    rows.next()?.map(|row| id(row, 0)).transpose()
}

/// The event at `position`, for a checkpoint to stand on; none where there is no such event.
pub(crate) fn anchor_at(
    connection: &Connection,
    position: Position,
) -> rusqlite::Result<Option<Anchor>> {
    let mut select =
        connection.prepare_cached("SELECT id, recorded_at FROM events WHERE position = ?1")?;
    let mut rows = select.query([number(position.0)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let id = id(row, 0)?;
    let recorded_at = RecordedAt::from_micros(row.get(1)?);
    Ok(recorded_at.map(|recorded_at| Anchor {
        position,
        id,
        recorded_at,
    }))
}

/// Writes an event, as [`insert`] expects it.
pub(crate) const INSERT: &str =
    "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// Writes an event; a position or revision that is taken, or a full disk, fails.
pub(crate) fn insert(
    insert: &mut Statement<'_>,
    recorded: &Recorded<Stored>,
    (stream, event): (Code, Code),
) -> rusqlite::Result<()> {
    let causation = recorded.origin.causation_id.as_ref();
    insert.execute(params![
        number(recorded.position.0),
        stream,
        number(recorded.revision.0),
        event,
        recorded.recorded_at.micros(),
        recorded.id.0.as_bytes(),
        recorded.origin.correlation_id.as_bytes(),
        causation.map(|id| id.0.as_bytes()),
        recorded.origin.actor,
        recorded.event.data,
    ])?;
    Ok(())
}

/// A number as SQLite keeps it; ours stay far below its bound.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as SQLite takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
