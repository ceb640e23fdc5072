//! Whether the files of the log are still those that were written, and as they were left.
//!
//! SQLite goes on with the files that it has open, whatever their names stand for meanwhile: what
//! is committed to one that was deleted or replaced is gone with the process. Two files are looked
//! at before a commit and after it, which is nothing beside its `fsync`.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use events::log::Position;
use rusqlite::Connection;
use store::free_name;

use crate::open;
use crate::schema::WAL_LIMIT;
use crate::seen::{FileSeen, beside};

/// The files of a log, as they were when they were looked at last.
pub(crate) struct Files {
    folder: PathBuf,
    /// The database by the name that it is asked for: a link that leads elsewhere is another file.
    named: PathBuf,
    /// The database by what the name led to.
    database: PathBuf,
    wal: PathBuf,
    /// The folder; while it is open, no other one can be taken for it.
    home: Option<File>,
    condition: Condition,
}

/// Which of the files this process has written to since they were looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Nothing,
    Wal,
    Database,
}

/// Why nothing more is acknowledged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsure {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] rusqlite::Error),
    /// The files are not as they were left.
    #[error("{0}")]
    Changed(String),
}

#[derive(Clone, Copy)]
struct Condition {
    database: Option<FileSeen>,
    wal: Option<FileSeen>,
    /// Moves when another connection commits.
    version: i64,
}

impl Files {
    /// The files of `folder`, which `connection` writes to, as they are now.
    ///
    /// # Errors
    /// Where they cannot be looked at.
    pub(crate) fn of(folder: &Path, connection: &Connection) -> Result<Self, Unsure> {
        // Links are resolved, as SQLite does: what belongs to the log stands beside what they lead to.
        let named = open::file(folder);
        let database = fs::canonicalize(&named).unwrap_or_else(|_| named.clone());
        let wal = beside(&database, "-wal");
        Ok(Self {
            home: File::open(folder).ok(),
            condition: Condition::look(&named, &wal, connection)?,
            named,
            folder: folder.to_owned(),
            database,
            wal,
        })
    }

    /// Whether the folder is still the same: what is written into another one is none of ours.
    pub(crate) fn are_at_home(&self) -> bool {
        let home = self.home.as_ref().and_then(|home| home.metadata().ok());
        let now = fs::metadata(&self.folder);
        home.is_some_and(|home| now.is_ok_and(|now| identity(&now) == identity(&home)))
    }

    /// Puts the write-ahead log aside, up to `acknowledged`, where the database is gone, is another
    /// file or was cut: SQLite would move it into whatever comes to stand there.
    ///
    /// # Errors
    /// Where it cannot be renamed.
    pub(crate) fn part(&self, acknowledged: Position) -> io::Result<()> {
        let Condition { database, wal, .. } = self.condition;
        let is_same = |before: Option<FileSeen>, now: Option<FileSeen>| {
            before
                .zip(now)
                .is_some_and(|(before, now)| before.is_same_file(&now))
        };
        let now = FileSeen::find(&self.database)?;
        let least = database.map_or(0, |before| before.length);
        let is_whole = is_same(database, now) && now.is_some_and(|now| now.length >= least);
        if is_whole || !self.are_at_home() {
            return Ok(());
        }
        if is_same(wal, FileSeen::find(&self.wal)?) {
            let aside = beside(&self.wal, &format!(".replaced-{acknowledged}"));
            fs::rename(&self.wal, free_name(aside)?)?;
            let folder = self.wal.parent().unwrap_or(&self.folder);
            File::open(folder)?.sync_all()?;
        }
        match fs::remove_file(beside(&self.database, "-shm")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Looks at the files again, which are as they were but for what was `written`.
    ///
    /// # Errors
    /// [`Unsure::Changed`] names the first thing that is not so.
    pub(crate) fn check(
        &mut self,
        connection: &Connection,
        written: Written,
    ) -> Result<(), Unsure> {
        let now = Condition::look(&self.named, &self.wal, connection)?;
        let before = self.condition;
        compare("outlay.db", before.database, now.database, |length| {
            (written == Written::Database).then_some(length)
        })?;
        compare("outlay.db-wal", before.wal, now.wal, |length| {
            // SQLite cuts it to its limit when it begins anew.
            (written == Written::Wal).then_some(length.min(WAL_LIMIT))
        })?;
        if now.version != before.version {
            let changed = "outlay.db was written to by another program";
            return Err(Unsure::Changed(changed.to_owned()));
        }
        self.condition = now;
        Ok(())
    }
}

impl Condition {
    fn look(database: &Path, wal: &Path, connection: &Connection) -> Result<Self, Unsure> {
        // First: it opens the write-ahead log where that is not open yet.
        let version = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        Ok(Self {
            database: look_at(database)?,
            wal: look_at(wal)?,
            version,
        })
    }
}

/// Compares a file with what it was; where we wrote to it, `least` is the least length it has.
fn compare(
    name: &str,
    before: Option<FileSeen>,
    now: Option<FileSeen>,
    least: impl FnOnce(u64) -> Option<u64>,
) -> Result<(), Unsure> {
    let changed = |what: &str| Err(Unsure::Changed(format!("{name} {what}")));
    let Some(before) = before else {
        return Ok(());
    };
    let Some(now) = now else {
        return changed("is gone");
    };
    if !now.is_same_file(&before) {
        return changed("is another file than the one that was opened");
    }
    let least = least(before.length);
    if now.length < least.unwrap_or(before.length) {
        return changed("is shorter than it was");
    }
    if least.is_none() && now != before {
        return changed("was written to by another program");
    }
    Ok(())
}

/// What there is to see of a file; `None` where there is none.
fn look_at(path: &Path) -> Result<Option<FileSeen>, Unsure> {
    let why = |error| format!("'{}' cannot be looked at: {error}", path.display());
    FileSeen::find(path).map_err(|error| Unsure::Changed(why(error)))
}

/// Which folder it is: its device and its inode.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
