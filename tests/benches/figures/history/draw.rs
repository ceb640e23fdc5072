//! What happens to the lines, one after the other: plans, contracts, payments, and what corrects
//! them. Money stays within its plan and its contract, and nothing refers to what is not there yet.

use std::collections::BTreeMap;

use events::names::{CapitalSource, CapitalType, LineId, ProgrammeCode, ProvinceCode};
use events::register::Registers;
use events::time::BudgetYear;

use super::calendar::{Calendar, day_at, during, judged};
use super::lines::Line;
use super::{COMMUNES, Kind, Planned};
use crate::random::Sequence;

/// What one day of work is worth, in đồng: contributions in kind are whole days.
pub(super) const LABOUR_DAY: i64 = 200_000;

/// A project, which goes on for one to three years.
#[derive(Clone, Copy)]
struct Project {
    number: u32,
    commune: u32,
    years: usize,
}

/// The projects that go on, by programme and province.
type Ongoing = BTreeMap<(ProgrammeCode, ProvinceCode), Vec<Project>>;

/// What is paid on: a contract, or a line that needs none.
#[derive(Clone, Copy)]
pub(super) struct Contract {
    pub(super) line: u32,
    pub(super) year: BudgetYear,
    pub(super) number: Option<u32>,
    pub(super) project: Option<u32>,
    pub(super) commune: Option<u32>,
    pub(super) day: u16,
    pub(super) at: u32,
    pub(super) amount: i64,
}

/// How much there is of everything.
#[derive(Clone, Copy)]
pub(super) struct Density {
    /// New projects of a programme in a province, each year.
    projects: usize,
    /// Contracts of a recurrent line.
    recurrent: usize,
    /// Hundredths of payments of a contract, in the middle.
    pub(super) payments: usize,
}

impl Density {
    /// What gives a little more than `facts`; the rest is left out again.
    fn of(facts: usize, lines: usize) -> Self {
        let projects = match facts {
            4_000_000.. => 18,
            800_000.. => 9,
            400_000.. => 4,
            _ => 1,
        };
        let (cells, recurrent) = (lines / 8 + 1, projects / 2 + 1);
        let contracts = cells * (9 * projects / 2 + 2 * recurrent + 12);
        let fixed = cells * (19 * projects + 7 * recurrent + 17);
        let payments = (facts + facts / 5).saturating_sub(fixed) * 100 / contracts;
        Self {
            projects,
            recurrent,
            payments: payments.max(100),
        }
    }
}

/// Draws a history.
pub(super) struct Draw<'a> {
    pub(super) random: Sequence,
    pub(super) calendar: &'a Calendar,
    pub(super) lines: &'a [Line],
    pub(super) known: &'a Registers,
    pub(super) index: BTreeMap<LineId, u32>,
    /// When capital was carried into a line, and what is left of it.
    pub(super) carried: BTreeMap<u32, (u32, i64)>,
    pub(super) planned: Vec<Planned>,
    numbers: u32,
    projects: u32,
    pub(super) density: Density,
}

impl<'a> Draw<'a> {
    pub(super) fn new(
        seed: usize,
        facts: usize,
        calendar: &'a Calendar,
        lines: &'a [Line],
        known: &'a Registers,
    ) -> Self {
        let index = lines.iter().map(|line| line.id).zip(0..).collect();
        Self {
            random: Sequence::new(seed),
            calendar,
            lines,
            known,
            index,
            carried: BTreeMap::new(),
            planned: Vec::with_capacity(facts + facts / 4),
            numbers: 0,
            projects: 0,
            density: Density::of(facts, lines.len()),
        }
    }

    /// What was drawn, and how many projects there are.
    pub(super) fn done(self) -> (Vec<Planned>, u32) {
        (self.planned, self.projects)
    }

