//! Statements: figures that somebody published. Kept beside the computed ones, never mixed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::basis::{Basis, worded};
use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef, StreamName};
use crate::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use crate::record::Entry;
use crate::text::{Place, Reference, Text};
use crate::time::{BudgetYear, EffectiveOn};

/// A figure that somebody published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What it is about.
    pub scope: Scope,
    /// The day it holds for.
    pub as_of: EffectiveOn,
    /// Which figure of a row it states.
    pub measure: Measure,
    /// What it is made of, as the publisher counts.
    pub basis: Basis,
    /// The figure: whole đồng, or a fraction for a rate.
    #[serde(with = "crate::money::decimal_text")]
    pub value: Decimal,
    /// How exactly it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// When it was published.
    pub published_on: EffectiveOn,
    /// By whom.
    pub publisher: Text,
}

/// What a figure is about: everything that all its filters let through. An empty filter lets
/// everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Programmes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub programme: BTreeSet<ProgrammeCode>,
    /// Provinces.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub province: BTreeSet<ProvinceCode>,
    /// Budget years.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub year: BTreeSet<BudgetYear>,
    /// Sources.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub source: BTreeSet<CapitalSource>,
    /// Capital types.
    #[serde(rename = "type", skip_serializing_if = "BTreeSet::is_empty")]
    pub capital_type: BTreeSet<CapitalType>,
    /// Projects.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub project: BTreeSet<Place>,
    /// Communes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub commune: BTreeSet<Place>,
}

/// A figure of a row that can be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the contract's table of measures describes each"
)]
pub enum Measure {
    Plan,
    Assigned,
    LocalIncrease,
    CarriedIn,
    Reallocated,
    Recalled,
    CarriedOut,
    InTransit,
    Remaining,
    Detailed,
    Committed,
    Disbursed,
    AdvancesOutstanding,
    Estimated,
    Numerator,
    Denominator,
    Rate,
    CommitmentRate,
}

worded!(Measure {
    Plan => "plan",
    Assigned => "assigned",
    LocalIncrease => "local_increase",
    CarriedIn => "carried_in",
    Reallocated => "reallocated",
    Recalled => "recalled",
    CarriedOut => "carried_out",
    InTransit => "in_transit",
    Remaining => "remaining",
    Detailed => "detailed",
    Committed => "committed",
    Disbursed => "disbursed",
    AdvancesOutstanding => "advances_outstanding",
    Estimated => "estimated",
    Numerator => "numerator",
    Denominator => "denominator",
    Rate => "rate",
    CommitmentRate => "commitment_rate",
});

impl Measure {
    /// Whether it is a fraction and not a sum of money.
    pub fn is_rate(self) -> bool {
        matches!(self, Self::Rate | Self::CommitmentRate)
    }
}

/// How exactly a published figure is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// "About", "nearly".
    About,
    /// "More than".
    AtLeast,
    /// "Up to".
    AtMost,
}

worded!(Qualifier { About => "about", AtLeast => "at_least", AtMost => "at_most" });

/// A fact of the published figures: one was stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEvent {
    /// Its number, its day, and where it comes from.
    pub entry: Entry,
    /// What was stated.
    pub statement: Statement,
}

/// Why a statement is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefusal {
    /// The reference stands for another statement.
    #[error("there is already a statement '{reference}' with other content")]
    ReferenceReused {
        /// The reference.
        reference: Reference,
    },
}

impl StatementRefusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
        }
    }
}

impl Statement {
    /// The stream of the figures that hold for a day of the same year.
    pub fn stream(&self) -> StreamName {
        use chrono::Datelike as _;
        StreamName::new("statement", self.as_of.date().year())
    }
}

/// The published figures of one stream: what a decision needs of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    references: BTreeSet<Reference>,
}

impl Statements {
    /// The fact that `statement` adds.
    ///
    /// # Errors
    /// A [`StatementRefusal`] names the rule that was broken; nothing is added.
    pub fn decide(
        &self,
        entry: Entry,
        statement: Statement,
    ) -> Result<Vec<StatementEvent>, StatementRefusal> {
        if self.references.contains(&entry.reference) {
            return Err(StatementRefusal::ReferenceReused {
                reference: entry.reference,
            });
        }
        Ok(vec![StatementEvent { entry, statement }])
    }

    /// Applies a fact.
    #[must_use]
    pub fn evolve(mut self, event: &StatementEvent) -> Self {
        self.references.insert(event.entry.reference.clone());
        self
    }
}

impl StatementEvent {
    /// The fact as it is kept.
    pub fn encode(&self) -> Stored {
        let data = payload(&self.entry, &self.statement);
        Stored {
            name: "statement.published".to_owned(),
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
            ("statement.published", 1) => {
                let (entry, statement) = read(stored, |statement| statement)?;
                Ok(Self { entry, statement })
            }
            _ => Err(DecodeError::unknown(stored)),
        }
    }
}
