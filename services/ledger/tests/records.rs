//! One record at a time, and many at once: nothing is counted twice, nothing is lost.

use std::sync::Arc;

use crate::common::*;
use events::Event;
use events::line::{LineAction, LineBody, LineEvent};
use events::log::{Position, Revision};
use events::money::Money;
use events::record::{RecordBody, RecordKind};
use events::time::EffectiveOn;
use ledger::{Ledger, LedgerError, RecordError, Register};
use sha2::{Digest as _, Sha256};
use store::{Append, Expected, NewEvent, NoSeal};

#[tokio::test]
async fn a_repeat_gives_the_first_answer_and_no_event() {
    let store = memory();
    let ledger = open(&store).await;
    let first = ledger.record(allocate("QD-1", LINE, 100)).await.unwrap();
    record_all(&ledger, [allocate("QD-2", LINE, 50)]).await;
    let head = store.head().await.unwrap().position;

    let repeated = ledger.record(allocate("QD-1", LINE, 100)).await.unwrap();

    assert!(repeated.replayed);
    assert_eq!(
        ledger::Answer {
            replayed: false,
            ..repeated
        },
        first
    );
    assert_eq!(first.standing.unwrap().plan, Money::dong(100));
    assert_eq!(store.head().await.unwrap().position, head);
}

#[tokio::test]
async fn refuses_a_reference_with_other_content() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    let reused = ledger.record(allocate("QD-1", LINE, 101)).await;
    assert_eq!(refused(reused), "reference-reused");
    // The same reference on another line, or for another kind of record, is another one.
    record_all(
        &ledger,
        [allocate("QD-1", OTHER, 100), commit("QD-1", LINE, 10)],
    )
    .await;
}

#[tokio::test]
async fn a_repeat_comes_before_if_match_and_the_rules() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 100), commit("HD-1", LINE, 100)],
    )
    .await;
    let mut repeat = commit("HD-1", LINE, 100);
    repeat.if_match = Some(Revision(7));
    assert!(ledger.record(repeat).await.unwrap().replayed);
}