    /// Draws all lines, by year, programme and province.
    pub(super) fn all(&mut self) {
        let mut ongoing = Ongoing::new();
        let mut number = 0;
        let cell = |line: &Line| (line.id.year(), line.id.programme(), line.id.province());
        let mut year = None;
        for lines in self.lines.chunk_by(|one, other| cell(one) == cell(other)) {
            let Some(first) = lines.first() else { continue };
            if year != Some(first.id.year()) {
                ongoing = self.go_on(ongoing, first.id.year());
                year = Some(first.id.year());
            }
            let unit = (first.id.programme(), first.id.province());
            let mut active = ongoing.remove(&unit).unwrap_or_default();
            for _ in 0..self.density.projects {
                active.push(self.project(first.province));
            }
            for line in lines {
                self.line(number, line, &active);
                number += 1;
            }
            ongoing.insert(unit, active);
        }
    }

    /// The projects that go on into `year`, under the codes that hold on its first day.
    fn go_on(&self, ongoing: Ongoing, year: BudgetYear) -> Ongoing {
        let mut next = Ongoing::new();
        for ((programme, province), projects) in ongoing {
            let (source, kind) = (CapitalSource::Central, CapitalType::Investment);
            let line = year
                .previous()
                .and_then(|before| LineId::of(programme, province, before, source, kind).ok());
            let unit = line.map_or((programme, province), |line| {
                let opened = judged(line, line.year().day(1, 1));
                self.known.restated(line, opened, year.day(1, 1))
            });
            let left = projects.into_iter().filter(|it| it.years > 1);
            let left = left.map(|it| Project {
                years: it.years - 1,
                ..it
            });
            next.entry(unit).or_default().extend(left);
        }
        next
    }

    fn project(&mut self, province: u32) -> Project {
        let number = self.projects;
        self.projects += 1;
        Project {
            number,
            commune: self.commune(province),
            years: 1 + self.random.below(3),
        }
    }

    fn commune(&mut self, province: u32) -> u32 {
        province * COMMUNES + small(self.random.below(160))
    }

    fn line(&mut self, number: u32, line: &Line, projects: &[Project]) {
        let thousands = small(2_000_000 + self.random.below(400_000_000));
        let capital = i64::from(thousands) * 1_000;
        let opened = self.open(number, line, capital);
        match line.id.capital_type() {
            CapitalType::Investment => self.invest(opened, capital, projects),
            CapitalType::ForeignInvestment => {
                self.invest(opened, capital, projects.get(..2).unwrap_or(projects));
            }
            CapitalType::Recurrent => self.recur(opened, capital, line.province),
            CapitalType::Unclassified => self.contribute(opened, line, capital),
        }
        if line.id.source().is_state_budget() {
            self.move_on(number, line, capital);
        }
    }

    /// Allocates the capital of a line: before the year or in its first weeks; some of it is dated
    /// ahead. Three of twenty are adjusted later.
    fn open(&mut self, number: u32, line: &Line, capital: i64) -> Contract {
        let year = line.id.year();
        let first = self.calendar.number(year.day(1, 1));
        let recorded = if line.opens_late {
            self.calendar.number(year.day(8, 1)) + little(self.random.below(45))
        } else {
            first - 27 + little(self.random.below(47))
        };
        let day = match self.random.below(3) {
            0 => recorded.max(first),
            _ => recorded,
        };
        let mut opened = Contract {
            line: number,
            year,
            number: None,
            project: None,
            commune: None,
            day,
            at: during(recorded, &mut self.random),
            amount: capital,
        };
        let allocation = self.number();
        let at = opened.at;
        self.plan(opened, (Kind::Assigned, capital), (day, at), |it| {
            it.number = allocation;
        });
        if line.id.source() == CapitalSource::Local && self.chance(200) {
            let more = self.number();
            let at = at + 60;
            self.plan(
                opened,
                (Kind::LocalIncrease, part(capital, 5)),
                (day, at),
                |it| {
                    it.number = more;
                },
            );
        }
        if self.chance(150) {
            let later = day_at(at) + 60 + little(self.random.below(90));
            let change = if self.chance(500) { 5 } else { -3 };
            let (day, at) = (later, during(later, &mut self.random));
            self.refer(
                opened,
                Kind::Adjusted,
                (day, at),
                (part(capital, change), allocation),
            );
        }
        opened.at = at + 120;
        opened
    }

