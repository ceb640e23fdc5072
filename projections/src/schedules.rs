//! Targets: what share of a plan its schedule asks for by a day.
//!
//! Never a straight line through the year: a schedule is what its milestones say, and a line that
//! has none has no target.

use events::log::Position;
use events::money::Money;
use events::names::LineId;
use events::schedule::{Milestone, Schedule, ScheduleEvent};
use events::time::EffectiveOn;
use rust_decimal::Decimal;

use crate::question::AsOf;
use crate::rate::Rate;

/// The schedules in log order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedules {
    set: Vec<(Position, ScheduleEvent)>,
}

impl Schedules {
    pub(crate) fn add(&mut self, position: Position, event: ScheduleEvent) {
        self.set.push((position, event));
    }

    /// Every schedule.
    pub(crate) fn all(&self) -> &[(Position, ScheduleEvent)] {
        &self.set
    }

    /// The share of its plan that `line` is to have disbursed; `None` where no schedule is for it.
    /// The most specific schedule wins; of one scope, the one that took effect last.
    pub(crate) fn target(&self, line: LineId, as_of: AsOf) -> Option<Decimal> {
        let known = self
            .set
            .iter()
            .take_while(|(position, _)| *position <= as_of.known);
        let holds = known.filter(|(_, event)| {
            event.entry.effective_on <= as_of.effective && event.schedule.is_for(line)
        });
        let winner = holds.max_by_key(|(position, event)| {
            (
                specificity(&event.schedule),
                event.entry.effective_on,
                *position,
            )
        });
        winner.map(|(_, event)| share(&event.schedule.milestones, as_of.effective))
    }
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

/// The share that several lines are to have disbursed, weighed by their plans; `None` where one of
/// them has no target, or nothing is planned.
pub(crate) fn weigh(lines: impl Iterator<Item = (Option<Decimal>, Money)>) -> Option<Rate> {
    let (mut due, mut planned) = (Decimal::ZERO, Decimal::ZERO);
    for (target, plan) in lines {
        due += target? * plan.decimal();
        planned += plan.decimal();
    }
    (planned > Decimal::ZERO).then(|| Rate::of_decimal(due / planned))
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
            let lines = lines
                .iter()
                .map(|(target, plan)| (*target, Money::dong(*plan)));
            weigh(lines).map(|rate| rate.to_string())
        };
        assert_eq!(
            of(&[(target("0.5"), 100), (target("1"), 300)]),
            Some("0.875000".to_owned())
        );
        assert_eq!(of(&[(target("0.5"), 100), (None, 300)]), None);
        assert_eq!(of(&[(target("0.5"), 0)]), None);
    }
}
