//! How far each scope is behind its schedule, why, and what would still save its year.
//!
//! A scope is a programme in a budget year, in one province or in the whole country, by the units
//! of the day asked; its figures are of the state budget, whose plan is to be disbursed in time.
//! One pass over the sums and one over the facts of the last months answer for
//! all of them, for the screen and for the alerts alike.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use events::alert::{AlertScope, DueThen, Evidence, TargetFrom};
use events::basis::Basis;
use events::money::Money;
use events::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use events::policy::AlertPolicy;
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::figures::Figures;
use crate::lately::PACE;
use crate::question::AsOf;
use crate::rate::Rate;
use crate::schedules::is_country;
use crate::status::Status;
use parts::{Part, Parts};

/// Which scopes are asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// At which point of both clocks.
    pub as_of: AsOf,
    /// Budget years; those that are open on the day where none is named.
    pub year: BTreeSet<BudgetYear>,
}

impl Asked {
    /// Every scope of the open years.
    pub fn all(as_of: AsOf) -> Self {
        Self {
            as_of,
            year: BTreeSet::new(),
        }
    }
}

/// The budget years whose money can usually be disbursed on `day`: 1 January to 31 January of the
/// next.
pub fn open_years(day: EffectiveOn) -> BTreeSet<BudgetYear> {
    use chrono::Datelike as _;
    let this = i64::from(day.date().year());
    let years = [this - 1, this].map(BudgetYear::try_from);
    let open = |year: &BudgetYear| day <= year.closes_on();
    years.into_iter().flatten().filter(open).collect()
}

/// How all scopes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// At which point of both clocks.
    pub as_of: AsOf,
    /// The thresholds that hold; no status is told, and no rule broken, where there are none yet.
    pub policy: Option<AlertPolicy>,
    /// The budget years that were looked at.
    pub years: BTreeSet<BudgetYear>,
    /// The scopes, by programme, year and province; the whole country of each first.
    pub standings: Vec<ScopeStanding>,
    /// The sums of their capital.
    pub capital: Vec<CapitalSums>,
}

/// How a scope stands. Sums are in whole đồng; everything is on the default basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeStanding {
    /// Which scope.
    pub scope: AlertScope,
    /// What the programme is called on the day.
    pub programme_name: String,
    /// What the province is called on the day.
    pub province_name: Option<String>,
    /// The plan.
    pub plan: Money,
    /// What was disbursed of it.
    pub disbursed: Money,
    /// Disbursed over plan.
    pub rate: Option<Rate>,
    /// What is due, where anything says so.
    pub due: Option<Due>,
    /// What the thresholds make of it.
    pub status: Option<Status>,
    /// Whether nothing was paid for long of a plan that was there.
    pub is_unpaid: bool,
    /// Whether it has a schedule and no plan.
    pub is_unassigned: bool,
    /// Disbursed in the last 30 days.
    pub paid_30_days: Money,
    /// What is to be disbursed in the next 30 days to be where the schedule is then.
    pub to_schedule_30_days: Option<Money>,
    /// What is to be disbursed in each 30 days to disburse all by the year's last day; `None`
    /// after it.
    pub to_finish_30_days: Option<Money>,
    /// When all is disbursed at the pace of the last 30 days; `None` where that is never.
    pub finished_on: Option<EffectiveOn>,
    /// How long ago the last payment was.
    pub days_since_payment: Option<u32>,
    /// What is left of advances that are overdue.
    pub advances_overdue: Money,
    /// What of the state budget's plan is not allocated in detail.
    pub detail_missing: Money,
    /// The rate of the whole country.
    pub national_rate: Option<Rate>,
    /// Its place among the provinces of its programme and year, the highest rate first.
    pub rank: Option<Rank>,
    /// The rate of the same scope a year before.
    pub last_year_rate: Option<Rate>,
}

/// A place among others; equals share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// The place, from 1.
    pub place: usize,
    /// Of how many.
    pub of: usize,
}

/// What is due by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The share of the plan.
    pub target: Rate,
    /// Who says so.
    pub target_from: TargetFrom,
    /// The share in đồng.
    pub to_date: Money,
    /// Target less rate.
    pub behind_by: Rate,
    /// The share in đồng less what was disbursed.
    pub gap: Money,
}

/// The sums of capital of one kind in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "named like the dimensions and figures of a row"
)]
pub struct CapitalSums {
    pub programme: ProgrammeCode,
    pub province: ProvinceCode,
    pub year: BudgetYear,
    pub source: CapitalSource,
    pub capital_type: CapitalType,
    pub plan: Money,
    pub committed: Money,
    pub disbursed: Money,
    pub advances_outstanding: Money,
}

impl ScopeStanding {
    /// What an alert about it is raised on.
    pub fn evidence(&self, as_of: AsOf) -> Evidence {
        let due = self.due.map(|due| DueThen {
            target: due.target.fraction(),
            target_from: due.target_from,
            behind_by: due.behind_by.fraction(),
            gap: due.gap,
        });
        Evidence {
            known_at: as_of.known,
            boundaries: as_of.effective,
            basis: Basis::default(),
            source: CapitalSource::STATE_BUDGET.into(),
            plan: self.plan,
            disbursed: self.disbursed,
            rate: self.rate.map(Rate::fraction),
            due,
            paid_30_days: self.paid_30_days,
            days_since_payment: self.days_since_payment,
            detail_missing: self.detail_missing,
            advances_overdue: self.advances_overdue,
        }
    }
}

