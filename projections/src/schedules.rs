//! Targets: what share of a plan its schedule asks for by a day.
//!
//! Never a straight line through the year: a schedule is what its milestones say, and a line that
//! has none has no target.

use std::collections::BTreeMap;

use events::log::Position;
use events::money::Money;
use events::names::{LineId, ProvinceCode};
use events::record::RecordKind;
use events::register::{Registers, UnitCode, UnitKind};
use events::schedule::{Milestone, Schedule, ScheduleEvent};
use events::time::EffectiveOn;
use rust_decimal::Decimal;

use crate::lines::LineFigures;
use crate::question::AsOf;
use crate::rate::Rate;

/// What a schedule is at least for: a programme in a province.
type Scope = (UnitCode, UnitCode);

/// The schedules in log order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedules {
    set: Vec<(Position, ScheduleEvent)>,
    /// Their numbers by what they are for.
    of: BTreeMap<Scope, Vec<usize>>,
    /// The last day whose codes one of them speaks.
    latest: Option<EffectiveOn>,
}

impl Schedules {
    pub(crate) fn add(&mut self, position: Position, event: ScheduleEvent) {
        let Schedule {
            programme,
            province,
            ..
        } = event.schedule;
        self.latest = self.latest.max(Some(holds_from(&event)));
        let scope = (programme.into(), province.into());
        self.of.entry(scope).or_default().push(self.set.len());
        self.set.push((position, event));
    }

    /// The schedules in log order.
    pub(crate) fn list(&self) -> &[(Position, ScheduleEvent)] {
        &self.set
    }

    /// The numbers of the schedules that were ever set for the unit of `line`, whatever the year
    /// and the capital; and of those for the whole country, where they may stand in. A schedule
    /// speaks the codes of its day, and a unit has by then become what it was merged into.
    pub(crate) fn set_for_unit(
        &self,
        line: &LineFigures,
        registers: &Registers,
        stand_in: StandIn,
    ) -> Vec<usize> {
        let LineFigures { id, judged_on, .. } = line;
        let end = self.latest.unwrap_or(*judged_on);
        let had = |kind, code| registers.of(kind).succession(code, *judged_on, end);
        let mut provinces = had(UnitKind::Province, id.province().into());
        let country = ProvinceCode::parse(COUNTRY).ok().map(UnitCode::from);
        provinces.extend(
            country.filter(|it| stand_in == StandIn::National && *it != id.province().into()),
        );
        let mut numbers = Vec::new();
        for programme in had(UnitKind::Programme, id.programme().into()) {
            for province in &provinces {
                let set = self.of.get(&(programme, *province)).into_iter().flatten();
                numbers.extend(set.filter(|number| self.is_of(**number, line, registers)));
            }
        }
        numbers
    }

    /// Whether the codes of a schedule are what the unit of `line` was called on its day, or the
    /// whole country.
    fn is_of(&self, number: usize, line: &LineFigures, registers: &Registers) -> bool {
        self.set.get(number).is_some_and(|(_, event)| {
            let Schedule {
                programme,
                province,
                ..
            } = event.schedule;
            let (programme_then, province_then) =
                registers.restated(line.id, line.judged_on, holds_from(event));
            programme == programme_then && (province == province_then || is_country(province))
        })
    }

    /// Whether a schedule is for capital like that of `line`.
    pub(crate) fn holds_for(&self, number: usize, line: LineId) -> bool {
        let set = self.set.get(number);
        set.is_some_and(|(_, event)| event.schedule.holds_for(line))
    }

    /// Whether a schedule is that of the whole country.
    pub(crate) fn is_national(&self, number: usize) -> bool {
        let set = self.set.get(number);
        set.is_some_and(|(_, event)| is_country(event.schedule.province))
    }

    /// Which of the schedules that were set for a line holds; `None` where none does. A province's
    /// own goes before one of the whole country, then the most specific wins; of one scope, the one
    /// that took effect last.
    pub(crate) fn holds(&self, set_for: &[usize], as_of: AsOf) -> Option<usize> {
        let set = set_for
            .iter()
            .filter_map(|number| Some((*number, self.set.get(*number)?)));
        let holds = set.filter(|(_, (position, event))| {
            *position <= as_of.known && event.entry.effective_on <= as_of.effective
        });
        let winner = holds.max_by_key(|(_, (position, event))| {
            (
                !is_country(event.schedule.province),
                specificity(&event.schedule),
                event.entry.effective_on,
                *position,
            )
        });
        winner.map(|(number, _)| number)
    }

    /// The share of its plan that a line of this schedule is to have disbursed by `day`.
    pub(crate) fn share(&self, number: usize, day: EffectiveOn) -> Option<Decimal> {
        let (_, event) = self.set.get(number)?;
        Some(share(&event.schedule.milestones, day))
    }
}

