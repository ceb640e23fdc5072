//! Transfers and their reversals: two events, whatever happens between them.

use std::sync::Arc;

use crate::common::*;
use events::log::StreamName;
use events::money::Money;
use events::record::RecordKind;
use ledger::Ledger;
use store::{Append, EventStore, Expected, NewEvent, NoSeal};

async fn plan(ledger: &Ledger, of: &str) -> Money {
    let found = ledger.find_line(line(of)).await.unwrap();
    found.map_or(Money::ZERO, |(line, _)| line.balance().plan())
}

/// A store that holds the first `count` events of `whole`, as a crash would have left it.
async fn crashed_after(whole: &Arc<dyn EventStore>, count: usize) -> Arc<dyn EventStore> {
    let store = memory();
    let mut heads = std::collections::BTreeMap::<StreamName, events::log::Revision>::new();
    for recorded in whole
        .read(events::log::Position::START, count)
        .await
        .unwrap()
    {
        let expected = Expected::from(heads.get(&recorded.stream).copied());
        heads.insert(recorded.stream.clone(), recorded.revision);
        let (id, origin, event) = (recorded.id, recorded.origin, recorded.event);
        let events = vec![NewEvent { id, origin, event }];
        let append = Append {
            stream: recorded.stream,
            expected,
            events,
        };
        store.append(append, &NoSeal::shared()).await.unwrap();
    }
    store
}

#[tokio::test]
async fn capital_leaves_one_line_and_arrives_in_the_other() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    let answer = ledger
        .record(reallocate("QD-2", LINE, OTHER, 30))
        .await
        .unwrap();
    assert_eq!(answer.arrived.unwrap(), answer.position.next());
    assert_eq!(plan(&ledger, LINE).await, Money::dong(70));
    assert_eq!(plan(&ledger, OTHER).await, Money::dong(30));
    let repeated = ledger
        .record(reallocate("QD-2", LINE, OTHER, 30))
        .await
        .unwrap();
    assert_eq!(
        (repeated.replayed, repeated.arrived),
        (true, answer.arrived)
    );
}

#[tokio::test]
async fn codes_of_the_target_are_judged_before_capital_leaves() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    let nowhere = reallocate("QD-2", LINE, "NTM/99/2024/central/investment", 30);
    assert_eq!(refused(ledger.record(nowhere).await), "unknown-code");
    assert_eq!(plan(&ledger, LINE).await, Money::dong(100));
}

#[tokio::test]
async fn after_a_crash_between_its_steps_a_transfer_completes_itself() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 30)]).await;
    let head = usize::try_from(store.head().await.unwrap().position.0).unwrap();

    let crashed = crashed_after(&store, head - 1).await;
    let again = Ledger::open(Arc::clone(&crashed));
    again.catch_up().await.unwrap();
    assert_eq!(plan(&again, OTHER).await, Money::ZERO);

    let again = open(&crashed).await;
    assert_eq!(plan(&again, OTHER).await, Money::dong(30));
    let events = |store: Arc<dyn EventStore>| async move {
        let all = store
            .read(events::log::Position::START, 1_000)
            .await
            .unwrap();
        all.into_iter()
            .map(|it| (it.id, it.stream, it.event))
            .collect::<Vec<_>>()
    };
    assert_eq!(events(crashed).await, events(store).await);
}

#[tokio::test]
async fn a_reversal_takes_capital_back_where_it_is_free() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(
        &ledger,
        [
            reallocate("QD-2", LINE, OTHER, 30),
            commit("HD-1", OTHER, 1),
        ],
    )
    .await;
    let promised = ledger
        .record(reverse("DC-1", LINE, RecordKind::Transfer, "QD-2"))
        .await;
    assert_eq!(refused(promised), "exceeds-free");
    assert_eq!(plan(&ledger, OTHER).await, Money::dong(30));

    record_all(
        &ledger,
        [reverse("DC-2", OTHER, RecordKind::Commitment, "HD-1")],
    )
    .await;
    record_all(
        &ledger,
        [reverse("DC-1", LINE, RecordKind::Transfer, "QD-2")],
    )
    .await;
    assert_eq!(plan(&ledger, LINE).await, Money::dong(100));
    assert_eq!(plan(&ledger, OTHER).await, Money::ZERO);
    let repeated = ledger
        .record(reverse("DC-1", LINE, RecordKind::Transfer, "QD-2"))
        .await;
    assert!(repeated.unwrap().replayed);
    let twice = ledger
        .record(reverse("DC-3", LINE, RecordKind::Transfer, "QD-2"))
        .await;
    assert_eq!(refused(twice), "exceeds-record");
}

