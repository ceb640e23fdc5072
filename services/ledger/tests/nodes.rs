//! A ledger whose log others write to as well, and whose copy of it lags behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use events::log::{EventId, Position, Recorded, Revision, Stored, StreamName};
use events::money::Money;
use events::record::RecordKind;
use events::time::RecordedAt;
use ledger::{Answer, Ledger, LedgerError, Mode, RecordError, Register};
use store::{
    Append, AppendError, Appended, Clock, EventStore, Head, MemoryStore, ReadError, Seal, Sealed,
    Visit, replicate_log,
};
use tokio::sync::watch;

use crate::common::*;

/// A node's store: it appends to the log and reads from a copy, which knows nothing new until it
/// appended or was asked for the latest.
pub(crate) struct Lagging {
    log: Arc<dyn EventStore>,
    copy: MemoryStore,
    /// Nobody says where the log ends.
    is_away: AtomicBool,
    /// It hears of nothing that others append.
    pub(crate) is_deaf: AtomicBool,
}

impl Lagging {
    pub(crate) fn over(log: &Arc<dyn EventStore>) -> Arc<Self> {
        Arc::new(Self {
            log: Arc::clone(log),
            copy: MemoryStore::new(Arc::clone(log.clock())),
            is_away: AtomicBool::new(false),
            is_deaf: AtomicBool::new(false),
        })
    }

    async fn catch_up(&self) {
        let end = self.log.head().await.unwrap().position;
        let caught_up = replicate_log(&*self.log, &self.copy, end, |_| {}).await;
        caught_up.unwrap();
    }
}

#[async_trait]
impl EventStore for Lagging {
    async fn append(&self, append: Append, seal: &Arc<dyn Seal>) -> Result<Appended, AppendError> {
        let appended = self.log.append(append, seal).await;
        self.catch_up().await;
        appended
    }

    async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, ReadError> {
        self.copy.find(id).await
    }

    async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.copy.read(after, limit).await
    }

    fn scan(&self, after: Position, limit: usize, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        self.copy.scan(after, limit, visit)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Revision,
        limit: usize,
    ) -> Result<Vec<Recorded<Stored>>, ReadError> {
        self.copy.read_stream(stream, from, limit).await
    }

    async fn stream_head(&self, stream: &StreamName) -> Result<Option<Revision>, ReadError> {
        self.copy.stream_head(stream).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.copy.head().await
    }

    async fn latest(&self) -> Result<Head, ReadError> {
        if self.is_away.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if !self.is_deaf.load(Ordering::SeqCst) {
            self.catch_up().await;
        }
        self.copy.head().await
    }

    async fn seals(&self, after: Position, limit: usize) -> Result<Vec<Sealed>, ReadError> {
        self.copy.seals(after, limit).await
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.copy.watch_head()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.copy.clock()
    }

    async fn position_at(&self, instant: RecordedAt) -> Result<Position, ReadError> {
        self.copy.position_at(instant).await
    }
}

/// Two nodes over one log; the second lags behind.
async fn nodes() -> (Ledger, Ledger, Arc<Lagging>) {
    let log = memory();
    let one = open(&log).await;
    let store = Lagging::over(&log);
    let other = Ledger::open(store.clone());
    other.settle(Register::BuiltIn).await.unwrap();
    (one, other, store)
}

#[tokio::test]
async fn a_record_is_judged_with_what_another_node_recorded() {
    let (one, other, _) = nodes().await;
    one.record(allocate("QD-1", LINE, 100)).await.unwrap();
    other.record(commit("HD-1", LINE, 100)).await.unwrap();
    one.record(disburse("KB-1", LINE, "HD-1", 60))
        .await
        .unwrap();
    one.record(disburse("KB-2", LINE, "HD-1", 40))
        .await
        .unwrap();
    // What is refused now is refused for what the other node recorded.
    let refused = other.record(disburse("KB-3", LINE, "HD-1", 1)).await;
    assert!(
        matches!(refused, Err(RecordError::Refused(_))),
        "{refused:?}"
    );
    // A new programme, line and reversal too.
    one.record(allocate("QD-2", OTHER, 100)).await.unwrap();
    one.record(reallocate("DC-1", OTHER, LINE, 30))
        .await
        .unwrap();
    let reversal = reverse("HT-1", OTHER, events::record::RecordKind::Transfer, "DC-1");
    other.record(reversal).await.unwrap();
    one.record(commit("HD-2", OTHER, 100)).await.unwrap();
}

