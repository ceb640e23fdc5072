//! The figures' checkpoint spares a start the reading of the log, and changes no answer.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use events::alert::{AlertCommand, AlertId, AlertLevel, Evidence, Judged};
use events::basis::Basis;
use events::log::Position;
use events::money::Money;
use events::names::CapitalSource;
use events::record::Entry;
use events::statement::Scope;
use events::time::RecordedAt;
use ledger::{Checkpoints, Command, Ledger, RecordError, Register};
use projections::figures::LineFigures;
use projections::{AsOf, Boundaries, Dimension, Question};
use store::memory::MemoryLog;
use store::{
    Append, AppendError, EventStore, Expected, ManualClock, MemoryStore, NewEvent, NoSeal, ReadOnly,
};
use tempfile::{TempDir, tempdir};

use crate::common::{
    LINE, OTHER, allocate, commit, disburse, line, memory, open, reallocate, record_all, reference,
    reverse,
};

/// A ledger that has caught up, with checkpoints in `folder`.
async fn kept(store: &Arc<dyn EventStore>, folder: &Path) -> Ledger {
    let ledger = Ledger::open_kept(Arc::clone(store), Checkpoints::kept_in(folder));
    ledger.catch_up().await.unwrap();
    ledger
}

async fn plain(store: &Arc<dyn EventStore>) -> Ledger {
    let ledger = Ledger::open(Arc::clone(store));
    ledger.catch_up().await.unwrap();
    ledger
}

/// What the figures say, by line and at every position.
fn told(ledger: &Ledger) -> Vec<String> {
    let head = ledger.applied().0;
    let effective = ledger.today();
    ledger.figures(|figures| {
        let line = |line: &LineFigures| format!("{line:?} {:?}", figures.sums_of(line.id));
        let lines = figures.lines_after(None).map(line);
        let registers = format!("{:?}", figures.registers());
        let at = |position| {
            let question = Question {
                by: vec![Dimension::Province, Dimension::Type],
                boundaries: Boundaries::Recorded,
                as_of: AsOf {
                    effective,
                    known: Position(position),
                },
                scope: Scope::default(),
                basis: Basis::default(),
            };
            format!("{:?}", projections::rates::rates(figures, &question))
        };
        let recent = (head.saturating_sub(12)..=head).map(at);
        let alerts = ledger.alerts(|alerts| format!("{:?}", alerts.list()));
        let beside = [registers, alerts];
        lines.chain(beside).chain(recent).collect()
    })
}

/// Raises an alert, and has somebody take note of it.
async fn alarm(ledger: &Ledger) {
    let nothing = Money::ZERO;
    let evidence = Evidence {
        known_at: ledger.applied(),
        boundaries: ledger.today(),
        basis: Basis::default(),
        source: CapitalSource::STATE_BUDGET.into(),
        plan: nothing,
        disbursed: nothing,
        rate: None,
        due: None,
        paid_30_days: nothing,
        days_since_payment: None,
        detail_missing: nothing,
        advances_overdue: nothing,
    };
    let level = AlertLevel::Watch;
    let raise = AlertCommand::Raise(Judged { level, evidence });
    for (number, command) in [("A-1", raise), ("A-2", AlertCommand::Acknowledge)] {
        let command = Command {
            id: AlertId::find("plan_unassigned.NTM.10.2024").unwrap(),
            entry: Entry {
                reference: reference(number),
                effective_on: ledger.today(),
                note: None,
                document: None,
            },
            command,
            origin: None,
        };
        assert!(ledger.tell(command).await.unwrap().is_some());
    }
}

