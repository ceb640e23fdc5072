//! A ledger over memory with a clock that stands, and records in few words.

use std::sync::Arc;

use events::line::{
    Allocation, AllocationBasis, Certainty, Commitment, Disbursement, DisbursementKind, LineAction,
    Reverse, Transfer, TransferKind,
};
use events::log::Origin;
use events::money::{Amount, Money};
use events::names::LineId;
use events::record::{Entry, Record, RecordBody, RecordKind};
use events::text::{Reference, Text};
use events::time::{EffectiveOn, RecordedAt};
use ledger::{Answer, Ledger, RecordError, Register, Request};
use store::memory::Faults;
use store::{EventStore, ManualClock, MemoryStore};
use uuid::Uuid;

pub(crate) const LINE: &str = "NTM/10/2024/central/investment";
pub(crate) const OTHER: &str = "NTM/19/2024/central/investment";

/// A store in memory at noon of 15 June 2024 in Vietnam.
pub(crate) fn memory() -> Arc<dyn EventStore> {
    memory_taking(usize::MAX)
}

/// The same, taking appends of up to `bytes` only.
pub(crate) fn memory_taking(bytes: usize) -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new(noon()).taking(bytes))
}

/// A clock that stands at noon of 15 June 2024 in Vietnam.
pub(crate) fn noon() -> Arc<ManualClock> {
    let noon = RecordedAt::parse("2024-06-15T05:00:00Z").unwrap();
    Arc::new(ManualClock::new(noon))
}

/// A store in memory that panics as is told to what comes with it.
pub(crate) fn memory_with_faults() -> (Arc<dyn EventStore>, Arc<Faults>) {
    let noon = RecordedAt::parse("2024-06-15T05:00:00Z").unwrap();
    let (clock, faults) = (Arc::new(ManualClock::new(noon)), Arc::<Faults>::default());
    let store = MemoryStore::new(clock).with(Arc::clone(&faults));
    (Arc::new(store), faults)
}

/// A ledger over `store` with the built-in register.
pub(crate) async fn open(store: &Arc<dyn EventStore>) -> Ledger {
    let ledger = Ledger::open(Arc::clone(store));
    ledger.settle(Register::BuiltIn).await.unwrap();
    ledger
}

pub(crate) fn line(text: &str) -> LineId {
    LineId::parse(text).unwrap()
}

pub(crate) fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

pub(crate) fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).unwrap()
}

fn reason() -> Text {
    Text::parse("as decided").unwrap()
}

/// A record of `on` (a day of 2024: `03-01`) for `of`.
pub(crate) fn record(number: &str, on: &str, of: &str, action: LineAction) -> Request {
    let effective_on = EffectiveOn::parse(&format!("2024-{on}")).unwrap();
    let entry = Entry {
        reference: reference(number),
        effective_on,
        note: None,
        document: None,
    };
    let record = Record {
        entry,
        body: RecordBody::Line(line(of), action),
    };
    let origin = Origin {
        actor: "local".to_owned(),
        correlation_id: Uuid::nil(),
        causation_id: None,
    };
    Request {
        record,
        origin,
        if_match: None,
    }
}

pub(crate) fn allocate(number: &str, of: &str, dong: i64) -> Request {
    let basis = AllocationBasis::Assigned;
    let allocation = Allocation {
        amount: amount(dong),
        basis,
    };
    record(number, "01-05", of, LineAction::Allocate(allocation))
}

pub(crate) fn commit(number: &str, of: &str, dong: i64) -> Request {
    let (project, commune, payee) = (None, None, None);
    let commitment = Commitment {
        amount: amount(dong),
        project,
        commune,
        payee,
    };
    record(number, "02-01", of, LineAction::Commit(commitment))
}

pub(crate) fn disburse(number: &str, of: &str, on: &str, dong: i64) -> Request {
    let disbursement = Disbursement {
        amount: amount(dong),
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage: line(of).year(),
        commitment: Some(reference(on)),
        project: None,
        commune: None,
        in_kind: None,
    };
    record(number, "03-01", of, LineAction::Disburse(disbursement))
}

pub(crate) fn reallocate(number: &str, of: &str, to: &str, dong: i64) -> Request {
    let (kind, to, vintage) = (TransferKind::Reallocation, Some(line(to)), None);
    let transfer = Transfer {
        kind,
        to,
        amount: amount(dong),
        vintage,
    };
    record(number, "04-01", of, LineAction::Transfer(transfer))
}

pub(crate) fn recall(number: &str, of: &str, dong: i64) -> Request {
    let (kind, to, vintage) = (TransferKind::Recall, None, None);
    let transfer = Transfer {
        kind,
        to,
        amount: amount(dong),
        vintage,
    };
    record(number, "04-01", of, LineAction::Transfer(transfer))
}

/// Reverses all that is left of a record.
pub(crate) fn reverse(number: &str, of: &str, kind: RecordKind, reversed: &str) -> Request {
    reversal(number, of, kind, (reversed, None))
}

/// Reverses part of a record.
pub(crate) fn reverse_part(
    number: &str,
    of: &str,
    kind: RecordKind,
    reversed: &str,
    dong: i64,
) -> Request {
    reversal(number, of, kind, (reversed, Some(amount(dong))))
}

fn reversal(
    number: &str,
    of: &str,
    record_kind: RecordKind,
    (reversed, amount): (&str, Option<Amount>),
) -> Request {
    let (reference, reason) = (reference(reversed), reason());
    let reverse = Reverse {
        record: record_kind,
        reference,
        amount,
        reason,
    };
    record(number, "05-01", of, LineAction::Reverse(reverse))
}

/// Records each, which must be taken.
pub(crate) async fn record_all(
    ledger: &Ledger,
    requests: impl IntoIterator<Item = Request>,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for request in requests {
        answers.push(ledger.record(request).await.unwrap());
    }
    answers
}

/// Records all at once, in no order; what each comes to.
pub(crate) async fn record_at_once(
    ledger: &Ledger,
    requests: impl IntoIterator<Item = Request>,
) -> Vec<Result<Answer, RecordError>> {
    let mut tasks = tokio::task::JoinSet::new();
    for request in requests {
        let ledger = ledger.clone();
        tasks.spawn(async move { ledger.record(request).await });
    }
    tasks.join_all().await
}

/// The slug of a refusal.
#[track_caller]
pub(crate) fn refused(result: Result<Answer, RecordError>) -> &'static str {
    match result {
        Err(RecordError::Refused(refusal)) => refusal.slug(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}
