//! What this node has sent to the cluster and not yet seen come back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::EventId;
use store::{Place, Seal};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

/// One append of this node: its events, who seals them, and who waits for them to come back.
struct Ticket {
    awaited: Awaited,
    answer: oneshot::Sender<CameBack>,
    /// Since when the cluster has it, where it said so.
    acknowledged: Option<Instant>,
}

/// What an append waits for.
#[derive(Clone)]
pub(crate) struct Awaited {
    /// Which append it is: its events bear it, and those of no other append do.
    pub(crate) append: Uuid,
    /// How many events it has.
    pub(crate) count: usize,
    pub(crate) seal: Arc<dyn Seal>,
}

/// How the events of an append came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CameBack {
    /// As it wrote them: where they stand.
    Written(Vec<Place>),
    /// As another append wrote them, which was first with the same.
    Repeated,
}

/// All of them, by their first event.
#[derive(Default)]
pub(crate) struct Tickets {
    open: Mutex<BTreeMap<EventId, Ticket>>,
    given_up: Notify,
}

/// A ticket that is open until it is dropped: who waited does not wait any more then, and nothing
/// is owed to nobody.
pub(crate) struct Open<'t> {
    tickets: &'t Tickets,
    first: EventId,
    /// Which append it is for.
    pub(crate) append: Uuid,
    /// Told once the events have come back, of those that another append wrote once the first has.
    pub(crate) came_back: oneshot::Receiver<CameBack>,
}

impl Open<'_> {
    /// Takes note that the cluster has its events.
    pub(crate) fn acknowledge(&self, at: Instant) {
        if let Some(ticket) = self.tickets.all().get_mut(&self.first) {
            ticket.acknowledged = Some(at);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.tickets.all().remove(&self.first).is_some() {
            self.tickets.given_up.notify_one();
        }
    }
}

impl Tickets {
    /// Waits for `count` events to come back, the first of which is `first`.
    pub(crate) fn open(&self, first: EventId, count: usize, seal: &Arc<dyn Seal>) -> Open<'_> {
        let (answer, came_back) = oneshot::channel();
        let append = Uuid::new_v4();
        let seal = Arc::clone(seal);
        let ticket = Ticket {
            awaited: Awaited {
                append,
                count,
                seal,
            },
            answer,
            acknowledged: None,
        };
        self.all().insert(first, ticket);
        Open {
            tickets: self,
            first,
            append,
            came_back,
        }
    }

    /// Waits until a ticket was dropped whose events had not come back.
    pub(crate) async fn given_up(&self) {
        self.given_up.notified().await;
    }

    /// What the append waits for whose first event is `first`.
    pub(crate) fn find(&self, first: EventId) -> Option<Awaited> {
        self.all().get(&first).map(|ticket| ticket.awaited.clone())
    }

    /// Tells who waits how the events came back.
    pub(crate) fn answer(&self, first: EventId, came_back: CameBack) {
        if let Some(ticket) = self.all().remove(&first) {
            // Who asked may have gone away.
            let _ = ticket.answer.send(came_back);
        }
    }

    /// Since when the cluster has something that did not come back.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let all = self.all();
        all.values().filter_map(|ticket| ticket.acknowledged).min()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<EventId, Ticket>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
