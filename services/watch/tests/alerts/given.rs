//! Plans and payments in few words, and an office that hears of alerts.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use events::alert::{AlertId, EndpointName, Outcome};
use events::line::{
    Allocation, AllocationBasis, Certainty, Commitment, Disbursement, DisbursementKind, LineAction,
};
use events::log::{Origin, Recorded, Revision, Stored};
use events::money::{Amount, Money};
use events::names::LineId;
use events::record::{Entry, Record, RecordBody};
use events::schedule::{Milestone, Schedule};
use events::text::Reference;
use events::time::{EffectiveOn, RecordedAt};
use ledger::{Ledger, Register, Request};
use projections::alerts::AlertState;
use store::memory::Faults;
use store::{EventStore, ManualClock, MemoryStore};
use uuid::Uuid;
use watch::webhook::{Backoff, Endpoint, Secret};

use crate::receiver::{Call, Receiver};

pub(crate) const LINE: &str = "NTM/10/2024/central/investment";
pub(crate) const ALERT: &str = "behind_plan.NTM.10.2024";

/// Waits that a test has the time for.
pub(crate) const SHORT: Backoff = Backoff {
    first: Duration::from_millis(2),
    longest: Duration::from_millis(4),
    attempts: 100,
    refusals: 8,
};

/// Noon of 15 March 2024 in Vietnam, when nothing need be allocated in detail yet.
pub(crate) fn clock() -> Arc<ManualClock> {
    let noon = RecordedAt::parse("2024-03-15T05:00:00Z").unwrap();
    Arc::new(ManualClock::new(noon))
}

/// A store and its clock.
pub(crate) fn memory() -> (Arc<dyn EventStore>, Arc<ManualClock>) {
    let clock = clock();
    (Arc::new(MemoryStore::new(clock.clone())), clock)
}

/// The same, and what makes the store panic.
pub(crate) fn memory_with_faults() -> (Arc<dyn EventStore>, Arc<Faults>) {
    let noon = RecordedAt::parse("2024-03-15T05:00:00Z").unwrap();
    let (clock, faults) = (Arc::new(ManualClock::new(noon)), Arc::<Faults>::default());
    let store = MemoryStore::new(clock).with(faults.clone());
    (Arc::new(store), faults)
}

pub(crate) async fn open(store: &Arc<dyn EventStore>) -> Ledger {
    let ledger = Ledger::open(Arc::clone(store));
    ledger.settle(Register::BuiltIn).await.unwrap();
    ledger
}

pub(crate) fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

pub(crate) async fn record(ledger: &Ledger, reference: &str, on: &str, body: RecordBody) {
    let entry = Entry {
        reference: Reference::parse(reference).unwrap(),
        effective_on: day(on),
        note: None,
        document: None,
    };
    let origin = Origin {
        actor: "local".to_owned(),
        correlation_id: Uuid::nil(),
        causation_id: None,
    };
    let request = Request {
        record: Record { entry, body },
        origin,
        if_match: None,
    };
    ledger.record(request).await.unwrap();
}

pub(crate) fn line() -> LineId {
    LineId::parse(LINE).unwrap()
}

pub(crate) fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).unwrap()
}

/// A plan of 100 đồng, of which half is due by a day and one was paid, so that nothing is stalled.
pub(crate) async fn plan(ledger: &Ledger, by: &str) {
    let basis = AllocationBasis::Assigned;
    let allocation = Allocation {
        amount: amount(100),
        basis,
    };
    let body = RecordBody::Line(line(), LineAction::Allocate(allocation));
    record(ledger, "QD-1", "2024-01-05", body).await;
    let contract = Commitment {
        amount: amount(100),
        project: None,
        commune: None,
        payee: None,
    };
    let body = RecordBody::Line(line(), LineAction::Commit(contract));
    record(ledger, "HD-1", "2024-01-06", body).await;
    pay(ledger, "KB-0", 1).await;
    let schedule = Schedule {
        programme: line().programme(),
        province: line().province(),
        year: line().year(),
        source: None,
        capital_type: None,
        milestones: vec![Milestone {
            by: day(by),
            rate: "0.5".parse().unwrap(),
        }],
    };
    record(ledger, "KH-1", "2024-01-05", RecordBody::Schedule(schedule)).await;
}

pub(crate) async fn pay(ledger: &Ledger, reference: &str, dong: i64) {
    let payment = Disbursement {
        amount: amount(dong),
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage: line().year(),
        commitment: Some(Reference::parse("HD-1").unwrap()),
        project: None,
        commune: None,
        in_kind: None,
    };
    let body = RecordBody::Line(line(), LineAction::Disburse(payment));
    record(ledger, reference, "2024-03-14", body).await;
}

pub(crate) fn id() -> AlertId {
    AlertId::find(ALERT).unwrap()
}

/// Waits until the alert is in `state`.
pub(crate) async fn until(ledger: &Ledger, state: AlertState) {
    until_so(ledger, || {
        let today = ledger.today();
        let now = ledger.alerts(|alerts| alerts.find(id()).and_then(|view| view.state(today)));
        now == Some(state)
    })
    .await;
}

/// Waits until something that follows from the log is so.
pub(crate) async fn until_so(ledger: &Ledger, is_so: impl Fn() -> bool) {
    let waited = async {
        loop {
            let at = ledger.applied();
            if is_so() {
                return;
            }
            ledger.pass(at).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), waited)
        .await
        .unwrap();
}

/// The events of the alert.
pub(crate) async fn told(store: &Arc<dyn EventStore>) -> Vec<Recorded<Stored>> {
    let stream = id().stream();
    store
        .read_stream(&stream, Revision::FIRST, 100)
        .await
        .unwrap()
}

pub(crate) fn names(events: &[Recorded<Stored>]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.event.name.as_str())
        .collect()
}

pub(crate) fn office() -> EndpointName {
    EndpointName::parse("office").unwrap()
}

pub(crate) fn endpoint(receiver: &Receiver) -> Endpoint {
    let secret = Secret::parse(b"a secret of at least sixteen bytes").unwrap();
    let url = receiver.url("http").parse().unwrap();
    Endpoint::try_new(office(), url, secret, true).unwrap()
}

/// A receiver that answers with these statuses, the last of them for ever.
pub(crate) fn answering(statuses: &'static [&'static str]) -> Receiver {
    let count = AtomicUsize::new(0);
    Receiver::doing(move |mut stream| {
        let number = count.fetch_add(1, Ordering::SeqCst).min(statuses.len() - 1);
        let answer = format!(
            "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            statuses[number]
        );
        // The caller may be gone.
        drop(stream.write_all(answer.as_bytes()));
    })
}

/// Waits until the office was told, or could not be told, of so many facts.
pub(crate) async fn until_answered(ledger: &Ledger, outcome: Outcome, count: usize) {
    until_so(ledger, || {
        ledger.alerts(|alerts| {
            let tellings = alerts.find(id()).map(|view| view.alert.tellings().clone());
            let tellings = tellings.unwrap_or_default();
            let came = tellings
                .values()
                .filter_map(|it| it.outcomes.get(&office()));
            came.filter(|it| **it == outcome).count() == count
        })
    })
    .await;
}

pub(crate) fn said(call: &Call) -> (String, String) {
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body["data"]["id"], ALERT);
    let kind = body["type"].as_str().unwrap().to_owned();
    (kind, call.header("webhook-id").to_owned())
}
