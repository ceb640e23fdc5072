//! What the file must be: its mark, its version, its tables, its settings.
//!
//! A file that is not ours, or newer than this program, is refused and not touched.

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, TransactionBehavior};

use crate::bookmark::Kind;
use crate::open::OpenError;

/// `OUTL`, where SQLite keeps what program a file belongs to.
const APPLICATION: i32 = 0x4f55_544c;

/// `OUTC`: the same of a copy, so that a copy is known by its first bytes, whatever became of the
/// rest.
const COPY: i32 = 0x4f55_5443;

/// What an SQLite file begins with, and where it says what program it belongs to.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const APPLICATION_AT: usize = 68;

/// The version of the tables this program writes.
const VERSION: i32 = 1;

/// Bytes that SQLite leaves of the write-ahead log when it begins it anew: `journal_size_limit`.
pub(crate) const WAL_LIMIT: u64 = 64 * 1024 * 1024;

const TABLES: &str = include_str!("schema.sql");
const VIEWS: &str = include_str!("views.sql");

/// Refuses a file of another kind before anything is written to it.
///
/// # Errors
/// [`OpenError::Foreign`] and [`OpenError::Newer`] for a file of another kind.
pub(crate) fn check_or_empty(connection: &Connection) -> Result<(), OpenError> {
    if is_empty(connection)? {
        return Ok(());
    }
    check(connection)
}

/// Makes the tables in an empty file, and the views anew where theirs is another text.
///
/// # Errors
/// [`OpenError::Engine`] where the file cannot be written.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), OpenError> {
    if is_empty(connection)? {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    }
    renew_views(connection)
}

/// Refuses a file that is not ours or newer than this program.
///
/// # Errors
/// [`OpenError::Foreign`] and [`OpenError::Newer`] for a file of another kind.
pub(crate) fn check(connection: &Connection) -> Result<(), OpenError> {
    let application: i32 = pragma(connection, "application_id")?;
    if application != APPLICATION && application != COPY {
        return Err(OpenError::Foreign);
    }
    let found: i32 = pragma(connection, "user_version")?;
    if found > VERSION {
        return Err(OpenError::Newer {
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// Marks the file as a copy.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn mark_copy(connection: &Connection) -> rusqlite::Result<()> {
    let application: i32 = pragma(connection, "application_id")?;
    if application == COPY {
        return Ok(());
    }
    connection.pragma_update(None, "application_id", COPY)
}

/// Whether a file that begins with `bytes` is marked as a copy, in whatever state it is.
pub(crate) fn is_marked_copy(bytes: &[u8]) -> bool {
    let mark = bytes.get(APPLICATION_AT..APPLICATION_AT + 4);
    bytes.starts_with(MAGIC) && mark == Some(&COPY.to_be_bytes())
}

/// Sets what makes a commit durable and the write-ahead log bounded, and reads it back.
///
/// # Errors
/// [`OpenError::Setting`] where SQLite kept another value.
pub(crate) fn set_for_writing(connection: &Connection, kind: Kind) -> Result<(), OpenError> {
    let (synchronous, kept) = match kind {
        Kind::Log => ("full", "2"),
        // Whole after a power cut too, but for its end.
        Kind::Copy => ("normal", "1"),
    };
    // `journal_mode` answers with the mode it is in, and no mode is as durable as asked for
    // unless it says so.
    for (name, value, kept) in [
        ("journal_mode", "wal", "wal"),
        ("synchronous", synchronous, kept),
        ("fullfsync", "on", "1"),
        ("checkpoint_fullfsync", "on", "1"),
        ("foreign_keys", "off", "0"),
        ("wal_autocheckpoint", "0", "0"),
        ("journal_size_limit", "67108864", "67108864"),
        ("temp_store", "memory", "2"),
        ("cache_size", "-16384", "-16384"),
    ] {
        set(connection, name, value)?;
        let found = kept_value(connection, name)?;
        if found != kept {
            return Err(OpenError::Setting { name, kept, found });
        }
    }
    Ok(())
}

/// Sets a pragma; some answer with a row, some do not.
fn set(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA {name} = {value}"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// The value a pragma has now.
fn kept_value(connection: &Connection, name: &str) -> rusqlite::Result<String> {
    connection.pragma_query_value(None, name, |row| match row.get_ref(0)? {
        ValueRef::Integer(number) => Ok(number.to_string()),
        ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Ok(String::new()),
    })
}

fn is_empty(connection: &Connection) -> Result<bool, OpenError> {
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application: i32 = pragma(connection, "application_id")?;
    let version: i32 = pragma(connection, "user_version")?;
    Ok(objects == 0 && application == 0 && version == 0)
}

/// Makes the views anew where their text is not ours: they hold no data, and an older program
/// may have left them.
fn renew_views(connection: &mut Connection) -> Result<(), OpenError> {
    let wanted: Vec<&str> = VIEWS
        .split(';')
        .filter_map(|part| {
            part.find("CREATE VIEW ")
                .and_then(|start| part.get(start..))
        })
        .collect();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: Vec<String> = transaction
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'view'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if wanted
        .iter()
        .all(|view| found.iter().any(|sql| sql == view))
    {
        return Ok(());
    }
    for name in wanted
        .iter()
        .filter_map(|view| view.split_whitespace().nth(2))
    {
        transaction.execute_batch(&format!("DROP VIEW IF EXISTS {name}"))?;
    }
    transaction.execute_batch(VIEWS)?;
    Ok(transaction.commit()?)
}

fn pragma<T: FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
