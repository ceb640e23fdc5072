//! The port to the event log, and the clock that stamps it.
//!
//! A store keeps events in one order, whole batches at a time, and never changes them. Nothing
//! here knows an engine: adapters live beside this crate, and [`memory`] is the one for tests.

pub mod admission;
mod append;
pub mod checkpoint;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod follow;
pub mod memory;
mod observe;
mod pace;
pub mod panics;
mod port;
mod replica;
mod rollback;
mod scan;
mod seal;
mod workers;

pub use append::{Append, AppendError, Appended, Expected, NewEvent, Place, ReadOnly};
pub use clock::{Clock, ManualClock, SystemClock};
pub use follow::Follower;
pub use memory::MemoryStore;
pub use observe::{Commit, CommitObserver, NoObserver};
pub use pace::Pace;
pub use port::{Cause, EventStore, Head, ReadError};
pub use replica::{
    Batch, Here, Mirror, Replica, ReplicaError, difference, follow_on, replicate_log,
};
pub use rollback::{Rollback, Witness, free_name};
pub use scan::{Scanned, Visit};
pub use seal::{NoSeal, Seal, SealError, Sealed};
pub use workers::{Ended, Life, Worker, WorkerState, Workers};
