//! Batches: as if one record came after the other, together, or not at all.

use std::sync::Arc;

use crate::common::*;
use events::log::Revision;
use events::money::Money;
use events::record::RecordKind;
use ledger::{Answer, BatchRow, Ledger, Mode, RecordError, Request};
use store::memory::MemoryLog;
use store::{AppendError, EventStore, MemoryStore};

fn rows(requests: impl IntoIterator<Item = Request>) -> Vec<BatchRow> {
    requests
        .into_iter()
        .map(|request| BatchRow::Record(Box::new(request)))
        .collect()
}

/// `ok`, `again`, or why not, row by row.
fn told(results: Vec<Option<Result<Answer, RecordError>>>) -> Vec<&'static str> {
    let tell = |result| match result {
        None => "unreadable",
        Some(Ok(Answer { replayed: true, .. })) => "again",
        Some(Ok(_)) => "ok",
        Some(Err(RecordError::FellTogether)) => "fell",
        Some(Err(RecordError::NotTogether)) => "alone",
        Some(Err(RecordError::Append(AppendError::TooLarge { .. }))) => "too-large",
        Some(refusal) => refused(refusal),
    };
    results.into_iter().map(tell).collect()
}

async fn batch(ledger: &Ledger, requests: Vec<Request>, mode: Mode) -> Vec<&'static str> {
    told(ledger.record_batch(rows(requests), mode).await)
}

fn story() -> Vec<Request> {
    vec![
        allocate("QD-1", LINE, 100),
        commit("HD-0", OTHER, 1),
        reallocate("QD-2", LINE, OTHER, 30),
        commit("HD-1", OTHER, 30),
        commit("HD-1", LINE, 71),
        commit("HD-2", LINE, 70),
        allocate("QD-1", LINE, 100),
        reverse("DC-1", LINE, RecordKind::Commitment, "HD-2"),
        reallocate("QD-3", LINE, OTHER, 70),
        commit("HD-2", OTHER, 70),
    ]
}

const STORY: [&str; 10] = [
    "ok",
    "exceeds-plan",
    "ok",
    "ok",
    "exceeds-plan",
    "ok",
    "again",
    "ok",
    "ok",
    "ok",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_row_sees_what_earlier_rows_did() {
    let ledger = open(&memory()).await;
    assert_eq!(batch(&ledger, story(), Mode::Each).await, STORY);
}

#[tokio::test]
async fn a_dry_run_judges_the_same_and_keeps_nothing() {
    let store = memory();
    let ledger = open(&store).await;
    let head = store.head().await.unwrap();
    assert_eq!(batch(&ledger, story(), Mode::DryRun).await, STORY);
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(batch(&ledger, story(), Mode::Each).await, STORY);
}

#[tokio::test]
async fn records_of_a_line_stand_or_fall_together() {
    let ledger = open(&memory()).await;
    let requests = || {
        vec![
            commit("HD-1", OTHER, 30),
            allocate("QD-1", LINE, 100),
            reallocate("QD-2", LINE, OTHER, 30),
            allocate("QD-1", "SPR/10/2024/central/recurrent", 5),
            commit("HD-9", "SPR/10/2024/central/recurrent", 6),
        ]
    };
    let expected = ["ok", "ok", "ok", "fell", "exceeds-plan"];
    assert_eq!(
        batch(&ledger, requests(), Mode::AtomicDryRun).await,
        expected
    );
    assert_eq!(batch(&ledger, requests(), Mode::Atomic).await, expected);
    assert!(
        ledger
            .find_line(line("SPR/10/2024/central/recurrent"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_takes_its_line_along() {
    let ledger = open(&memory()).await;
    let mut rows = rows([allocate("QD-1", LINE, 100), allocate("QD-1", OTHER, 100)]);
    rows.push(BatchRow::Unreadable(Some(line(LINE))));
    rows.push(BatchRow::Unreadable(None));
    let told = told(ledger.record_batch(rows, Mode::Atomic).await);
    assert_eq!(told, ["fell", "ok", "unreadable", "unreadable"]);
}

#[tokio::test]
async fn the_reversal_of_a_transfer_stands_alone() {
    let ledger = open(&memory()).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 30)]).await;
    let reversal = reverse("DC-1", LINE, RecordKind::Transfer, "QD-2");
    let beside = vec![reversal.clone(), allocate("QD-3", LINE, 1)];
    assert_eq!(
        batch(&ledger, beside, Mode::Atomic).await,
        ["alone", "fell"]
    );
    assert_eq!(batch(&ledger, vec![reversal], Mode::Atomic).await, ["ok"]);
}

#[tokio::test]
async fn ten_thousand_vouchers_of_one_line_are_few_appends() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 10_000), commit("HD-1", LINE, 10_000)],
    )
    .await;
    let vouchers = (0..10_000).map(|number| disburse(&format!("KB-{number}"), LINE, "HD-1", 1));
    let told = batch(&ledger, vouchers.collect(), Mode::Each).await;
    assert!(told.iter().all(|row| *row == "ok"));
    let (line, _) = ledger.find_line(line(LINE)).await.unwrap().unwrap();
    assert_eq!(line.balance().disbursed, Money::dong(10_000));
    let head = store.head().await.unwrap();

    // The file again: one reading of the line, and each row its first answer.
    let vouchers = (0..10_000).map(|number| disburse(&format!("KB-{number}"), LINE, "HD-1", 1));
    let again = ledger.record_batch(rows(vouchers), Mode::Each).await;
    for (paid, answer) in (1..).zip(again) {
        let answer = answer.unwrap().unwrap();
        assert!(answer.replayed);
        assert_eq!(answer.standing.unwrap().disbursed, Money::dong(paid));
    }
    assert_eq!(store.head().await.unwrap(), head);
}

