//! What tells alerts apart: a rule, and the scope that breaks it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::basis::worded;
use crate::log::{EventId, StreamName};
use crate::names::{NameError, ProgrammeCode, ProvinceCode, spelled};
use crate::time::BudgetYear;

/// What may be wrong with a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertRule {
    /// Less is disbursed than its schedule asks for.
    BehindPlan,
    /// It is behind, and nothing was paid for long.
    Stalled,
    /// Advances are outstanding for too long.
    AdvancesOverdue,
    /// Not all of the plan is allocated in detail after 31 March (Law 58/2024).
    DetailIncomplete,
    /// It has lines or a schedule, and no plan.
    PlanUnassigned,
}

worded!(AlertRule {
    BehindPlan => "behind_plan",
    Stalled => "stalled",
    AdvancesOverdue => "advances_overdue",
    DetailIncomplete => "detail_incomplete",
    PlanUnassigned => "plan_unassigned",
});

impl AlertRule {
    /// Every rule.
    pub const ALL: [Self; 5] = [
        Self::BehindPlan,
        Self::Stalled,
        Self::AdvancesOverdue,
        Self::DetailIncomplete,
        Self::PlanUnassigned,
    ];
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the thresholds of a policy have these names")]
pub enum AlertLevel {
    Watch,
    Behind,
    Critical,
}

worded!(AlertLevel { Watch => "watch", Behind => "behind", Critical => "critical" });

/// Whom an alert is about: a programme in a budget year, in one province or in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertScope {
    /// The programme.
    pub programme: ProgrammeCode,
    /// The province; the whole country where there is none.
    pub province: Option<ProvinceCode>,
    /// The budget year.
    pub year: BudgetYear,
}

impl AlertScope {
    /// How the whole country is written. No province has such a code.
    pub const ALL: &'static str = "all";

    /// The province as text.
    pub fn province_text(&self) -> &str {
        self.province
            .as_ref()
            .map_or(Self::ALL, ProvinceCode::as_str)
    }
}

/// What tells an alert apart: `behind_plan.NTM.10.2024`, or `behind_plan.NTM.all.2024` for the
/// whole country.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId {
    /// What is wrong.
    pub rule: AlertRule,
    /// With whom.
    pub scope: AlertScope,
}

impl AlertId {
    /// The category of the streams of alerts.
    pub const CATEGORY: &'static str = "alert";

    /// The alert whose stream this is; `None` where it is not the stream of an alert.
    pub fn of_stream(stream: &StreamName) -> Option<Self> {
        let ours = stream.category() == Self::CATEGORY;
        Self::find(stream.rest()).filter(|_| ours)
    }

    /// The alert that this text tells; `None` where it tells none.
    pub fn find(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let (rule, programme, province, year) = (next()?, next()?, next()?, next()?);
        let province = match province {
            AlertScope::ALL => None,
            code => Some(ProvinceCode::parse(code).ok()?),
        };
        let scope = AlertScope {
            programme: ProgrammeCode::parse(programme).ok()?,
            province,
            year: BudgetYear::try_from(year.parse::<i64>().ok()?).ok()?,
        };
        let id = Self {
            rule: AlertRule::find(rule)?,
            scope,
        };
        // One text for one alert: years without signs or zeros in front, and nothing behind.
        (id.to_string() == text).then_some(id)
    }

    /// Its stream.
    pub fn stream(&self) -> StreamName {
        StreamName::new(Self::CATEGORY, self)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AlertScope {
            programme, year, ..
        } = self.scope;
        let (rule, province) = (self.rule.as_str(), self.scope.province_text());
        write!(f, "{rule}.{programme}.{province}.{year}")
    }
}

impl fmt::Debug for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of somebody who hears of alerts, `[a-z0-9-]{1,32}`: `finance-office`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointName(Box<str>);

impl EndpointName {
    /// The name written so.
    ///
    /// # Errors
    /// [`NameError::Endpoint`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.into()))
            .ok_or_else(|| NameError::Endpoint(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What telling it of the event `of` is known by, however often that is repeated and by whom.
    /// Events of two installations differ in their ids, so a receiver of both mixes nothing up.
    pub fn delivery(&self, of: EventId) -> Uuid {
        Uuid::new_v5(&of.0, self.0.as_bytes())
    }
}

spelled!(EndpointName);
