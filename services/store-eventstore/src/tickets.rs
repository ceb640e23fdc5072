//! What this node has sent to the cluster and not yet seen come back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::EventId;
use store::{Place, Seal};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// One append of this node: its events, who seals them, and who waits for their places.
pub(crate) struct Ticket {
    pub(crate) ids: Vec<EventId>,
    pub(crate) seal: Arc<dyn Seal>,
    answer: oneshot::Sender<Vec<Place>>,
    /// Since when the cluster has it, where it said so.
    acknowledged: Option<Instant>,
}

/// All of them, by their first event.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<BTreeMap<EventId, Ticket>>);

impl Tickets {
    /// Waits for the events `ids` to come back, the first of which is `first`.
    pub(crate) fn open(
        &self,
        first: EventId,
        ids: Vec<EventId>,
        seal: &Arc<dyn Seal>,
    ) -> oneshot::Receiver<Vec<Place>> {
        let (answer, places) = oneshot::channel();
        let ticket = Ticket {
            ids,
            seal: Arc::clone(seal),
            answer,
            acknowledged: None,
        };
        self.all().insert(first, ticket);
        places
    }

    /// Takes note that the cluster has the events of this ticket.
    pub(crate) fn acknowledge(&self, first: EventId, at: Instant) {
        if let Some(ticket) = self.all().get_mut(&first) {
            ticket.acknowledged = Some(at);
        }
    }

    /// Forgets a ticket whose events will not come.
    pub(crate) fn close(&self, first: EventId) {
        self.all().remove(&first);
    }

    /// The events and the seal of the ticket that begins with `first`.
    pub(crate) fn find(&self, first: EventId) -> Option<(Vec<EventId>, Arc<dyn Seal>)> {
        let all = self.all();
        let ticket = all.get(&first)?;
        Some((ticket.ids.clone(), Arc::clone(&ticket.seal)))
    }

    /// Tells who waits where the events came to stand.
    pub(crate) fn answer(&self, first: EventId, places: Vec<Place>) {
        if let Some(ticket) = self.all().remove(&first) {
            // Who asked may have gone away.
            let _ = ticket.answer.send(places);
        }
    }

    /// Since when the cluster has something that did not come back.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let all = self.all();
        all.values().filter_map(|ticket| ticket.acknowledged).min()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<EventId, Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
