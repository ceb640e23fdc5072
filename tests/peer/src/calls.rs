//! How often each node was called, so that a test can say who was asked and how often.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rpc {
    /// `ServerFeatures/GetSupportedMethods`.
    Features,
    /// `Gossip/Read`.
    Gossip,
    /// `Streams/Append`.
    Append,
    /// `Streams/BatchAppend`: a call, which may bring many appends.
    BatchAppend,
    /// One append within a call of `BatchAppend`.
    BatchedAppend,
    /// `Streams/Read` with a count.
    Read,
    /// `Streams/Read` as a subscription.
    Subscribe,
    /// `Streams/Delete`.
    Delete,
    /// `Streams/Tombstone`.
    Tombstone,
}

/// The counts, since the cluster began. What is refused counts too.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<BTreeMap<(usize, Rpc), usize>>,
}

impl Calls {
    /// Calls to all nodes.
    pub fn of(&self, rpc: Rpc) -> usize {
        let counts = self.counts();
        let named = counts.iter().filter(|((_, it), _)| *it == rpc);
        named.map(|(_, count)| count).sum()
    }

    /// Calls to one node.
    pub fn on(&self, node: usize, rpc: Rpc) -> usize {
        self.counts().get(&(node, rpc)).copied().unwrap_or(0)
    }

    pub(crate) fn add(&self, node: usize, rpc: Rpc) {
        *self.counts().entry((node, rpc)).or_default() += 1;
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(usize, Rpc), usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
