//! What standings are put together from: the sums, targets and last months of each scope.

use std::collections::{BTreeMap, BTreeSet};

use events::alert::{AlertScope, TargetFrom};
use events::basis::Basis;
use events::money::Money;
use events::names::{CapitalSource, ProvinceCode};
use events::policy::AlertPolicy;
use events::register::{Registers, UnitCode, UnitKind};
use events::statement::Scope;
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;

use super::{CapitalSums, Due, Pace, ScopeStanding, rounded};
use crate::due;
use crate::facts;
use crate::figures::Figures;
use crate::lately::{Lately, PACE, Windows, back, lately};
use crate::lens::{Lens, Telling};
use crate::question::{AsOf, Boundaries, Dimension, Question};
use crate::rate::Rate;
use crate::row::Sums;
use crate::schedules::{StandIn, is_country};
use crate::series::a_year_before;
use crate::status::Status;
use crate::table::Table;

/// One scope: the groups that count in it, and their sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    groups: Vec<usize>,
    plan: Money,
    disbursed: Money,
    detailed: Money,
    /// Whether a schedule of its own holds, for lines that there are or not.
    is_scheduled: bool,
}

impl Part {
    fn add(&mut self, group: usize, sums: &Sums) {
        self.groups.push(group);
        self.plan += sums.plan();
        self.disbursed += sums.of(facts::Part::Disbursed);
        self.detailed += sums.of(facts::Part::Detailed);
    }

    fn rate(&self) -> Option<Rate> {
        Rate::of(self.disbursed, self.plan)
    }
}

