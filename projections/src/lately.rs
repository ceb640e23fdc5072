//! What happened lately: the last payment, the pace, and what is left of old advances.
//!
//! One pass over the facts of the last days; nothing is kept for it.

use events::time::EffectiveOn;

use crate::columns::{Cell, Columns, Count, Counted, Grain, Slot, index, ordinal};
use crate::facts::Part;
use crate::lens::{Lens, NOWHERE};
use crate::question::AsOf;

/// How many days a pace is taken over.
pub(crate) const PACE: u16 = 30;

/// How far one looks back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    /// No day before the one after this is looked at.
    pub(crate) from: EffectiveOn,
    /// Nothing paid for so many days is long.
    pub(crate) stalled_days: u16,
    /// What is left of an advance after so many days is overdue; advances are not looked at where
    /// there is none.
    pub(crate) advance_days: Option<u16>,
}

impl Windows {
    /// Those that tell whether something is paid, as of `day`.
    pub(crate) fn of_payments(day: EffectiveOn, stalled_days: u16) -> Self {
        Self {
            from: day.shifted(-back(stalled_days)),
            stalled_days,
            advance_days: None,
        }
    }
}

/// What happened lately in a group, in đồng.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lately {
    /// Disbursed, less what was reversed, by how many days ago.
    disbursed: Vec<i128>,
    /// By how much the plan grew in the days in which nothing paid is long.
    planned: i128,
    /// What is left of advances that are overdue: the first is recovered first, line by line.
    pub(crate) overdue: i128,
}

impl Lately {
    /// What happened in these groups together.
    pub(crate) fn of(lately: &[Self], groups: &[usize]) -> Self {
        let mut all = Self::default();
        for it in groups.iter().filter_map(|group| lately.get(*group)) {
            for (ago, amount) in it.disbursed.iter().enumerate() {
                all.disburse(ago, *amount);
            }
            all.planned += it.planned;
            all.overdue += it.overdue;
        }
        all
    }

    /// Adds a fact of so many days ago.
    fn add(&mut self, part: Part, amount: i128, ago: usize, stalled_days: u16) {
        if part == Part::Disbursed {
            self.disburse(ago, amount);
        }
        if ago < stalled_days.into() {
            self.planned += part.in_plan() * amount;
        }
    }

    fn disburse(&mut self, ago: usize, amount: i128) {
        if self.disbursed.len() <= ago {
            self.disbursed.resize(ago + 1, 0);
        }
        if let Some(of_day) = self.disbursed.get_mut(ago) {
            *of_day += amount;
        }
    }

    /// Disbursed in the last 30 days.
    pub(crate) fn paid(&self) -> i128 {
        self.disbursed.iter().take(PACE.into()).sum()
    }

    /// How many days ago the last payment was of which anything is left: since then, no more was
    /// disbursed than was taken back.
    pub(crate) fn last_payment(&self) -> Option<usize> {
        let mut since = 0;
        self.disbursed.iter().position(|of_day| {
            since += of_day;
            since > 0
        })
    }

    /// Whether nothing was paid for long of a plan that was there all the time.
    pub(crate) fn is_unpaid(&self, plan: i128, stalled_days: u16) -> bool {
        let last = self.last_payment();
        last.is_none_or(|ago| ago >= stalled_days.into()) && plan > self.planned
    }
}

