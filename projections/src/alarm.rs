//! The rules: which alerts the standing of a scope raises, changes and ends, and when they would
//! have been in days gone by.
//!
//! Statuses are what thresholds say of a day; alerts have a memory, and end a little lower than
//! they begin.

use std::collections::BTreeMap;

use events::alert::{
    Alert, AlertBody, AlertCommand, AlertEvent, AlertId, AlertLevel, AlertRule, Ended, Judged,
};
use events::money::Money;
use events::policy::AlertPolicy;
use events::record::Entry;
use events::text::Reference;
use events::time::EffectiveOn;
use rust_decimal::Decimal;

use crate::behind::{Behind, ScopeStanding};
use crate::rate::Rate;

/// What is to happen to alerts, where `open` are those that go on. The same standings, judged
/// again on what came of it, ask for nothing more.
pub fn judge(
    behind: &Behind,
    open: &BTreeMap<AlertId, AlertLevel>,
) -> Vec<(AlertId, AlertCommand)> {
    let Some(policy) = &behind.policy else {
        return Vec::new();
    };
    let mut commands = Vec::new();
    let mut judged = Vec::new();
    for standing in &behind.standings {
        for rule in AlertRule::ALL {
            let scope = standing.scope;
            let id = AlertId { rule, scope };
            let was = open.get(&id).copied();
            let evidence = || standing.evidence(behind.as_of);
            judged.push(id);
            match (
                level(rule, standing, (behind.as_of.effective, policy), was),
                was,
            ) {
                (Some(level), was) if was != Some(level) => {
                    let evidence = evidence();
                    commands.push((id, AlertCommand::Raise(Judged { level, evidence })));
                }
                (None, Some(_)) => {
                    let why = if can_be_judged(rule, standing) {
                        Ended::Recovered
                    } else {
                        Ended::Gone
                    };
                    commands.push((id, AlertCommand::Resolve(why, Some(evidence()))));
                }
                (Some(_), _) | (None, None) => {}
            }
        }
    }
    judged.sort_unstable();
    for id in open.keys().filter(|id| judged.binary_search(id).is_err()) {
        let why = if behind.years.contains(&id.scope.year) {
            Ended::Gone
        } else {
            Ended::YearClosed
        };
        commands.push((*id, AlertCommand::Resolve(why, None)));
    }
    commands
}

/// Whether a scope has what the rule looks at.
fn can_be_judged(rule: AlertRule, standing: &ScopeStanding) -> bool {
    match rule {
        AlertRule::BehindPlan | AlertRule::Stalled => standing.due.is_some(),
        AlertRule::AdvancesOverdue | AlertRule::DetailIncomplete | AlertRule::PlanUnassigned => {
            true
        }
    }
}

/// How badly a scope breaks a rule on a day; `None` where it does not.
fn level(
    rule: AlertRule,
    standing: &ScopeStanding,
    (day, policy): (EffectiveOn, &AlertPolicy),
    was: Option<AlertLevel>,
) -> Option<AlertLevel> {
    let behind_by = standing.due.map(|due| due.behind_by);
    let is_province = standing.scope.province.is_some();
    let if_so = |broken: bool, level| broken.then_some(level);
    match rule {
        AlertRule::BehindPlan => behind_level(behind_by?, policy, was),
        AlertRule::Stalled => {
            let begins = threshold(AlertLevel::Behind, policy, was);
            let broken = standing.is_unpaid && behind_by?.decimal() >= begins;
            if_so(broken, AlertLevel::Critical)
        }
        AlertRule::AdvancesOverdue => {
            let broken = is_province && standing.advances_overdue > Money::ZERO;
            if_so(broken, AlertLevel::Watch)
        }
        AlertRule::DetailIncomplete => {
            let is_late = day > standing.scope.year.day(3, 31);
            let broken = is_province && is_late && standing.detail_missing > Money::ZERO;
            if_so(broken, AlertLevel::Watch)
        }
        AlertRule::PlanUnassigned => if_so(standing.is_unassigned, AlertLevel::Watch),
    }
}

/// The highest level that begins here, or was reached and does not end yet.
fn behind_level(
    behind_by: Rate,
    policy: &AlertPolicy,
    was: Option<AlertLevel>,
) -> Option<AlertLevel> {
    let levels = [AlertLevel::Critical, AlertLevel::Behind, AlertLevel::Watch];
    let holds = |level: &AlertLevel| behind_by.decimal() >= threshold(*level, policy, was);
    levels.into_iter().find(holds)
}

/// From how much a level holds: less, where an alert has reached it.
fn threshold(level: AlertLevel, policy: &AlertPolicy, was: Option<AlertLevel>) -> Decimal {
    let begins = match level {
        AlertLevel::Watch => policy.watch,
        AlertLevel::Behind => policy.behind,
        AlertLevel::Critical => policy.critical,
    };
    match was {
        Some(was) if was >= level => begins - policy.clear_by,
        Some(_) | None => begins,
    }
}

/// Something that would have happened to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub day: EffectiveOn,
    /// To which alert.
    pub id: AlertId,
    /// What.
    pub body: AlertBody,
}

/// Alerts as they would have been, day by day.
#[derive(Clone, Debug, Default)]
pub struct Backtest {
    alerts: BTreeMap<AlertId, Alert>,
}

impl Backtest {
    /// What the standings of the next day would have brought about.
    ///
    /// # Panics
    /// Never: a judgement is not refused.
    pub fn next(&mut self, behind: &Behind) -> Vec<Step> {
        let open = open(self.alerts.iter().map(|(id, alert)| (*id, alert)));
        let day = behind.as_of.effective;
        let mut steps = Vec::new();
        for (id, command) in judge(behind, &open) {
            let alert = self.alerts.remove(&id).unwrap_or_default();
            let entry = entry(behind);
            let events = alert.decide(entry, command).unwrap_or_default();
            let step = |event: &AlertEvent| Step {
                day,
                id,
                body: event.body.clone(),
            };
            steps.extend(events.iter().map(step));
            self.alerts
                .insert(id, events.iter().fold(alert, Alert::evolve));
        }
        steps
    }
}

/// The alerts that go on, each with its level.
pub fn open<'a>(
    alerts: impl Iterator<Item = (AlertId, &'a Alert)>,
) -> BTreeMap<AlertId, AlertLevel> {
    let open = |(id, alert): (AlertId, &Alert)| Some((id, alert.open()?.level));
    alerts.filter_map(open).collect()
}

/// The entry of what a judgement brings about: the day that was judged, and what was known.
///
/// # Panics
/// Never: a position makes a reference.
#[expect(clippy::expect_used, reason = "a position makes a reference")]
pub fn entry(behind: &Behind) -> Entry {
    let judged = format!("judged-at-{}", behind.as_of.known);
    Entry {
        reference: Reference::parse(&judged).expect("a reference"),
        effective_on: behind.as_of.effective,
        note: None,
        document: None,
    }
}
