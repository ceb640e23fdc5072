//! Connections that only read, used off the async threads.
//!
//! Few of them: reads are short, and the log's newest events are in memory anyway. Whoever scans
//! has a thread of its own already, and borrows one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, ErrorCode};
use store::ReadError;
use tokio::sync::Semaphore;

use crate::files::Unsure;
use crate::open::{self, OpenError};
use crate::reading::{Reader, Reading};
use crate::seen::FileSeen;

/// Most connections that wait for a reader, and most readers at once beside those who scan.
const CONNECTIONS: usize = 4;

pub(crate) struct Readers {
    idle: Mutex<Vec<Reader>>,
    source: Source,
    permits: Arc<Semaphore>,
}

/// Whose log is read.
enum Source {
    /// This process's, which writes it.
    Own {
        file: PathBuf,
        /// What it was when it was opened.
        begun: Option<FileSeen>,
    },
    /// One that another process may write.
    Other(Reading),
}

impl Readers {
    /// Readers of the log in `file`, beside a writer in this process.
    pub(crate) fn beside_writer(file: &Path) -> Arc<Self> {
        Self::new(Source::Own {
            file: file.to_owned(),
            begun: FileSeen::find(file).ok().flatten(),
        })
    }

    /// Readers of a log that this process does not write.
    pub(crate) fn of(reading: Reading) -> Arc<Self> {
        Self::new(Source::Other(reading))
    }

    fn new(source: Source) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            source,
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
    /// As for [`with`](Self::with), and where what was read cannot be vouched for.
    pub(crate) fn lend<T, E: From<OpenError>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let reader = self.idle_or_new()?;
        let found = read(reader.connection());
        if let Source::Other(reading) = &self.source {
            // It comes before any failure, which may come of it.
            reading.vouch(&reader)?;
        }
        let mut idle = self.idle();
        if idle.len() < CONNECTIONS {
            idle.push(reader);
        }
        found
    }

    fn idle_or_new(&self) -> Result<Reader, OpenError> {
        let idle = || self.idle().pop();
        match &self.source {
            Source::Own { file, begun } => match idle() {
                Some(reader) => Ok(reader),
                None => own(file, begun.as_ref()),
            },
            Source::Other(reading) => {
                let current = std::iter::from_fn(idle).find(|reader| reading.is_current(reader));
                current.map_or_else(|| reading.connect(), Ok)
            }
        }
    }

    /// Whether the file that this process writes is no longer what its name stands for.
    pub(crate) fn is_replaced(&self) -> bool {
        match &self.source {
            Source::Own { file, begun } => !is_same(file, begun.as_ref()),
            Source::Other(_) => false,
        }
    }

    /// Closes the connections that are not in use.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One more connection beside our writer, to the file that was opened and to none that took its
/// place: the index and the newest events in memory are not that one's.
fn own(file: &Path, begun: Option<&FileSeen>) -> Result<Reader, OpenError> {
    let connection = open::reading(file)?;
    if !is_same(file, begun) {
        let file = file.display();
        let why = format!("'{file}' is another file than the one that was opened");
        return Err(Unsure::Changed(why).into());
    }
    Ok(Reader::own(connection))
}

/// Whether `file` is still the one that was opened.
fn is_same(file: &Path, begun: Option<&FileSeen>) -> bool {
    let now = FileSeen::find(file).ok().flatten();
    match (begun, now) {
        // It never shrinks.
        (Some(begun), Some(now)) => begun.is_same_file(&now) && now.length >= begun.length,
        (begun, now) => begun.is_none() && now.is_none(),
    }
}

/// A failure below the port, as a read reports it.
pub(crate) fn engine(cause: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    let engine: &(dyn std::error::Error + 'static) = &cause;
    let code = engine
        .downcast_ref()
        .and_then(rusqlite::Error::sqlite_error_code);
    let is_corrupt = matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    if is_corrupt {
        return ReadError::Unreadable(Arc::new(cause));
    }
    ReadError::Engine(Arc::new(cause))
}
