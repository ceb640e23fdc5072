//! Opening the folder: who may write, what the file must be, and why it is refused.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use events::log::Position;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use store::ReadError;

use crate::bookmark::{self, Kind};
use crate::files::Unsure;
use crate::readers::engine;
use crate::reading::Unreadable;
use crate::scan::ScanError;
use crate::schema;
use crate::store::Shared;

/// The log, in the data folder.
const FILE: &str = "outlay.db";

/// Held by the one process that writes.
const LOCK: &str = "outlay.lock";

/// How long to wait for another program that holds the file, such as a backup.
const BUSY: Duration = Duration::from_secs(5);

/// Why a data folder was not opened. Nothing in it was changed, but for a copy that was torn.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or a file in it cannot be used.
    #[error("the data folder '{}' cannot be used", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process writes to it.
    #[error(
        "the data folder '{}' is in use by another outlay process; \
         stop it, or use --server with its address", .path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There is no log to read.
    #[error("the data folder '{}' has no outlay.db", .path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// The file belongs to another program.
    #[error("outlay.db is not a log of outlay; choose another data folder")]
    Foreign,
    /// The log is a copy of one that is kept elsewhere.
    #[error(
        "outlay.db is a copy of a log that a cluster keeps; \
         'outlay serve --store' with this folder as --cache writes to it, and nothing else does"
    )]
    Copy,
    /// The log is not a copy of another one.
    #[error("outlay.db is a log of its own and no copy of another; choose another folder")]
    NoCopy,
    /// The file was written by a later version of this program.
    #[error("outlay.db has the format {found}, and this outlay knows no later one than {known}")]
    Newer {
        /// Its format.
        found: i32,
        /// The latest format known.
        known: i32,
    },
    /// The engine does not do what durability needs.
    #[error("outlay.db does not take the setting {name} = {kept}, but keeps {found}")]
    Setting {
        /// The pragma.
        name: &'static str,
        /// The value it must have.
        kept: &'static str,
        /// The value it has.
        found: String,
    },
    /// What is stored cannot be a log.
    #[error("outlay.db is damaged at position {position}: {why}")]
    Damaged {
        /// The first wrong position.
        position: Position,
        /// What is wrong there.
        why: String,
    },
    /// Its files changed while they were opened.
    #[error("{0} while it was opened")]
    Changed(String),
    /// It is there, and cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The engine failed.
    #[error("outlay.db cannot be opened")]
    Engine(#[source] rusqlite::Error),
    /// The thread that writes cannot be started.
    #[error("the writer cannot be started")]
    Writer(#[source] std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            return Self::Foreign;
        }
        Self::Engine(error)
    }
}

impl From<Unsure> for OpenError {
    fn from(error: Unsure) -> Self {
        match error {
            Unsure::Engine(error) => error.into(),
            Unsure::Changed(why) => Self::Changed(why),
        }
    }
}

impl From<OpenError> for ReadError {
    fn from(error: OpenError) -> Self {
        if let OpenError::Engine(error) = error {
            return engine(error);
        }
        if let OpenError::Damaged { position, why } = error {
            return Self::Damaged { position, why };
        }
        let is_final = matches!(
            error,
            OpenError::Foreign | OpenError::Unreadable(Unreadable::Changed)
        );
        if is_final {
            return Self::Unreadable(Arc::new(error));
        }
        engine(error)
    }
}

impl From<ScanError> for OpenError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Engine(error) => error.into(),
            ScanError::Damaged { position, why } => Self::Damaged { position, why },
        }
    }
}

/// Makes the folder where it is missing, and takes it for this process.
///
/// # Errors
/// [`OpenError::InUse`] where another process has it.
pub(crate) fn take(folder: &Path) -> Result<File, OpenError> {
    let refused = |source| OpenError::Folder {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(refused)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(refused)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Keeps whoever would write to `folder` from it while the file is open; none where nobody ever
/// did.
///
/// # Errors
/// [`OpenError::InUse`] where a process writes to it.
pub(crate) fn hold(folder: &Path) -> Result<Option<File>, OpenError> {
    let path = || folder.to_owned();
    let lock = match File::open(folder.join(LOCK)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|source| OpenError::Folder {
            path: path(),
            source,
        })?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Folder {
            path: path(),
            source,
        }),
    }
}

/// The log's file in `folder`.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The log of `folder`, which this process has taken, ready to be written, with its index and the
/// position of the checkpoint that it began with. A copy that is torn is made anew.
///
/// # Errors
/// As [`SqliteStore::open`](crate::SqliteStore::open).
pub(crate) fn to_write(
    kind: Kind,
    folder: &Path,
) -> Result<(Connection, Arc<Shared>, Position), OpenError> {
    match load(kind, folder) {
        Err(error) if kind == Kind::Copy && bookmark::is_torn(&error, &file(folder)) => {
            tracing::warn!(%error, "the copy is thrown away and made anew");
            throw_away(folder)?;
            load(kind, folder)
        }
        loaded => loaded,
    }
}

fn load(kind: Kind, folder: &Path) -> Result<(Connection, Arc<Shared>, Position), OpenError> {
    let mut connection = writing(&file(folder))?;
    schema::check_or_empty(&connection)?;
    bookmark::check(&connection, kind)?;
    schema::set_for_writing(&connection, kind)?;
    schema::prepare(&mut connection)?;
    bookmark::prepare(&connection, kind)?;
    let (shared, kept) = Shared::load(&connection, folder)?;
    if shared.refusing.get().is_some() {
        // Whoever puts the newest file in the place of this one must find no write-ahead log
        // beside it, which would be taken for that file's own.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok((connection, shared, kept))
}

/// Deletes the log of `folder` and what belongs to it. The checkpoint of its index stays: it is
/// judged by whoever reads it.
fn throw_away(folder: &Path) -> Result<(), OpenError> {
    for suffix in ["", "-wal", "-shm"] {
        let path = folder.join(format!("{FILE}{suffix}"));
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(OpenError::Folder { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A connection that writes, and makes the file where it is missing.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn writing(file: &Path) -> rusqlite::Result<Connection> {
    connect(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
}

/// A connection that only reads, beside a writer in this process.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn reading(file: &Path) -> rusqlite::Result<Connection> {
    connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A connection that no other thread uses at the same time.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn connect(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}
