//! Schedules: what share of a plan is to be disbursed by which day.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef, StreamName};
use crate::names::{CapitalSource, CapitalType, LineId, ProgrammeCode, ProvinceCode};
use crate::record::Entry;
use crate::text::Reference;
use crate::time::{BudgetYear, EffectiveOn};

/// What share of the plan of a scope is to be disbursed by which day. Replaces an earlier one of
/// the same scope from its effective day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The programme.
    pub programme: ProgrammeCode,
    /// The province.
    pub province: ProvinceCode,
    /// The budget year.
    pub year: BudgetYear,
    /// The source; all where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CapitalSource>,
    /// The capital type; all where none is named.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub capital_type: Option<CapitalType>,
    /// The shares, by growing day.
    pub milestones: Vec<Milestone>,
}

/// A share of the plan and the day by which it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// The day.
    pub by: EffectiveOn,
    /// The share, 0 to 1.
    #[serde(with = "crate::money::decimal_text")]
    pub rate: Decimal,
}

/// A fact of a schedule: it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleEvent {
    /// Its number, its day, and where it comes from.
    pub entry: Entry,
    /// What was set.
    pub schedule: Schedule,
}

/// Why a schedule is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleRefusal {
    /// The reference stands for another schedule.
    #[error("there is already a schedule '{reference}' with other content")]
    ReferenceReused {
        /// The reference.
        reference: Reference,
    },
    /// There is nothing to keep to.
    #[error("a schedule has at least one milestone")]
    NoMilestones,
    /// A share is not a share.
    #[error("milestone {number}: a rate lies between 0 and 1, not at {rate}")]
    NotAShare {
        /// Which milestone, from 1.
        number: usize,
        /// Its rate.
        rate: Decimal,
    },
    /// The days do not grow.
    #[error("milestone {number}: {by} is not after the day before it")]
    DayNotLater {
        /// Which milestone, from 1.
        number: usize,
        /// Its day.
        by: EffectiveOn,
    },
    /// The shares fall.
    #[error("milestone {number}: a rate of {rate} is less than the one before it")]
    RateFalls {
        /// Which milestone, from 1.
        number: usize,
        /// Its rate.
        rate: Decimal,
    },
    /// A day on which the scope's lines do not disburse.
    #[error("milestone {number}: {by} is outside the disbursement window, {from} to {until}")]
    OutsideWindow {
        /// Which milestone, from 1.
        number: usize,
        /// Its day.
        by: EffectiveOn,
        /// First day of the window.
        from: EffectiveOn,
        /// Last day of the window.
        until: EffectiveOn,
    },
}

impl ScheduleRefusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
            Self::NoMilestones => "no-milestones",
            Self::NotAShare { .. } => "not-a-share",
            Self::DayNotLater { .. } => "day-not-later",
            Self::RateFalls { .. } => "rate-falls",
            Self::OutsideWindow { .. } => "outside-window",
        }
    }
}

impl Schedule {
    /// The stream of the schedules of its programme, province and year.
    pub fn stream(&self) -> StreamName {
        StreamName::new(
            "schedule",
            format_args!("{}.{}.{}", self.programme, self.province, self.year),
        )
    }

    /// Whether it is for capital like that of `line`, whatever its unit is called.
    pub fn holds_for(&self, line: LineId) -> bool {
        line.year() == self.year
            && self.source.is_none_or(|source| line.source() == source)
            && self
                .capital_type
                .is_none_or(|capital_type| line.capital_type() == capital_type)
    }

    fn keep_rules(&self, until: EffectiveOn) -> Result<(), ScheduleRefusal> {
        let from = self.year.day(1, 1);
        let mut before: Option<&Milestone> = None;
        for (number, milestone) in (1..).zip(&self.milestones) {
            let Milestone { by, rate } = milestone.clone();
            if !(Decimal::ZERO..=Decimal::ONE).contains(&rate) {
                return Err(ScheduleRefusal::NotAShare { number, rate });
            }
            if !(from..=until).contains(&by) {
                return Err(ScheduleRefusal::OutsideWindow {
                    number,
                    by,
                    from,
                    until,
                });
            }
            if before.is_some_and(|before| by <= before.by) {
                return Err(ScheduleRefusal::DayNotLater { number, by });
            }
            if before.is_some_and(|before| rate < before.rate) {
                return Err(ScheduleRefusal::RateFalls { number, rate });
            }
            before = Some(milestone);
        }
        before.map(|_| ()).ok_or(ScheduleRefusal::NoMilestones)
    }
}

/// The schedules of one stream: what a decision needs of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedules {
    references: BTreeSet<Reference>,
}

impl Schedules {
    /// The fact that `schedule` adds. `latest_window` is the last day of the latest window among
    /// the lines of its scope, where it has any.
    ///
    /// # Errors
    /// A [`ScheduleRefusal`] names the rule that was broken; nothing is added.
    pub fn decide(
        &self,
        entry: Entry,
        schedule: Schedule,
        latest_window: Option<EffectiveOn>,
    ) -> Result<Vec<ScheduleEvent>, ScheduleRefusal> {
        if self.references.contains(&entry.reference) {
            return Err(ScheduleRefusal::ReferenceReused {
                reference: entry.reference,
            });
        }
        let usual = schedule.year.closes_on();
        schedule.keep_rules(latest_window.map_or(usual, |latest| latest.max(usual)))?;
        Ok(vec![ScheduleEvent { entry, schedule }])
    }

    /// Applies a fact.
    #[must_use]
    pub fn evolve(mut self, event: &ScheduleEvent) -> Self {
        self.references.insert(event.entry.reference.clone());
        self
    }
}

impl ScheduleEvent {
    /// The fact as it is kept.
    pub fn encode(&self) -> Stored {
        let data = payload(&self.entry, &self.schedule);
        Stored {
            name: "schedule.set".to_owned(),
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
            ("schedule.set", 1) => {
                let (entry, schedule) = read(stored, |schedule| schedule)?;
                Ok(Self { entry, schedule })
            }
            _ => Err(DecodeError::unknown(stored)),
        }
    }
}
