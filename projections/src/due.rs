//! What the schedules ask for, group by group: the plans of lines, weighed by their targets.

use std::collections::BTreeMap;
use std::rc::Rc;

use events::basis::Basis;
use events::money::Money;
use events::time::EffectiveOn;

use crate::columns::{Cell, Columns, Count, Grain, Slot, index};
use crate::facts::Part;
use crate::figures::Figures;
use crate::lens::{Lens, NOWHERE};
use crate::question::AsOf;
use crate::rate::Rate;
use crate::row::Depth;
use crate::schedules::{Schedules, StandIn, Weighed, is_country};
use crate::table::Table;

/// What is due in each group; nothing where the question is on another basis than schedules are.
pub(crate) struct Due(Option<Vec<Weighed>>);

impl Due {
    /// What is due in the groups of `table`, by their own schedules.
    pub(crate) fn of(table: &mut Table<'_>) -> Self {
        let [due] = Self::on(table, [table.lens.question.as_of.effective], StandIn::None);
        due
    }

    /// What of the plans of now is due on each of these days in the groups of `table`.
    pub(crate) fn on<const DAYS: usize>(
        table: &mut Table<'_>,
        days: [EffectiveOn; DAYS],
        stand_in: StandIn,
    ) -> [Self; DAYS] {
        let lens = &mut table.lens;
        if !applies(lens) {
            return days.map(|_| Self(None));
        }
        let as_of = lens.question.as_of;
        let money = &lens.figures.money;
        let mut plans = Plans::new(money);
        money.count(Grain::Vintage, as_of, &mut plans);
        let groups = lens.groups_of(money, Grain::Vintage);
        let scheduled = Scheduled::of(lens, &groups, stand_in);
        days.map(|effective| {
            let as_of = AsOf { effective, ..as_of };
            Self(Some(scheduled.weigh(&plans, as_of)))
        })
    }

    /// The share that these groups are to have disbursed together.
    pub(crate) fn target(&self, groups: &[usize]) -> Option<Rate> {
        self.weighed(groups)?.rate()
    }

    /// What is due in these groups together.
    pub(crate) fn weighed(&self, groups: &[usize]) -> Option<Weighed> {
        let mut all = Weighed::default();
        for group in groups {
            all.merge(self.0.as_ref()?.get(*group)?);
        }
        Some(all)
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

    /// Whether a fact in `slot` moves a plan.
    pub(crate) fn moves(slot: Slot) -> bool {
        Part::of(slot).is_some_and(|part| part.in_plan() != 0)
    }

    /// Adds a fact.
    pub(crate) fn add(&mut self, vintage: usize, slot: Slot, amount: i128, facts: i128) {
        let sign = self.signs.get(usize::from(slot.number())).copied();
        if let Some((plan, count)) = self.plans.get_mut(vintage) {
            *plan += sign.unwrap_or_default() * amount;
            *count += facts;
        }
    }
}

/// The vintages that count in groups, each with the schedules that were set for its line.
pub(crate) struct Scheduled<'a> {
    schedules: &'a Schedules,
    stand_in: StandIn,
    members: Vec<Member>,
    groups: usize,
}

/// A vintage by its number, the group in which it counts, and the schedules of its line.
struct Member {
    vintage: usize,
    group: usize,
    /// Whether it is of the whole country as a province.
    is_country: bool,
    set_for: Rc<[usize]>,
}

impl<'a> Scheduled<'a> {
    /// Those of `lens`, by the groups of the vintages.
    pub(crate) fn of(lens: &Lens<'a>, groups: &[u32], stand_in: StandIn) -> Self {
        let Figures {
            money,
            lines,
            schedules,
            ..
        } = lens.figures;
        let registers = lens.figures.registers_at(lens.question.as_of.known);
        let unit_of = &lines.units(true).of_line;
        let mut of_units: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        // The vintages of a line often follow each other.
        let mut last: Option<(u32, Rc<[usize]>)> = None;
        let mut members = Vec::new();
        for (number, (vintage, group)) in money.vintages.list().iter().zip(groups).enumerate() {
            let Some(line) = lines.find(vintage.line).filter(|_| *group != NOWHERE) else {
                continue;
            };
            let set_for = match &last {
                Some((of, set_for)) if *of == vintage.line => Rc::clone(set_for),
                _ => {
                    let unit = unit_of.get(index(vintage.line)).copied();
                    let of_unit = || schedules.set_for_unit(line, &registers, stand_in);
                    let of_unit = of_units
                        .entry(unit.unwrap_or(NOWHERE))
                        .or_insert_with(of_unit);
                    let of_line = of_unit.iter().copied();
                    of_line
                        .filter(|number| schedules.holds_for(*number, line.id))
                        .collect()
                }
            };
            last = Some((vintage.line, Rc::clone(&set_for)));
            members.push(Member {
                vintage: number,
                group: index(*group),
                is_country: is_country(line.id.province()),
                set_for,
            });
        }
        Self {
            schedules,
            stand_in,
            members,
            groups: lens.len(),
        }
    }

    /// What is due in each group, of these plans.
    pub(crate) fn weigh(&self, plans: &Plans, as_of: AsOf) -> Vec<Weighed> {
        // By group and schedule, in whole đồng: each share is multiplied once.
        let mut planned: BTreeMap<(usize, Option<usize>, bool), i128> = BTreeMap::new();
        for member in &self.members {
            if let Some((plan, facts)) = plans.plans.get(member.vintage)
                && *facts > 0
            {
                let holds = self.schedules.holds(&member.set_for, as_of);
                let national = holds.is_some_and(|it| self.schedules.is_national(it));
                let stands_in = national && !member.is_country;
                let key = (member.group, holds, stands_in);
                *planned.entry(key).or_default() += plan;
            }
        }
        let mut weighed = vec![Weighed::default(); self.groups];
        for ((group, schedule, stands_in), plan) in planned {
            if let Some(into) = weighed.get_mut(group) {
                let target = schedule.and_then(|it| self.schedules.share(it, as_of.effective));
                // Where others may stand in, a line without a plan has nothing to be behind with.
                if target.is_none() && plan == 0 && self.stand_in == StandIn::National {
                    continue;
                }
                into.add(target, Money::from_sum(plan));
                into.stands_in |= stands_in;
            }
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