/// The parts of all scopes, and what they share.
pub(super) struct Parts<'a> {
    as_of: AsOf,
    policy: Option<&'a AlertPolicy>,
    pub(super) by_scope: BTreeMap<AlertScope, Part>,
    registers: Registers,
    /// What is due on the day, and 30 days later.
    due: [due::Due; 2],
    lately: Vec<Lately>,
    /// The same scopes a year before the day, a year before 30 days later, and at the end of the
    /// year before.
    last_year: [BTreeMap<AlertScope, Part>; 3],
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        figures: &Figures,
        as_of: AsOf,
        years: &BTreeSet<BudgetYear>,
        policy: Option<&'a AlertPolicy>,
    ) -> Self {
        let registers = figures.registers_at(as_of.known).into_owned();
        let question = question(as_of, as_of.effective, years.clone());
        let lens = Lens::new(figures, &registers, &question, Telling::Names);
        let mut table = Table::of(lens);
        let later = as_of.effective.shifted(PACE.into());
        let due = due::Due::on(&mut table, [as_of.effective, later], StandIn::National);
        let lately = lately(&mut table.lens, windows(as_of, years, policy));
        let mut by_scope = by_scope(&table);
        let before: BTreeSet<_> = years.iter().filter_map(|year| year.previous()).collect();
        let ended = before
            .last()
            .map_or(as_of.effective, |year| year.closes_on());
        let days = [a_year_before(as_of.effective), a_year_before(later), ended];
        let last_year = days.map(|effective| {
            let then = AsOf { effective, ..as_of };
            let question = self::question(then, as_of.effective, BTreeSet::clone(&before));
            let lens = Lens::new(figures, &registers, &question, Telling::Values);
            of_next_year(self::by_scope(&Table::of(lens)))
        });
        for scope in scheduled(figures, &registers, as_of, years) {
            by_scope.entry(scope).or_default().is_scheduled = true;
        }
        Self {
            as_of,
            policy,
            by_scope,
            registers,
            due,
            lately,
            last_year,
        }
    }

    /// How a scope stands; its place among others is not told yet.
    pub(super) fn standing(&self, scope: AlertScope, part: &Part) -> ScopeStanding {
        let AsOf { effective: day, .. } = self.as_of;
        let lately = Lately::of(&self.lately, &part.groups);
        let rate = part.rate();
        let (due, in_30_days) = self.due(scope, part);
        let stalled_days = self.policy.map(|policy| policy.stalled_days);
        let is_unpaid =
            stalled_days.is_some_and(|days| lately.is_unpaid(part.plan.to_dong(), days));
        let status = due.zip(self.policy).map(|(due, policy)| {
            let status = Status::of(due.behind_by, policy);
            if is_unpaid { status.unpaid() } else { status }
        });
        let last_payment = lately.last_payment();
        let pace = Pace {
            day,
            closes_on: scope.year.closes_on(),
            left: part.plan - part.disbursed,
            paid: Money::from_sum(lately.paid()),
        };
        let name = |kind, code: UnitCode| self.registers.of(kind).name(code, day);
        let province = |code: ProvinceCode| name(UnitKind::Province, code.into());
        ScopeStanding {
            scope,
            programme_name: name(UnitKind::Programme, scope.programme.into()),
            province_name: scope.province.map(province),
            plan: part.plan,
            disbursed: part.disbursed,
            rate,
            due,
            status,
            is_unpaid,
            is_unassigned: part.is_scheduled && part.plan <= Money::ZERO,
            paid_30_days: pace.paid,
            to_schedule_30_days: in_30_days.map(|due| (due - part.disbursed).max(Money::ZERO)),
            to_finish_30_days: pace.to_finish(),
            finished_on: pace.finished_on(),
            days_since_payment: last_payment.and_then(|days| u32::try_from(days).ok()),
            advances_overdue: Money::from_sum(lately.overdue),
            detail_missing: (part.plan - part.detailed).max(Money::ZERO),
            national_rate: self.country(scope).and_then(Part::rate),
            rank: None,
            last_year_rate: self.last_year.first().and_then(|it| it.get(&scope)?.rate()),
        }
    }

    /// The whole country of a scope: all its provinces, or the country as a province.
    fn country(&self, scope: AlertScope) -> Option<&Part> {
        let all = of_country(scope);
        let as_province = |(of, _): &(&AlertScope, &Part)| {
            of_country(**of) == all && of.province.is_some_and(is_country)
        };
        let found = self.by_scope.get(&all);
        found.or_else(|| Some(self.by_scope.iter().find(as_province)?.1))
    }

    /// What is due in a scope, and in 30 days: by schedules, or else as much as a year before.
    fn due(&self, scope: AlertScope, part: &Part) -> (Option<Due>, Option<Money>) {
        let Some(rate) = part.rate() else {
            return (None, None);
        };
        let scheduled = self.scheduled(part);
        let Some((target, to_date, target_from, in_30_days)) =
            scheduled.or_else(|| self.as_last_year(scope, part))
        else {
            return (None, None);
        };
        let to_date = rounded(to_date);
        let due = Due {
            target,
            target_from,
            to_date,
            behind_by: target.less(rate),
            gap: to_date - part.disbursed,
        };
        (Some(due), in_30_days.map(rounded))
    }

    /// What its schedules ask of a scope, where each line has one.
    fn scheduled(&self, part: &Part) -> Option<Asking> {
        let [now, later] = &self.due;
        let weighed = now.weighed(&part.groups)?;
        let from = if weighed.stands_in {
            TargetFrom::National
        } else {
            TargetFrom::Schedule
        };
        let later = later.weighed(&part.groups).and_then(|it| it.due());
        Some((weighed.rate()?, weighed.due()?, from, later))
    }

    /// What a scope had disbursed a year before, where it disbursed anything in that year: one in
    /// which nothing was paid is nobody's curve.
    fn as_last_year(&self, scope: AlertScope, part: &Part) -> Option<Asking> {
        let [then, later, ended] = self.last_year.each_ref().map(|it| it.get(&scope));
        let (then, ended) = (then?, ended?);
        // Multiplied first, so that no đồng is lost to a rate's places.
        let of_plan = |then: &Part| {
            let disbursed = then.disbursed.decimal() * part.plan.decimal();
            (then.plan > Money::ZERO).then(|| disbursed / then.plan.decimal())
        };
        let target = then.rate().filter(|_| ended.disbursed > Money::ZERO)?;
        let later = later.and_then(of_plan);
        Some((target, of_plan(then)?, TargetFrom::LastYear, later))
    }
}

/// The share that is due, in đồng too, who says so, and what is due in 30 days.
type Asking = (Rate, Decimal, TargetFrom, Option<Decimal>);

/// The same programme and year in the whole country.
fn of_country(scope: AlertScope) -> AlertScope {
    AlertScope {
        province: None,
        ..scope
    }
}

/// What asks for scopes: the capital of the state budget, which is under a plan and a schedule.
/// What others give has neither, and would hide that a plan is not disbursed.
fn question(as_of: AsOf, boundaries: EffectiveOn, year: BTreeSet<BudgetYear>) -> Question {
    Question {
        scope: Scope {
            year,
            source: CapitalSource::STATE_BUDGET.into(),
            ..Scope::default()
        },
        by: vec![
            Dimension::Programme,
            Dimension::Province,
            Dimension::Year,
            Dimension::Source,
            Dimension::Type,
        ],
        as_of,
        boundaries: Boundaries::Day(boundaries),
        basis: Basis::default(),
    }
}

