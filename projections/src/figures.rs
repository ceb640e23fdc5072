//! The facts of all lines and what names them: what every figure is computed from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use events::Event;
use events::line::InKindKind;
use events::log::{Position, Recorded, Revision};
use events::names::LineId;
use events::register::{RegisterEvent, Registers};
use events::statement::StatementEvent;
use events::text::Place;
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;

use crate::Projection;
use crate::facts::{Moved, Part, moved};
use crate::row::Sums;
use crate::schedules::Schedules;

/// One movement. Facts stand in log order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) position: Position,
    pub(crate) effective_on: EffectiveOn,
    pub(crate) line: usize,
    pub(crate) part: Part,
    pub(crate) amount: i128,
    pub(crate) vintage: BudgetYear,
    pub(crate) project: Option<usize>,
    pub(crate) commune: Option<usize>,
}

/// A line as the figures know it.
#[derive(Clone, Debug)]
pub struct LineFigures {
    /// Which line.
    pub id: LineId,
    /// The day on which its codes were judged.
    pub judged_on: EffectiveOn,
    /// The revision of its last event.
    pub revision: Revision,
    /// Its sums, whatever the day.
    pub sums: Sums,
}

/// The facts of all lines, the registers, and the published figures, up to a position.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub(crate) facts: Vec<Fact>,
    pub(crate) lines: Vec<LineFigures>,
    pub(crate) places: Vec<Place>,
    /// What was given in kind, by the number of its fact. Sparse.
    pub(crate) in_kind: BTreeMap<usize, (InKindKind, Decimal)>,
    pub(crate) statements: Vec<(Position, StatementEvent)>,
    pub(crate) schedules: Schedules,
    line_numbers: BTreeMap<LineId, usize>,
    place_numbers: BTreeMap<Place, usize>,
    registers: Registers,
    pub(crate) register_events: Vec<(Position, RegisterEvent)>,
    pub(crate) applied: Position,
}

impl Projection for Figures {
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded<Event>) {
        match &recorded.event {
            Event::Line(event) => {
                if let Some(line) = LineId::of_stream(&recorded.stream) {
                    let number = self.line(line, event.judged_on(line.year()));
                    if let Some(line) = self.lines.get_mut(number) {
                        line.revision = recorded.revision;
                    }
                    for moved in moved(line, event) {
                        self.add(recorded.position, event.entry.effective_on, &moved);
                    }
                }
            }
            Event::Register(event) => self.know(recorded.position, event),
            Event::Statement(event) => self.statements.push((recorded.position, event.clone())),
            Event::Schedule(event) => self.schedules.add(recorded.position, event.clone()),
        }
        self.applied = recorded.position;
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

    /// The lines in the order of their ids, from the one after `after` on.
    pub fn lines_after(&self, after: Option<LineId>) -> impl Iterator<Item = &LineFigures> {
        use std::ops::Bound;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let numbers = self
            .line_numbers
            .range((from, Bound::Unbounded))
            .map(|(_, number)| *number);
        numbers.filter_map(|number| self.lines.get(number))
    }

    /// The line, if it was ever opened.
    pub fn find_line(&self, line: LineId) -> Option<&LineFigures> {
        self.line_numbers
            .get(&line)
            .and_then(|number| self.lines.get(*number))
    }

    /// The facts known at `position`.
    pub(crate) fn known_at(&self, position: Position) -> &[Fact] {
        let end = self.facts.partition_point(|fact| fact.position <= position);
        self.facts.get(..end).unwrap_or_default()
    }

    /// The facts recorded after `from` and known at `to`.
    pub(crate) fn known_between(&self, from: Position, to: Position) -> &[Fact] {
        let known = self.known_at(to);
        let start = known.partition_point(|fact| fact.position <= from);
        known.get(start..).unwrap_or_default()
    }

    pub(crate) fn know(&mut self, position: Position, event: &RegisterEvent) {
        self.registers.evolve(event);
        self.register_events.push((position, event.clone()));
    }

    fn add(&mut self, position: Position, effective_on: EffectiveOn, moved: &Moved<'_>) {
        let line = self.line(moved.line, effective_on);
        let amount = moved.amount.to_dong();
        let own = moved.vintage == moved.line.year();
        if let Some(line) = self.lines.get_mut(line) {
            line.sums.add(moved.part, amount, own);
        }
        if let Some(in_kind) = moved.in_kind {
            self.in_kind.insert(self.facts.len(), in_kind);
        }
        let project = moved.project.map(|place| self.place(place));
        let commune = moved.commune.map(|place| self.place(place));
        let (part, vintage) = (moved.part, moved.vintage);
        let fact = Fact {
            position,
            effective_on,
            line,
            part,
            amount,
            vintage,
            project,
            commune,
        };
        self.facts.push(fact);
    }

    pub(crate) fn line(&mut self, id: LineId, judged_on: EffectiveOn) -> usize {
        if let Some(number) = self.line_numbers.get(&id) {
            return *number;
        }
        let (revision, sums) = (Revision::FIRST, Sums::default());
        self.lines.push(LineFigures {
            id,
            judged_on,
            revision,
            sums,
        });
        self.line_numbers.insert(id, self.lines.len() - 1);
        self.lines.len() - 1
    }

    pub(crate) fn place(&mut self, place: &Place) -> usize {
        if let Some(number) = self.place_numbers.get(place) {
            return *number;
        }
        self.places.push(place.clone());
        self.place_numbers
            .insert(place.clone(), self.places.len() - 1);
        self.places.len() - 1
    }
}
