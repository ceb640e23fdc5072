//! The questions that readers put to the file.
//!
//! None looks past the head it is given: what is beyond is not published yet.

use events::log::Position;
use rusqlite::{CachedStatement, Connection, params};
use store::{ReadError, Sealed, Visit};

use crate::readers::engine;
use crate::rows::{self, COLUMNS, EventRow, FACT_COLUMNS, limit as sql_limit, number};
use crate::store::Shared;

/// Most events that `visit` looks at under one lock of the index, which an append may wait for.
const LOCKED: usize = 64;

/// Has `visit` look at up to `limit` events after `after`.
pub(crate) fn scan(
    connection: &Connection,
    shared: &Shared,
    (after, limit): (Position, usize),
    visit: &mut Visit<'_>,
) -> Result<(), ReadError> {
    let head = shared.index().head().position;
    let mut select = prepare_after(connection, FACT_COLUMNS).map_err(engine)?;
    let range = params![number(after.0), number(head.0), sql_limit(limit)];
    let mut rows = select.query(range).map_err(engine)?;
    loop {
        let index = shared.index();
        for _ in 0..LOCKED {
            match rows.next().map_err(engine)? {
                Some(row) => rows::visit(row, &index, visit)?,
                None => return Ok(()),
            }
        }
    }
}

pub(crate) fn select_after(
    connection: &Connection,
    after: Position,
    head: Position,
    limit: usize,
) -> rusqlite::Result<Vec<EventRow>> {
    let mut select = prepare_after(connection, COLUMNS)?;
    let rows = select.query_map(
        params![number(after.0), number(head.0), sql_limit(limit)],
        EventRow::read,
    )?;
    rows.collect()
}

/// The events after the first position, up to the second, and no more than the number that is third.
fn prepare_after<'a>(
    connection: &'a Connection,
    columns: &str,
) -> rusqlite::Result<CachedStatement<'a>> {
    connection.prepare_cached(&format!(
        "SELECT {columns} FROM events WHERE position > ?1 AND position <= ?2 \
         ORDER BY position LIMIT ?3"
    ))
}

pub(crate) fn select_at(
    connection: &Connection,
    positions: &[Position],
) -> rusqlite::Result<Vec<EventRow>> {
    let mut select =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE position = ?1"))?;
    positions
        .iter()
        .map(|position| select.query_row([number(position.0)], EventRow::read))
        .collect()
}

pub(crate) fn select_seals(
    connection: &Connection,
    after: Position,
    head: Position,
    limit: usize,
) -> rusqlite::Result<Vec<Sealed>> {
    let mut select = connection.prepare_cached(
        "SELECT position, bytes FROM seals WHERE position > ?1 AND position <= ?2 \
         ORDER BY position LIMIT ?3",
    )?;
    let rows = select.query_map(
        params![number(after.0), number(head.0), sql_limit(limit)],
        |row| {
            Ok(Sealed {
                position: Position(crate::rows::natural(row, 0)?),
                bytes: row.get(1)?,
            })
        },
    )?;
    rows.collect()
}

/// The last position up to `last` that was recorded at or before `micros`.
pub(crate) fn search(
    connection: &Connection,
    last: Position,
    micros: i64,
) -> rusqlite::Result<Position> {
    let mut select =
        connection.prepare_cached("SELECT recorded_at FROM events WHERE position = ?1")?;
    let (mut known, mut above) = (0, last.0 + 1);
    while above - known > 1 {
        let middle = known + (above - known) / 2;
        let recorded_at: i64 = select.query_row([number(middle)], |row| row.get(0))?;
        if recorded_at <= micros {
            known = middle;
        } else {
            above = middle;
        }
    }
    Ok(Position(known))
}
