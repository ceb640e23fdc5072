//! Targets: what share of a plan its schedule asks for by a day.
//!
//! Never a straight line through the year: a schedule is what its milestones say, and a line that
//! has none has no target.

use std::collections::BTreeMap;

use events::log::Position;
use events::money::Money;
use events::names::{LineId, ProgrammeCode, ProvinceCode};
use events::schedule::{Milestone, Schedule, ScheduleEvent};
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;

use crate::question::AsOf;
use crate::rate::Rate;

/// What a schedule is at least for: a programme in a province in a budget year.
type Scope = (ProgrammeCode, ProvinceCode, BudgetYear);

/// The schedules in log order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedules {
    set: Vec<(Position, ScheduleEvent)>,
    /// Their numbers by what they are for.
    of: BTreeMap<Scope, Vec<usize>>,
}

impl Schedules {
    pub(crate) fn add(&mut self, position: Position, event: ScheduleEvent) {
        let Schedule {
            programme,
            province,
            year,
            ..
        } = event.schedule;
        let scope = (programme, province, year);
        self.of.entry(scope).or_default().push(self.set.len());
        self.set.push((position, event));
    }

    /// The schedules in log order.
    pub(crate) fn list(&self) -> &[(Position, ScheduleEvent)] {
        &self.set
    }

    /// The numbers of the schedules that were ever set for `line`; and of those for the same
    /// capital of the whole country, where they may stand in.
    pub(crate) fn set_for(&self, line: LineId, stand_in: StandIn) -> Vec<usize> {
        let country = (stand_in == StandIn::National).then(|| of_country(line));
        let lines = [Some(line), country.flatten().filter(|it| *it != line)];
        let set_for = |line: LineId| {
            let of = (line.programme(), line.province(), line.year());
            let numbers = self.of.get(&of).into_iter().flatten().copied();
            numbers.filter(move |number| {
                let set = self.set.get(*number);
                set.is_some_and(|(_, event)| event.schedule.is_for(line))
            })
        };
        lines.into_iter().flatten().flat_map(set_for).collect()
    }

    /// The province of a schedule.
    pub(crate) fn province(&self, number: usize) -> Option<ProvinceCode> {
        self.set
            .get(number)
            .map(|(_, event)| event.schedule.province)
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

/// The same capital of the whole country.
fn of_country(line: LineId) -> Option<LineId> {
    let country = ProvinceCode::parse(COUNTRY).ok()?;
    let (programme, year) = (line.programme(), line.year());
    LineId::of(programme, country, year, line.source(), line.capital_type()).ok()
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
