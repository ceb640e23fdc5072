//! Reading a log that another process may write: whoever may read its files can, also where
//! nobody can write to them, and nothing in the folder is changed.
//!
//! SQLite by itself makes files beside a log that it only reads. They are spared by asking for no
//! more than the files that are there need. What is not known to be the whole log is an error.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::Access;

use crate::open::{self, OpenError};
use crate::private::Private;
use crate::seen::{FileSeen, Seen, beside};

/// How long a process that writes may take to open the log before it is read.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before it is tried again.
const MOMENT: Duration = Duration::from_millis(10);

/// What of a path stands for something else in a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');

/// Why a log that is there cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// This user may not read a file of it.
    #[error("'{}' may not be read by this user", .path.display())]
    Denied {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It did not stay as it was while it was read without locks.
    #[error(
        "outlay.db was changed while it was read; ask again, or ask the server that writes to it, \
         with --server"
    )]
    Changed,
    /// Another process is in the midst of opening it.
    #[error(
        "outlay.db is being opened by a process that writes to it; ask again, or ask the server, \
         with --server"
    )]
    Opening(#[source] rusqlite::Error),
    /// It must be copied to be read, and there is no room.
    #[error(
        "outlay.db was not closed, and is read from a private copy of {needed} bytes, but '{}' has \
         room for {room}; name a folder with more room in TMPDIR", .folder.display()
    )]
    NoRoom {
        /// Where copies are made.
        folder: PathBuf,
        /// Bytes that the copy takes.
        needed: u64,
        /// Bytes that are free.
        room: u64,
    },
    /// It must be copied to be read, and that failed.
    #[error(
        "outlay.db was not closed, and its private copy cannot be made in '{}'", .folder.display()
    )]
    NotCopied {
        /// Where copies are made.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A log to be read, and how that is done at present.
pub(crate) struct Reading {
    /// Links are resolved, as SQLite does: what belongs to the log stands beside what they lead to.
    log: PathBuf,
    /// Which file it was at first.
    begun: FileSeen,
    way: Mutex<Option<Arc<Way>>>,
    /// Something was read of it that may be wrong, and may be remembered.
    spoiled: AtomicBool,
}

/// A connection that reads, and how; beside a writer in this process there is but one way.
pub(crate) struct Reader {
    connection: Connection,
    way: Option<Arc<Way>>,
}

/// How a log is read whose files were seen to be so.
struct Way {
    seen: Seen,
    means: Means,
}

enum Means {
    /// By SQLite's locks, beside whoever writes. Where nobody does, SQLite makes the index of what
    /// a crash left in its own memory.
    Locked,
    /// As a file that stays as it is, without locks: whoever writes leaves a write-ahead log.
    Still,
    /// From a copy, where SQLite would have to write to the log's own folder.
    Copied(Private),
}

impl Reading {
    /// The log in `folder`.
    ///
    /// # Errors
    /// [`OpenError::Missing`], and [`OpenError::Folder`] where it cannot be looked at.
    pub(crate) fn of(folder: &Path) -> Result<Self, OpenError> {
        let look = || -> io::Result<Option<(PathBuf, FileSeen)>> {
            let log = fs::canonicalize(open::file(folder))?;
            Ok(FileSeen::find(&log)?.map(|seen| (log, seen)))
        };
        match look() {
            Ok(Some((log, begun))) => Ok(Self {
                log,
                begun,
                way: Mutex::default(),
                spoiled: AtomicBool::new(false),
            }),
            Err(source) if source.kind() != ErrorKind::NotFound => Err(OpenError::Folder {
                path: folder.to_owned(),
                source,
            }),
            Ok(None) | Err(_) => Err(OpenError::Missing {
                path: folder.to_owned(),
            }),
        }
    }

    /// A connection that reads the log as it is now. Waits for a process that is just opening it.
    ///
    /// # Errors
    /// [`OpenError::Unreadable`] and whatever the engine fails with.
    pub(crate) fn connect(&self) -> Result<Reader, OpenError> {
        let since = Instant::now();
        loop {
            match self.try_connect() {
                Err(Attempt::Again(_)) if since.elapsed() < PATIENCE => thread::sleep(MOMENT),
                Err(Attempt::Again(error) | Attempt::Failed(error)) => return Err(error),
                Ok(reader) => return Ok(reader),
            }
        }
    }

    /// Whether `reader` still reads the log as it is.
    pub(crate) fn is_current(&self, reader: &Reader) -> bool {
        let Some(way) = &reader.way else {
            return true;
        };
        match &way.means {
            _ if self.spoiled.load(Ordering::Acquire) => false,
            Means::Locked => true,
            Means::Still | Means::Copied(_) => {
                Seen::of(&self.log).is_ok_and(|seen| seen == way.seen)
            }
        }
    }

    /// Vouches for what `reader` has just read.
    ///
    /// # Errors
    /// [`Unreadable::Changed`] where somebody wrote to what was read without locks. Nothing is
    /// read any more then: what was may have been remembered.
    pub(crate) fn vouch(&self, reader: &Reader) -> Result<(), OpenError> {
        let Some(way) = &reader.way else {
            return Ok(());
        };
        let changed = match &way.means {
            Means::Locked | Means::Copied(_) => false,
            Means::Still => FileSeen::find(&self.log).map_or(true, |log| log != Some(way.seen.log)),
        };
        if changed {
            self.spoiled.store(true, Ordering::Release);
            return Err(Unreadable::Changed.into());
        }
        Ok(())
    }

    fn try_connect(&self) -> Result<Reader, Attempt> {
        if self.spoiled.load(Ordering::Acquire) {
            return Err(Attempt::Failed(Unreadable::Changed.into()));
        }
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = self.look()?;
        let way = match &*way {
            Some(way) if way.seen == seen => Arc::clone(way),
            _ => Arc::clone(way.insert(Arc::new(self.way_to(seen)?))),
        };
        let connected = match &way.means {
            Means::Locked => locked(&self.log),
            Means::Still => still(&self.log),
            Means::Copied(private) => still(private.log()),
        };
        let connection = connected.map_err(|error| self.judged(error, &way.seen))?;
        let reader = Reader {
            connection,
            way: Some(way),
        };
        // The files were not looked at all at once.
        if self.is_current(&reader) {
            Ok(reader)
        } else {
            Err(Attempt::Again(Unreadable::Changed.into()))
        }
    }

    /// How a log is read whose files are as `seen`.
    fn way_to(&self, seen: Seen) -> Result<Way, Attempt> {
        let pending = seen.write_ahead.is_some_and(|file| file.length > 0);
        let means = if seen.rollback.is_some() || pending && !seen.has_index {
            let copied = Private::copy(&self.log, &seen);
            let private = copied.map_err(|error| self.denied().unwrap_or(error))?;
            if self.look()? != seen {
                return Err(Attempt::Again(Unreadable::Changed.into()));
            }
            private.settle()?;
            Means::Copied(private)
        } else if seen.write_ahead.is_some() && seen.has_index {
            Means::Locked
        } else {
            Means::Still
        };
        Ok(Way { seen, means })
    }

    /// The files as they are now, if the log is the one that it was.
    fn look(&self) -> Result<Seen, OpenError> {
        let seen = Seen::of(&self.log).map_err(|source| OpenError::Folder {
            path: self.log.clone(),
            source,
        })?;
        if seen.log.is_same_file(&self.begun) {
            Ok(seen)
        } else {
            Err(Unreadable::Changed.into())
        }
    }

    /// What to make of `error`, which the engine failed with over files as `seen`.
    fn judged(&self, error: rusqlite::Error, seen: &Seen) -> Attempt {
        match error.sqlite_error_code() {
            // The index is shared and of no use yet: whoever writes is just making it.
            Some(ErrorCode::ReadOnly | ErrorCode::FileLockingProtocolFailed) => {
                Attempt::Again(Unreadable::Opening(error).into())
            }
            Some(ErrorCode::CannotOpen) if Seen::of(&self.log).is_ok_and(|now| now != *seen) => {
                Attempt::Again(error.into())
            }
            Some(ErrorCode::CannotOpen) => Attempt::Failed(self.denied().unwrap_or(error.into())),
            _ => Attempt::Failed(error.into()),
        }
    }

    /// The first of the files that this user may not read.
    fn denied(&self) -> Option<OpenError> {
        ["", "-wal", "-shm", "-journal"]
            .into_iter()
            .find_map(|suffix| {
                let path = beside(&self.log, suffix);
                let source = io::Error::from(rustix::fs::access(&path, Access::READ_OK).err()?);
                (source.kind() == ErrorKind::PermissionDenied)
                    .then(|| Unreadable::Denied { path, source }.into())
            })
    }
}

/// How a try to connect failed.
enum Attempt {
    /// By what passes.
    Again(OpenError),
    /// For good.
    Failed(OpenError),
}

impl From<OpenError> for Attempt {
    fn from(error: OpenError) -> Self {
        Self::Failed(error)
    }
}

impl Reader {
    /// A reader beside a writer in this process.
    pub(crate) fn own(connection: Connection) -> Self {
        Self {
            connection,
            way: None,
        }
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn locked(log: &Path) -> rusqlite::Result<Connection> {
    connect(log, "readonly_shm=1")
}

fn still(log: &Path) -> rusqlite::Result<Connection> {
    connect(log, "immutable=1")
}

/// A connection that was read by: SQLite puts off what may fail until then.
fn connect(log: &Path, how: &str) -> rusqlite::Result<Connection> {
    let path = percent_encode(log.as_os_str().as_bytes(), ESCAPED);
    let uri = PathBuf::from(format!("file:{path}?{how}"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = open::connect(&uri, flags)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}
