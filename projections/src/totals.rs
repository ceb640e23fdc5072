//! The total of a question as of many days: counted anew for each, or day by day from the first,
//! whichever is less.

use events::time::EffectiveOn;

use crate::columns::{Cell, Counted, Grain, Slot, index};
use crate::due::{Plans, Scheduled, applies};
use crate::figures::Figures;
use crate::lens::{Lens, Telling};
use crate::question::{AsOf, Question};
use crate::rates::total;
use crate::row::{Row, Sums};
use crate::schedules::{StandIn, Weighed};
use crate::table::Table;

/// The totals of `question` as of these days, which do not fall, whatever day it asks about itself.
pub(crate) fn totals(figures: &Figures, question: &Question, days: &[EffectiveOn]) -> Vec<Row> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let range = (*first, *last);
    let between = figures.money.count_between(question.as_of.known, range);
    if between > days.len() * figures.money.shape.facts_of_a_count {
        let total = |day: &EffectiveOn| total(figures, &on(*day, question));
        return days.iter().map(total).collect();
    }
    one_by_one(figures, question, days, range)
}

/// The question as of another day.
fn on(day: EffectiveOn, question: &Question) -> Question {
    let as_of = AsOf {
        effective: day,
        ..question.as_of
    };
    Question {
        as_of,
        ..question.clone()
    }
}

/// The totals day by day. Every fact between the first and the last is counted once, however many
/// days there are. Nothing in kind is told.
fn one_by_one(
    figures: &Figures,
    question: &Question,
    days: &[EffectiveOn],
    (first, last): (EffectiveOn, EffectiveOn),
) -> Vec<Row> {
    let question = Question {
        by: Vec::new(),
        ..on(first, question)
    };
    let as_of = question.as_of;
    let registers = figures.registers_for(&question);
    let mut table = Table::of(Lens::new(figures, &registers, &question, Telling::Values));
    let mut sums = Sums::default();
    for group in table.groups() {
        sums.money.merge(&table.sums(group).money);
    }
    let lens = &mut table.lens;
    let due = applies(lens);
    let told = lens.told_of(&figures.money);
    let groups = lens.groups_of(&figures.money, Grain::Vintage);
    let mut plans = Plans::new(&figures.money);
    if due {
        figures.money.count(Grain::Vintage, as_of, &mut plans);
    }
    let vintages = if due { told.len() } else { 0 };
    let mut moves = Moves::new(days, vintages);
    let range = (first, last);
    figures.money.between(as_of.known, range, |after, counted| {
        if lens.lets(&told, counted.vintage, counted.bearer) {
            moves.add(after, counted);
        }
    });
    let scheduled = due.then(|| Scheduled::of(lens, &groups, StandIn::None));
    let total = |(day, on_day): (&EffectiveOn, OnDay)| {
        sums.money.merge(&on_day.sums);
        for (vintage, slot, amount) in on_day.moved {
            plans.add(vintage, slot, amount, 1);
        }
        let as_of = AsOf {
            effective: *day,
            ..as_of
        };
        let mut weighed = Weighed::default();
        if let Some(scheduled) = &scheduled {
            for group in scheduled.weigh(&plans, as_of) {
                weighed.merge(&group);
            }
        }
        let row = Row::of(&sums, question.basis, lens.depth());
        row.due(if due { weighed.rate() } else { None })
    };
    days.iter().zip(moves.days).map(total).collect()
}

/// What is counted between one day asked and the one before.
#[derive(Clone, Default)]
struct OnDay {
    sums: Cell<i128>,
    /// Vintage, slot and amount of the facts that targets need.
    moved: Vec<(usize, Slot, i128)>,
}

/// What moved, by the first of the days asked on which it counts.
struct Moves {
    days: Vec<OnDay>,
    /// By days after the first: the number of the day asked.
    places: Vec<u32>,
    /// By vintage, where targets are needed: the number of the first day on which it counts.
    first: Vec<usize>,
}

impl Moves {
    fn new(days: &[EffectiveOn], vintages: usize) -> Self {
        let mut places = vec![0];
        for (number, pair) in days.windows(2).enumerate() {
            let [from, to] = pair else { continue };
            let gone = usize::try_from(to.days_since(*from)).unwrap_or_default();
            let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
            places.resize(places.len() + gone, number);
        }
        Self {
            days: vec![OnDay::default(); days.len()],
            places,
            first: vec![usize::MAX; vintages],
        }
    }

    fn add(&mut self, after: usize, counted: Counted) {
        let Counted {
            vintage,
            slot,
            amount,
            ..
        } = counted;
        let place = self
            .places
            .get(after)
            .map_or(usize::MAX, |place| index(*place));
        if let Some(on_day) = self.days.get_mut(place) {
            on_day.sums.add_wide(slot, amount, &mut 0);
            // Whether a vintage counts is told by its first fact, its plan by those that move it.
            if let Some(first) = self.first.get_mut(index(vintage)) {
                if place < *first || Plans::moves(slot) {
                    on_day.moved.push((index(vintage), slot, amount));
                }
                *first = place.min(*first);
            }
        }
    }
}
