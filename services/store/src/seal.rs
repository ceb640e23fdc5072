//! Seals: what a witness of the log adds to a batch in the transaction that makes it durable.
//!
//! A store keeps seals and hands them back; it does not understand them.

use std::sync::Arc;

use events::log::{Position, Recorded, Stored};

use crate::port::Cause;

/// Called with a positioned batch inside the transaction that makes it durable.
///
/// Batches arrive strictly in the order of their positions, one append at a time. A batch that was
/// sealed is then committed, unless the engine fails: then the store either calls
/// [`Seal::withdraw`] or refuses all writes until it is opened again.
///
/// A store whose log other processes append to as well hands over the batches of its own process
/// alone: what the others recorded is in their seals, and in none of this one's.
pub trait Seal: Send + Sync {
    /// The bytes to keep with `batch`, under the position of its last event; none keeps nothing.
    ///
    /// # Errors
    /// A [`SealError`] refuses this append whole and leaves the others standing; the seal must
    /// not count a batch it has refused.
    fn seal(&self, batch: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError>;

    /// Forgets every batch after `position`: they were sealed, but certainly not committed.
    /// Their positions come again, with other events.
    fn withdraw(&self, position: Position);
}

/// A seal that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSeal;

impl NoSeal {
    /// This seal, as appends take it.
    pub fn shared() -> Arc<dyn Seal> {
        Arc::new(Self)
    }
}

impl Seal for NoSeal {
    fn seal(&self, _batch: &[Recorded<Stored>]) -> Result<Vec<u8>, SealError> {
        Ok(Vec::new())
    }

    fn withdraw(&self, _position: Position) {}
}

/// What a seal left with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The position of the last event of the batch.
    pub position: Position,
    /// The bytes the seal gave.
    pub bytes: Vec<u8>,
}

/// Why a seal refused a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the batch could not be sealed")]
pub struct SealError(#[source] Cause);

impl SealError {
    /// A refusal for this cause.
    pub fn new(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(cause))
    }
}
