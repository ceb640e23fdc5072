//! What was judged last and how deliveries go: for those who show it, and never asked by a rule.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::alert::EndpointName;
use events::time::RecordedAt;
use projections::behind::Behind;

/// A judgement: how scopes stood, and when that was looked at.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// How they stood.
    pub behind: Arc<Behind>,
    /// When.
    pub at: RecordedAt,
    /// How long it took.
    pub took: Duration,
}

/// How deliveries to an endpoint go, since the service started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// What it was told of.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// What it could not be told of.
    pub abandoned: u64,
}

/// A board that judgements and deliveries are chalked up on.
#[derive(Debug)]
pub struct Board(Mutex<Chalk>);

#[derive(Debug)]
struct Chalk {
    judged: Option<Judgement>,
    deliveries: BTreeMap<EndpointName, Deliveries>,
}

impl Board {
    /// A board with nothing on it but the names of those who are to be told.
    pub fn of(endpoints: impl IntoIterator<Item = EndpointName>) -> Self {
        let nothing = |endpoint| (endpoint, Deliveries::default());
        Self(Mutex::new(Chalk {
            judged: None,
            deliveries: endpoints.into_iter().map(nothing).collect(),
        }))
    }

    /// The last judgement; `None` before the first.
    pub fn judged(&self) -> Option<Judgement> {
        self.lock().judged.clone()
    }

    /// How deliveries go, by endpoint: each is there from the start.
    pub fn deliveries(&self) -> BTreeMap<EndpointName, Deliveries> {
        self.lock().deliveries.clone()
    }

    pub(crate) fn judge(&self, judgement: Judgement) {
        self.lock().judged = Some(judgement);
    }

    pub(crate) fn deliver(&self, endpoint: &EndpointName, change: impl FnOnce(&mut Deliveries)) {
        change(self.lock().deliveries.entry(endpoint.clone()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, Chalk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