#[tokio::test]
async fn if_match_names_the_revision_of_the_stream() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 100)]).await;
    let at = |request: ledger::Request, revision| ledger::Request {
        if_match: Some(Revision(revision)),
        ..request
    };
    let stale = ledger.record(at(commit("HD-1", LINE, 1), 1)).await;
    assert!(matches!(
        stale,
        Err(RecordError::OtherRevision {
            current: Some(Revision(0))
        })
    ));
    ledger.record(at(commit("HD-1", LINE, 1), 0)).await.unwrap();
    let fresh = ledger.record(at(allocate("QD-1", OTHER, 1), 0)).await;
    assert!(matches!(
        fresh,
        Err(RecordError::OtherRevision { current: None })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_honest_vouchers_at_once_all_stand() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 200), commit("HD-1", LINE, 200)],
    )
    .await;
    let voucher = |number| disburse(&format!("KB-{number}"), LINE, "HD-1", 1);
    for result in record_at_once(&ledger, (0..200).map(voucher)).await {
        result.unwrap();
    }
    let one_more = ledger.record(disburse("KB-200", LINE, "HD-1", 1)).await;
    assert_eq!(refused(one_more), "exceeds-commitment");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_hundred_equals_is_an_event() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(
        &ledger,
        [allocate("QD-1", LINE, 200), commit("HD-1", LINE, 200)],
    )
    .await;
    let voucher = |_| disburse("KB-1", LINE, "HD-1", 1);
    let answers = record_at_once(&ledger, (0..200).map(voucher)).await;
    let added = answers
        .iter()
        .filter(|answer| !answer.as_ref().unwrap().replayed)
        .count();
    assert_eq!(added, 1);
    let (line, _) = ledger.find_line(line(LINE)).await.unwrap().unwrap();
    assert_eq!(line.balance().disbursed, Money::dong(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_line_break_no_rule() {
    let store = memory();
    let (here, there) = (open(&store).await, open(&store).await);
    record_all(
        &here,
        [allocate("QD-1", LINE, 60), commit("HD-1", LINE, 60)],
    )
    .await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..50 {
        for (node, ledger) in [("a", &here), ("b", &there)] {
            let ledger = ledger.clone();
            let voucher = disburse(&format!("KB-{node}-{number}"), LINE, "HD-1", 1);
            tasks.spawn(async move {
                loop {
                    match ledger.record(voucher.clone()).await {
                        Err(RecordError::Conflict) => {}
                        decided => break decided,
                    }
                }
            });
        }
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 60);
    let refused_ones = results.into_iter().filter(Result::is_err);
    assert!(
        refused_ones
            .map(refused)
            .all(|slug| slug == "exceeds-commitment")
    );
}

#[tokio::test]
async fn a_line_is_shown_with_what_another_process_added() {
    let store = memory();
    let (here, there) = (open(&store).await, open(&store).await);
    record_all(&here, [allocate("QD-1", LINE, 60)]).await;
    record_all(&there, [commit("HD-1", LINE, 60)]).await;
    for ledger in [&here, &there] {
        let (shown, revision) = ledger.find_line(line(LINE)).await.unwrap().unwrap();
        assert_eq!(shown.balance().committed, Money::dong(60));
        assert_eq!(revision, Revision(1));
    }
    // And is decided on so at once.
    let over = here.record(commit("HD-2", LINE, 1)).await;
    assert_eq!(refused(over), "exceeds-plan");
}

#[tokio::test]
async fn the_same_voucher_to_two_processes_is_one_event() {
    let store = memory();
    let (here, there) = (open(&store).await, open(&store).await);
    record_all(&here, [allocate("QD-1", LINE, 100)]).await;
    let (one, two) = tokio::join!(
        here.record(commit("HD-1", LINE, 100)),
        there.record(commit("HD-1", LINE, 100))
    );
    assert_eq!(one.unwrap().position, two.unwrap().position);
}

#[tokio::test]
async fn refuses_a_code_that_means_nothing_on_the_day() {
    let store = memory();
    let ledger = open(&store).await;
    for unknown in [
        "XXX/10/2024/central/investment",
        "NTM/99/2024/central/investment",
    ] {
        assert_eq!(
            refused(ledger.record(allocate("QD-1", unknown, 1)).await),
            "unknown-code"
        );
    }
    // A decision before the budget year is judged on 1 January of it: RPE begins in 2026.
    record_all(
        &ledger,
        [allocate("QD-1", "RPE/15/2026/central/investment", 1)],
    )
    .await;
    let ended = ledger
        .record(allocate("QD-2", "NTM/10/2026/central/investment", 1))
        .await;
    assert_eq!(refused(ended), "unknown-code");
}

#[tokio::test]
async fn what_happened_is_not_dated_after_today() {
    let store = memory();
    let ledger = open(&store).await;
    record_all(&ledger, [allocate("QD-1", LINE, 1)]).await;
    let reversal = reverse("DC-1", LINE, RecordKind::Allocation, "QD-1");
    let mut ahead = reversal.clone();
    ahead.record.entry.effective_on = events::time::EffectiveOn::parse("2024-06-16").unwrap();
    assert_eq!(refused(ledger.record(ahead).await), "dated-ahead");
    record_all(&ledger, [reversal]).await;
}

#[tokio::test]
async fn figures_are_at_the_position_that_was_answered() {
    let store = memory();
    let ledger = open(&store).await;
    let answer = ledger.record(allocate("QD-1", LINE, 100)).await.unwrap();
    assert!(ledger.applied() >= answer.position);
    let past = ledger
        .reach(Position(answer.position.0 + 1), std::time::Duration::ZERO)
        .await;
    assert!(matches!(past, Err(LedgerError::PastTheEnd { .. })));
}

#[tokio::test]
async fn a_given_register_is_for_a_fresh_store_and_whole() {
    let records = events::register::vietnam();
    let provinces: Vec<_> = records
        .iter()
        .filter(|record| record.stream().rest() == "provinces")
        .cloned()
        .collect();
    let store = memory();
    let half = Ledger::open(Arc::clone(&store))
        .settle(Register::Given(provinces))
        .await;
    assert!(matches!(
        half,
        Err(RecordError::Ledger(LedgerError::RegisterIncomplete { .. }))
    ));
    assert_eq!(store.head().await.unwrap().position, Position::START);
    open(&store).await;
    let second = Ledger::open(store).settle(Register::Given(records)).await;
    assert!(matches!(
        second,
        Err(RecordError::Ledger(LedgerError::RegisterExists))
    ));
}

/// What an earlier version recorded is read as it stands, and known again.
#[tokio::test]
async fn a_day_before_1990_is_refused_of_a_new_record_alone() {
    let store = memory();
    let ledger = open(&store).await;
    let mut request = allocate("QD-1", LINE, 1_000);
    request.record.entry.effective_on = EffectiveOn::parse("0024-01-05").unwrap();
    let Err(RecordError::Refused(refusal)) = ledger.record(request.clone()).await else {
        panic!("it was recorded");
    };
    assert_eq!(refusal.slug(), "before-1990");
    let RecordBody::Line(line, LineAction::Allocate(allocation)) = request.record.body.clone()
    else {
        panic!("no allocation");
    };
    let stored = Event::Line(LineEvent {
        entry: request.record.entry.clone(),
        body: LineBody::Allocated(allocation),
    });
    let content = Sha256::digest(request.record.content());
    let append = Append {
        stream: line.stream(),
        expected: Expected::NoStream,
        events: vec![NewEvent {
            id: request.record.event_id(&content.into()),
            origin: request.origin.clone(),
            event: stored.encode(),
        }],
    };
    store.append(append, &NoSeal::shared()).await.unwrap();
    ledger.catch_up().await.unwrap();
    let again = ledger.record(request).await.unwrap();
    assert!(again.replayed);
}
