//! What becomes of alerts: each is decided at the desk of its own stream, so that however many
//! judge at once, one of them is heard.

use events::alert::{AlertCommand, AlertId};
use events::log::{EventId, Origin, Position};
use events::policy::AlertPolicy;
use events::record::Entry;
use projections::alerts::Alerts;
use uuid::Uuid;

use crate::error::{LedgerError, RecordError};
use crate::ledger::{Ledger, own_origin};
use crate::record::Request;
use crate::task::{Done, Step, Task};

/// Something that is to happen to an alert, and who asks for it.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which alert.
    pub id: AlertId,
    /// The day, a reference, and a remark.
    pub entry: Entry,
    /// What.
    pub command: AlertCommand,
    /// Who asks; the service itself where nobody does.
    pub origin: Option<Origin>,
}

impl Ledger {
    /// The alerts, while `look` looks at them. Keep it short: records wait meanwhile.
    pub fn alerts<T>(&self, look: impl FnOnce(&Alerts) -> T) -> T {
        self.0.view.alerts(look)
    }

    /// Waits until something after `position` is applied, or nothing ever will be.
    pub async fn pass(&self, position: Position) {
        self.0.view.pass(position).await;
    }

    /// Has something happen to an alert, and gives where its fact is once the view counts it;
    /// `None` where nothing changes.
    ///
    /// # Errors
    /// [`RecordError`]; nothing was added, except where the store failed, which leaves that
    /// unknown until the alert is looked at again.
    pub async fn tell(&self, command: Command) -> Result<Option<Position>, RecordError> {
        let Command {
            id,
            entry,
            command,
            origin,
        } = command;
        // A fact of an alert is known by its place in the stream: whoever asks for it again finds
        // the alert changed.
        let task = Task {
            id: EventId(Uuid::new_v4()),
            origin: origin.unwrap_or_else(own_origin),
            if_match: None,
            step: Step::Alert(entry, command),
        };
        match self.0.desks.submit_one(id.stream(), task).await? {
            Done::Added { place, .. } => {
                self.0.view.reach(place.position).await?;
                Ok(Some(place.position))
            }
            Done::Repeated | Done::Judged(_) => Ok(None),
        }
    }

    /// Records the thresholds that a fresh store starts with.
    pub(crate) async fn found_policy(&self) -> Result<(), RecordError> {
        let stream = AlertPolicy::stream();
        let head = self.0.store.stream_head(&stream).await;
        if head.map_err(LedgerError::from)?.is_none() {
            let request = Request {
                record: AlertPolicy::founding(),
                origin: own_origin(),
                if_match: None,
            };
            self.record(request).await?;
        }
        Ok(())
    }
}
