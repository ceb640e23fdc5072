//! A look at each durable commit, for those who count and time them.
//!
//! An observer is told afterwards; it cannot change what was committed.

use std::time::Duration;

use events::log::Position;

/// One durable commit of a group of appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Appends answered with it, refused and repeated ones included.
    pub appends: usize,
    /// Events it added.
    pub events: usize,
    /// The last position after it.
    pub position: Position,
    /// From the first append taken up to the commit's return.
    pub duration: Duration,
}

/// Told of each durable commit, on the thread that commits: it must not block.
pub trait CommitObserver: Send + Sync {
    /// Takes note of `commit`.
    fn committed(&self, commit: &Commit);

    /// Takes note that a commit failed.
    fn failed(&self);
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl CommitObserver for NoObserver {
    fn committed(&self, _commit: &Commit) {}

    fn failed(&self) {}
}