/// Whether a schedule of the whole country stands in for a line that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandIn {
    None,
    National,
}

/// The whole country, as a province.
const COUNTRY: &str = "00";

pub(crate) fn is_country(province: ProvinceCode) -> bool {
    province.as_str() == COUNTRY
}

/// The day whose codes a schedule speaks.
fn holds_from(event: &ScheduleEvent) -> EffectiveOn {
    RecordKind::Schedule.judged_on(event.entry.effective_on, event.schedule.year)
}

/// How much a schedule narrows down; one that names its source before one that names its type.
fn specificity(schedule: &Schedule) -> (usize, bool) {
    let named = [schedule.source.is_some(), schedule.capital_type.is_some()];
    (
        named.into_iter().filter(|named| *named).count(),
        schedule.source.is_some(),
    )
}

/// The share due on `day`: nothing before the first milestone, linear by days between two, then
/// the last.
fn share(milestones: &[Milestone], day: EffectiveOn) -> Decimal {
    let after = milestones.partition_point(|milestone| milestone.by <= day);
    let before = after
        .checked_sub(1)
        .and_then(|number| milestones.get(number));
    match (before, milestones.get(after)) {
        (None, _) => Decimal::ZERO,
        (Some(last), None) => last.rate,
        (Some(from), Some(to)) => {
            let (gone, whole) = (day.days_since(from.by), to.by.days_since(from.by));
            from.rate + (to.rate - from.rate) * Decimal::from(gone) / Decimal::from(whole)
        }
    }
}

/// What several lines are to have disbursed together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weighed {
    due: Decimal,
    planned: Decimal,
    /// Whether one of them has no target.
    untold: bool,
    /// Whether the target of one of them is another's.
    pub(crate) stands_in: bool,
}

impl Weighed {
    /// Adds a line, or a part of it: its target, and what of its plan counts.
    pub(crate) fn add(&mut self, target: Option<Decimal>, plan: Money) {
        match target {
            None => self.untold = true,
            Some(target) => {
                self.due += target * plan.decimal();
                self.planned += plan.decimal();
            }
        }
    }

    /// Adds what others are to have disbursed.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.due += other.due;
        self.planned += other.planned;
        self.untold |= other.untold;
        self.stands_in |= other.stands_in;
    }

    /// What is due of all their plans, in đồng; `None` as for the [rate](Self::rate).
    pub(crate) fn due(&self) -> Option<Decimal> {
        self.rate().map(|_| self.due)
    }

    /// The share of all their plans; `None` where one of them has no target, or nothing is
    /// planned.
    pub(crate) fn rate(&self) -> Option<Rate> {
        let told = !self.untold && self.planned > Decimal::ZERO;
        told.then(|| Rate::of_decimal(self.due / self.planned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> EffectiveOn {
        EffectiveOn::parse(text).unwrap()
    }

    fn milestones() -> Vec<Milestone> {
        [
            ("2024-03-31", "0.10"),
            ("2024-06-30", "0.40"),
            ("2025-01-31", "1"),
        ]
        .map(|(by, rate)| Milestone {
            by: day(by),
            rate: rate.parse().unwrap(),
        })
        .to_vec()
    }

    #[test]
    fn nothing_is_due_before_the_first_milestone() {
        assert_eq!(share(&milestones(), day("2024-03-30")), Decimal::ZERO);
        assert_eq!(share(&milestones(), day("2024-03-31")).to_string(), "0.10");
    }

    #[test]
    fn what_is_due_grows_by_days_between_two_milestones() {
        // 30 of the 91 days between the milestones: 0.10 + 0.30 × 30 / 91.
        let due = share(&milestones(), day("2024-04-30"));
        assert_eq!(due.round_dp(6).to_string(), "0.198901");
        assert_eq!(share(&milestones(), day("2024-06-30")).to_string(), "0.40");
    }

    #[test]
    fn the_last_milestone_holds_from_its_day_on() {
        assert_eq!(share(&milestones(), day("2025-12-31")), Decimal::ONE);
    }

    #[test]
    fn several_lines_weigh_by_their_plans() {
        let target = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let of = |lines: &[(Option<Decimal>, i64)]| {
            let mut weighed = Weighed::default();
            for (target, plan) in lines {
                weighed.add(*target, Money::dong(*plan));
            }
            weighed.rate().map(|rate| rate.to_string())
        };
        assert_eq!(
            of(&[(target("0.5"), 100), (target("1"), 300)]),
            Some("0.875000".to_owned())
        );
        assert_eq!(of(&[(target("0.5"), 100), (None, 300)]), None);
        assert_eq!(of(&[(target("0.5"), 0)]), None);
    }
}
