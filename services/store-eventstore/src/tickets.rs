//! What this node has sent to the cluster and not yet seen come back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::log::EventId;
use store::{Place, Seal};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// One append of this node: its events, who seals them, and who waits for their places.
struct Ticket {
    ids: Vec<EventId>,
    seal: Arc<dyn Seal>,
    answer: oneshot::Sender<Vec<Place>>,
    /// Since when the cluster has it, where it said so.
    acknowledged: Option<Instant>,
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
    /// Told once the events have come back.
    pub(crate) places: oneshot::Receiver<Vec<Place>>,
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
    /// Waits for the events `ids` to come back, the first of which is `first`.
    pub(crate) fn open(&self, first: EventId, ids: Vec<EventId>, seal: &Arc<dyn Seal>) -> Open<'_> {
        let (answer, places) = oneshot::channel();
        let ticket = Ticket {
            ids,
            seal: Arc::clone(seal),
            answer,
            acknowledged: None,
        };
        self.all().insert(first, ticket);
        Open {
            tickets: self,
            first,
            places,
        }
    }

    /// Waits until a ticket was dropped whose events had not come back.
    pub(crate) async fn given_up(&self) {
        self.given_up.notified().await;
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
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
