//! The facts of an alert.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AlertLevel, EndpointName};
use crate::basis::{Basis, worded};
use crate::log::{Position, Revision};
use crate::money::{Fraction, Money};
use crate::names::CapitalSource;
use crate::record::Entry;
use crate::text::Text;
use crate::time::EffectiveOn;

/// A fact of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// Its number, the day it was judged, and a remark.
    pub entry: Entry,
    /// What happened.
    pub body: AlertBody,
}

/// What happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertBody {
    /// Its rule was broken.
    Raised(Judged),
    /// It got worse or better, and is not over.
    Updated(Judged),
    /// It is over.
    Resolved(Resolved),
    /// Somebody took note.
    Acknowledged,
    /// Nobody wants to hear of it for some days.
    Silenced(Silenced),
    /// Somebody was told.
    Delivered(Delivered),
    /// Somebody could not be told.
    Abandoned(Abandoned),
    /// Somebody is to be told again.
    Requested(Requested),
}

impl AlertBody {
    /// Whether others are told of facts like this one.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Raised(_) | Self::Updated(_) | Self::Resolved(_))
    }

    /// How the scope stood, where the fact tells it.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Raised(judged) | Self::Updated(judged) => Some(&judged.evidence),
            Self::Resolved(resolved) => resolved.evidence.as_ref(),
            Self::Acknowledged
            | Self::Silenced(_)
            | Self::Delivered(_)
            | Self::Abandoned(_)
            | Self::Requested(_) => None,
        }
    }
}

/// That a rule is broken, and how the scope stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// How bad it is.
    pub level: AlertLevel,
    /// How the scope stood.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// How a scope stood on the day of the fact. The same question at the same position gives it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was recorded up to here counted.
    pub known_at: Position,
    /// The units were those of this day.
    pub boundaries: EffectiveOn,
    /// What the rate is made of.
    pub basis: Basis,
    /// Whose capital counted.
    pub source: BTreeSet<CapitalSource>,
    /// The plan.
    #[serde(with = "crate::money::sum_text")]
    pub plan: Money,
    /// What was disbursed of it.
    #[serde(with = "crate::money::sum_text")]
    pub disbursed: Money,
    /// Disbursed over plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Fraction>,
    /// What was due, where anything says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueThen>,
    /// What was disbursed in the last 30 days.
    #[serde(with = "crate::money::sum_text")]
    pub paid_30_days: Money,
    /// Days since the last payment, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_since_payment: Option<u32>,
    /// What of the state budget's plan was not allocated in detail.
    #[serde(with = "crate::money::sum_text")]
    pub detail_missing: Money,
    /// What was left of advances that were overdue.
    #[serde(with = "crate::money::sum_text")]
    pub advances_overdue: Money,
}

/// What was due on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueThen {
    /// The share of the plan.
    pub target: Fraction,
    /// Who says so.
    pub target_from: TargetFrom,
    /// Target less rate.
    pub behind_by: Fraction,
    /// The target in đồng less what was disbursed.
    #[serde(with = "crate::money::sum_text")]
    pub gap: Money,
}

/// What a target is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetFrom {
    /// The schedules of all its lines.
    Schedule,
    /// The schedule of the whole country (`00`), for one line at least that has none of its own.
    National,
    /// What was disbursed by the same day a year before, where one line at least has no schedule at
    /// all.
    LastYear,
}

worded!(TargetFrom {
    Schedule => "schedule",
    National => "national",
    LastYear => "last_year",
});

/// That an alert is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// Why.
    pub why: Ended,
    /// How the scope stood, where it still is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// Why an alert is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The rule is kept again.
    Recovered,
    /// Its budget year has closed.
    YearClosed,
    /// There is no such scope any more: its unit has merged, or it has lost its lines or target.
    Gone,
}

worded!(Ended { Recovered => "recovered", YearClosed => "year_closed", Gone => "gone" });

/// That nobody wants to hear of an alert for some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// The last of them.
    pub until: EffectiveOn,
}

/// That an endpoint was told of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Who.
    pub endpoint: EndpointName,
    /// Of which fact of this stream.
    pub of: Revision,
    /// What the delivery is known by.
    pub delivery: Uuid,
    /// How often it was tried.
    pub attempts: u32,
}

/// That an endpoint could not be told of a fact: a dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {
    /// Who.
    pub endpoint: EndpointName,
    /// Of which fact of this stream.
    pub of: Revision,
    /// What the delivery is known by.
    pub delivery: Uuid,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed the last time.
    pub why: Text,
}

/// That a dead letter is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// To whom.
    pub endpoint: EndpointName,
    /// Of which fact of this stream.
    pub of: Revision,
}
