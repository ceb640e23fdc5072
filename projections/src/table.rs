//! The numbers of an answer: sums by group, counted once for every question there is.

use crate::columns::{Cell, Columns, Count, Number, Slot, index};
use crate::figures::Figures;
use crate::lens::{Lens, NOWHERE, Telling, Value};
use crate::question::Question;
use crate::row::Sums;

/// Sums by group: what an answer is made of, before anything is named, divided or shown.
pub struct Table<'a> {
    pub(crate) lens: Lens<'a>,
    money: Gathered,
    given: Gathered,
}

/// The numbers that answer `question`. Its rows are in no order.
pub fn table<'a>(figures: &'a Figures, question: &'a Question) -> Table<'a> {
    let registers = figures.registers_for(question);
    Table::of(Lens::new(figures, &registers, question, Telling::Values))
}

impl<'a> Table<'a> {
    /// Counts what `lens` lets through.
    pub(crate) fn of(mut lens: Lens<'a>) -> Self {
        let figures = lens.figures;
        let money = Gathered::of(&mut lens, &figures.money);
        let given = Gathered::of(&mut lens, &figures.given);
        Self { lens, money, given }
    }

    /// How many groups there are in which at least one fact counts.
    pub fn len(&self) -> usize {
        self.groups().count()
    }

    /// Whether nothing counts.
    pub fn is_empty(&self) -> bool {
        self.groups().next().is_none()
    }

    /// Each group's values of the question's dimensions, and its sums.
    pub fn rows(&self) -> impl Iterator<Item = (Vec<Value>, Sums)> {
        self.groups()
            .map(|group| (self.lens.values(group), self.sums(group)))
    }

    /// The numbers of the groups in which at least one fact counts.
    pub(crate) fn groups(&self) -> impl Iterator<Item = usize> {
        (0..self.lens.len()).filter(|group| self.money.facts(*group) > 0)
    }

    /// The sums of a group.
    pub(crate) fn sums(&self, group: usize) -> Sums {
        Sums {
            money: self.money.cell(group),
            given: self.given.cell(group),
        }
    }
}

/// Sums by group; in 128 bits only where one of them needs it.
enum Gathered {
    Narrow(Vec<Cell<i64>>),
    Wide(Vec<Cell<i128>>),
}

impl Gathered {
    fn of(lens: &mut Lens<'_>, columns: &Columns) -> Self {
        if columns.is_empty() {
            return Self::Narrow(Vec::new());
        }
        sums(lens, columns)
            .map(Self::Narrow)
            .or_else(|| sums(lens, columns).map(Self::Wide))
            .unwrap_or(Self::Narrow(Vec::new()))
    }

    fn facts(&self, group: usize) -> i128 {
        match self {
            Self::Narrow(cells) => cells.get(group).map_or(0, Cell::facts),
            Self::Wide(cells) => cells.get(group).map_or(0, Cell::facts),
        }
    }

    fn cell(&self, group: usize) -> Cell<i128> {
        match self {
            Self::Narrow(cells) => cells.get(group).map(Cell::wide).unwrap_or_default(),
            Self::Wide(cells) => cells.get(group).copied().unwrap_or_default(),
        }
    }
}

/// The sums of every group; `None` where one of them does not fit.
fn sums<T: Number>(lens: &mut Lens<'_>, columns: &Columns) -> Option<Vec<Cell<T>>> {
    let as_of = lens.question.as_of;
    if !lens.is_borne() {
        let grain = lens.grain();
        let groups = lens.groups_of(columns, grain);
        let mut tally = Tally::new(&groups, lens.len());
        columns.count(grain, as_of, &mut tally);
        return (tally.wrapped >= 0).then_some(tally.sums);
    }
    // No sums are kept of what each bears: its facts are counted.
    let told = lens.told_of(columns);
    let (mut sums, mut wrapped) = (Vec::new(), 0);
    columns.each(as_of, lens.few().as_deref(), |counted| {
        let group = lens.group(&told, counted.vintage, counted.bearer);
        if group == NOWHERE {
            return;
        }
        let group = index(group);
        if sums.len() <= group {
            sums.resize(group + 1, Cell::<T>::default());
        }
        if let Some(into) = sums.get_mut(group) {
            into.add_wide(counted.slot, counted.amount, &mut wrapped);
        }
    });
    (wrapped >= 0).then_some(sums)
}

/// Sums by group while facts are counted.
struct Tally<'a, T> {
    groups: &'a [u32],
    sums: Vec<Cell<T>>,
    wrapped: i64,
}

impl<'a, T: Number> Tally<'a, T> {
    fn new(groups: &'a [u32], count: usize) -> Self {
        Self {
            groups,
            sums: vec![Cell::default(); count],
            wrapped: 0,
        }
    }

    /// The sums that a cell adds to; none where it does not count.
    fn of(&mut self, cell: usize) -> Option<&mut Cell<T>> {
        let group = self.groups.get(cell)?;
        self.sums.get_mut(index(*group))
    }
}

impl<T: Number> Count for Tally<'_, T> {
    fn cell(&mut self, cell: usize, sums: &Cell<i64>) {
        let mut wrapped = self.wrapped;
        if let Some(into) = self.of(cell) {
            into.add_all(sums, &mut wrapped);
        }
        self.wrapped = wrapped;
    }

    fn fact(&mut self, cell: usize, slot: Slot, amount: i64, facts: i64) {
        let mut wrapped = self.wrapped;
        if let Some(into) = self.of(cell) {
            into.add(slot, amount, facts, &mut wrapped);
        }
        self.wrapped = wrapped;
    }

    fn exception(&mut self, cell: usize, slot: Slot, amount: i128) {
        let mut wrapped = self.wrapped;
        if let Some(into) = self.of(cell) {
            into.add_wide(slot, amount, &mut wrapped);
        }
        self.wrapped = wrapped;
    }
}
