//! Rates by any dimensions, on any basis, as of both clocks.

use events::money::Money;
use events::policy::AlertPolicy;
use events::register::{Registers, UnitCode, UnitKind};

use crate::due::Due;
use crate::figures::Figures;
use crate::lately::{Lately, Windows, lately};
use crate::lens::{Lens, Seen, Telling};
use crate::question::{Boundaries, Dimension, Question};
use crate::row::{Row, Sums};
use crate::status::Status;
use crate::table::Table;

pub use crate::lens::Value;

/// A row with what it is grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The values of the question's dimensions, in their order.
    pub values: Vec<Value>,
    /// What the programme is called, where it is a dimension.
    pub programme_name: Option<String>,
    /// What the province is called, where it is a dimension.
    pub province_name: Option<String>,
    /// Its figures.
    pub row: Row,
}

/// The answer to a question about rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The groups in which at least one fact counts, by growing values.
    pub groups: Vec<Group>,
    /// Everything that counts.
    pub total: Row,
    /// Whether it adds `PUB` to other programmes or `00` to provinces, which hold the same money.
    pub overlap: bool,
}

/// Answers `question` from `figures`.
pub fn rates(figures: &Figures, question: &Question) -> Rates {
    let policy = figures.policies.find(question.as_of);
    judged(figures, question, policy)
}

fn judged(figures: &Figures, question: &Question, policy: Option<&AlertPolicy>) -> Rates {
    let registers = figures.registers_at(question.as_of.known);
    let lens = Lens::new(figures, &registers, question, Telling::Names);
    let mut table = Table::of(lens);
    let due = Due::of(&mut table);
    let mut answer = Answer {
        registers: &registers,
        table,
        due,
        policy,
    };
    let (mut rates, groups) = answer.rates();
    answer.stall(&mut rates, &groups);
    rates
}

/// The total of `question`, whatever it groups by; without its status, which is not told of
/// curves.
pub fn total(figures: &Figures, question: &Question) -> Row {
    let by = Vec::new();
    let question = Question {
        by,
        ..question.clone()
    };
    judged(figures, &question, None).total
}

/// What an answer is put together from.
struct Answer<'a> {
    registers: &'a Registers,
    table: Table<'a>,
    due: Due,
    policy: Option<&'a AlertPolicy>,
}

impl Answer<'_> {
    /// The rates, as if everybody still paid; and the groups of each row, those of the total last.
    fn rates(&self) -> (Rates, Vec<Vec<usize>>) {
        let lens = &self.table.lens;
        let mut told: Vec<_> = self
            .table
            .groups()
            .map(|group| (lens.numbers(group), group))
            .collect();
        told.sort_unstable();
        let mut total = Sums::default();
        let mut row = |same: &[([u32; 4], usize)]| {
            let numbers: Vec<usize> = same.iter().map(|(_, group)| *group).collect();
            let mut sums = Sums::default();
            for group in &numbers {
                sums.merge(&self.table.sums(*group));
            }
            total.merge(&sums);
            let group = Group {
                values: numbers
                    .first()
                    .map(|group| lens.values(*group))
                    .unwrap_or_default(),
                programme_name: self.name(UnitKind::Programme, &numbers),
                province_name: self.name(UnitKind::Province, &numbers),
                row: self.row(&sums, &numbers),
            };
            (group, numbers)
        };
        let same = told.chunk_by(|(one, _), (other, _)| one == other);
        let mut groups: Vec<_> = same.map(&mut row).collect();
        groups.sort_by(|(one, _), (other, _)| one.values.cmp(&other.values));
        let (groups, mut numbers): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        let all: Vec<usize> = told.iter().map(|(_, group)| *group).collect();
        let rates = Rates {
            groups,
            total: self.row(&total, &all),
            overlap: self.overlap(&all),
        };
        numbers.push(all);
        (rates, numbers)
    }

    /// Looks at the payments of the last days, where a row is behind: it may be stalled.
    fn stall(&mut self, rates: &mut Rates, groups: &[Vec<usize>]) {
        let rows = rates.groups.iter_mut().map(|group| &mut group.row);
        let mut rows: Vec<_> = rows.chain([&mut rates.total]).collect();
        let may_stall = |row: &&mut Row| row.status.is_some_and(Status::may_stall);
        let Some(policy) = self.policy.filter(|_| rows.iter().any(may_stall)) else {
            return;
        };
        let lens = &mut self.table.lens;
        let (day, days) = (lens.question.as_of.effective, policy.stalled_days);
        let all = lately(lens, Windows::of_payments(day, days));
        for (row, groups) in rows.iter_mut().zip(groups) {
            let plan = row.plan.map_or(0, Money::to_dong);
            if Lately::of(&all, groups).is_unpaid(plan, days) {
                row.status = row.status.map(Status::unpaid);
            }
        }
    }

    /// The figures that these sums of groups make.
    fn row(&self, sums: &Sums, groups: &[usize]) -> Row {
        let lens = &self.table.lens;
        Row::of(sums, lens.question.basis, lens.depth())
            .due(self.due.target(groups))
            .judged(self.policy)
    }

    fn overlap(&self, groups: &[usize]) -> bool {
        let seen = || {
            groups
                .iter()
                .filter_map(|group| self.table.lens.seen(*group))
        };
        let mixed = |whole: fn(&Seen) -> bool| seen().any(whole) && !seen().all(whole);
        mixed(Seen::is_all_programmes) || mixed(Seen::is_all_provinces)
    }

    /// What the unit of these groups is called, where it is a dimension: by the day of the
    /// boundaries, or by its lines' own days, oldest first.
    fn name(&self, kind: UnitKind, groups: &[usize]) -> Option<String> {
        let lens = &self.table.lens;
        let by = match kind {
            UnitKind::Programme => Dimension::Programme,
            UnitKind::Province => Dimension::Province,
        };
        let by_day = |seen: &Seen| {
            let code = match kind {
                UnitKind::Programme => UnitCode::from(seen.programme),
                UnitKind::Province => UnitCode::from(seen.province),
            };
            let own_day = lens
                .figures
                .lines
                .find(seen.line)
                .map(|line| line.judged_on);
            match lens.question.boundaries {
                Boundaries::Recorded => own_day.map(|day| (day, code)),
                Boundaries::Day(day) => Some((day, code)),
            }
        };
        lens.question.by.contains(&by).then(|| {
            let seen = groups.iter().filter_map(|group| lens.seen(*group));
            let mut days: Vec<_> = seen.filter_map(by_day).collect();
            days.sort_unstable();
            days.dedup();
            let mut names: Vec<String> = Vec::new();
            for (day, code) in days {
                let name = self.registers.of(kind).name(code, day);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names.join(" / ")
        })
    }
}
