//! The facts of all lines and what names them: what every figure is computed from.

use std::borrow::Cow;

use events::Event;
use events::line::{InKind, LineEvent};
use events::log::{Position, Recorded, Revision};
use events::names::LineId;
use events::register::{RegisterEvent, Registers};
use events::statement::StatementEvent;
use events::text::Texts;
use events::time::EffectiveOn;
use rust_decimal::Decimal;

use crate::Projection;
use crate::bearers::Bearers;
#[cfg(test)]
use crate::columns::Shape;
use crate::columns::{Cell, Columns, Count, Fact, Slot, Vintage};
use crate::facts::{Moved, Part, moved};
use crate::lines::Lines;
use crate::policies::Policies;
use crate::question::{Boundaries, Question};
use crate::row::{Given, Sums};
use crate::schedules::Schedules;

pub use crate::lines::LineFigures;

/// The facts of all lines, the registers, and the published figures, up to a position.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// What moved, in đồng.
    pub(crate) money: Columns,
    /// What was given in kind.
    pub(crate) given: Columns,
    pub(crate) lines: Lines,
    pub(crate) bearers: Bearers,
    pub(crate) statements: Vec<(Position, StatementEvent)>,
    pub(crate) schedules: Schedules,
    pub(crate) policies: Policies,
    pub(crate) register_events: Vec<(Position, RegisterEvent)>,
    registers: Registers,
    applied: Position,
}

impl Projection for Figures {
    const VERSION: u16 = 4;

    fn apply(&mut self, recorded: &Recorded<Event>) {
        let position = recorded.position;
        match &recorded.event {
            Event::Line(event) => {
                if let Some(line) = LineId::of_stream(&recorded.stream) {
                    self.apply_line(position, line, recorded.revision, event);
                }
            }
            other @ (Event::Register(_)
            | Event::Statement(_)
            | Event::Schedule(_)
            | Event::Policy(_)
            | Event::Alert(_)) => {
                self.apply_other(position, other.clone());
            }
        }
        self.applied = position;
    }
}

impl Figures {
    /// The last position applied.
    pub fn applied(&self) -> Position {
        self.applied
    }