/// Three hundred commitments for one line are more than the store takes at once, and their events
/// are fifty kilobytes.
#[tokio::test]
async fn what_is_too_much_at_once_is_appended_in_parts() {
    let ledger = open(&memory_taking(20_000)).await;
    record_all(&ledger, [allocate("QD-1", LINE, 1_000)]).await;
    let number = |number| commit(&format!("HD-{number}"), LINE, 1);
    let rows: Vec<Request> = (0..300).map(number).collect();
    let together = batch(&ledger, rows.clone(), Mode::Atomic).await;
    assert!(
        together.iter().all(|told| *told == "too-large"),
        "{together:?}"
    );
    let each = batch(&ledger, rows.clone(), Mode::Each).await;
    assert!(each.iter().all(|told| *told == "ok"), "{each:?}");
    let again = batch(&ledger, rows, Mode::Each).await;
    assert!(again.iter().all(|told| *told == "again"), "{again:?}");

    // As many at once by themselves.
    let mut tasks = tokio::task::JoinSet::new();
    for number in 300..600 {
        let ledger = ledger.clone();
        let request = commit(&format!("HD-{number}"), LINE, 1);
        tasks.spawn(async move { ledger.record(request).await.unwrap() });
    }
    tasks.join_all().await;
}

/// What becomes of `requests` in each mode, after `before` alone was recorded.
async fn in_each_mode(before: &[Request], requests: &[Request]) -> Vec<Vec<&'static str>> {
    let mut all = Vec::new();
    for mode in MODES {
        let ledger = open(&memory()).await;
        record_all(&ledger, before.iter().cloned()).await;
        all.push(batch(&ledger, requests.to_vec(), mode).await);
    }
    all
}

const MODES: [Mode; 4] = [Mode::Each, Mode::Atomic, Mode::DryRun, Mode::AtomicDryRun];

#[tokio::test]
async fn what_is_recorded_already_falls_with_nobody() {
    let before = [allocate("QD-1", LINE, 100), commit("HD-1", LINE, 60)];
    let mut requests = before.to_vec();
    requests.extend([
        commit("HD-2", LINE, 40),
        commit("HD-2", LINE, 40),
        commit("HD-3", LINE, 1),
    ]);
    let each = ["again", "again", "ok", "again", "exceeds-plan"];
    let together = ["again", "again", "fell", "fell", "exceeds-plan"];
    assert_eq!(
        in_each_mode(&before, &requests).await,
        [each, together, each, together]
    );
}

#[tokio::test]
async fn what_is_recorded_already_needs_not_stand_alone() {
    let before = [
        allocate("QD-1", LINE, 100),
        reallocate("QD-2", LINE, OTHER, 30),
        reallocate("QD-3", LINE, OTHER, 30),
        reverse("DC-1", LINE, RecordKind::Transfer, "QD-2"),
    ];
    let new = [
        reverse("DC-2", LINE, RecordKind::Transfer, "QD-3"),
        allocate("QD-4", LINE, 1),
    ];
    let [reversal, allocation] = new.clone();
    for (rest, told, together) in [
        (vec![allocation.clone()], vec!["ok"], vec!["ok"]),
        // All others are recorded already.
        (vec![reversal.clone()], vec!["ok"], vec!["ok"]),
        (
            vec![reversal.clone(), reversal],
            vec!["ok", "again"],
            vec!["ok", "again"],
        ),
        (new.to_vec(), vec!["ok", "ok"], vec!["alone", "fell"]),
    ] {
        let requests = [&before[..], &rest].concat();
        let again = || vec!["again"; before.len()];
        let (each, together) = ([again(), told].concat(), [again(), together].concat());
        assert_eq!(
            in_each_mode(&before, &requests).await,
            [each.clone(), together.clone(), each, together]
        );
    }
}

#[tokio::test]
async fn what_is_recorded_already_is_told_beside_a_row_that_cannot_be_read() {
    for mode in [Mode::Atomic, Mode::AtomicDryRun] {
        let ledger = open(&memory()).await;
        record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
        let mut rows = rows([allocate("QD-1", LINE, 100), allocate("QD-2", LINE, 100)]);
        rows.push(BatchRow::Unreadable(Some(line(LINE))));
        let told = told(ledger.record_batch(rows, mode).await);
        assert_eq!(told, ["again", "fell", "unreadable"]);
    }
}

/// Nothing needs to be written for it, however much else cannot be.
#[tokio::test]
async fn what_is_recorded_already_needs_no_room() {
    let log = MemoryLog::default();
    let store = |bytes| -> Arc<dyn EventStore> {
        let store = MemoryStore::open(log.clone(), noon());
        Arc::new(store.taking(bytes))
    };
    let before = [
        allocate("QD-1", LINE, 100),
        reallocate("QD-2", LINE, OTHER, 30),
    ];
    let first = record_all(&open(&store(usize::MAX)).await, before.clone()).await;
    let ledger = open(&store(0)).await;
    for (request, first) in before.iter().zip(first) {
        let mut request = request.clone();
        request.if_match = Some(Revision(9));
        let again = ledger.record(request).await.unwrap();
        let replayed = true;
        assert_eq!(again, Answer { replayed, ..first });
    }
    let mut requests = before.to_vec();
    requests.insert(0, commit("HD-1", LINE, 1));
    requests.push(commit("HD-1", OTHER, 1));
    requests.push(commit("HD-1", OTHER, 1));
    let expected = ["too-large", "again", "again", "too-large", "too-large"];
    for mode in [Mode::Each, Mode::Atomic] {
        assert_eq!(batch(&ledger, requests.clone(), mode).await, expected);
    }
}
