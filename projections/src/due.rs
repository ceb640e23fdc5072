//! What the schedules ask for, group by group: the plans of lines, weighed by their targets.

use events::basis::Basis;
use events::money::Money;
use rust_decimal::Decimal;

use crate::columns::{Cell, Columns, Count, Grain, Slot, index};
use crate::facts::Part;
use crate::lens::Lens;
use crate::question::AsOf;
use crate::rate::Rate;
use crate::row::Depth;
use crate::schedules::Weighed;
use crate::table::Table;

/// What is due in each group; nothing where the question is on another basis than schedules are.
pub(crate) struct Due(Option<Vec<Weighed>>);

impl Due {
    /// What is due in the groups of `table`.
    pub(crate) fn of(table: &mut Table<'_>) -> Self {
        let lens = &mut table.lens;
        if !applies(lens) {
            return Self(None);
        }
        let as_of = lens.question.as_of;
        let money = &lens.figures.money;
        let mut plans = Plans::new(money);
        money.count(Grain::Vintage, as_of, &mut plans);
        let groups = lens.groups_of(money, Grain::Vintage);
        Self(Some(plans.weigh(lens, &groups, as_of)))
    }

    /// The share that these groups are to have disbursed together.
    pub(crate) fn target(&self, groups: &[usize]) -> Option<Rate> {
        let mut all = Weighed::default();
        for group in groups {
            all.merge(self.0.as_ref()?.get(*group)?);
        }
        all.rate()
    }
}

/// Whether schedules speak about what is asked: about lines, on the default basis.
pub(crate) fn applies(lens: &Lens<'_>) -> bool {
    lens.question.basis == Basis::default()
        && lens.depth() == Depth::Line
        && !lens.figures.schedules.list().is_empty()
}

/// The plan of each line and vintage, and how many facts it counts.
pub(crate) struct Plans {
    plans: Vec<(i128, i128)>,
    /// By slot: 1 where it adds to a plan, −1 where it takes from it.
    signs: Vec<i128>,
}

impl Plans {
    pub(crate) fn new(money: &Columns) -> Self {
        let slots = (0..Slot::COUNT).map(Slot::new);
        let sign = |slot| Part::of(slot).map_or(0, Part::in_plan);
        Self {
            plans: vec![(0, 0); money.vintages.list().len()],
            signs: slots.map(sign).collect(),
        }
    }

    /// Adds a fact.
    pub(crate) fn add(&mut self, vintage: usize, slot: Slot, amount: i128, facts: i128) {
        let sign = self.signs.get(usize::from(slot.number())).copied();
        if let Some((plan, count)) = self.plans.get_mut(vintage) {
            *plan += sign.unwrap_or_default() * amount;
            *count += facts;
        }
    }

    /// What is due in each group of `lens`, by the groups of the vintages.
    pub(crate) fn weigh(&self, lens: &Lens<'_>, groups: &[u32], as_of: AsOf) -> Vec<Weighed> {
        let mut weighed = vec![Weighed::default(); lens.len()];
        let mut last: Option<(u32, Option<Decimal>)> = None;
        let vintages = lens.figures.money.vintages.list().iter();
        for ((vintage, group), (plan, facts)) in vintages.zip(groups).zip(&self.plans) {
            let Some(into) = weighed.get_mut(index(*group)).filter(|_| *facts > 0) else {
                continue;
            };
            // The vintages of a line often follow each other.
            let target = match last {
                Some((line, target)) if line == vintage.line => target,
                _ => {
                    let line = lens.figures.lines.find(vintage.line);
                    line.and_then(|line| lens.figures.schedules.target(line.id, as_of))
                }
            };
            last = Some((vintage.line, target));
            into.add(target, Money::from_sum(*plan));
        }
        weighed
    }
}

impl Count for Plans {
    fn cell(&mut self, cell: usize, sums: &Cell<i64>) {
        for slot in (0..Slot::COUNT).map(Slot::new) {
            self.add(cell, slot, sums.sum(slot).into(), 0);
        }
        if let Some((_, count)) = self.plans.get_mut(cell) {
            *count += sums.facts();
        }
    }

    fn fact(&mut self, cell: usize, slot: Slot, amount: i64, facts: i64) {
        self.add(cell, slot, amount.into(), facts.into());
    }

    fn exception(&mut self, cell: usize, slot: Slot, amount: i128) {
        self.add(cell, slot, amount, 1);
    }
}
