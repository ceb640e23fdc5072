//! Which register, and a code of it. A code alone is no unit: that takes a day as well.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::basis::worded;
use crate::log::StreamName;
use crate::names::{NameError, ProgrammeCode, ProvinceCode};

/// Which register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Of programmes.
    Programme,
    /// Of provinces.
    Province,
}

worded!(UnitKind { Programme => "programme", Province => "province" });

impl UnitKind {
    /// The stream of the register.
    pub fn stream(self) -> StreamName {
        match self {
            Self::Programme => StreamName::new("registry", "programmes"),
            Self::Province => StreamName::new("registry", "provinces"),
        }
    }

    /// The code written so, of the form of this register's codes.
    ///
    /// # Errors
    /// [`NameError`] for any other form.
    pub fn parse_code(self, text: &str) -> Result<UnitCode, NameError> {
        match self {
            Self::Programme => ProgrammeCode::parse(text).map(UnitCode::Programme),
            Self::Province => ProvinceCode::parse(text).map(UnitCode::Province),
        }
    }
}

/// A code of either register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum UnitCode {
    /// A programme's.
    Programme(ProgrammeCode),
    /// A province's.
    Province(ProvinceCode),
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programme(code) => code.fmt(f),
            Self::Province(code) => code.fmt(f),
        }
    }
}

impl From<ProgrammeCode> for UnitCode {
    fn from(code: ProgrammeCode) -> Self {
        Self::Programme(code)
    }
}

impl From<ProvinceCode> for UnitCode {
    fn from(code: ProvinceCode) -> Self {
        Self::Province(code)
    }
}