/// How the scopes that are asked about stand.
pub fn behind(figures: &Figures, asked: &Asked) -> Behind {
    let as_of = asked.as_of;
    let years = if asked.year.is_empty() {
        open_years(as_of.effective)
    } else {
        asked.year.clone()
    };
    let policy = figures.policies.find(as_of);
    if years.is_empty() {
        return Behind {
            as_of,
            policy: policy.cloned(),
            years,
            standings: Vec::new(),
            capital: Vec::new(),
        };
    }
    let parts = Parts::of(figures, as_of, &years, policy);
    let standing = |(scope, part): (&AlertScope, &Part)| parts.standing(*scope, part);
    let mut standings: Vec<_> = parts.by_scope.iter().map(standing).collect();
    rank(&mut standings);
    let key = |it: &ScopeStanding| (it.scope.programme, it.scope.year, it.scope.province);
    standings.sort_by_key(key);
    Behind {
        as_of,
        policy: policy.cloned(),
        capital: parts::capital(figures, as_of, &years),
        years,
        standings,
    }
}

/// Gives each province its place among those of its programme and year; the country as a province
/// is none of them.
fn rank(standings: &mut [ScopeStanding]) {
    let mut rates: BTreeMap<(ProgrammeCode, BudgetYear), Vec<Rate>> = BTreeMap::new();
    let of = |it: &ScopeStanding| (it.scope.programme, it.scope.year);
    let is_province = |it: &ScopeStanding| it.scope.province.is_some_and(|it| !is_country(it));
    for it in standings.iter().filter(|it| is_province(it)) {
        rates.entry(of(it)).or_default().extend(it.rate);
    }
    for it in standings {
        let (Some(rate), true) = (it.rate, is_province(it)) else {
            continue;
        };
        let others = rates.get(&of(it)).map(Vec::as_slice).unwrap_or_default();
        it.rank = Some(Rank {
            place: 1 + others.iter().filter(|other| **other > rate).count(),
            of: others.len(),
        });
    }
}

/// The pace that is needed and had.
struct Pace {
    day: EffectiveOn,
    closes_on: EffectiveOn,
    left: Money,
    paid: Money,
}

impl Pace {
    /// What is to be disbursed in each 30 days to disburse what is left by the year's last day.
    fn to_finish(&self) -> Option<Money> {
        let days = self.closes_on.days_since(self.day);
        let needed = || self.left.to_dong() * i128::from(PACE);
        (days > 0).then(|| up(needed(), days.into()))
    }

    /// When what is left is disbursed, as fast as in the last 30 days.
    fn finished_on(&self) -> Option<EffectiveOn> {
        /// A pace that takes longer than a century leads nowhere.
        const MOST: i128 = 36_525;
        if self.left <= Money::ZERO {
            return Some(self.day);
        }
        let days = (self.paid > Money::ZERO)
            .then(|| up(self.left.to_dong() * i128::from(PACE), self.paid.to_dong()).to_dong());
        let days = days.filter(|days| *days <= MOST)?;
        Some(self.day.shifted(i64::try_from(days).ok()?))
    }
}

/// A share of what is above zero, rounded up; nothing of what is not.
fn up(whole: i128, parts: i128) -> Money {
    Money::from_sum((whole.max(0) + parts - 1) / parts)
}

/// So many đồng, rounded half away from zero.
fn rounded(dong: Decimal) -> Money {
    let mut whole = dong.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    whole.rescale(0);
    Money::from_sum(whole.mantissa())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> EffectiveOn {
        EffectiveOn::parse(text).unwrap()
    }

    #[test]
    fn a_year_is_open_until_31_january_of_the_next() {
        let open = |text| -> Vec<u16> {
            let years = open_years(day(text)).into_iter();
            years.map(BudgetYear::number).collect()
        };
        assert_eq!(open("2025-01-01"), [2024, 2025]);
        assert_eq!(open("2025-01-31"), [2024, 2025]);
        assert_eq!(open("2025-02-01"), [2025]);
        assert_eq!(open("1999-12-31"), [0; 0]);
        assert_eq!(open("2100-01-31"), [2099]);
    }

    #[test]
    fn a_pace_is_rounded_up_and_may_lead_nowhere() {
        let pace = |left, paid| Pace {
            day: day("2025-01-01"),
            closes_on: day("2025-01-31"),
            left: Money::dong(left),
            paid: Money::dong(paid),
        };
        assert_eq!(pace(100, 0).to_finish(), Some(Money::dong(100)));
        assert_eq!(pace(100, 0).finished_on(), None);
        assert_eq!(pace(100, -5).finished_on(), None);
        assert_eq!(pace(0, 0).finished_on(), Some(day("2025-01-01")));
        // 31 × 30 / 30 is 31 days, and one đồng more takes one day more.
        assert_eq!(pace(31, 30).finished_on(), Some(day("2025-02-01")));
        assert_eq!(pace(32, 31).finished_on(), Some(day("2025-02-01")));
        assert_eq!(pace(1_000_000, 1).finished_on(), None);
        let late = Pace {
            day: day("2025-01-31"),
            ..pace(100, 1)
        };
        assert_eq!(late.to_finish(), None);
        assert_eq!(pace(-7, 1).to_finish(), Some(Money::ZERO));
    }
}
