//! Data folders: the embedded store of one, opened off the async threads, and what to do where
//! that is refused.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use events::log::Position;
use store::{AppendError, Clock, CommitObserver, EventStore, SystemClock};
use store_sqlite::{Accepted, OpenError, SqliteStore};

use crate::failure::{Failure, OrFail as _};

/// The store of `folder` for reading and writing; both are made where they are missing.
///
/// # Errors
/// A [`Failure`] where another process has it, or it is not ours.
pub(crate) async fn open(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    Ok(Arc::new(open_by(folder, SqliteStore::open).await?))
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
    Ok(Arc::new(open_by(folder, open).await?))
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

/// The store of `folder` for reading, also while a server has it open. Nothing in it is changed.
///
/// # Errors
/// A [`Failure`] where there is none, or it is not ours.
pub(crate) async fn open_read_only(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    let opened = open_by(folder, SqliteStore::open_read_only).await;
    opened
        .map(Arc::new)
        .map_err(|failure| naming_others(failure, folder))
}

/// The log of `folder`, to be read from its beginning to its end while nobody writes to it; it may
/// be a copy of a cluster's. Nothing in it is changed.
///
/// # Errors
/// As [`open_read_only`]; where another process writes to it.
pub(crate) async fn open_source(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    let opened = open_by(folder, SqliteStore::open_at_rest).await;
    opened
        .map(Arc::new)
        .map_err(|failure| naming_others(failure, folder))
}

/// `failure`, and where a log may be instead if there is none in `folder`.
fn naming_others(failure: Failure, folder: &Path) -> Failure {
    // Whether there is one is not known where it cannot be looked at.
    if folder.join("outlay.db").try_exists().unwrap_or(true) {
        return failure;
    }
    Failure::unreachable(anyhow!(
        "{failure}; name another folder with --data, or a server with --server \
         http://127.0.0.1:8080; 'outlay serve' and 'outlay record' make a new one"
    ))
}

/// Goes on with the log of `folder`, which was set back; `None` where it was not.
///
/// # Errors
/// As [`open`]; where there is none.
pub(crate) async fn accept_rollback(folder: &Path) -> Result<Option<Accepted>, Failure> {
    let accept = |folder: &Path, _| SqliteStore::accept_rollback(folder);
    open_by(folder, accept).await
}

/// Fails where `store` takes no events, and says why.
///
/// # Errors
/// A [`Failure`] with the reason.
pub(crate) fn takes_events(store: &dyn EventStore) -> Result<(), Failure> {
    match store.read_only() {
        Some(why) => Err(Failure::unreachable(AppendError::from(why))),
        None => Ok(()),
    }
}

/// The store of `folder`, into which a log is moved.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_target(folder: &Path) -> Result<Arc<SqliteStore>, Failure> {
    Ok(Arc::new(opened(folder, SqliteStore::open).await?))
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

async fn open_by<T: Send + 'static>(
    folder: &Path,
    open: impl FnOnce(&Path, Arc<dyn Clock>) -> Result<T, OpenError> + Send + 'static,
) -> Result<T, Failure> {
    if Unfinished::of(folder).is_said() {
        return Err(Failure::unreachable(anyhow!(
            "the data folder '{}' has a part of a log: 'outlay migrate' into it did not come to its \
             end; run it again, and it goes on",
            folder.display()
        )));
    }
    opened(folder, open).await
}

async fn opened<T: Send + 'static>(
    folder: &Path,
    open: impl FnOnce(&Path, Arc<dyn Clock>) -> Result<T, OpenError> + Send + 'static,
) -> Result<T, Failure> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&folder, Arc::new(SystemClock))).await;
    opened.or_unreachable()?.or_unreachable()
}
