//! What the nodes of a cluster share: the log, who leads, the faults, the counts.
//!
//! There is one log for all of them, so a follower never lags and an election loses nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::watch;
use uuid::Uuid;

use crate::calls::Calls;
use crate::cluster::Options;
use crate::faults::Faults;
use crate::log::{Expected, Log, Outcome, Proposed};

/// What the nodes share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) members: Vec<Member>,
    pub(crate) max_append_size: usize,
    pub(crate) version: String,
    /// The header that is asked for, where one is.
    pub(crate) authorization: Option<String>,
    leader: AtomicUsize,
    log: Mutex<Log>,
    grown: watch::Sender<usize>,
}

/// A node as the others know it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) port: u16,
    is_alive: AtomicBool,
}

impl Member {
    pub(crate) fn is_alive(&self) -> bool {
        self.is_alive.load(Ordering::SeqCst)
    }

    pub(crate) fn live(&self, is_alive: bool) {
        self.is_alive.store(is_alive, Ordering::SeqCst);
    }
}

impl Site {
    pub(crate) fn new(options: &Options, ports: &[u16]) -> Self {
        let member = |port: &u16| Member {
            id: Uuid::new_v4(),
            port: *port,
            is_alive: AtomicBool::new(false),
        };
        let log = Log::new(options.stats_every, options.remembered_ids);
        let (grown, _) = watch::channel(log.len());
        Self {
            faults: Faults::default(),
            calls: Calls::default(),
            members: ports.iter().map(member).collect(),
            max_append_size: options.max_append_size,
            version: options.version.clone(),
            authorization: options.credentials.as_ref().map(|(user, password)| {
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
            }),
            leader: AtomicUsize::new(0),
            log: Mutex::new(log),
            grown,
        }
    }

    /// The node that leads, or led last.
    pub(crate) fn leader(&self) -> usize {
        self.leader.load(Ordering::SeqCst)
    }

    pub(crate) fn elect(&self, node: usize) {
        self.leader.store(node, Ordering::SeqCst);
    }

    /// The log, for as long as it takes to copy something out of it. Never held over an await.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Outcome {
        self.write(|log| log.append(stream, expected, events))
    }

    /// Writes, and wakes whoever follows the log.
    pub(crate) fn write(&self, write: impl FnOnce(&mut Log) -> Outcome) -> Outcome {
        let mut log = self.log();
        let outcome = write(&mut log);
        self.grown.send_replace(log.len());
        outcome
    }

    /// Tells when the log has grown.
    pub(crate) fn grown(&self) -> watch::Receiver<usize> {
        self.grown.subscribe()
    }
}
