//! Who judges and who delivers, when what they look at makes them panic.

use std::sync::Arc;
use std::time::Duration;

use events::alert::Outcome;
use events::time::RecordedAt;
use ledger::{Ended, Ledger, WorkerState};
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Clock, EventStore, ManualClock, MemoryStore};
use watch::Watch;

use crate::given::*;

/// Waits until a worker is as it should be.
async fn until_it(
    ledger: &Ledger,
    name: &str,
    is_so: impl Fn(&WorkerState) -> bool,
) -> WorkerState {
    loop {
        let mut states = ledger.worker_states().into_iter();
        let state = states.find(|state| state.name == name).unwrap();
        if is_so(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A clock that panics where the guard or a postman asks it, while it is told to.
struct Faulty {
    clock: ManualClock,
    panics: AtomicBool,
}

impl Clock for Faulty {
    fn now(&self) -> RecordedAt {
        assert!(!self.panics.load(Ordering::SeqCst), "as a test wants it");
        self.clock.now()
    }
}

#[tokio::test]
async fn who_judges_and_who_tells_go_on_after_a_panic() {
    let (store, faults) = memory_with_faults();
    let ledger = open(&store).await;
    let receiver = answering(&["200 OK"]);
    let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
    for name in ["guard", "postman.office"] {
        until_it(&ledger, name, |state| state.is_up).await;
    }
    // The postman reads what it is to tell of.
    faults.set("read", true);
    plan(&ledger, "2024-03-01").await;
    let state = until_it(&ledger, "postman.office", |state| !state.is_up).await;
    assert!(matches!(state.ended, Some(Ended::Panicked(_))), "{state:?}");
    // Neither records nor judgements wait for it.
    pay(&ledger, "KB-1", 1).await;
    until_it(&ledger, "guard", |state| state.is_up).await;
    assert_eq!(receiver.calls().len(), 0);
    faults.set("read", false);
    until_answered(&ledger, Outcome::Delivered, 1).await;
    let state = until_it(&ledger, "postman.office", |state| state.is_up).await;
    assert!(state.restarts > 0);
    watch.end().await;
    until_it(&ledger, "guard", |state| !state.is_up).await;
}

#[tokio::test]
async fn a_judgement_that_panics_is_made_again() {
    let noon = RecordedAt::parse("2024-03-15T05:00:00Z").unwrap();
    let clock = Arc::new(Faulty {
        clock: ManualClock::new(noon),
        panics: AtomicBool::new(false),
    });
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new(clock.clone()));
    let ledger = open(&store).await;
    plan(&ledger, "2024-03-01").await;
    clock.panics.store(true, Ordering::SeqCst);
    let watch = Watch::over(&ledger, Vec::new(), SHORT);
    let state = until_it(&ledger, "guard", |state| !state.is_up).await;
    assert!(matches!(state.ended, Some(Ended::Panicked(_))), "{state:?}");
    clock.panics.store(false, Ordering::SeqCst);
    until(&ledger, projections::alerts::AlertState::Open).await;
    until_it(&ledger, "guard", |state| state.is_up).await;
    watch.end().await;
}