/// A log with a little history, and the folder of its checkpoint.
async fn history() -> (Arc<dyn EventStore>, TempDir) {
    let (store, folder) = (memory(), tempdir().unwrap());
    let ledger = Ledger::open_kept(Arc::clone(&store), Checkpoints::kept_in(folder.path()));
    ledger.settle(Register::BuiltIn).await.unwrap();
    alarm(&ledger).await;
    let records = [
        allocate("QD-1", LINE, 100),
        commit("HD-1", LINE, 60),
        disburse("CT-1", LINE, "HD-1", 25),
        reallocate("QD-2", LINE, OTHER, 30),
    ];
    record_all(&ledger, records).await;
    ledger.close().await;
    (store, folder)
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("figures.checkpoint")
}

/// The log up to `count`, with another first allocation where `other` says so.
async fn copied(whole: &Arc<dyn EventStore>, count: usize, other: bool) -> Arc<dyn EventStore> {
    let store = memory();
    for recorded in whole.read(Position::START, count).await.unwrap() {
        let before = recorded.revision.0.checked_sub(1);
        let mut event = NewEvent {
            id: recorded.id,
            origin: recorded.origin,
            event: recorded.event,
        };
        if other && event.event.name == "line.allocated" {
            event.event.data = event.event.data.replace("\"100\"", "\"900\"");
        }
        let append = Append {
            stream: recorded.stream,
            expected: Expected::from(before.map(events::log::Revision)),
            events: vec![event],
        };
        store.append(append, &NoSeal::shared()).await.unwrap();
    }
    store
}

#[tokio::test]
async fn the_figures_begin_with_the_checkpoint() {
    let (store, folder) = history().await;
    // A log that ends alike and began otherwise: no honest log does, and only what is not read
    // again can be told by it.
    let other = copied(&store, usize::MAX, true).await;
    let plan = |ledger: &Ledger| ledger.figures(|it| format!("{:?}", it.sums_of(line(LINE))));
    let (first, second) = (plain(&store).await, plain(&other).await);
    assert_ne!(plan(&first), plan(&second));
    assert_eq!(plan(&kept(&other, folder.path()).await), plan(&first));
}

#[tokio::test]
async fn whatever_bit_is_wrong_the_checkpoint_is_thrown_away() {
    let (store, folder) = history().await;
    let right = told(&plain(&store).await);
    let whole = fs::read(file(&folder)).unwrap();
    for place in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(file(&folder), bytes).unwrap();
        assert_eq!(
            told(&kept(&store, folder.path()).await),
            right,
            "byte {place}"
        );
    }
}

#[tokio::test]
async fn with_and_without_a_checkpoint_the_answers_are_the_same() {
    let (store, folder) = history().await;
    assert_eq!(
        told(&kept(&store, folder.path()).await),
        told(&plain(&store).await)
    );

    // Also where the log went on, and for decisions.
    let before = fs::read(file(&folder)).unwrap();
    let records = [
        commit("HD-2", OTHER, 10),
        disburse("CT-2", OTHER, "HD-2", 5),
        reverse(
            "DC-1",
            LINE,
            events::record::RecordKind::Disbursement,
            "CT-1",
        ),
    ];
    record_all(&plain(&store).await, records).await;
    let ledger = kept(&store, folder.path()).await;
    assert_eq!(told(&ledger), told(&plain(&store).await));
    record_all(&ledger, [allocate("QD-3", LINE, 7)]).await;
    ledger.close().await;
    assert_ne!(fs::read(file(&folder)).unwrap(), before);
    assert_eq!(
        told(&kept(&store, folder.path()).await),
        told(&plain(&store).await)
    );
    fs::remove_file(file(&folder)).unwrap();
    assert_eq!(
        told(&kept(&store, folder.path()).await),
        told(&plain(&store).await)
    );
}

#[tokio::test]
async fn what_is_in_transit_arrives_after_a_start_with_a_checkpoint() {
    let (store, folder) = history().await;
    let head = usize::try_from(store.head().await.unwrap().position.0).unwrap();
    let crashed = copied(&store, head - 1, false).await;
    kept(&crashed, folder.path()).await.close().await;
    let ledger = Ledger::open_kept(Arc::clone(&crashed), Checkpoints::read_from(folder.path()));
    ledger.settle(Register::BuiltIn).await.unwrap();
    assert_eq!(
        crashed.head().await.unwrap().position,
        store.head().await.unwrap().position
    );
    assert_eq!(told(&ledger), told(&open(&crashed).await));
}

