//! What the files of a log were at one moment, by which it is known whether anybody wrote to them.
//!
//! They are looked at and never opened: closing one would let go of the locks that SQLite has on it
//! in this process.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The files of a log at one moment; a file without content counts as none, but for the
/// write-ahead log's, which may be written to at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) log: FileSeen,
    pub(crate) write_ahead: Option<FileSeen>,
    /// Whether the write-ahead log has its index, which everybody shares.
    pub(crate) has_index: bool,
    /// What SQLite has to undo before the log is read.
    pub(crate) rollback: Option<FileSeen>,
}

/// A file at one moment. Two that are equal have the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSeen {
    device: u64,
    inode: u64,
    pub(crate) length: u64,
    modified: (i64, i64),
}

impl Seen {
    /// The files of `log` as they are now.
    ///
    /// # Errors
    /// Where they cannot be looked at, or there is no log.
    pub(crate) fn of(log: &Path) -> io::Result<Self> {
        let find = |suffix| FileSeen::find(&beside(log, suffix));
        Ok(Self {
            log: find("")?.ok_or(ErrorKind::NotFound)?,
            write_ahead: find("-wal")?,
            has_index: find("-shm")?.is_some(),
            rollback: find("-journal")?.filter(|file| file.length > 0),
        })
    }
}

impl FileSeen {
    /// The file at `path`, if there is one.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    pub(crate) fn find(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(file) if file.is_file() => Ok(Some(Self {
                device: file.dev(),
                inode: file.ino(),
                length: file.len(),
                modified: (file.mtime(), file.mtime_nsec()),
            })),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Whether both are one file, whatever was written to it.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// The file of the log whose name ends so.
pub(crate) fn beside(log: &Path, suffix: &str) -> PathBuf {
    let mut path = log.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
