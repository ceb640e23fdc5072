//! The figures' checkpoint: a start applies only the events after it.
//!
//! It holds the figures, and where in the log the first steps of transfers in transit are and the
//! facts that alerts are made of. Which
//! lines and codes there are, the figures tell. It may be deleted at any time.

use std::convert::Infallible;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::Event;
use events::alert::AlertId;
use events::log::Position;
use events::names::LineId;
use projections::alerts::{Alerts, Told};
use projections::{Figures, FiguresImage, Projection as _};
use store::checkpoint::{self, Anchor, Kind, Payload};
use store::panics::joined;
use store::{EventStore, Pace};
use tokio::sync::Mutex;

use crate::pages::decode;
use crate::transit::Transit;
use crate::view::{State, View};

/// What such a checkpoint is: both projections are in it.
const KIND: Kind = Kind {
    name: "figures",
    version: Figures::VERSION * 100 + Transit::VERSION * 10 + ALERTS,
};

/// The layout of what is kept of alerts.
const ALERTS: u16 = 1;

/// The checkpoint, in its folder.
const FILE: &str = "figures.checkpoint";

/// Where the figures of a log are kept beside it, and whether by us.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    path: PathBuf,
    writes: bool,
}

impl Checkpoints {
    /// Those of this folder, which are read and written. The log in it must be ours alone to
    /// write.
    pub fn kept_in(folder: &Path) -> Self {
        Self {
            path: folder.join(FILE),
            writes: true,
        }
    }

    /// Those of this folder, which are only read.
    pub fn read_from(folder: &Path) -> Self {
        Self {
            path: folder.join(FILE),
            writes: false,
        }
    }
}

/// Everything that a checkpoint holds, as it was at one position.
pub(crate) struct Image {
    pub(crate) applied: Position,
    pub(crate) figures: FiguresImage,
    /// The positions of what is in transit.
    pub(crate) pending: Vec<Position>,
    /// The positions of what alerts are made of.
    pub(crate) alerts: Vec<Position>,
}

/// Reads and writes the checkpoint of one log. Clones share what they know of it.
#[derive(Clone)]
pub(crate) struct Keeper {
    checkpoints: Checkpoints,
    pace: Pace,
    /// The position of the checkpoint that was begun last; locked while one is written.
    kept: Arc<Mutex<Position>>,
    /// The position of the one that is there.
    there: Arc<AtomicU64>,
}

impl Keeper {
    pub(crate) fn new(checkpoints: Checkpoints) -> Self {
        Self {
            checkpoints,
            pace: Pace::default(),
            kept: Arc::default(),
            there: Arc::default(),
        }
    }

    /// The position of the checkpoint that was read or written last; the start where there is none.
    pub(crate) fn position(&self) -> Position {
        Position(self.there.load(Ordering::Relaxed))
    }

    /// The same keeper, with checkpoints after fewer events.
    #[cfg(test)]
    pub(crate) fn every(self, fewest: u64) -> Self {
        let pace = Pace { fewest };
        Self { pace, ..self }
    }

    /// What the checkpoint holds, if it is one of the log in `store`.
    pub(crate) async fn load(&self, store: &dyn EventStore) -> Option<State> {
        let found = checkpoint::find(&self.checkpoints.path, KIND)?;
        let anchor = found.anchor();
        match store.at(anchor.position).await {
            Ok(Some(recorded)) if Anchor::on(&recorded) == anchor => {}
            Ok(_) => {
                let position = anchor.position.0;
                tracing::warn!(
                    position,
                    "figures.checkpoint is not used: the log has another event at its position, \
                     or none"
                );
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, "figures.checkpoint is not used: the log cannot be read");
                return None;
            }
        }
        let load = move || found.load(|payload| decode_payload(payload, anchor));
        let (figures, [pending, told]) = tokio::task::spawn_blocking(load).await.ok()??;
        let mut transit = Transit::default();
        for position in pending {
            let recorded = store.at(position).await.ok()??;
            let line = LineId::of_stream(&recorded.stream)?;
            if let Event::Line(event) = decode(&recorded).ok()?.event {
                transit.apply(position, line, &event);
            }
        }
        let mut alerts = Alerts::default();
        for position in told {
            let recorded = decode(&store.at(position).await.ok()??).ok()?;
            let id = AlertId::of_stream(&recorded.stream)?;
            if let Event::Alert(event) = recorded.event {
                let revision = recorded.revision;
                let told = Told {
                    position,
                    revision,
                    event,
                };
                alerts.apply(id, told);
            }
        }
        *self.kept.lock().await = anchor.position;
        self.there.store(anchor.position.0, Ordering::Relaxed);
        Some(State {
            figures,
            transit,
            alerts,
        })
    }

    /// Whether checkpoints of `store` are written: where it takes no events, the one that is there
    /// may be all that bears witness of what it lacks.
    fn writes(&self, store: &dyn EventStore) -> bool {
        self.checkpoints.writes && store.read_only().is_none()
    }

    /// Writes checkpoints of `view`, whenever one is due, for as long as it is polled.
    pub(crate) async fn keep(self, view: Arc<View>, store: Arc<dyn EventStore>) -> Infallible {
        if !self.checkpoints.writes {
            std::future::pending::<()>().await;
        }
        loop {
            let begun = *self.kept.lock().await;
            view.until(|applied| self.pace.is_due(begun, applied)).await;
            let mut kept = self.kept.lock().await;
            // A view that has begun with a checkpoint meanwhile has kept it.
            if *kept == begun {
                // Where it fails, too, the next one waits for as many events.
                *kept = view.applied();
                if self.writes(&*store) {
                    self.write_one(&view, &*store).await;
                }
            }
        }
    }

    /// Leaves a checkpoint of the figures as they are, unless it is there already; waits for the
    /// one that is being written.
    pub(crate) async fn close(&self, view: &Arc<View>, store: &dyn EventStore) {
        let mut kept = self.kept.lock().await;
        if self.writes(store) && view.applied() > self.position() {
            *kept = view.applied();
            self.write_one(view, store).await;
        }
    }

    /// Writes a checkpoint of `view` as it is; its panic goes on here.
    async fn write_one(&self, view: &Arc<View>, store: &dyn EventStore) {
        let looked = Arc::clone(view);
        let image = tokio::task::spawn_blocking(move || looked.image());
        let Some(image) = joined(image).await else {
            return;
        };
        if let Some(anchor) = anchor(store, image.applied).await {
            let keeper = self.clone();
            joined(tokio::task::spawn_blocking(move || {
                keeper.write(anchor, &image);
            }))
            .await;
        }
    }

    fn write(&self, anchor: Anchor, image: &Image) {
        let payload = |out: &mut dyn Write| encode(image, out);
        let position = anchor.position.0;
        match checkpoint::write(&self.checkpoints.path, KIND, anchor, payload) {
            Ok(()) => {
                self.there.store(position, Ordering::Relaxed);
                tracing::info!(position, "figures.checkpoint is written");
            }
            Err(error) => tracing::warn!(%error, "figures.checkpoint is not written"),
        }
    }
}

