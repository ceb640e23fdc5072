//! Founding: the register that a fresh store starts with.

use events::record::{Record, RecordBody};
use events::register::{UnitKind, vietnam};

use crate::batch::{BatchRow, Mode};
use crate::error::{LedgerError, RecordError};
use crate::ledger::{Ledger, own_origin};
use crate::record::Request;

/// The register that a fresh store starts with.
#[derive(Clone, Debug, Default)]
pub enum Register {
    /// Vietnam's programmes and provinces.
    #[default]
    BuiltIn,
    /// Another one, as a whole; refused where the store already has one.
    Given(Vec<Record>),
}

impl Ledger {
    /// Records the register of a fresh store: whichever of its two streams is empty.
    pub(crate) async fn found(&self, register: Register) -> Result<(), RecordError> {
        let mut missing = Vec::new();
        for kind in [UnitKind::Programme, UnitKind::Province] {
            if self
                .0
                .store
                .stream_head(&kind.stream())
                .await
                .map_err(LedgerError::from)?
                .is_none()
            {
                missing.push(kind);
            }
        }
        let records = match register {
            Register::BuiltIn => vietnam(),
            Register::Given(_) if missing.len() < 2 => {
                return Err(LedgerError::RegisterExists.into());
            }
            Register::Given(records) => whole(records)?,
        };
        let origin = own_origin();
        let is_missing = |record: &Record| kind_of(record).is_some_and(|it| missing.contains(&it));
        let rows: Vec<BatchRow> = records
            .iter()
            .filter(|record| is_missing(record))
            .map(|record| {
                let (record, origin) = (record.clone(), origin.clone());
                BatchRow::Record(Box::new(Request {
                    record,
                    origin,
                    if_match: None,
                }))
            })
            .collect();
        // All of a register or nothing: half of one would be taken for the whole.
        let results = self.record_batch(rows, Mode::Atomic).await;
        let founded = records
            .iter()
            .filter(|record| is_missing(record))
            .zip(results);
        for (record, result) in founded {
            match result.unwrap_or(Err(RecordError::Broken)) {
                Ok(_) | Err(RecordError::FellTogether) => {}
                Err(RecordError::Refused(refusal)) => {
                    let (reference, why) =
                        (record.entry.reference.to_string(), refusal.to_string());
                    return Err(LedgerError::RegisterRefused { reference, why }.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A register given as a whole: both kinds of codes.
fn whole(records: Vec<Record>) -> Result<Vec<Record>, LedgerError> {
    let has = |kind| records.iter().any(|record| kind_of(record) == Some(kind));
    match (has(UnitKind::Programme), has(UnitKind::Province)) {
        (true, true) => Ok(records),
        (false, _) => Err(LedgerError::RegisterIncomplete {
            missing: "programmes",
        }),
        (true, false) => Err(LedgerError::RegisterIncomplete {
            missing: "provinces",
        }),
    }
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
