//! Keeps `index.checkpoint`, so that a start need not read the file whole.
//!
//! Off the writer's thread while events come, and once more at the end. A checkpoint that cannot
//! be written or read costs time at the next start, and is no evidence of where the log ended.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use events::log::Position;
use rusqlite::Connection;
use store::checkpoint::{self, Anchor};
use store::panics::{beside, caught};
use store::{Life, Pace};

use crate::index::Index;
use crate::index::saved::{self, KIND};
use crate::rows::anchor_at;
use crate::store::Shared;

/// The checkpoint, in the data folder.
const FILE: &str = "index.checkpoint";

/// How often a checkpoint is begun again because the slots of the index have moved meanwhile.
const TRIES: usize = 3;

/// Writes checkpoints of the index of one folder.
pub(crate) struct Keeper {
    path: PathBuf,
    shared: Arc<Shared>,
    /// When the next one is due.
    pace: Pace,
    /// The position of the last checkpoint that was begun.
    begun: Position,
    /// The position of the one that is there.
    kept: Arc<AtomicU64>,
    running: Option<JoinHandle<()>>,
    /// A checkpoint that panics ends no keeper: the next one is due as ever.
    _life: Life,
}

/// Has `index`, which has its names, take over the checkpoint of `folder` if that is one of this
/// file.
///
/// # Errors
/// Whatever the engine fails with.
pub(crate) fn load(
    folder: &Path,
    connection: &Connection,
    index: &mut Index,
) -> rusqlite::Result<()> {
    let Some(found) = checkpoint::find(&folder.join(FILE), KIND) else {
        return Ok(());
    };
    let anchor = found.anchor();
    if anchor_at(connection, anchor.position)? != Some(anchor) {
        found.discard("outlay.db has no such event at its position");
        return Ok(());
    }
    if let Some(saved) = found.load(|payload| saved::decode(payload, anchor))
        && !index.adopt(saved)
    {
        tracing::warn!("index.checkpoint has streams without names, and is thrown away");
    }
    Ok(())
}

impl Keeper {
    /// The keeper of `folder`, whose checkpoint is at `kept`.
    pub(crate) fn new(folder: &Path, shared: Arc<Shared>, kept: Position) -> Self {
        Self {
            path: folder.join(FILE),
            _life: shared.workers.keeper.begin(),
            shared,
            pace: Pace::default(),
            begun: kept,
            kept: Arc::new(AtomicU64::new(kept.0)),
            running: None,
        }
    }

    /// Begins a checkpoint at `head` where one is due and none is being written.
    pub(crate) fn consider(&mut self, connection: &Connection, head: Position) {
        if !self.pace.is_due(self.begun, head) {
            return;
        }
        if let Some(running) = self.running.take_if(|running| running.is_finished()) {
            ended(running);
        }
        if self.running.is_some() {
            return;
        }
        self.begun = head;
        let Some(anchor) = anchor(connection, head) else {
            return;
        };
        let (path, shared, kept) = (
            self.path.clone(),
            Arc::clone(&self.shared),
            Arc::clone(&self.kept),
        );
        let thread = std::thread::Builder::new().name("outlay-keeper".to_owned());
        match thread.spawn(move || keep(&path, &shared, anchor, &kept)) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::warn!(%error, "index.checkpoint is not written"),
        }
    }

    /// The same keeper, with checkpoints after fewer events.
    #[cfg(test)]
    pub(crate) fn every(self, fewest: u64) -> Self {
        let pace = Pace { fewest };
        Self { pace, ..self }
    }

    /// Waits for the checkpoint that is being written.
    #[cfg(test)]
    pub(crate) fn wait(&mut self) {
        if let Some(running) = self.running.take() {
            ended(running);
        }
    }

    /// Leaves a checkpoint at `head`, once nothing is appended any more.
    pub(crate) fn close(&mut self, connection: &Connection, head: Position) {
        if let Some(running) = self.running.take() {
            ended(running);
        }
        if self.kept.load(Ordering::Acquire) != head.0 {
            self.leave(connection, head);
        }
    }

    /// Leaves a checkpoint at `head`, whatever is in its place: whoever starts on other files is
    /// to know what was acknowledged.
    pub(crate) fn bear_witness(&mut self, connection: &Connection, head: Position) {
        if let Some(running) = self.running.take() {
            ended(running);
        }
        self.leave(connection, head);
    }

    fn leave(&self, connection: &Connection, head: Position) {
        if let Some(anchor) = anchor(connection, head) {
            keep(&self.path, &self.shared, anchor, &self.kept);
        }
    }
}

fn anchor(connection: &Connection, head: Position) -> Option<Anchor> {
    match anchor_at(connection, head) {
        Ok(anchor) => anchor,
        Err(error) => {
            tracing::warn!(%error, "index.checkpoint is not written");
            None
        }
    }
}

fn keep(path: &Path, shared: &Shared, anchor: Anchor, kept: &AtomicU64) {
    match caught(|| write(path, shared, anchor)) {
        Ok(Ok(())) => {
            kept.store(anchor.position.0, Ordering::Release);
            let position = anchor.position.0;
            beside(|| tracing::debug!(position, "index.checkpoint is written"));
        }
        Ok(Err(error)) => beside(|| tracing::warn!(%error, "index.checkpoint is not written")),
        Err(panicked) => {
            beside(|| tracing::error!(%panicked, "index.checkpoint is not written"));
            shared.workers.keeper.recovered(panicked);
        }
    }
}

fn write(path: &Path, shared: &Shared, anchor: Anchor) -> io::Result<()> {
    let write = || {
        checkpoint::write(path, KIND, anchor, |out| {
            saved::encode(&shared.index, anchor.position, out)?;
            // A writer that panicked may have left anything in it.
            let is_whole = !shared.index.is_poisoned();
            is_whole
                .then_some(())
                .ok_or(io::ErrorKind::InvalidData.into())
        })
    };
    let mut written = write();
    for _ in 1..TRIES {
        match &written {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => written = write(),
            Ok(()) | Err(_) => break,
        }
    }
    written
}

fn ended(running: JoinHandle<()>) {
    if running.join().is_err() {
        tracing::error!("the writer of index.checkpoint has panicked");
    }
}
