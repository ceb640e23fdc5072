//! Data folders: the embedded store of one, opened off the async threads, and what to do where
//! that is refused.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use events::log::Position;
use store::{Clock, CommitObserver, EventStore as _, SystemClock};
use store_sqlite::{OpenError, SqliteStore};

use crate::failure::{Failure, OrFail as _};

/// The store of `folder` for reading and writing; both are made where they are missing.
///
/// # Errors
/// A [`Failure`] where another process has it, or it is not ours.
pub(crate) async fn open(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    open_by(folder, SqliteStore::open).await
}

/// As [`open`], with `observer` told of each commit.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_observed(
    folder: &Path,
    observer: Arc<dyn CommitObserver>,
) -> Result<Arc<SqliteStore>, Failure> {
    let open = |folder: &Path, clock| SqliteStore::open_observed(folder, clock, observer);
    open_by(folder, open).await
}

/// Whether `folder` has a log with anything in it; nothing is made of one that has none.
///
/// # Errors
/// A [`Failure`] where that cannot be seen, or the log is not ours.
pub(crate) async fn has_log(folder: &Path) -> Result<bool, Failure> {
    let wrong = || format!("the data folder '{}' cannot be used", folder.display());
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other.with_context(wrong).or_unreachable()?,
    };
    let is_there = folder.join("outlay.db").try_exists();
    if !is_there.with_context(wrong).or_unreachable()? {
        return Ok(false);
    }
    let head = open_read_only(folder)
        .await?
        .head()
        .await
        .or_unreachable()?;
    Ok(head.position > Position::START)
}

/// The store of `folder` for reading, also while a server has it open.
///
/// # Errors
/// A [`Failure`] where there is none, or it is not ours.
pub(crate) async fn open_read_only(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    let opened = open_by(folder, SqliteStore::open_read_only).await;
    opened.map_err(|failure| {
        if folder.join("outlay.db").exists() {
            return failure;
        }
        Failure::unreachable(anyhow!(
            "{failure}; name another folder with --data, or a server with --server \
             http://127.0.0.1:8080; 'outlay serve' and 'outlay record' make a new one"
        ))
    })
}

/// The log of `folder`, to be read from its beginning to its end while nobody writes to it; it may
/// be a copy of a cluster's.
///
/// # Errors
/// As [`open`]; where there is none.
pub(crate) async fn open_source(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    if !folder.join("outlay.db").exists() {
        // It would be made.
        return open_read_only(folder).await;
    }
    let open = |folder: &Path, clock: Arc<dyn Clock>| {
        let opened = SqliteStore::open(folder, Arc::clone(&clock));
        match opened {
            Err(OpenError::Copy) => SqliteStore::open_read_only(folder, clock),
            opened => opened,
        }
    };
    open_by(folder, open).await
}

/// The store of `folder`, into which a log is moved.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_target(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    opened(folder, SqliteStore::open).await
}

/// Says of a folder that what it has is not all of a log yet: nobody but who goes on with that
/// opens it.
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    const FILE: &str = "outlay.migration";

    /// What is said of `folder`.
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.join(Self::FILE))
    }

    /// Says so from now on, whatever happens.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub(crate) fn begin(&self) -> io::Result<()> {
        File::create(&self.0)?.sync_all()?;
        let folder = self.0.parent().unwrap_or(&self.0);
        File::open(folder)?.sync_all()
    }

    /// Says so no longer.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub(crate) fn end(self) -> io::Result<()> {
        match std::fs::remove_file(self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn is_said(&self) -> bool {
        self.0.exists()
    }
}

async fn open_by(
    folder: &Path,
    open: impl FnOnce(&Path, Arc<dyn Clock>) -> Result<SqliteStore, OpenError> + Send + 'static,
) -> Result<Arc<SqliteStore>, Failure> {
    if Unfinished::of(folder).is_said() {
        return Err(Failure::unreachable(anyhow!(
            "the data folder '{}' has a part of a log: 'outlay migrate' into it did not come to its \
             end; run it again, and it goes on",
            folder.display()
        )));
    }
    opened(folder, open).await
}

async fn opened(
    folder: &Path,
    open: impl FnOnce(&Path, Arc<dyn Clock>) -> Result<SqliteStore, OpenError> + Send + 'static,
) -> Result<Arc<SqliteStore>, Failure> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&folder, Arc::new(SystemClock))).await;
    Ok(Arc::new(opened.or_unreachable()?.or_unreachable()?))
}
