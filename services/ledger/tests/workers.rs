//! Whatever panics in the background is started again where that is safe, and told of where not.

use events::log::Position;
use ledger::{
    Answer, BatchRow, Checkpoints, Ended, Ledger, LedgerError, Mode, RecordError, Register,
    WorkerState,
};

use crate::common::*;

fn worker(ledger: &Ledger, name: &str) -> WorkerState {
    let mut states = ledger.worker_states().into_iter();
    states.find(|state| state.name == name).unwrap()
}

/// Waits until a worker is as it should be.
async fn until(ledger: &Ledger, name: &str, is_so: impl Fn(&WorkerState) -> bool) -> WorkerState {
    loop {
        let state = worker(ledger, name);
        if is_so(&state) {
            return state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// Has the figures panic by `fault`, and sees them told of and then go on.
async fn figures_that_panic_go_on(fault: &'static str) {
    let (store, faults) = memory_with_faults();
    let ledger = open(&store).await;
    ledger.record(allocate("QD-1", LINE, 10)).await.unwrap();
    assert!(worker(&ledger, "figures").is_up);
    faults.set(fault, true);
    // It is recorded, and the figures do not count it.
    let said = ledger.record(allocate("QD-2", LINE, 7)).await.unwrap_err();
    let RecordError::Ledger(LedgerError::Stopped { applied, why }) = &said else {
        panic!("{said:?}");
    };
    assert_eq!(why, "what follows the log panicked and is started again");
    assert_eq!(*applied, ledger.applied());
    ledger.goes_on().unwrap_err();
    ledger.is_whole().unwrap();
    let state = until(&ledger, "figures", |state| state.restarts >= 2).await;
    assert!(!state.is_up, "{state:?}");
    let Some(Ended::Panicked(panicked)) = &state.ended else {
        panic!("{state:?}");
    };
    let expected = format!("it panicked: '{fault}' panics, as a test wants it");
    assert_eq!(panicked.to_string(), expected);

    faults.set(fault, false);
    until(&ledger, "figures", |state| state.is_up).await;
    ledger.goes_on().unwrap();
    let again = ledger.record(allocate("QD-2", LINE, 7)).await.unwrap();
    assert!(again.replayed && again.position > *applied);
    let next = ledger.record(allocate("QD-3", LINE, 7)).await.unwrap();
    assert_eq!(ledger.applied(), next.position);
}

#[tokio::test(start_paused = true)]
async fn figures_whose_log_panics_when_it_is_read_go_on_afterwards() {
    figures_that_panic_go_on("scan").await;
}

#[tokio::test(start_paused = true)]
async fn figures_whose_log_panics_when_asked_for_its_end_go_on_afterwards() {
    figures_that_panic_go_on("head").await;
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_panics_fails_no_figures() {
    let (store, faults) = memory_with_faults();
    let folder = tempfile::tempdir().unwrap();
    let kept = || Checkpoints::kept_in(folder.path());
    let ledger = Ledger::open_kept(store.clone(), kept());
    ledger.settle(Register::BuiltIn).await.unwrap();
    faults.set("read", true);
    ledger.close().await;
    assert_eq!(ledger.progress().await.unwrap().checkpoint, Position::START);
    faults.set("read", false);
    ledger.close().await;
    let left = ledger.progress().await.unwrap().checkpoint;
    assert_eq!(left, ledger.applied());
    drop(ledger);

    // Nor when it is read: then it is as if there were none.
    faults.set("read", true);
    let ledger = Ledger::open_kept(store, kept());
    assert_eq!(ledger.catch_up().await.unwrap(), left);
    assert!(worker(&ledger, "figures").is_up);
    assert!(worker(&ledger, "figures.checkpoint").is_up);
}

#[tokio::test]
async fn a_desk_that_panicked_serves_who_comes_next() {
    let (store, faults) = memory_with_faults();
    let ledger = open(&store).await;
    for fault in ["append", "find"] {
        faults.set(fault, true);
        let rows = [1, 2].map(|number| {
            let request = allocate(&format!("{fault}-{number}"), LINE, 1);
            BatchRow::Record(Box::new(request))
        });
        let told = ledger.record_batch(rows.to_vec(), Mode::Each).await;
        let is_broken = |told: &Option<_>| matches!(told, Some(Err(RecordError::Broken)));
        assert!(told.iter().all(is_broken), "{fault}: {told:?}");
        faults.set(fault, false);
        let told = ledger.record_batch(rows.to_vec(), Mode::Each).await;
        assert!(
            told.iter().all(|told| matches!(told, Some(Ok(_)))),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn rows_whose_answer_panics_are_not_told_to_be_unreadable() {
    let (store, faults) = memory_with_faults();
    let ledger = open(&store).await;
    let row = BatchRow::Record(Box::new(allocate("QD-1", LINE, 1)));
    let rows = vec![row.clone(), BatchRow::Unreadable(None), row];
    ledger.record_batch(rows.clone(), Mode::Each).await;
    // What was said of it before is read in its stream.
    faults.set("read_stream", true);
    let told = ledger.record_batch(rows, Mode::Each).await;
    let broken = Some(Err(RecordError::Broken));
    let expected: [Option<Result<Answer, _>>; 3] = [broken.clone(), None, broken];
    assert_eq!(format!("{told:?}"), format!("{expected:?}"));
}
