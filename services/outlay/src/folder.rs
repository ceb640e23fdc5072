//! Data folders: the embedded store of one, opened off the async threads, and what to do where
//! that is refused.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use store::{Clock, CommitObserver, SystemClock};
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

async fn open_by(
    folder: &Path,
    open: impl FnOnce(&Path, Arc<dyn Clock>) -> Result<SqliteStore, OpenError> + Send + 'static,
) -> Result<Arc<SqliteStore>, Failure> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || open(&folder, Arc::new(SystemClock))).await;
    Ok(Arc::new(opened.or_unreachable()?.or_unreachable()?))
}
