//! The lines, and what tells them apart: their unit, and the capital they hold.
//!
//! A unit is a programme in a province in one era of the registers. Within an era no name or merger
//! begins or ends, so the lines of a unit share their names and their successors, whatever is
//! asked.

use std::collections::{BTreeMap, BTreeSet};

use events::log::Revision;
use events::names::{CapitalSource, CapitalType, LineId, ProgrammeCode, ProvinceCode};
use events::register::{RegisterBody, RegisterEvent};
use events::time::{BudgetYear, EffectiveOn};
use hashbrown::HashMap;

use crate::columns::{index, ordinal};

/// A line as the figures know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFigures {
    /// Which line.
    pub id: LineId,
    /// The day on which its codes were judged.
    pub judged_on: EffectiveOn,
    /// The revision of its last event.
    pub revision: Revision,
}

/// A programme in a province in an era.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// The number of the programme's code, and of the province's.
    pub(crate) programme: usize,
    pub(crate) province: usize,
    /// The number of a line that it has.
    pub(crate) line: u32,
}

/// Capital of a budget year, from a source, of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Capital {
    pub(crate) year: BudgetYear,
    pub(crate) source: CapitalSource,
    pub(crate) of_type: CapitalType,
}

/// Every line by the order in which it was opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    list: Vec<LineFigures>,
    /// Only looked up, with every event: what is listed comes from the ordered map beside it.
    numbers: HashMap<LineId, u32>,
    order: BTreeMap<LineId, u32>,
    capital_of: Vec<u32>,
    units: Units,
    /// The same without eras: a programme in a province.
    pairs: Units,
    programmes: Codes<ProgrammeCode>,
    provinces: Codes<ProvinceCode>,
    capitals: Codes<Capital>,
    /// Days on which something in a register begins, or has just ended.
    turns: BTreeSet<EffectiveOn>,
}

impl Lines {
    /// The number of a line.
    pub(crate) fn number(&self, id: LineId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// The number of a line, which is opened where it is new, its codes judged on that day.
    pub(crate) fn open(&mut self, id: LineId, judged_on: EffectiveOn) -> u32 {
        if let Some(number) = self.number(id) {
            return number;
        }
        let number = ordinal(self.list.len());
        self.list.push(LineFigures {
            id,
            judged_on,
            revision: Revision::FIRST,
        });
        self.numbers.insert(id, number);
        self.order.insert(id, number);
        self.assign(id, judged_on, number);
        let capital = self.capitals.number(Capital {
            year: id.year(),
            source: id.source(),
            of_type: id.capital_type(),
        });
        self.capital_of.push(ordinal(capital));
        number
    }

    /// Notes the revision of the last event of a line.
    pub(crate) fn revise(&mut self, number: u32, revision: Revision) {
        if let Some(line) = self.list.get_mut(index(number)) {
            line.revision = revision;
        }
    }

    /// Notes on which days a register turns. Whether lines have another unit now than before.
    pub(crate) fn turn(&mut self, event: &RegisterEvent) -> bool {
        let until = match &event.body {
            RegisterBody::Registered(registration) => registration.until,
            RegisterBody::Merged(_) => None,
        };
        let ended = until.and_then(|until| until.date().succ_opt());
        let days = [Some(event.entry.effective_on), ended.map(EffectiveOn::from)];
        let first = days
            .into_iter()
            .flatten()
            .filter(|day| self.turns.insert(*day))
            .min();
        let moved = first.is_some_and(|day| self.list.iter().any(|line| line.judged_on >= day));
        if moved {
            self.regroup();
        }
        moved
    }

    /// The pair and the unit of a line.
    pub(crate) fn units_of(&self, line: u32) -> [u32; 2] {
        [&self.pairs, &self.units].map(|units| units.of(line))
    }

    /// What tells lines apart by their codes: units, or where eras do not matter, pairs.
    pub(crate) fn units(&self, by_era: bool) -> &Units {
        if by_era { &self.units } else { &self.pairs }
    }

    /// The number of the capital of every line.
    pub(crate) fn capitals_of(&self) -> &[u32] {
        &self.capital_of
    }

    pub(crate) fn capitals(&self) -> &[Capital] {
        &self.capitals.list
    }

    pub(crate) fn programmes(&self) -> &[ProgrammeCode] {
        &self.programmes.list
    }

    pub(crate) fn provinces(&self) -> &[ProvinceCode] {
        &self.provinces.list
    }

    /// The line of this number.
    pub(crate) fn find(&self, number: u32) -> Option<&LineFigures> {
        self.list.get(index(number))
    }

    /// Every line by its number.
    pub(crate) fn list(&self) -> &[LineFigures] {
        &self.list
    }

    /// The lines in the order of their ids, from the one after `after` on.
    pub(crate) fn after(&self, after: Option<LineId>) -> impl Iterator<Item = &LineFigures> {
        use std::ops::Bound;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let numbers = self.order.range((from, Bound::Unbounded));
        numbers.filter_map(|(_, number)| self.find(*number))
    }

    /// Bytes that it takes, nearly.
    pub(crate) fn memory(&self) -> usize {
        // Found by a map, listed by a tree, and itself.
        self.list.capacity() * (size_of::<LineFigures>() + 3 * size_of::<LineId>() + 24)
    }

    fn assign(&mut self, id: LineId, judged_on: EffectiveOn, line: u32) {
        let unit = Unit {
            programme: self.programmes.number(id.programme()),
            province: self.provinces.number(id.province()),
            line,
        };
        self.units
            .assign(unit, self.turns.range(..=judged_on).count());
        self.pairs.assign(unit, 0);
    }

    fn regroup(&mut self) {
        (self.units, self.pairs) = (Units::default(), Units::default());
        let lines: Vec<_> = self
            .list
            .iter()
            .map(|line| (line.id, line.judged_on))
            .collect();
        for ((id, judged_on), line) in lines.into_iter().zip(0..) {
            self.assign(id, judged_on, line);
        }
    }
}

/// Units by the order in which they were first needed, and the unit of each line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    pub(crate) list: Vec<Unit>,
    pub(crate) of_line: Vec<u32>,
    numbers: BTreeMap<(usize, usize, usize), u32>,
}

impl Units {
    fn of(&self, line: u32) -> u32 {
        self.of_line.get(index(line)).copied().unwrap_or(u32::MAX)
    }

    /// Assigns the next line to its unit in an era.
    fn assign(&mut self, unit: Unit, era: usize) {
        let list = &mut self.list;
        let of = (unit.programme, unit.province, era);
        let number = self.numbers.entry(of).or_insert_with(|| {
            list.push(unit);
            ordinal(list.len() - 1)
        });
        self.of_line.push(*number);
    }
}

/// Values by the order in which they were first needed.
#[derive(Clone, Debug)]
struct Codes<T> {
    list: Vec<T>,
    numbers: BTreeMap<T, usize>,
}

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }
}

impl<T: Copy + Ord> Codes<T> {
    fn number(&mut self, code: T) -> usize {
        let list = &mut self.list;
        *self.numbers.entry(code).or_insert_with(|| {
            list.push(code);
            list.len() - 1
        })
    }
}
