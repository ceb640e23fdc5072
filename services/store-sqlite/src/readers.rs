//! Connections that only read, used off the async threads.
//!
//! Few of them: reads are short, and the log's newest events are in memory anyway. Whoever scans
//! has a thread of its own already, and borrows one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use store::ReadError;
use tokio::sync::Semaphore;

use crate::files::{self, Identity, Unsure};
use crate::open;

/// Most connections that wait for a reader, and most readers at once beside those who scan.
const CONNECTIONS: usize = 4;

pub(crate) struct Readers {
    file: PathBuf,
    /// Which file that was when it was opened.
    identity: Option<Identity>,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(file: &Path) -> Arc<Self> {
        Arc::new(Self {
            file: file.to_owned(),
            identity: files::identity_at(file),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// What `read` finds on one of the connections.
    ///
    /// # Errors
    /// Whatever `read` fails with, and [`ReadError::Engine`] where no connection can be had.
    pub(crate) async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(engine)?;
        let readers = Arc::clone(self);
        let read = move || {
            let found = readers.lend(read);
            drop(permit);
            found
        };
        tokio::task::spawn_blocking(read).await.map_err(engine)?
    }

    /// What `read` finds on one of the connections, on this thread.
    ///
    /// # Errors
    /// As for [`with`](Self::with).
    pub(crate) fn lend<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let found = read(&connection);
        let mut idle = self.idle();
        if idle.len() < CONNECTIONS {
            idle.push(connection);
        }
        found
    }

    /// One more connection, to the file that was opened and to none that took its place: the
    /// index and the newest events in memory are not that one's.
    fn connect(&self) -> Result<Connection, ReadError> {
        let connection = open::reading(&self.file).map_err(engine)?;
        if files::identity_at(&self.file) != self.identity {
            let file = self.file.display();
            return Err(engine(Unsure::Changed(format!(
                "'{file}' is another file than the one that was opened"
            ))));
        }
        Ok(connection)
    }

    /// Closes the connections that are not in use.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A failure below the port, as a read reports it.
pub(crate) fn engine(cause: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError::Engine(Arc::new(cause))
}
