//! One linear scan over the same facts: the answer that no structure is needed for, and the time
//! that no answer may take longer than.

use events::log::Position;
use events::time::EffectiveOn;
use projections::Question;
use projections::facts::Part;

use crate::coded::{Answer, Fact};

/// Cells of a programme and a province: provinces have two digits.
const PROVINCES: usize = 100;
const CELLS: usize = 6 * PROVINCES;

/// The columns that a table of programmes and provinces needs; 18 bytes a fact.
#[derive(Default)]
pub(crate) struct Scan {
    positions: Vec<u32>,
    days: Vec<u16>,
    /// The cell times the parts, plus the part.
    cells: Vec<u16>,
    amounts: Vec<i64>,
}

impl Scan {
    pub(crate) fn add(&mut self, fact: &Fact) {
        let [programme, province, ..] = fact.line;
        let number = |number: i64| usize::try_from(number).unwrap_or_default();
        let cell = number(programme) * PROVINCES + number(province);
        let cell = cell * Part::COUNT + number(fact.part);
        self.positions
            .push(u32::try_from(fact.position).unwrap_or(u32::MAX));
        self.days.push(day(fact.day));
        self.cells.push(u16::try_from(cell).unwrap_or_default());
        self.amounts.push(fact.amount);
    }

    /// The sums of every cell by part, of what is known and effective by then.
    #[expect(
        clippy::indexing_slicing,
        reason = "cells are numbered below their count"
    )]
    pub(crate) fn sums(&self, question: &Question) -> Vec<(i64, bool)> {
        let mut sums = vec![(0, false); CELLS * Part::COUNT];
        let until = day(question.as_of.effective);
        let known = self.known(question.as_of.known);
        let facts = self.days.iter().zip(&self.cells).zip(&self.amounts);
        for ((day, cell), amount) in facts.take(known) {
            // Without a branch: where days have no order, guessing wrong costs more.
            let counts = *day <= until;
            let sum = &mut sums[usize::from(*cell)];
            *sum = (sum.0 + amount * i64::from(counts), sum.1 | counts);
        }
        sums
    }

    /// The same, as answers are compared.
    pub(crate) fn answer(&self, question: &Question) -> Answer {
        let mut answer = Answer::new();
        for (cell, sums) in self.sums(question).chunks(Part::COUNT).enumerate() {
            let key = [cell / PROVINCES, cell % PROVINCES];
            let key = key.map(|it| i64::try_from(it).unwrap_or_default()).to_vec();
            if sums.iter().any(|(_, counts)| *counts) {
                let mut all = [0; Part::COUNT];
                for (one, (sum, _)) in all.iter_mut().zip(sums) {
                    *one = i128::from(*sum);
                }
                answer.insert(key, all);
            }
        }
        answer
    }

    fn known(&self, position: Position) -> usize {
        self.positions
            .partition_point(|it| u64::from(*it) <= position.0)
    }
}

fn day(day: EffectiveOn) -> u16 {
    let first = EffectiveOn::from(chrono::NaiveDate::default());
    u16::try_from(day.days_since(first)).unwrap_or_default()
}
