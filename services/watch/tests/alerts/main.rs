//! Alerts from the record that breaks a rule to the endpoint that hears of it, over a store in
//! memory and a clock set by hand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops where it is wrong"
)]

#[path = "../webhook/receiver.rs"]
#[expect(dead_code, reason = "other tests need other servers")]
mod receiver;

mod given;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use events::alert::{AlertCommand, Outcome, Requested};
use events::log::{Position, Revision};
use events::record::Entry;
use events::text::Reference;
use ledger::Command;
use projections::alerts::AlertState;
use store::memory::MemoryLog;
use store::{EventStore, MemoryStore, ReadOnly};
use watch::{Deliveries, Watch};

use crate::given::*;

#[tokio::test]
async fn many_guards_raise_one_alert_and_end_it_once() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(open(&store).await);
    }
    let watches: Vec<_> = others
        .iter()
        .map(|other| Watch::over(other, Vec::new(), SHORT))
        .collect();
    plan(&ledger, "2024-03-01").await;
    until(&ledger, AlertState::Open).await;
    pay(&ledger, "KB-1", 48).await;
    until(&ledger, AlertState::Resolved).await;
    pay(&ledger, "KB-2", 1).await;
    for watch in watches {
        watch.end().await;
    }
    assert_eq!(
        names(&told(&store).await),
        ["alert.raised", "alert.resolved"]
    );
}

#[tokio::test]
async fn an_alert_bears_what_it_was_raised_on() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    let watch = Watch::over(&ledger, Vec::new(), SHORT);
    plan(&ledger, "2024-03-01").await;
    until(&ledger, AlertState::Open).await;
    let raised = told(&store).await.remove(0);
    let data: serde_json::Value = serde_json::from_str(&raised.event.data).unwrap();
    assert_eq!(data["effective_on"], "2024-03-15");
    assert_eq!(data["level"], "critical");
    assert_eq!(
        (&data["plan"], &data["rate"]),
        (&"100".into(), &"0.01".into())
    );
    assert_eq!(data["due"]["gap"], "49");
    assert_eq!(data["basis"]["denominator"], "total");
    let known = Position(data["known_at"].as_u64().unwrap());
    assert!(known < raised.position);
    assert_eq!(raised.origin.actor, "outlay");
    let judged = watch.board().judged().unwrap();
    assert_eq!(judged.behind.standings.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_day_is_judged_though_nothing_was_recorded() {
    let (store, clock) = memory();
    let ledger = open(&store).await;
    let watch = Watch::over(&ledger, Vec::new(), SHORT);
    plan(&ledger, "2024-03-16").await;
    let head = ledger.applied();
    while watch
        .board()
        .judged()
        .is_none_or(|it| it.behind.as_of.known < head)
    {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(told(&store).await.len(), 0);
    clock.step(Duration::from_hours(24));
    until(&ledger, AlertState::Open).await;
    assert_eq!(names(&told(&store).await), ["alert.raised"]);
}

#[tokio::test]
async fn an_endpoint_hears_of_everything_once_and_in_order_whatever_it_answers() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    let receiver = answering(&["500 Broken", "503 Busy", "200 OK"]);
    let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
    plan(&ledger, "2024-03-01").await;
    until_answered(&ledger, Outcome::Delivered, 1).await;
    pay(&ledger, "KB-1", 48).await;
    until_answered(&ledger, Outcome::Delivered, 2).await;
    watch.end().await;
    let calls: Vec<_> = receiver.calls().iter().map(said).collect();
    let events = told(&store).await;
    let delivery = |event: usize| office().delivery(events[event].id).to_string();
    let raised = ("alert.raised".to_owned(), delivery(0));
    let resolved = ("alert.resolved".to_owned(), delivery(2));
    assert_eq!(calls, [raised.clone(), raised.clone(), raised, resolved]);
    let expected = [
        "alert.raised",
        "alert.delivered",
        "alert.resolved",
        "alert.delivered",
    ];
    assert_eq!(names(&events), expected);
    let delivered: serde_json::Value = serde_json::from_str(&events[1].event.data).unwrap();
    assert_eq!(
        (&delivered["attempts"], &delivered["of"]),
        (&3.into(), &0.into())
    );
    // Whoever comes after finds that it knows.
    let after = open(&store).await;
    let watch = Watch::over(&after, vec![endpoint(&receiver)], SHORT);
    assert_eq!(watch.board().deliveries()[&office()], Deliveries::default());
    while watch.board().judged().is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(watch::due(&after, &office()), []);
    watch.end().await;
    assert_eq!(receiver.calls().len(), 0);
}

#[tokio::test]
async fn two_installations_never_tell_under_one_id() {
    let receiver = answering(&["200 OK"]);
    let mut calls = Vec::new();
    for _ in 0..2 {
        let (store, _) = memory();
        let ledger = open(&store).await;
        let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
        plan(&ledger, "2024-03-01").await;
        until_answered(&ledger, Outcome::Delivered, 1).await;
        watch.end().await;
        calls.extend(receiver.calls().iter().map(said));
    }
    let [(first, first_id), (second, second_id)] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(first, second);
    assert_ne!(first_id, second_id);
}

#[tokio::test]
async fn what_one_node_did_not_deliver_another_does_with_the_same_id_and_text() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    let deaf = answering(&["500 Broken"]);
    let watch = Watch::over(&ledger, vec![endpoint(&deaf)], SHORT);
    plan(&ledger, "2024-03-01").await;
    until(&ledger, AlertState::Open).await;
    let mut tried = Vec::new();
    while tried.is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
        tried = deaf.calls();
    }
    watch.end().await;
    let hears = answering(&["200 OK"]);
    let other = open(&store).await;
    let watch = Watch::over(&other, vec![endpoint(&hears)], SHORT);
    until_answered(&other, Outcome::Delivered, 1).await;
    watch.end().await;
    let came = hears.calls();
    assert_eq!(came.len(), 1);
    assert_eq!(said(&came[0]), said(&tried[0]));
    assert_eq!(came[0].body, tried[0].body);
}

