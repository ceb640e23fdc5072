//! A row of figures: sums of facts, and what is made of them.

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::line::{InKind, InKindKind};
use events::money::Money;
use events::policy::AlertPolicy;
use events::statement::Measure;
use rust_decimal::Decimal;

use crate::columns::{Cell, Slot};
use crate::facts::Part;
use crate::rate::Rate;
use crate::status::Status;

/// Sums of facts, in đồng, by part; and what was given in kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub(crate) money: Cell<i128>,
    pub(crate) given: Cell<i128>,
}

/// What is given in kind is summed twice: how much of it there is, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// In the smallest quantity that is told, a millionth of a unit.
    Quantity,
    /// In đồng.
    Worth,
}

impl Given {
    /// Where it is summed.
    pub(crate) fn slot(self, kind: InKindKind) -> Slot {
        Slot::new(match (kind, self) {
            (InKindKind::LabourDays, Self::Quantity) => 0,
            (InKindKind::LabourDays, Self::Worth) => 1,
            (InKindKind::LandM2, Self::Quantity) => 2,
            (InKindKind::LandM2, Self::Worth) => 3,
            (InKindKind::Materials, Self::Quantity) => 4,
            (InKindKind::Materials, Self::Worth) => 5,
        })
    }
}

impl Sums {
    /// Adds every sum of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.money.merge(&other.money);
        self.given.merge(&other.given);
    }

    /// The sum of a part.
    pub fn of(&self, part: Part) -> Money {
        let (own, carried) = (part.slot(true), part.slot(false));
        let carried = (carried != own).then(|| self.money.sum(carried));
        Money::from_sum(self.money.sum(own) + carried.unwrap_or_default())
    }

    fn of_money(&self, part: Part, money: CountedMoney) -> Money {
        match money {
            CountedMoney::All => self.of(part),
            CountedMoney::PlanYear => Money::from_sum(self.money.sum(part.slot(true))),
        }
    }

    /// Capital that may be spent: assigned + local increase + carried in + reallocated − recalled.
    pub fn plan(&self) -> Money {
        let planned = |part: Part| part.in_plan() * self.money.sum(part.slot(true));
        Money::from_sum(Part::ALL.into_iter().map(planned).sum())
    }

    /// What was given in kind, kind by kind, where anything is left of it.
    fn in_kind(&self) -> Vec<GivenInKind> {
        let of = |kind: InKindKind, what: Given| self.given.sum(what.slot(kind));
        let given = |kind| {
            let quantity = Decimal::from_i128_with_scale(of(kind, Given::Quantity), InKind::PLACES);
            GivenInKind {
                kind,
                quantity: quantity.normalize(),
                amount: Money::from_sum(of(kind, Given::Worth)),
            }
        };
        let is_something = |it: &GivenInKind| !it.quantity.is_zero() || it.amount != Money::ZERO;
        let kinds = [
            InKindKind::LabourDays,
            InKindKind::LandM2,
            InKindKind::Materials,
        ];
        kinds.into_iter().map(given).filter(is_something).collect()
    }
}

/// How far down a row goes, which decides what its plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Lines: the plan is theirs.
    Line,
    /// Projects: the plan is what is detailed to them.
    Project,
    /// Communes: they have no plan.
    Commune,
}

/// A contribution in kind within a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenInKind {
    /// What was given.
    pub kind: InKindKind,
    /// How much, in the kind's unit.
    pub quantity: Decimal,
    /// What it is worth.
    pub amount: Money,
}

/// The figures of a row. Sums are in whole đồng; `None` where a row has no such figure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the contract's table of measures describes each"
)]
pub struct Row {
    pub plan: Option<Money>,
    pub assigned: Money,
    pub local_increase: Money,
    pub carried_in: Money,
    pub reallocated: Money,
    pub recalled: Money,
    pub carried_out: Money,
    pub in_transit: Money,
    pub remaining: Option<Money>,
    pub detailed: Money,
    pub committed: Money,
    pub disbursed: Money,
    pub advances_outstanding: Money,
    pub estimated: Money,
    pub numerator: Money,
    pub denominator: Option<Money>,
    pub rate: Option<Rate>,
    pub commitment_rate: Option<Rate>,
    pub target: Option<Rate>,
    pub behind_by: Option<Rate>,
    pub status: Option<Status>,
    pub in_kind: Vec<GivenInKind>,
}

