//! How scopes stand, as JSON: target, rate, gap, and the pace that would still save the year.

use std::collections::BTreeSet;

use events::alert::TargetFrom;
use events::basis::Basis;
use events::money::Money;
use events::names::{CapitalSource, ProgrammeCode, ProvinceCode};
use events::policy::AlertPolicy;
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use projections::behind::{Behind, ScopeStanding};
use projections::{Rate, Status};
use serde::Serialize;

use crate::figures::answer::KnownAt;

/// The answer to a question about how scopes stand.
#[derive(Serialize)]
pub(crate) struct BehindAnswer {
    as_of: EffectiveOn,
    known_at: KnownAt,
    basis: Basis,
    /// Whose capital counts.
    source: [CapitalSource; 2],
    /// Scopes are those of the units of the day asked.
    boundaries: EffectiveOn,
    policy: Option<AlertPolicy>,
    years: BTreeSet<BudgetYear>,
    scopes: Vec<ScopeRow>,
}

/// How a scope stands.
#[derive(Serialize)]
struct ScopeRow {
    programme: ProgrammeCode,
    programme_name: String,
    province: Option<ProvinceCode>,
    province_name: Option<String>,
    year: BudgetYear,
    plan: Money,
    disbursed: Money,
    rate: Option<String>,
    target: Option<String>,
    target_from: Option<TargetFrom>,
    behind_by: Option<String>,
    gap: Option<Money>,
    plan_to_date: Option<Money>,
    status: Option<&'static str>,
    paid_30_days: Money,
    to_schedule_30_days: Option<Money>,
    to_finish_30_days: Option<Money>,
    finished_on: Option<EffectiveOn>,
    days_since_payment: Option<u32>,
    advances_overdue: Money,
    detail_missing: Money,
    is_unassigned: bool,
    national_rate: Option<String>,
    rank: Option<RankRow>,
    last_year_rate: Option<String>,
}

#[derive(Serialize)]
struct RankRow {
    place: usize,
    of: usize,
}

impl BehindAnswer {
    pub(crate) fn of(behind: Behind, recorded_at: Option<RecordedAt>) -> Self {
        let as_of = behind.as_of;
        Self {
            as_of: as_of.effective,
            known_at: KnownAt::of(as_of.known, recorded_at),
            basis: Basis::default(),
            source: CapitalSource::STATE_BUDGET,
            boundaries: as_of.effective,
            policy: behind.policy,
            years: behind.years,
            scopes: behind.standings.into_iter().map(ScopeRow::of).collect(),
        }
    }
}

impl ScopeRow {
    fn of(standing: ScopeStanding) -> Self {
        let shown = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
        let due = standing.due;
        let rank = standing.rank.map(|rank| RankRow {
            place: rank.place,
            of: rank.of,
        });
        Self {
            programme: standing.scope.programme,
            programme_name: standing.programme_name,
            province: standing.scope.province,
            province_name: standing.province_name,
            year: standing.scope.year,
            plan: standing.plan,
            disbursed: standing.disbursed,
            rate: shown(standing.rate),
            target: shown(due.map(|due| due.target)),
            target_from: due.map(|due| due.target_from),
            behind_by: shown(due.map(|due| due.behind_by)),
            gap: due.map(|due| due.gap),
            plan_to_date: due.map(|due| due.to_date),
            status: standing.status.map(Status::as_str),
            paid_30_days: standing.paid_30_days,
            to_schedule_30_days: standing.to_schedule_30_days,
            to_finish_30_days: standing.to_finish_30_days,
            finished_on: standing.finished_on,
            days_since_payment: standing.days_since_payment,
            advances_overdue: standing.advances_overdue,
            detail_missing: standing.detail_missing,
            is_unassigned: standing.is_unassigned,
            national_rate: shown(standing.national_rate),
            rank,
            last_year_rate: shown(standing.last_year_rate),
        }
    }
}
