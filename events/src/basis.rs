//! What a rate is made of. No rate is shown without it.

use serde::{Deserialize, Serialize};

/// Which numerator over which denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Basis {
    /// Whether outstanding advances count.
    pub numerator: Numerator,
    /// Whether estimates count.
    pub certainty: Counted,
    /// Whether money of earlier years counts.
    pub money: CountedMoney,
    /// Over what.
    pub denominator: Denominator,
}

/// Gives a choice of words its text and its parse.
macro_rules! worded {
    ($name:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every word of this choice.
            pub const KNOWN: &'static [&'static str] = &[$($word),+];

            /// The choice as a word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The choice that this word makes; `None` where it is none of them.
            pub fn find(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use worded;

/// What the numerator does with outstanding advances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numerator {
    /// Disbursed, advances included.
    #[default]
    Gross,
    /// Disbursed less advances outstanding.
    NetOfAdvances,
}

worded!(Numerator { Gross => "gross", NetOfAdvances => "net_of_advances" });

/// What the numerator does with estimates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Confirmed disbursements only.
    #[default]
    Confirmed,
    /// Estimates are added.
    WithEstimates,
}

worded!(Counted { Confirmed => "confirmed", WithEstimates => "with_estimates" });

/// What the numerator does with money of earlier years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountedMoney {
    /// All money.
    #[default]
    All,
    /// Money first assigned in the line's own year.
    PlanYear,
}

worded!(CountedMoney { All => "all", PlanYear => "plan_year" });

/// Over what a rate is taken. The Ministry of Finance uses all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// The plan.
    #[default]
    Total,
    /// What is assigned.
    Assigned,
    /// What is assigned and what the local level added.
    AssignedAndLocal,
    /// What is allocated in detail.
    Detailed,
}

worded!(Denominator {
    Total => "total",
    Assigned => "assigned",
    AssignedAndLocal => "assigned_and_local",
    Detailed => "detailed",
});