#[tokio::test]
async fn rows_that_need_what_another_node_recorded_stand() {
    let (one, other, _) = nodes().await;
    for (mode, number) in [(Mode::Each, 1), (Mode::Atomic, 2)] {
        let name = |kind: &str| format!("{kind}-{number}");
        one.record(allocate(&name("QD"), LINE, 100)).await.unwrap();
        let rows = [
            commit(&name("HD"), LINE, 100),
            disburse(&name("KB"), LINE, &name("HD"), 100),
        ];
        let rows = rows.map(|row| ledger::BatchRow::Record(Box::new(row)));
        for row in other.record_batch(rows.into(), mode).await {
            row.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_revision_that_another_node_told_of_is_matched() {
    let (one, other, _) = nodes().await;
    let told = one.record(allocate("QD-1", LINE, 100)).await.unwrap();
    let mut next = commit("HD-1", LINE, 100);
    next.if_match = Some(told.revision);
    other.record(next).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_nobody_can_confirm_is_none() {
    let (one, other, store) = nodes().await;
    one.record(allocate("QD-1", LINE, 100)).await.unwrap();
    store.is_away.store(true, Ordering::SeqCst);
    let unknown = other.record(commit("HD-1", LINE, 100)).await;
    let unknown = unknown.unwrap_err();
    assert!(
        matches!(
            unknown,
            RecordError::Ledger(LedgerError::Unconfirmed { .. })
        ),
        "{unknown:?}"
    );
    store.is_away.store(false, Ordering::SeqCst);
    other.record(commit("HD-1", LINE, 100)).await.unwrap();
}

/// Nothing but the line itself bounds what is given back, and each node judges before it adds.
#[tokio::test]
async fn reversals_of_one_recall_by_two_nodes_give_back_once() {
    let (one, other, store) = nodes().await;
    let capital = allocate("QD-1", LINE, 100);
    record_all(&one, [capital, recall("TH-1", LINE, 30)]).await;
    store.catch_up().await;
    store.is_deaf.store(true, Ordering::SeqCst);
    let reversal = |number| reverse(number, LINE, RecordKind::Transfer, "TH-1");
    one.record(reversal("R-1")).await.unwrap();
    // It has not heard of the first when it judges.
    let second = other.record(reversal("R-2")).await;
    assert!(matches!(second, Err(RecordError::Refused(_))), "{second:?}");
    let found = one.find_line(line(LINE)).await.unwrap();
    let plan = found.map(|(line, _)| line.balance().plan());
    assert_eq!(plan, Some(Money::dong(100)));
}

/// A node that has not heard of a record adds it too, and its log says that it has it already.
#[tokio::test]
async fn what_another_node_recorded_first_is_a_repeat() {
    let (one, other, _) = nodes().await;
    let capital = [allocate("QD-1", LINE, 100), allocate("QD-1", OTHER, 100)];
    for request in [
        capital[0].clone(),
        capital[1].clone(),
        commit("HD-1", LINE, 10),
        recall("TH-1", LINE, 5),
        reallocate("DC-1", LINE, OTHER, 30),
        reverse("HT-1", LINE, RecordKind::Transfer, "DC-1"),
    ] {
        let first = one.record(request.clone()).await.unwrap();
        let again = other.record(request).await.unwrap();
        assert_eq!((first.replayed, again.replayed), (false, true));
        let replayed = false;
        assert_eq!(Answer { replayed, ..again }, first);
    }
    for (mode, number) in [(Mode::Each, 1), (Mode::Atomic, 2)] {
        let name = |kind: &str| format!("{kind}-{number}");
        let rows = [
            commit(&name("K"), LINE, 10),
            disburse(&name("KB"), LINE, &name("K"), 10),
            commit(&name("K"), OTHER, 10),
        ];
        let rows = rows.map(|row| ledger::BatchRow::Record(Box::new(row)));
        let first = one.record_batch(rows.clone().into(), mode).await;
        let again = other.record_batch(rows.into(), mode).await;
        for (first, again) in first.into_iter().zip(again) {
            let (first, again) = (first.unwrap().unwrap(), again.unwrap().unwrap());
            assert_eq!((first.replayed, again.replayed), (false, true));
            let replayed = false;
            assert_eq!(Answer { replayed, ..again }, first);
        }
    }
}

/// The rest of an append that was another node's in part is new, and told so.
#[tokio::test]
async fn of_rows_that_another_node_recorded_in_part_the_rest_is_new() {
    let (one, other, _) = nodes().await;
    record_all(&one, [allocate("QD-1", LINE, 100)]).await;
    let rows = [allocate("QD-1", LINE, 100), allocate("QD-2", LINE, 100)];
    let rows = rows.map(|row| ledger::BatchRow::Record(Box::new(row)));
    let told = other.record_batch(rows.into(), Mode::Each).await;
    let replayed = told.into_iter().map(|row| row.unwrap().unwrap().replayed);
    assert!(replayed.eq([true, false]));
}

/// What is refused before it is judged is refused for what is recorded anywhere, too.
#[tokio::test]
async fn rows_that_another_node_recorded_fall_with_nobody() {
    let (one, other, _) = nodes().await;
    let row = |request| ledger::BatchRow::Record(Box::new(request));
    record_all(&one, [allocate("QD-1", LINE, 100)]).await;
    for (number, spoilt) in [
        (2, row(commit("HD-1", LINE, 900))),
        (3, ledger::BatchRow::Unreadable(Some(line(LINE)))),
    ] {
        let reference = format!("QD-{number}");
        let [before, new] = [allocate(&reference, LINE, 100), allocate("QD-9", LINE, 100)];
        record_all(&one, [before.clone()]).await;
        let rows = vec![row(before), row(new), spoilt];
        let told = other.record_batch(rows, Mode::Atomic).await;
        assert!(told[0].as_ref().unwrap().as_ref().unwrap().replayed);
        assert!(matches!(told[1], Some(Err(RecordError::FellTogether))));
    }
}
