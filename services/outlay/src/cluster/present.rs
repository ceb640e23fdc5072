//! A log on a cluster: where it is, and this node's copy of it.
//!
//! The copy is a cache. It stands in a folder that bears nothing else, and is set aside where it is
//! of another log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use anyhow::Context as _;
use store::{CommitObserver, NoObserver, Replica, SystemClock};
use store_eventstore::{Address, EventStoreDb, OpenError, Settings, StreamPrefix};
use store_sqlite::SqliteStore;

use super::Table;
use crate::failure::{Failure, OrFail as _};

/// What the files of a copy are called; all of them may be deleted while no node has them.
const LOG: [&str; 3] = ["outlay.db", "outlay.db-wal", "outlay.db-shm"];
const CHECKPOINTS: [&str; 2] = ["index.checkpoint", "figures.checkpoint"];

/// The folder within the cache where a copy is set aside that its cluster has not; a number follows
/// where there is one.
const ASIDE: &str = "before";

/// A cluster, and where the copy of its log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// How it is reached.
    pub(crate) settings: Settings,
    /// The folder of the copy; a temporary one where nobody names one.
    pub(crate) cache: Option<PathBuf>,
}

impl Cluster {
    /// The cluster at `address`, as far as `table` says more.
    ///
    /// # Errors
    /// What is not of its form.
    pub(crate) fn parse(
        address: &str,
        table: Table,
        cache: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let mut settings = Settings::new(address.parse::<Address>()?);
        if let Some(bytes) = table.max_append_bytes {
            settings = settings.with_appends_of(bytes)?;
        }
        if let Some(prefix) = table.stream_prefix {
            settings.stream_prefix = prefix.parse::<StreamPrefix>()?;
        }
        Ok(Self { settings, cache })
    }

    /// Where it is, without name and password.
    pub(crate) fn name(&self) -> String {
        self.settings.address.to_string()
    }

    /// The log on the cluster, once the cluster answers, and the folder of its copy. A copy of
    /// another log is set aside; a temporary one is gone when the store is. `observer` is told of
    /// appends to the cluster, and not of what the copy takes over.
    ///
    /// # Errors
    /// A [`Failure`] where the folder cannot be used, or the cluster refuses name and password.
    pub(crate) async fn open(
        &self,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<(Arc<dyn Replica>, PathBuf), Failure> {
        loop {
            let (copy, folder) = self.open_copy().await?;
            let (settings, copy) = (self.settings.clone(), Arc::new(copy));
            let clock = Arc::new(SystemClock);
            match EventStoreDb::open(settings, copy, clock, Arc::clone(&observer)).await {
                Ok(store) => return Ok((Arc::new(store), folder)),
                Err(error @ OpenError::AnotherLog { .. }) => {
                    let aside = set_aside(&folder).or_unreachable()?;
                    tracing::warn!(%error, aside, "the copy is set aside and made anew");
                }
                Err(error) => return Err(Failure::unreachable(error)),
            }
        }
    }

    async fn open_copy(&self) -> Result<(SqliteStore, PathBuf), Failure> {
        let Some(folder) = &self.cache else {
            let folder = tempfile::tempdir().or_unreachable()?;
            let path = folder.path().to_owned();
            let copy = open_copy(&path).await?;
            return Ok((copy.keeping(folder), path));
        };
        Ok((open_copy(folder).await?, folder.clone()))
    }
}

async fn open_copy(folder: &Path) -> Result<SqliteStore, Failure> {
    let name = folder.display().to_string();
    let folder = folder.to_owned();
    let open = move || SqliteStore::open_copy(&folder, Arc::new(SystemClock), Arc::new(NoObserver));
    let opened = tokio::task::spawn_blocking(open).await.or_unreachable()?;
    opened
        .with_context(|| format!("the cache '{name}' cannot be used; --cache takes another folder"))
        .or_unreachable()
}

/// Moves the log of the copy in `folder`, which nobody has open, out of the way: where a cluster has
/// lost what it had, a copy may be all there is. Gives the name of the folder where it is, one of
/// its own.
fn set_aside(folder: &Path) -> anyhow::Result<String> {
    let names = (1..).map(|number| match number {
        1 => ASIDE.to_owned(),
        _ => format!("{ASIDE}-{number}"),
    });
    let mut free = names.filter(|name| !folder.join(name).exists());
    let name = free.next().context("there are too many copies")?;
    fs::create_dir(folder.join(&name)).with_context(|| format!("{name} cannot be made"))?;
    for file in CHECKPOINTS {
        absent(fs::remove_file(folder.join(file)), file)?;
    }
    for file in LOG {
        absent(
            fs::rename(folder.join(file), folder.join(&name).join(file)),
            file,
        )?;
    }
    Ok(name)
}

/// What came of doing something with `file`, which may not be there.
fn absent(done: io::Result<()>, file: &str) -> anyhow::Result<()> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{file} of the cache cannot be moved or deleted"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
