//! Following the log: first what is there, then what comes, nothing twice and nothing left out.
//!
//! Written once over the port; a slow follower reads later and holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use events::log::{Position, Recorded, Stored};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::port::{EventStore, ReadError};

/// Most events in one batch.
const BATCH: usize = 1024;

/// How long to wait before asking again without being told of anything: a store opened for
/// reading learns of another process's events only when it is asked.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A place in the log that moves on as events come.
pub struct Follower {
    store: Arc<dyn EventStore>,
    head: watch::Receiver<Position>,
    after: Position,
}

impl Follower {
    /// A follower of `store` that has seen everything up to `after`.
    pub fn new(store: Arc<dyn EventStore>, after: Position) -> Self {
        Self {
            head: store.watch_head(),
            store,
            after,
        }
    }

    /// The last position this follower has handed out.
    pub fn position(&self) -> Position {
        self.after
    }

    /// The next events, at least one; waits for one where there is none.
    ///
    /// Dropping the future loses no events.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read; the same events can be asked for again.
    pub async fn next_batch(&mut self) -> Result<Vec<Recorded<Stored>>, ReadError> {
        loop {
            self.head.mark_unchanged();
            let batch = self.store.read(self.after, BATCH).await?;
            if let Some(last) = batch.last() {
                self.after = last.position;
                return Ok(batch);
            }
            // Told or not, what can be read decides: the wait only spares asking in vain.
            let _ = timeout(ASK_AGAIN, self.head.changed()).await;
        }
    }
}