/// The event at `applied`, for a checkpoint to stand on.
async fn anchor(store: &dyn EventStore, applied: Position) -> Option<Anchor> {
    match store.at(applied).await {
        Ok(recorded) => recorded.as_ref().map(Anchor::on),
        Err(error) => {
            tracing::warn!(%error, "figures.checkpoint is not written");
            None
        }
    }
}

fn encode(image: &Image, out: &mut dyn Write) -> io::Result<()> {
    for positions in [&image.pending, &image.alerts] {
        let count = u32::try_from(positions.len()).map_err(io::Error::other)?;
        out.write_all(&count.to_le_bytes())?;
        for position in positions {
            out.write_all(&position.0.to_le_bytes())?;
        }
    }
    let mut figures = Vec::new();
    image.figures.encode(&mut figures);
    out.write_all(&figures)
}

fn decode_payload(payload: &mut Payload, anchor: Anchor) -> Option<(Figures, [Vec<Position>; 2])> {
    let mut positions = || {
        let count = u32::from_le_bytes(payload.take()?);
        let positions = (0..count).map(|_| payload.take().map(u64::from_le_bytes).map(Position));
        positions.collect::<Option<Vec<_>>>()
    };
    let kept = [positions()?, positions()?];
    let figures = Figures::decode(&payload.rest()?)?;
    (figures.applied() == anchor.position).then_some((figures, kept))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use store::{ManualClock, MemoryStore};

    use super::*;
    use crate::Register;
    use crate::ledger::Ledger;

    #[tokio::test]
    async fn a_checkpoint_is_written_whenever_enough_was_applied() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(events::time::RecordedAt::EPOCH);
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new(Arc::new(clock)));
        let keeper = Keeper::new(Checkpoints::kept_in(folder.path())).every(40);
        let ledger = Ledger::over(Arc::clone(&store), Some(keeper.clone()));
        ledger.settle(Register::BuiltIn).await.unwrap();
        // The register is more than forty events; whoever has the lock has waited for the file.
        let kept = loop {
            let kept = *keeper.kept.lock().await;
            if kept > Position::START {
                break kept;
            }
            tokio::task::yield_now().await;
        };
        assert!(kept >= Position(40));
        let found = checkpoint::find(&folder.path().join(FILE), KIND).unwrap();
        assert_eq!(found.anchor().position, kept);
        assert_eq!(ledger.progress().await.unwrap().checkpoint, kept);
        let another = Keeper::new(Checkpoints::kept_in(folder.path()));
        assert_eq!(another.position(), Position::START);
        let loaded = another.load(&*store).await.unwrap();
        assert_eq!(loaded.figures.applied(), kept);
        assert_eq!(another.position(), kept);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn figures_that_a_panic_left_half_counted_are_neither_asked_nor_kept() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(events::time::RecordedAt::EPOCH);
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new(Arc::new(clock)));
        let ledger = Ledger::open_kept(store, Checkpoints::kept_in(folder.path()));
        ledger.settle(Register::BuiltIn).await.unwrap();
        ledger.is_whole().unwrap();
        let view = Arc::clone(&ledger.0.view);
        let panicked = tokio::task::spawn_blocking(move || view.panic_half_way()).await;
        panicked.unwrap_err();
        ledger.is_whole().unwrap_err();
        let asked = store::panics::caught(|| ledger.figures(Figures::applied));
        asked.unwrap_err();
        ledger.close().await;
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
