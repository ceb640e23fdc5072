//! Policies: from when a scope counts as behind its schedule, and when an alert about it ends.
//!
//! Thresholds are facts like any other, so that an old answer stays the same when they change.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef, StreamName};
use crate::record::{Entry, Record, RecordBody};
use crate::text::{Reference, Text};
use crate::time::BudgetYear;

/// From when a scope counts as behind its schedule. Replaces an earlier one from its effective day
/// on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPolicy {
    /// Behind by so much, a scope is watched. A fraction, as the others.
    #[serde(with = "crate::money::decimal_text")]
    pub watch: Decimal,
    /// Behind by so much, it is behind.
    #[serde(with = "crate::money::decimal_text")]
    pub behind: Decimal,
    /// Behind by so much, its year is in danger.
    #[serde(with = "crate::money::decimal_text")]
    pub critical: Decimal,
    /// An alert of a level ends so much lower than it begins.
    #[serde(with = "crate::money::decimal_text")]
    pub clear_by: Decimal,
    /// Nothing paid for so many days while behind, a scope is stalled.
    pub stalled_days: u16,
    /// What is left of an advance after so many days is overdue.
    pub advance_days: u16,
}

impl AlertPolicy {
    /// Most days that a policy may wait: ten years.
    pub const MOST_DAYS: u16 = 3_660;

    /// Where every policy is kept.
    pub fn stream() -> StreamName {
        StreamName::new("policy", "alerts")
    }

    /// What a fresh store starts with. How long an advance may be outstanding is a rule of our own:
    /// the decrees on advances bind it to the contract.
    ///
    /// # Panics
    /// Never: the texts are written here, and of their forms.
    #[expect(clippy::expect_used, reason = "the texts are of their forms")]
    pub fn founding() -> Record {
        let note = "the thresholds that a fresh store starts with";
        Record {
            entry: Entry {
                reference: Reference::parse("founding").expect("a reference"),
                effective_on: BudgetYear::FIRST.day(1, 1),
                note: Some(Text::parse(note).expect("a text")),
                document: None,
            },
            body: RecordBody::Policy(Self::default()),
        }
    }

    fn keep_rules(&self) -> Result<(), PolicyRefusal> {
        let Self {
            watch,
            behind,
            critical,
            clear_by,
            stalled_days,
            advance_days,
        } = *self;
        let growing = Decimal::ZERO < watch && watch < behind && behind < critical;
        if !growing || critical > Decimal::ONE {
            return Err(PolicyRefusal::NotGrowing {
                watch,
                behind,
                critical,
            });
        }
        if clear_by < Decimal::ZERO || clear_by >= watch {
            return Err(PolicyRefusal::NeverClears { clear_by, watch });
        }
        for (field, days) in [
            ("stalled_days", stalled_days),
            ("advance_days", advance_days),
        ] {
            if !(1..=Self::MOST_DAYS).contains(&days) {
                return Err(PolicyRefusal::Days { field, days });
            }
        }
        Ok(())
    }
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self {
            watch: Decimal::new(5, 2),
            behind: Decimal::new(10, 2),
            critical: Decimal::new(20, 2),
            clear_by: Decimal::new(2, 2),
            stalled_days: 60,
            advance_days: 180,
        }
    }
}

/// A fact of the policies: one was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEvent {
    /// Its number, its day, and where it comes from.
    pub entry: Entry,
    /// What was set.
    pub policy: AlertPolicy,
}

/// Why a policy is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// The reference stands for another policy.
    #[error("there is already a policy '{reference}' with other content")]
    ReferenceReused {
        /// The reference.
        reference: Reference,
    },
    /// The thresholds contradict each other.
    #[error(
        "thresholds grow from above 0 to at most 1, watch before behind before critical; \
         these are {watch}, {behind} and {critical}"
    )]
    NotGrowing {
        /// Behind by so much, a scope is watched.
        watch: Decimal,
        /// Behind by so much, it is behind.
        behind: Decimal,
        /// Behind by so much, it is critical.
        critical: Decimal,
    },
    /// No alert would ever end.
    #[error(
        "a clear_by of {clear_by} is not between 0 and the watch of {watch}: \
         an alert would end before it begins, or only ahead of the schedule"
    )]
    NeverClears {
        /// How much lower an alert ends.
        clear_by: Decimal,
        /// Where the lowest begins.
        watch: Decimal,
    },
    /// A number of days out of bounds.
    #[error(
        "{field} is {days} days, and not between 1 and {}",
        AlertPolicy::MOST_DAYS
    )]
    Days {
        /// Which one.
        field: &'static str,
        /// How many.
        days: u16,
    },
}

impl PolicyRefusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
            Self::NotGrowing { .. } => "thresholds-not-growing",
            Self::NeverClears { .. } => "never-clears",
            Self::Days { .. } => "days-out-of-bounds",
        }
    }

    /// The field to mend.
    pub fn field(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference",
            Self::NotGrowing { .. } => "watch",
            Self::NeverClears { .. } => "clear_by",
            Self::Days { field, .. } => field,
        }
    }
}

/// The policies that were set: what a decision needs of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    references: BTreeSet<Reference>,
}

impl Policies {
    /// The fact that `policy` adds.
    ///
    /// # Errors
    /// A [`PolicyRefusal`] names the rule that was broken; nothing is added.
    pub fn decide(
        &self,
        entry: Entry,
        policy: AlertPolicy,
    ) -> Result<Vec<PolicyEvent>, PolicyRefusal> {
        if self.references.contains(&entry.reference) {
            return Err(PolicyRefusal::ReferenceReused {
                reference: entry.reference,
            });
        }
        policy.keep_rules()?;
        Ok(vec![PolicyEvent { entry, policy }])
    }

    /// Applies a fact.
    #[must_use]
    pub fn evolve(mut self, event: &PolicyEvent) -> Self {
        self.references.insert(event.entry.reference.clone());
        self
    }
}

impl PolicyEvent {
    /// The fact as it is kept.
    pub fn encode(&self) -> Stored {
        let data = payload(&self.entry, &self.policy);
        Stored {
            name: "policy.alerts_set".to_owned(),
            version: 1,
            data,
        }
    }

    /// The fact that was kept so.
    ///
    /// # Errors
    /// [`DecodeError`] for a name or version we never wrote, and for a payload of another shape.
    pub fn decode<'a>(stored: impl Into<StoredRef<'a>>) -> Result<Self, DecodeError> {
        let stored = stored.into();
        match (stored.name, stored.version) {
            ("policy.alerts_set", 1) => {
                let (entry, policy) = read(stored, |policy| policy)?;
                Ok(Self { entry, policy })
            }
            _ => Err(DecodeError::unknown(stored)),
        }
    }
}