#[tokio::test]
async fn after_a_crash_between_its_steps_a_reversal_completes_itself() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 30)]).await;
    let reversal = reverse("DC-1", LINE, RecordKind::Transfer, "QD-2");
    let answer = ledger.record(reversal.clone()).await.unwrap();
    let head = usize::try_from(store.head().await.unwrap().position.0).unwrap();

    let again = open(&crashed_after(&store, head - 1).await).await;

    assert_eq!(plan(&again, LINE).await, Money::dong(100));
    let repeated = again.record(reversal).await.unwrap();
    assert_eq!((repeated.replayed, repeated.id), (true, answer.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn reversals_of_one_transfer_at_once_give_back_once() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 30)]).await;
    let reversal = |number| reverse(&format!("DC-{number}"), LINE, RecordKind::Transfer, "QD-2");
    let results = record_at_once(&ledger, (0..20).map(reversal)).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(plan(&ledger, LINE).await, Money::dong(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_back_and_forth_at_once_do_not_wait_for_each_other() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 100), allocate("QD-1", OTHER, 100)],
    )
    .await;
    let both = |number| {
        let name = format!("T-{number}");
        [
            reallocate(&name, LINE, OTHER, 1),
            reallocate(&name, OTHER, LINE, 1),
        ]
    };
    for result in record_at_once(&ledger, (0..50).flat_map(both)).await {
        result.unwrap();
    }
    let total = plan(&ledger, LINE).await + plan(&ledger, OTHER).await;
    assert_eq!(total, Money::dong(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn reversals_of_one_recall_at_once_give_back_once() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 100), recall("QD-2", LINE, 30)],
    )
    .await;
    let both = |number| {
        let reversal = reverse(&format!("DC-{number}"), LINE, RecordKind::Transfer, "QD-2");
        [reversal, allocate(&format!("QD-A{number}"), LINE, 1)]
    };
    let results = record_at_once(&ledger, (0..40).flat_map(both)).await;
    let taken = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(taken, 41);
    assert_eq!(plan(&ledger, LINE).await, Money::dong(140));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reference_reverses_one_content() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 50)]).await;
    let part = |dong| reverse_part("DC-1", LINE, RecordKind::Transfer, "QD-2", dong);
    let results = record_at_once(&ledger, (1..9).map(part)).await;
    let (taken, others): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(taken.len(), 1);
    assert!(
        others
            .into_iter()
            .map(refused)
            .all(|slug| slug == "reference-reused")
    );
    let whole = plan(&ledger, LINE).await + plan(&ledger, OTHER).await;
    assert_eq!(whole, Money::dong(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_keeps_to_if_match() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 50)]).await;
    let reversal = |number| {
        let number = format!("DC-{number}");
        let reversal = reverse_part(&number, LINE, RecordKind::Transfer, "QD-2", 1);
        ledger::Request {
            if_match: Some(events::log::Revision(1)),
            ..reversal
        }
    };
    let results = record_at_once(&ledger, (0..8).map(reversal)).await;
    let taken = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(taken, 1);
    assert_eq!(plan(&ledger, LINE).await, Money::dong(51));
}

/// A crash between the two steps of a reversal leaves its reference taken, with its content.
#[tokio::test]
async fn what_was_taken_back_is_given_back_by_the_same_record_only() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    record_all(&ledger, [reallocate("QD-2", LINE, OTHER, 50)]).await;
    let reversal = reverse_part("DC-1", LINE, RecordKind::Transfer, "QD-2", 10);
    record_all(&ledger, [reversal.clone()]).await;
    let head = usize::try_from(store.head().await.unwrap().position.0).unwrap();

    let crashed = crashed_after(&store, head - 1).await;
    let again = Ledger::open(Arc::clone(&crashed));
    again.catch_up().await.unwrap();
    let other = reverse_part("DC-1", LINE, RecordKind::Transfer, "QD-2", 20);
    assert_eq!(refused(again.record(other).await), "reference-reused");
    again.record(reversal).await.unwrap();
    let whole = plan(&again, LINE).await + plan(&again, OTHER).await;
    assert_eq!(whole, Money::dong(100));
}