    /// Details, contracts and payments of an investment line.
    fn invest(&mut self, opened: Contract, capital: i64, projects: &[Project]) {
        let share = part(capital, 78) / i64::try_from(projects.len()).unwrap_or(1).max(1);
        for project in projects {
            let of_project = Contract {
                project: Some(project.number),
                commune: Some(project.commune),
                ..opened
            };
            let recorded = day_at(opened.at) + 1 + little(self.random.below(20));
            let ahead = if self.chance(50) { 15 } else { 0 };
            let at = during(recorded, &mut self.random);
            self.plan(
                of_project,
                (Kind::Detailed, share),
                (recorded + ahead, at),
                |it| {
                    it.commune = None;
                },
            );
            let contract = self.contract(Contract { at, ..of_project }, share);
            self.pay_on(contract);
        }
    }

    /// Contracts and payments of a recurrent line.
    fn recur(&mut self, opened: Contract, capital: i64, province: u32) {
        let contracts = self.density.recurrent;
        let share = part(capital, 78) / i64::try_from(contracts).unwrap_or(1);
        for number in 0..contracts {
            let commune = (number % 2 == 0).then(|| self.commune(province));
            let contract = self.contract(Contract { commune, ..opened }, share);
            self.pay_on(contract);
        }
    }

    /// A contract after `opened`; one of ten is made larger later.
    fn contract(&mut self, opened: Contract, amount: i64) -> Contract {
        let recorded = day_at(opened.at) + 1 + little(self.random.below(25));
        let contract = Contract {
            number: Some(self.number()),
            day: recorded - little(self.random.below(6)),
            at: during(recorded, &mut self.random),
            amount,
            ..opened
        };
        let (Contract { day, at, .. }, number) = (contract, contract.number);
        self.plan(contract, (Kind::Committed, amount), (day, at), |it| {
            it.number = number.unwrap_or_default();
        });
        if let Some(number) = number
            && self.chance(100)
        {
            let later = recorded + 30 + little(self.random.below(120));
            let when = (later, during(later, &mut self.random));
            self.refer(
                contract,
                Kind::CommitmentAdjusted,
                when,
                (part(amount, 5), number),
            );
        }
        contract
    }

    /// Payments that need no contract: those of others than the state budget.
    fn contribute(&mut self, opened: Contract, line: &Line, capital: i64) {
        let payments = self.density.payments * 3 / 100;
        let most = part(capital, 70) / i64::try_from(payments).unwrap_or(1);
        let source = line.id.source();
        for _ in 0..payments {
            let commune = Some(self.commune(line.province));
            let payment = Contract { commune, ..opened };
            let (mut kind, mut amount) = (Kind::Paid, self.jitter(most));
            if matches!(source, CapitalSource::Enterprise | CapitalSource::Community) {
                kind = Kind::Contributed;
            }
            if source == CapitalSource::Community && self.chance(400) {
                kind = Kind::Given;
                amount = (amount / LABOUR_DAY).max(1) * LABOUR_DAY;
            }
            let when = self.payday(payment);
            self.plan(payment, (kind, amount), when, |it| it.is_plain = true);
        }
    }

    /// The next reference.
    pub(super) fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// Whether something happens that happens so often in a thousand.
    pub(super) fn chance(&mut self, per_mille: usize) -> bool {
        self.random.below(1_000) < per_mille
    }
}

/// So many hundredths of an amount.
pub(super) fn part(amount: i64, hundredths: i64) -> i64 {
    amount * hundredths / 100
}

/// A drawn number, which is small.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// A drawn number of days.
pub(super) fn little(days: usize) -> u16 {
    u16::try_from(days).unwrap_or_default()
}
