//! The facts of the registers, which are also what their records ask.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{UnitCode, UnitKind};
use crate::record::{Entry, RecordKind};
use crate::text::Text;
use crate::time::EffectiveOn;

/// What a unit is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Names {
    /// In Vietnamese.
    pub vi: Text,
    /// In English.
    pub en: Text,
}

/// A code and the name it has from the record's day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Of what.
    pub kind: UnitKind,
    /// The code.
    pub code: UnitCode,
    /// What it is called.
    pub names: Names,
    /// Its last day, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<EffectiveOn>,
}

/// Units that become one on the record's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merger {
    /// Of what.
    pub kind: UnitKind,
    /// The codes of those that merge; the code of the new unit may be among them.
    pub from: BTreeSet<UnitCode>,
    /// What they become.
    pub into: Merged,
}

/// What units become in a merger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The code.
    pub code: UnitCode,
    /// What it is called.
    pub names: Names,
}

/// A fact of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEvent {
    /// Its number, its day, and where it comes from.
    pub entry: Entry,
    /// What happened.
    pub body: RegisterBody,
}

/// What happened to a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterBody {
    /// A code was given a name.
    Registered(Registration),
    /// Units became one.
    Merged(Merger),
}

impl RegisterBody {
    /// The register it belongs to.
    pub fn register(&self) -> UnitKind {
        match self {
            Self::Registered(registration) => registration.kind,
            Self::Merged(merger) => merger.kind,
        }
    }

    /// The kind of record that brings it about.
    pub(super) fn record(&self) -> RecordKind {
        match self {
            Self::Registered(_) => RecordKind::Registration,
            Self::Merged(_) => RecordKind::Merger,
        }
    }
}