/// As far back as any of the questions about the last months goes.
fn windows(as_of: AsOf, years: &BTreeSet<BudgetYear>, policy: Option<&AlertPolicy>) -> Windows {
    let standing = AlertPolicy::default();
    let policy = policy.unwrap_or(&standing);
    let day = as_of.effective;
    let days = policy.advance_days.max(policy.stalled_days);
    let begins = years.first().map_or(day, |year| year.day(1, 1).before());
    Windows {
        from: begins.min(day.shifted(-back(days))),
        stalled_days: policy.stalled_days,
        advance_days: Some(policy.advance_days),
    }
}

/// The groups of `table` by scope, with the whole country of each programme that has several
/// provinces.
fn by_scope(table: &Table<'_>) -> BTreeMap<AlertScope, Part> {
    let mut by_scope: BTreeMap<AlertScope, Part> = BTreeMap::new();
    // The whole country as a province holds the money of the others.
    let mut whole = BTreeSet::new();
    for group in table.groups() {
        let lens = &table.lens;
        let (Some(seen), Some(of)) = (lens.seen(group), lens.capital(group)) else {
            continue;
        };
        let scope = AlertScope {
            programme: seen.programme,
            province: Some(seen.province),
            year: of.year,
        };
        let sums = table.sums(group);
        for scope in [scope, of_country(scope)] {
            by_scope.entry(scope).or_default().add(group, &sums);
        }
        if seen.is_all_provinces() {
            whole.insert(of_country(scope));
        }
    }
    let mut provinces: BTreeMap<AlertScope, usize> = BTreeMap::new();
    for scope in by_scope.keys().filter(|scope| scope.province.is_some()) {
        *provinces.entry(of_country(*scope)).or_default() += 1;
    }
    by_scope.retain(|scope, _| {
        let several = provinces.get(scope).is_some_and(|count| *count > 1);
        scope.province.is_some() || (several && !whole.contains(scope))
    });
    by_scope
}

/// The sums of each kind of capital, whoever gives it.
pub(super) fn capital(
    figures: &Figures,
    as_of: AsOf,
    years: &BTreeSet<BudgetYear>,
) -> Vec<CapitalSums> {
    let mut question = question(as_of, as_of.effective, years.clone());
    question.scope.source.clear();
    let registers = figures.registers_for(&question);
    let table = Table::of(Lens::new(figures, &registers, &question, Telling::Values));
    let sums = table.groups().filter_map(|group| {
        let (seen, of) = (table.lens.seen(group)?, table.lens.capital(group)?);
        let sums = table.sums(group);
        Some(CapitalSums {
            programme: seen.programme,
            province: seen.province,
            year: of.year,
            source: of.source,
            capital_type: of.of_type,
            plan: sums.plan(),
            committed: sums.of(facts::Part::Committed),
            disbursed: sums.of(facts::Part::Disbursed),
            advances_outstanding: sums.of(facts::Part::AdvancesOutstanding),
        })
    });
    let mut sums: Vec<_> = sums.collect();
    sums.sort_by_key(|it| {
        let unit = (it.programme, it.province);
        (unit, it.year, it.source, it.capital_type)
    });
    sums
}

/// The parts of a year as those of the year after it.
fn of_next_year(parts: BTreeMap<AlertScope, Part>) -> BTreeMap<AlertScope, Part> {
    let next = |(scope, part): (AlertScope, Part)| {
        let year = scope.year.next()?;
        Some((AlertScope { year, ..scope }, part))
    };
    parts.into_iter().filter_map(next).collect()
}

/// The scopes of provinces for which a schedule holds, whether they have any line or not.
fn scheduled(
    figures: &Figures,
    registers: &Registers,
    as_of: AsOf,
    years: &BTreeSet<BudgetYear>,
) -> BTreeSet<AlertScope> {
    let holds = figures.schedules.list().iter().filter(|(position, event)| {
        *position <= as_of.known
            && event.entry.effective_on <= as_of.effective
            && years.contains(&event.schedule.year)
            && !is_country(event.schedule.province)
    });
    let scope = |schedule: &events::schedule::Schedule| {
        let begins = schedule.year.day(1, 1);
        let now = |kind, code: UnitCode| {
            registers
                .of(kind)
                .successor(code, begins, as_of.effective.max(begins))
        };
        let programme = now(UnitKind::Programme, schedule.programme.into());
        let province = now(UnitKind::Province, schedule.province.into());
        let (UnitCode::Programme(programme), UnitCode::Province(province)) = (programme, province)
        else {
            return None;
        };
        Some(AlertScope {
            programme,
            province: Some(province),
            year: schedule.year,
        })
    };
    holds
        .filter_map(|(_, event)| scope(&event.schedule))
        .collect()
}
