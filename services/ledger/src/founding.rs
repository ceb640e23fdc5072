//! Founding: the register that a fresh store starts with.

use std::time::Duration;

use events::log::StreamName;
use events::record::{Record, RecordBody};
use events::register::{Registers, UnitKind, vietnam};
use events::time::EffectiveOn;
use store::{Append, AppendError, Expected, NewEvent, NoSeal};
use tokio::time::{Instant, timeout_at};

use crate::aggregate::{Aggregate, World};
use crate::error::{LedgerError, RecordError};
use crate::ledger::{Ledger, own_origin};
use crate::record::event_id;

/// The register that a fresh store starts with.
#[derive(Clone, Debug, Default)]
pub enum Register {
    /// Vietnam's programmes and provinces.
    #[default]
    BuiltIn,
    /// Another one, as a whole; refused where the store already has one.
    Given(Vec<Record>),
}

impl Register {
    /// Refuses what no store would begin with.
    ///
    /// # Errors
    /// [`LedgerError::RegisterIncomplete`] and [`LedgerError::RegisterRefused`].
    pub fn check(&self, today: EffectiveOn) -> Result<(), LedgerError> {
        if let Self::Given(records) = self {
            whole(records)?;
            for kind in KINDS {
                decided(&kind.stream(), of_kind(kind, records), today)?;
            }
        }
        Ok(())
    }
}

/// In which order the streams of a register are begun.
const KINDS: [UnitKind; 2] = [UnitKind::Programme, UnitKind::Province];

/// How long another node may take to found the register that it has begun.
const PATIENCE: Duration = Duration::from_secs(10);

impl Ledger {
    /// Records the register of a fresh store: all of it, or nothing where another node was first.
    /// One that was begun with the same records is taken to its end.
    pub(crate) async fn found(&self, register: Register) -> Result<(), RecordError> {
        if self.missing().await?.is_none() {
            return match register {
                Register::BuiltIn => Ok(()),
                Register::Given(_) => Err(LedgerError::RegisterExists.into()),
            };
        }
        let (records, is_given) = match register {
            Register::BuiltIn => (vietnam(), false),
            Register::Given(records) => {
                whole(&records)?;
                (records, true)
            }
        };
        for kind in KINDS {
            if self.begin(kind, &records).await? {
                continue;
            }
            if is_given {
                return Err(LedgerError::RegisterExists.into());
            }
            return self.founded().await;
        }
        Ok(())
    }

    /// Appends the records of one kind to their stream; whether that begins with them now. Another
    /// node may have begun it with others.
    async fn begin(&self, kind: UnitKind, records: &[Record]) -> Result<bool, RecordError> {
        let stream = kind.stream();
        let append = Append {
            events: decided(&stream, of_kind(kind, records), self.today())?,
            expected: Expected::NoStream,
            stream,
        };
        // Not at the desk, which would decide again on what was first.
        match self.0.store.append(append, &NoSeal::shared()).await {
            Ok(_) => Ok(true),
            Err(AppendError::Conflict { .. }) => Ok(false),
            Err(error) => Err(RecordError::Append(error)),
        }
    }

    /// Waits until the register that another node has begun is there.
    async fn founded(&self) -> Result<(), RecordError> {
        let mut head = self.0.store.watch_head();
        let until = Instant::now() + PATIENCE;
        while let Some(missing) = self.missing().await? {
            if timeout_at(until, head.changed()).await.is_err() {
                return Err(LedgerError::RegisterBegun { missing }.into());
            }
        }
        Ok(())
    }

    /// What the register lacks, if anything.
    async fn missing(&self) -> Result<Option<&'static str>, LedgerError> {
        for kind in KINDS {
            if self.0.store.stream_head(&kind.stream()).await?.is_none() {
                return Ok(Some(plural(kind)));
            }
        }
        Ok(None)
    }
}

/// The events that `records` make of an empty stream.
///
/// # Errors
/// [`LedgerError::RegisterRefused`] for the first that breaks a rule.
fn decided<'r>(
    stream: &StreamName,
    records: impl Iterator<Item = &'r Record>,
    today: EffectiveOn,
) -> Result<Vec<NewEvent>, LedgerError> {
    let (origin, registers) = (own_origin(), Registers::default());
    let world = World {
        today,
        registers: &registers,
        is_open: &|_| false,
        window_until: None,
    };
    let mut aggregate = Aggregate::find(stream);
    let mut events: Vec<NewEvent> = Vec::new();
    for record in records {
        let id = event_id(record);
        // Written twice: it is the same record.
        if events.iter().any(|new| new.id == id) {
            continue;
        }
        let facts = aggregate.as_ref().map_or(Ok(Vec::new()), |aggregate| {
            aggregate.decide(record.clone(), &world)
        });
        let facts = facts.map_err(|refusal| LedgerError::RegisterRefused {
            reference: record.entry.reference.to_string(),
            why: refusal.to_string(),
        })?;
        for fact in facts {
            events.push(NewEvent {
                id,
                origin: origin.clone(),
                event: fact.encode(),
            });
            aggregate = aggregate.map(|aggregate| aggregate.evolve(&fact));
        }
    }
    Ok(events)
}

/// A register given as a whole: both kinds of codes.
fn whole(records: &[Record]) -> Result<(), LedgerError> {
    let has = |kind| records.iter().any(|record| kind_of(record) == Some(kind));
    match (has(UnitKind::Programme), has(UnitKind::Province)) {
        (true, true) => Ok(()),
        (false, _) => Err(UnitKind::Programme),
        (true, false) => Err(UnitKind::Province),
    }
    .map_err(|kind| LedgerError::RegisterIncomplete {
        missing: plural(kind),
    })
}

/// Units of a kind, as people call them.
fn plural(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Programme => "programmes",
        UnitKind::Province => "provinces",
    }
}

/// Those of a kind.
fn of_kind(kind: UnitKind, records: &[Record]) -> impl Iterator<Item = &Record> {
    let is_of_kind = move |record: &&Record| kind_of(record) == Some(kind);
    records.iter().filter(is_of_kind)
}

fn kind_of(record: &Record) -> Option<UnitKind> {
    match &record.body {
        RecordBody::Registration(registration) => Some(registration.kind),
        RecordBody::Merger(merger) => Some(merger.kind),
        RecordBody::Line(..)
        | RecordBody::Schedule(_)
        | RecordBody::Statement(_)
        | RecordBody::Policy(_) => None,
    }
}
