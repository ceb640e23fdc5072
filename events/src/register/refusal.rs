//! Why a register does not take a record, or does not know a code: the broken rule.

use super::{UnitCode, UnitKind};
use crate::record::RecordKind;
use crate::text::Reference;
use crate::time::EffectiveOn;

/// Why a register does not take a record, or a record does not find its code in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRefusal {
    /// The reference stands for another record.
    #[error(
        "the reference '{reference}' is taken: the register has another {record} of that number"
    )]
    ReferenceReused {
        /// The kind of record.
        record: RecordKind,
        /// The reference.
        reference: Reference,
    },
    /// The code is not in the register on that day.
    #[error("'{code}' is no {} on {on}", kind.as_str())]
    UnknownCode {
        /// Of what.
        kind: UnitKind,
        /// The code.
        code: UnitCode,
        /// The day asked about.
        on: EffectiveOn,
        /// The codes of that day.
        known: Vec<UnitCode>,
    },
    /// A code is never given to another unit.
    #[error("'{code}' is or was another unit's code, and a code is not given out again")]
    CodeTaken {
        /// The code.
        code: UnitCode,
    },
    /// A register grows forward only.
    #[error("'{code}' changes on {latest}; a change of it comes after that day")]
    NotAfterLatest {
        /// The code.
        code: UnitCode,
        /// The day of its latest change.
        latest: EffectiveOn,
    },
    /// The last day is before the first.
    #[error("'{until}' is before the day from which the code has this name")]
    EndsBeforeItBegins {
        /// The last day.
        until: EffectiveOn,
    },
    /// Nothing merges.
    #[error("a merger names the units that merge")]
    NothingMerges,
}

impl RegisterRefusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
            Self::UnknownCode { .. } => "unknown-code",
            Self::CodeTaken { .. } => "code-taken",
            Self::NotAfterLatest { .. } => "not-after-latest",
            Self::EndsBeforeItBegins { .. } => "ends-before-it-begins",
            Self::NothingMerges => "nothing-merges",
        }
    }
}
