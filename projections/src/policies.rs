//! Policies: which thresholds held when.

use events::log::Position;
use events::policy::{AlertPolicy, PolicyEvent};

use crate::question::AsOf;

/// The policies in log order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies(Vec<(Position, PolicyEvent)>);

impl Policies {
    pub(crate) fn add(&mut self, position: Position, event: PolicyEvent) {
        self.0.push((position, event));
    }

    /// The policies in log order.
    pub(crate) fn list(&self) -> &[(Position, PolicyEvent)] {
        &self.0
    }

    /// The policy that holds; `None` where none is known yet. The one that took effect last wins.
    pub(crate) fn find(&self, as_of: AsOf) -> Option<&AlertPolicy> {
        let holds = |(position, event): &&(Position, PolicyEvent)| {
            *position <= as_of.known && event.entry.effective_on <= as_of.effective
        };
        let last =
            |(position, event): &&(Position, PolicyEvent)| (event.entry.effective_on, *position);
        let found = self.0.iter().filter(holds).max_by_key(last);
        found.map(|(_, event)| &event.policy)
    }
}