impl Row {
    /// The row that `sums` make on `basis`.
    pub(crate) fn of(sums: &Sums, basis: Basis, depth: Depth) -> Self {
        let plan = match depth {
            Depth::Line => Some(sums.plan()),
            Depth::Project => Some(sums.of(Part::Detailed)),
            Depth::Commune => None,
        };
        let denominator = match depth {
            Depth::Line => Some(denominator(sums, basis.denominator)),
            Depth::Project | Depth::Commune => plan,
        };
        let (disbursed, committed) = (sums.of(Part::Disbursed), sums.of(Part::Committed));
        let carried_out = sums.of(Part::CarriedOut);
        let numerator = numerator(sums, basis);
        let rate = |sum| denominator.and_then(|denominator| Rate::of(sum, denominator));
        Self {
            plan,
            assigned: sums.of(Part::Assigned),
            local_increase: sums.of(Part::LocalIncrease),
            carried_in: sums.of(Part::CarriedIn),
            reallocated: sums.of(Part::Reallocated),
            recalled: sums.of(Part::Recalled),
            carried_out,
            in_transit: sums.of(Part::InTransit),
            remaining: plan.map(|plan| plan - carried_out - disbursed),
            detailed: sums.of(Part::Detailed),
            committed,
            disbursed,
            advances_outstanding: sums.of(Part::AdvancesOutstanding),
            estimated: sums.of(Part::Estimated),
            numerator,
            denominator,
            rate: rate(numerator),
            commitment_rate: rate(committed),
            target: None,
            behind_by: None,
            status: None,
            in_kind: sums.in_kind(),
        }
    }

    /// The row with what its schedules ask for: a target, and how far its rate is behind it.
    pub(crate) fn due(self, target: Option<Rate>) -> Self {
        let behind_by = target
            .zip(self.rate)
            .map(|(target, rate)| target.less(rate));
        Self {
            target,
            behind_by,
            ..self
        }
    }

    /// The row with what the thresholds make of how far it is behind.
    pub(crate) fn judged(self, policy: Option<&AlertPolicy>) -> Self {
        let status = self.behind_by.zip(policy);
        Self {
            status: status.map(|(behind_by, policy)| Status::of(behind_by, policy)),
            ..self
        }
    }

    /// One figure of the row, as a decimal number: đồng, or a fraction for a rate.
    pub fn figure(&self, measure: Measure) -> Option<Decimal> {
        let money = match measure {
            Measure::Plan => self.plan,
            Measure::Assigned => Some(self.assigned),
            Measure::LocalIncrease => Some(self.local_increase),
            Measure::CarriedIn => Some(self.carried_in),
            Measure::Reallocated => Some(self.reallocated),
            Measure::Recalled => Some(self.recalled),
            Measure::CarriedOut => Some(self.carried_out),
            Measure::InTransit => Some(self.in_transit),
            Measure::Remaining => self.remaining,
            Measure::Detailed => Some(self.detailed),
            Measure::Committed => Some(self.committed),
            Measure::Disbursed => Some(self.disbursed),
            Measure::AdvancesOutstanding => Some(self.advances_outstanding),
            Measure::Estimated => Some(self.estimated),
            Measure::Numerator => Some(self.numerator),
            Measure::Denominator => self.denominator,
            Measure::Rate => return self.rate.map(Rate::decimal),
            Measure::CommitmentRate => return self.commitment_rate.map(Rate::decimal),
        };
        money.map(Money::decimal)
    }
}

fn numerator(sums: &Sums, basis: Basis) -> Money {
    let of = |part| sums.of_money(part, basis.money);
    let estimated = match basis.certainty {
        Counted::Confirmed => Money::ZERO,
        Counted::WithEstimates => of(Part::Estimated),
    };
    let advances = match basis.numerator {
        Numerator::Gross => Money::ZERO,
        Numerator::NetOfAdvances => of(Part::AdvancesOutstanding),
    };
    of(Part::Disbursed) + estimated - advances
}

fn denominator(sums: &Sums, denominator: Denominator) -> Money {
    match denominator {
        Denominator::Total => sums.plan(),
        Denominator::Assigned => sums.of(Part::Assigned),
        Denominator::AssignedAndLocal => sums.of(Part::Assigned) + sums.of(Part::LocalIncrease),
        Denominator::Detailed => sums.of(Part::Detailed),
    }
}
