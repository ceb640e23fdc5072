//! Founding a register where another node may do so too.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use events::log::{Origin, Revision, StreamName};
use events::record::Record;
use events::register::{UnitKind, vietnam};
use ledger::{Ledger, LedgerError, RecordError, Register, Request};
use store::EventStore;
use uuid::Uuid;

use crate::common::*;
use crate::nodes::Lagging;

/// A register of one programme and one province.
fn small() -> Vec<Record> {
    [UnitKind::Programme, UnitKind::Province]
        .into_iter()
        .map(|kind| {
            let of_kind = |record: &Record| record.stream() == kind.stream();
            let mut record = vietnam().into_iter().find(of_kind).unwrap();
            record.entry.reference = reference("R-1");
            record
        })
        .collect()
}

/// How many events the streams of the register have.
async fn sizes(store: &Arc<dyn EventStore>) -> [usize; 2] {
    let size = async |kind: UnitKind| {
        let stream: StreamName = kind.stream();
        let events = store.read_stream(&stream, Revision::FIRST, 1_000).await;
        events.unwrap().len()
    };
    [
        size(UnitKind::Programme).await,
        size(UnitKind::Province).await,
    ]
}

/// Records `record` as if another node had been broken off after it.
async fn begin(log: &Arc<dyn EventStore>, record: Record) {
    let origin = Origin {
        actor: "outlay".to_owned(),
        correlation_id: Uuid::nil(),
        causation_id: None,
    };
    let request = Request {
        record,
        origin,
        if_match: None,
    };
    let recorded = Ledger::open(Arc::clone(log)).record(request).await;
    recorded.unwrap();
}

/// A ledger that has not heard of what others recorded.
fn deaf(log: &Arc<dyn EventStore>) -> Ledger {
    let store = Lagging::over(log);
    store.is_deaf.store(true, Ordering::SeqCst);
    Ledger::open(store)
}

#[tokio::test]
async fn a_register_is_founded_by_one_node_alone() {
    let log = memory();
    open(&log).await;
    let founded = sizes(&log).await;
    let second = deaf(&log).settle(Register::Given(small())).await;
    assert!(
        matches!(
            second,
            Err(RecordError::Ledger(LedgerError::RegisterExists))
        ),
        "{second:?}"
    );
    assert_eq!(sizes(&log).await, founded);
}

#[tokio::test]
async fn who_is_second_adds_no_half_of_its_own() {
    let log = memory();
    let [programme, province] = small().try_into().unwrap();
    begin(&log, programme).await;
    let second = deaf(&log).settle(Register::Given(vietnam())).await;
    assert!(
        matches!(
            second,
            Err(RecordError::Ledger(LedgerError::RegisterExists))
        ),
        "{second:?}"
    );
    assert_eq!(sizes(&log).await, [1, 0]);
    // Who brings none of its own waits for the first to be done.
    let third = {
        let log = Arc::clone(&log);
        tokio::spawn(async move { Ledger::open(log).settle(Register::BuiltIn).await })
    };
    begin(&log, province).await;
    third.await.unwrap().unwrap();
    assert_eq!(sizes(&log).await, [1, 1]);
}

#[tokio::test]
async fn a_register_that_was_begun_is_taken_to_its_end_by_the_same_alone() {
    let log = memory();
    let [programme, _] = small().try_into().unwrap();
    begin(&log, programme).await;
    let other = Ledger::open(Arc::clone(&log));
    let other = other.settle(Register::BuiltIn).await;
    assert!(
        matches!(
            other,
            Err(RecordError::Ledger(LedgerError::RegisterBegun {
                missing: "provinces"
            }))
        ),
        "{other:?}"
    );
    let same = Ledger::open(Arc::clone(&log));
    same.settle(Register::Given(small())).await.unwrap();
    assert_eq!(sizes(&log).await, [1, 1]);
}
