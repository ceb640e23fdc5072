//! A private copy of a log that was not closed: the last resort of who may only read, where
//! SQLite has to write before it can.
//!
//! It is gone with whoever read it, and never made where there is no room. What a reader leaves
//! that is killed, the next one removes.

use std::fs::{self, DirEntry, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::open::{self, OpenError};
use crate::reading::Unreadable;
use crate::seen::{Seen, beside};

/// What the names of folders with copies begin with.
const PREFIX: &str = "outlay-private-";

/// Locked in such a folder for as long as its reader runs.
const IN_USE: &str = "in-use";

/// A copy in a folder that only this user may look into.
pub(crate) struct Private {
    log: PathBuf,
    /// Removes it in the end.
    _folder: TempDir,
    _in_use: File,
}

impl Private {
    /// A copy of the files of `log`, which were `seen`. It is one of a whole log if they still are
    /// so afterwards.
    ///
    /// # Errors
    /// [`Unreadable::NoRoom`] and [`Unreadable::NotCopied`].
    pub(crate) fn copy(log: &Path, seen: &Seen) -> Result<Self, OpenError> {
        let parent = std::env::temp_dir();
        remove_abandoned(&parent);
        let not_copied = |source| Unreadable::NotCopied {
            folder: parent.clone(),
            source,
        };
        let logs = [seen.write_ahead, seen.rollback];
        let logs: u64 = logs.into_iter().flatten().map(|file| file.length).sum();
        // What is in the write-ahead log goes into the copy of the log once more.
        let needed = seen.log.length + 2 * logs;
        let room = rustix::fs::statvfs(&parent).map_err(|error| not_copied(error.into()))?;
        let room = room.f_bavail.saturating_mul(room.f_frsize);
        if room < needed {
            return Err(Unreadable::NoRoom {
                folder: parent,
                needed,
                room,
            }
            .into());
        }
        tracing::warn!(
            bytes = needed,
            folder = %parent.display(),
            "outlay.db was not closed, and is read from a private copy"
        );
        let copy = || -> io::Result<Self> {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .tempdir_in(&parent)?;
            let in_use = in_use(folder.path())?;
            let copy = open::file(folder.path());
            for suffix in ["", "-wal", "-journal"] {
                copy_file(&beside(log, suffix), &beside(&copy, suffix))?;
            }
            Ok(Self {
                log: copy,
                _folder: folder,
                _in_use: in_use,
            })
        };
        Ok(copy().map_err(not_copied)?)
    }

    /// The copy.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Has the copy be as if it had been closed.
    ///
    /// # Errors
    /// Whatever the engine fails with.
    pub(crate) fn settle(&self) -> Result<(), OpenError> {
        let connection = open::writing(&self.log)?;
        // It needs to survive nothing.
        connection.pragma_update(None, "synchronous", "off")?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(connection
            .close()
            .map_err(|(_, error): (Connection, _)| error)?)
    }
}

/// Says of `folder` that its reader runs. The file has its name once it is locked, so that nobody
/// takes the folder for an abandoned one.
fn in_use(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("new");
    let file = File::create_new(&unnamed)?;
    file.lock()?;
    fs::rename(unnamed, folder.join(IN_USE))?;
    Ok(file)
}

/// Removes this user's copies in `parent` whose readers run no more.
fn remove_abandoned(parent: &Path) {
    let user = rustix::process::geteuid().as_raw();
    // Others may have put there what looks like one.
    let is_ours = |folder: &DirEntry| {
        let name = folder.file_name();
        name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
            && folder
                .metadata()
                .is_ok_and(|it| it.is_dir() && it.uid() == user)
    };
    let folders = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in folders.filter(is_ours) {
        let path = folder.path();
        if let Ok(file) = File::open(path.join(IN_USE))
            && file.try_lock().is_ok()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(%error, path = %path.display(), "an abandoned copy is not removed");
        }
    }
}

/// Copies a file, if there is one, but not who may write to it.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    io::copy(&mut from, &mut File::create_new(to)?)?;
    Ok(())
}