/// What happened lately in each group of `lens`, as of its day.
pub(crate) fn lately(lens: &mut Lens<'_>, windows: Windows) -> Vec<Lately> {
    let money = &lens.figures.money;
    let AsOf { effective, known } = lens.question.as_of;
    let told = lens.told_of(money);
    let parts: Vec<_> = (0..Slot::COUNT)
        .map(|slot| Part::of(Slot::new(slot)))
        .collect();
    let mut advances = Advances::new(money, lens.question.as_of, windows);
    let mut groups: Vec<Lately> = Vec::new();
    let whole = usize::try_from(effective.days_since(windows.from)).unwrap_or_default();
    money.between(known, (windows.from, effective), |after, counted| {
        let Counted {
            vintage,
            bearer,
            slot,
            amount,
        } = counted;
        let ago = whole.saturating_sub(after);
        let part = parts.get(usize::from(slot.number())).copied().flatten();
        let into = group(&mut groups, lens.group(&told, vintage, bearer));
        if let (Some(into), Some(part)) = (into, part) {
            into.add(part, amount, ago, windows.stalled_days);
            advances.add(part, amount, (index(vintage), ago));
        }
    });
    for (vintage, overdue) in advances.overdue() {
        let of = lens.group(&told, ordinal(vintage), 0);
        if let Some(into) = group(&mut groups, of) {
            into.overdue += overdue;
        }
    }
    groups
}

/// So many days back, and at least as many as a pace is taken over.
pub(crate) fn back(days: u16) -> i64 {
    days.max(PACE).into()
}

/// The group of this number, of which there may be none yet; `None` for what does not count.
fn group(groups: &mut Vec<Lately>, number: u32) -> Option<&mut Lately> {
    if number == NOWHERE {
        return None;
    }
    if groups.len() <= index(number) {
        groups.resize(index(number) + 1, Lately::default());
    }
    groups.get_mut(index(number))
}

/// What is outstanding of advances, by vintage of line.
struct Advances {
    days: usize,
    /// Now.
    outstanding: Vec<i128>,
    /// What was paid in advance in the last days, and what of recoveries was taken back: it is not
    /// overdue yet.
    new: Vec<i128>,
}

impl Advances {
    fn new(money: &Columns, as_of: AsOf, windows: Windows) -> Self {
        let Some(days) = windows.advance_days else {
            return Self {
                days: 0,
                outstanding: Vec::new(),
                new: Vec::new(),
            };
        };
        let vintages = money.vintages.list().len();
        let mut now = Outstanding(vec![0; vintages]);
        money.count(Grain::Vintage, as_of, &mut now);
        Self {
            days: days.into(),
            outstanding: now.0,
            new: vec![0; vintages],
        }
    }

    fn add(&mut self, part: Part, amount: i128, (vintage, ago): (usize, usize)) {
        let is_new = part == Part::AdvancesOutstanding && amount > 0 && ago < self.days;
        if let Some(new) = self.new.get_mut(vintage).filter(|_| is_new) {
            *new += amount;
        }
    }

    /// What is overdue, by vintage. Whatever was recovered was recovered of the oldest, so that
    /// what is outstanding is new as far as so much is new.
    fn overdue(&self) -> impl Iterator<Item = (usize, i128)> {
        let both = self.outstanding.iter().zip(&self.new).enumerate();
        both.map(|(vintage, (outstanding, new))| (vintage, outstanding - new))
            .filter(|(_, overdue)| *overdue > 0)
    }
}

/// The advances outstanding of each vintage.
struct Outstanding(Vec<i128>);

impl Outstanding {
    fn slots() -> [Slot; 2] {
        [true, false].map(|own| Part::AdvancesOutstanding.slot(own))
    }

    fn add(&mut self, vintage: usize, slot: Slot, amount: i128) {
        if Self::slots().contains(&slot)
            && let Some(sum) = self.0.get_mut(vintage)
        {
            *sum += amount;
        }
    }
}

impl Count for Outstanding {
    fn cell(&mut self, cell: usize, sums: &Cell<i64>) {
        for slot in Self::slots() {
            self.add(cell, slot, sums.sum(slot).into());
        }
    }

    fn fact(&mut self, cell: usize, slot: Slot, amount: i64, _: i64) {
        self.add(cell, slot, amount.into());
    }

    fn exception(&mut self, cell: usize, slot: Slot, amount: i128) {
        self.add(cell, slot, amount);
    }
}