    /// The registers as they are.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// The registers as they were known at `position`.
    pub fn registers_at(&self, position: Position) -> Cow<'_, Registers> {
        if self
            .register_events
            .last()
            .is_none_or(|(last, _)| *last <= position)
        {
            return Cow::Borrowed(&self.registers);
        }
        let mut registers = Registers::default();
        let known = self
            .register_events
            .iter()
            .take_while(|(at, _)| *at <= position);
        known.for_each(|(_, event)| registers.evolve(event));
        Cow::Owned(registers)
    }

    /// The registers that tell which lines are the same unit as the one `question` asks for.
    pub(crate) fn registers_for(&self, question: &Question) -> Cow<'_, Registers> {
        match question.boundaries {
            Boundaries::Recorded => Cow::Borrowed(&self.registers),
            Boundaries::Day(_) => self.registers_at(question.as_of.known),
        }
    }

    /// The lines in the order of their ids, from the one after `after` on.
    pub fn lines_after(&self, after: Option<LineId>) -> impl Iterator<Item = &LineFigures> {
        self.lines.after(after)
    }

    /// The line, if it was ever opened.
    pub fn find_line(&self, line: LineId) -> Option<&LineFigures> {
        self.lines.find(self.lines.number(line)?)
    }

    /// The sums of a line, whatever the day.
    pub fn sums_of(&self, line: LineId) -> Sums {
        let mut summed = Summed::default();
        if let Some(line) = self.lines.number(line) {
            self.money.count_line(line, &mut summed);
        }
        Sums {
            money: summed.0,
            given: Cell::default(),
        }
    }

    /// How many facts there are.
    pub fn facts(&self) -> usize {
        self.money.len() + self.given.len()
    }

    /// Bytes that facts, their sums and what names them take, nearly.
    pub fn memory(&self) -> usize {
        let named = self.lines.memory() + self.bearers.memory();
        self.money.memory() + self.given.memory() + named
    }

    /// Figures whose columns have another shape: tests have small ones.
    #[cfg(test)]
    pub(crate) fn shaped(shape: Shape) -> Self {
        Self {
            money: Columns::shaped(shape),
            given: Columns::shaped(shape),
            ..Self::default()
        }
    }

    /// The same figures with what was folded up to `position`.
    pub(crate) fn at(self, position: Position) -> Self {
        Self {
            applied: position,
            ..self
        }
    }

    /// Applies a fact of `line`, of which the texts are not looked at: what
    /// [`apply`](Projection::apply) does, for whoever has no more of the event.
    pub fn apply_line<T: Texts>(
        &mut self,
        position: Position,
        line: LineId,
        revision: Revision,
        event: &LineEvent<T>,
    ) {
        let number = self.lines.open(line, event.judged_on(line.year()));
        let day = event.entry.effective_on;
        for moved in moved(line, event) {
            let of = if moved.line == line {
                number
            } else {
                self.lines.open(moved.line, day)
            };
            self.add(position, day, of, &moved);
        }
        self.lines.revise(number, revision);
        self.applied = position;
    }

    /// Passes an event that no figure depends on.
    pub fn passed(&mut self, position: Position) {
        self.applied = position;
    }

    /// Applies what is not of a line.
    pub fn apply_other(&mut self, position: Position, event: Event) {
        self.applied = position;
        match event {
            Event::Register(event) => self.add_register(position, event),
            Event::Statement(event) => self.statements.push((position, event)),
            Event::Schedule(event) => self.schedules.add(position, event),
            Event::Policy(event) => self.policies.add(position, event),
            // No figure depends on an alert.
            Event::Line(_) | Event::Alert(_) => {}
        }
    }

    fn add_register(&mut self, position: Position, event: RegisterEvent) {
        if self.lines.turn(&event) {
            let lines = &self.lines;
            self.money.regroup(|line| lines.units_of(line));
            self.given.regroup(|line| lines.units_of(line));
        }
        self.registers.evolve(&event);
        self.register_events.push((position, event));
    }

    fn add(&mut self, position: Position, day: EffectiveOn, line: u32, moved: &Moved<'_>) {
        let vintage = Vintage {
            line,
            year: moved.vintage,
        };
        let bearer = self.bearers.number(moved.project, moved.commune);
        let slot = moved.part.slot(moved.vintage == moved.line.year());
        let units = self.lines.units_of(vintage.line);
        let add = |columns: &mut Columns, slot, amount| {
            let vintage = columns.vintage(vintage, || units);
            columns.add(Fact {
                position,
                day,
                vintage,
                bearer,
                slot,
                amount,
            });
        };
        add(&mut self.money, slot, moved.amount.to_dong());
        if let Some((kind, quantity)) = moved.in_kind.filter(|_| moved.part == Part::Disbursed) {
            add(
                &mut self.given,
                Given::Quantity.slot(kind),
                smallest(quantity),
            );
            add(
                &mut self.given,
                Given::Worth.slot(kind),
                moved.amount.to_dong(),
            );
        }
    }
}

/// A quantity in the smallest that is told: its decimal places are at most that many.
fn smallest(mut quantity: Decimal) -> i128 {
    quantity.rescale(InKind::PLACES);
    quantity.mantissa()
}

/// Everything that is counted, as one.
#[derive(Default)]
struct Summed(Cell<i128>);

impl Count for Summed {
    fn cell(&mut self, _: usize, sums: &Cell<i64>) {
        self.0.add_all(sums, &mut 0);
    }

    fn fact(&mut self, _: usize, slot: Slot, amount: i64, facts: i64) {
        self.0.add(slot, amount, facts, &mut 0);
    }

    fn exception(&mut self, _: usize, slot: Slot, amount: i128) {
        self.0.add_wide(slot, amount, &mut 0);
    }
}
