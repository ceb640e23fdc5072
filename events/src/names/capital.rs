//! Whose capital it is and what it is for. Closed lists: the decrees name them, not the register.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{NameError, spelled};

/// Whose capital it is (*nguồn vốn*).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapitalSource {
    /// The central budget.
    Central,
    /// The local budgets' counterpart.
    Local,
    /// Money of other programmes that is spent on this one's goals.
    Integrated,
    /// Policy and commercial credit.
    Credit,
    /// Enterprises and other organisations.
    Enterprise,
    /// Communities and people, in cash and in kind.
    Community,
}

impl CapitalSource {
    /// Those of the state budget.
    pub const STATE_BUDGET: [Self; 2] = [Self::Central, Self::Local];

    /// Every source, in the order of the decrees.
    pub const ALL: [Self; 6] = [
        Self::Central,
        Self::Local,
        Self::Integrated,
        Self::Credit,
        Self::Enterprise,
        Self::Community,
    ];
    /// Every source as text.
    pub const KNOWN: [&'static str; 6] = [
        "central",
        "local",
        "integrated",
        "credit",
        "enterprise",
        "community",
    ];

    /// The source written so.
    ///
    /// # Errors
    /// [`NameError::Source`] for any other word.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|source| source.as_str() == text);
        found.ok_or_else(|| NameError::Source(text.to_owned()))
    }

    /// The source as text.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Local => "local",
            Self::Integrated => "integrated",
            Self::Credit => "credit",
            Self::Enterprise => "enterprise",
            Self::Community => "community",
        }
    }

    /// Refuses a type that capital of this source cannot have: only the state budget tells types.
    ///
    /// # Errors
    /// [`NameError::TypeOfSource`].
    pub fn keep(self, capital_type: CapitalType) -> Result<(), NameError> {
        if self.is_state_budget() != (capital_type == CapitalType::Unclassified) {
            return Ok(());
        }
        let allowed = if self.is_state_budget() {
            "investment, foreign_investment or recurrent"
        } else {
            "unclassified"
        };
        Err(NameError::TypeOfSource {
            of: self,
            given: capital_type,
            allowed,
        })
    }

    /// Whether it is money of the state budget, which is under hard control (Decree 254/2025).
    pub fn is_state_budget(self) -> bool {
        matches!(self, Self::Central | Self::Local)
    }
}

spelled!(CapitalSource);

/// What capital is for (*loại vốn*). Only the state budget tells; other sources are unclassified.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapitalType {
    /// Development investment from domestic money.
    Investment,
    /// Development investment from foreign loans and grants.
    ForeignInvestment,
    /// Recurrent spending (*vốn sự nghiệp*).
    Recurrent,
    /// Outside the state budget.
    Unclassified,
}

impl CapitalType {
    /// Every type.
    pub const ALL: [Self; 4] = [
        Self::Investment,
        Self::ForeignInvestment,
        Self::Recurrent,
        Self::Unclassified,
    ];
    /// Every type as text.
    pub const KNOWN: [&'static str; 4] = [
        "investment",
        "foreign_investment",
        "recurrent",
        "unclassified",
    ];

    /// The type written so.
    ///
    /// # Errors
    /// [`NameError::Type`] for any other word.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| NameError::Type(text.to_owned()))
    }

    /// The type as text.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Investment => "investment",
            Self::ForeignInvestment => "foreign_investment",
            Self::Recurrent => "recurrent",
            Self::Unclassified => "unclassified",
        }
    }
}

spelled!(CapitalType);