#[tokio::test]
async fn a_letter_that_is_refused_holds_up_no_other_for_long() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    // Patience that is asked for and a failure are no refusals.
    let receiver = answering(&[
        "429 Slow",
        "500 Broken",
        "400 Bad",
        "404 None",
        "422 No",
        "400 Bad",
        "400 Bad",
        "400 Bad",
        "400 Bad",
        "400 Bad",
        "200 OK",
    ]);
    let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
    plan(&ledger, "2024-03-01").await;
    until_answered(&ledger, Outcome::Abandoned, 1).await;
    pay(&ledger, "KB-1", 48).await;
    until_answered(&ledger, Outcome::Delivered, 1).await;
    watch.end().await;
    let events = told(&store).await;
    let given_up: serde_json::Value = serde_json::from_str(&events[1].event.data).unwrap();
    assert_eq!(given_up["attempts"], 10);
    let why = given_up["why"].as_str().unwrap();
    assert!(why.starts_with("answered 400"), "{why}");
    let expected = [
        "alert.raised",
        "alert.delivery_abandoned",
        "alert.resolved",
        "alert.delivered",
    ];
    assert_eq!(names(&events), expected);
}

#[tokio::test]
async fn a_dead_letter_is_kept_and_sent_again_when_somebody_asks() {
    let (store, _) = memory();
    let ledger = open(&store).await;
    let receiver = answering(&["410 Gone", "200 OK"]);
    let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
    plan(&ledger, "2024-03-01").await;
    until_answered(&ledger, Outcome::Abandoned, 1).await;
    let of = Revision(0);
    let dead = ledger.alerts(|alerts| alerts.dead(&office()));
    assert_eq!(
        dead.iter()
            .map(|letter| letter.revision)
            .collect::<Vec<_>>(),
        [of]
    );
    let asked = Command {
        id: id(),
        entry: Entry {
            reference: Reference::parse("again").unwrap(),
            effective_on: ledger.today(),
            note: None,
            document: None,
        },
        command: AlertCommand::Request(Requested {
            endpoint: office(),
            of,
        }),
        origin: None,
    };
    assert!(ledger.tell(asked).await.unwrap().is_some());
    until_answered(&ledger, Outcome::Delivered, 1).await;
    watch.end().await;
    let calls: Vec<_> = receiver.calls().iter().map(said).collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    let expected = [
        "alert.raised",
        "alert.delivery_abandoned",
        "alert.delivery_requested",
        "alert.delivered",
    ];
    assert_eq!(names(&told(&store).await), expected);
}

#[tokio::test(start_paused = true)]
async fn over_a_store_that_takes_nothing_scopes_are_judged_and_nobody_is_told() {
    let (log, clock) = (MemoryLog::default(), clock());
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::open(log.clone(), clock.clone()));
    let ledger = open(&store).await;
    let watch = Watch::over(&ledger, Vec::new(), SHORT);
    plan(&ledger, "2024-03-01").await;
    until(&ledger, AlertState::Open).await;
    watch.end().await;
    let before = told(&store).await;

    let set_back = ReadOnly::SetBack {
        witnessed: Position(900),
        head: ledger.applied(),
    };
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::open(log, clock).refusing(set_back));
    let ledger = open(&store).await;
    let receiver = answering(&["204 No Content"]);
    let watch = Watch::over(&ledger, vec![endpoint(&receiver)], SHORT);
    while watch.board().judged().is_none() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // On a clock that stands still but for this: whoever tried again would have.
    tokio::time::sleep(Duration::from_mins(5)).await;
    watch.end().await;
    assert!(receiver.calls().is_empty(), "nobody is told twice");
    assert_eq!(told(&store).await, before);
}