#[tokio::test]
async fn a_checkpoint_that_is_not_right_is_thrown_away() {
    let (store, folder) = history().await;
    let right = told(&plain(&store).await);
    let whole = fs::read(file(&folder)).unwrap();
    for length in [0, 40, 72, 76, whole.len() - 1] {
        fs::write(file(&folder), &whole[..length]).unwrap();
        assert_eq!(
            told(&kept(&store, folder.path()).await),
            right,
            "{length} bytes"
        );
    }
    for at in [3, 16, 75, whole.len() / 2] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(file(&folder), flipped).unwrap();
        assert_eq!(told(&kept(&store, folder.path()).await), right, "byte {at}");
    }

    // It is past the end of this log, which was cut back and went on with another event.
    fs::write(file(&folder), &whole).unwrap();
    let head = usize::try_from(store.head().await.unwrap().position.0).unwrap();
    let cut = copied(&store, head - 2, false).await;
    assert_eq!(
        told(&kept(&cut, folder.path()).await),
        told(&plain(&cut).await)
    );
    record_all(
        &plain(&cut).await,
        [allocate("QD-8", OTHER, 8), allocate("QD-9", OTHER, 9)],
    )
    .await;
    assert_eq!(
        cut.head().await.unwrap().position,
        store.head().await.unwrap().position
    );
    assert_eq!(
        told(&kept(&cut, folder.path()).await),
        told(&plain(&cut).await)
    );
}

#[tokio::test]
async fn who_only_reads_writes_no_checkpoint() {
    let (store, folder) = history().await;
    fs::remove_file(file(&folder)).unwrap();
    let ledger = Ledger::open_kept(Arc::clone(&store), Checkpoints::read_from(folder.path()));
    ledger.catch_up().await.unwrap();
    ledger.close().await;
    assert!(!file(&folder).exists());
}

#[tokio::test]
async fn a_store_that_takes_nothing_is_answered_from_and_its_checkpoint_left() {
    let noon = RecordedAt::parse("2024-06-15T05:00:00Z").unwrap();
    let clock = Arc::new(ManualClock::new(noon));
    let (log, folder) = (MemoryLog::default(), tempdir().unwrap());
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::open(log.clone(), clock.clone()));
    let ledger = Ledger::open_kept(Arc::clone(&store), Checkpoints::kept_in(folder.path()));
    ledger.settle(Register::BuiltIn).await.unwrap();
    ledger.close().await;
    let before = fs::read(file(&folder)).unwrap();
    let known = allocate("QD-1", LINE, 100);
    record_all(&ledger, [known.clone(), commit("HD-1", LINE, 60)]).await;

    let set_back = ReadOnly::SetBack {
        witnessed: Position(900),
        head: ledger.applied(),
    };
    let store = MemoryStore::open(log, clock).refusing(set_back);
    let read = Ledger::open_kept(Arc::new(store), Checkpoints::kept_in(folder.path()));
    read.settle(Register::BuiltIn).await.unwrap();
    assert_eq!(told(&read), told(&ledger));
    assert!(read.record(known).await.unwrap().replayed);
    // Neither taken nor judged by what may not be all.
    for record in [allocate("QD-2", LINE, 100), commit("HD-2", LINE, 9_999)] {
        let refused = read.record(record).await;
        assert!(
            matches!(
                refused,
                Err(RecordError::Append(AppendError::ReadOnly(
                    ReadOnly::SetBack { .. }
                )))
            ),
            "{refused:?}"
        );
    }
    read.close().await;
    assert_eq!(fs::read(file(&folder)).unwrap(), before);
}
