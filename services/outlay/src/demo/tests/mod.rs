//! The history is fed through the pure domain, and its figures are summed by a naive fold.

mod figures;
mod rules;

use std::collections::BTreeMap;

use events::line::{
    AllocationBasis, Certainty, Disbursement, DisbursementKind, Line, LineAction, LineBody,
    LineCommand, LineEvent, Transfer, TransferKind, TransferredIn, Undone,
};
use events::names::LineId;
use events::record::{Record, RecordBody, RecordKind};
use events::register::{RegisterBody, Registers, vietnam};
use events::schedule::Schedules;
use events::statement::{Statement, Statements};
use events::time::{EffectiveOn, RecordedAt};
use rust_decimal::Decimal;

use super::{Step, history};

/// What became of the history.
#[derive(Default)]
struct Fed {
    registers: Registers,
    lines: BTreeMap<LineId, Line>,
    events: Vec<(RecordedAt, LineId, LineEvent)>,
    statements: Vec<Statement>,
    stated: BTreeMap<String, Statements>,
    schedules: BTreeMap<String, Schedules>,
}

/// Feeds the whole history.
///
/// # Panics
/// On the first record that is refused.
fn feed() -> Fed {
    let mut fed = Fed::default();
    for record in vietnam() {
        let body = match record.body {
            RecordBody::Registration(it) => RegisterBody::Registered(it),
            RecordBody::Merger(it) => RegisterBody::Merged(it),
            RecordBody::Line(..)
            | RecordBody::Schedule(_)
            | RecordBody::Statement(_)
            | RecordBody::Policy(_) => {
                panic!("not of a register")
            }
        };
        let register = fed.registers.of(body.register());
        for event in register.decide(record.entry, body).unwrap() {
            fed.registers.evolve(&event);
        }
    }
    for step in history() {
        fed.take(step);
    }
    fed
}

impl Fed {
    fn take(&mut self, Step { at, record }: Step) {
        let stream = record.stream().as_str().to_owned();
        let Record { entry, body } = record;
        match body {
            RecordBody::Line(line, action) => self.judge(at, line, entry, action),
            RecordBody::Schedule(schedule) => {
                let schedules = self.schedules.entry(stream).or_default();
                for event in schedules.decide(entry, schedule, None).unwrap() {
                    *schedules = std::mem::take(schedules).evolve(&event);
                }
            }
            RecordBody::Statement(statement) => {
                let stated = self.stated.entry(stream).or_default();
                for event in stated.decide(entry, statement).unwrap() {
                    *stated = std::mem::take(stated).evolve(&event);
                    self.statements.push(event.statement);
                }
            }
            RecordBody::Registration(_) | RecordBody::Merger(_) | RecordBody::Policy(_) => {
                panic!("not of the demo")
            }
        }
    }

    fn judge(
        &mut self,
        at: RecordedAt,
        id: LineId,
        entry: events::record::Entry,
        action: LineAction,
    ) {
        let today = EffectiveOn::at(at);
        let on = entry.effective_on;
        let line = self.lines.entry(id).or_insert_with(|| Line::new(id));
        let opened = action.kind().judged_on(on, id.year());
        let judged_on = line.judged_on().unwrap_or(opened);
        self.registers.open(id, judged_on).unwrap();
        if let LineAction::Transfer(transfer) = &action {
            self.registers
                .carry_over(id, judged_on, transfer, on)
                .unwrap();
        }
        let command = LineCommand {
            today,
            entry: entry.clone(),
            action,
        };
        let decided = line.decide(command);
        let events = decided.unwrap_or_else(|why| panic!("{today} {id} {entry:?}: {why}"));
        for event in events {
            self.evolve(at, id, event.clone());
            let LineBody::TransferredOut(Transfer {
                kind,
                to: Some(to),
                amount,
                vintage,
                ..
            }) = event.body
            else {
                continue;
            };
            let there = self.lines.entry(to).or_insert_with(|| Line::new(to));
            let opened = RecordKind::Transfer.judged_on(on, to.year());
            let judged_on = there.judged_on().unwrap_or(opened);
            self.registers.open(to, judged_on).unwrap();
            let arrived = TransferredIn {
                from: id,
                kind,
                amount,
                vintage,
            };
            for event in there.receive(entry.clone(), arrived) {
                self.evolve(at, to, event);
            }
        }
    }

    fn evolve(&mut self, at: RecordedAt, id: LineId, event: LineEvent) {
        let line = self.lines.remove(&id).unwrap_or_else(|| Line::new(id));
        self.lines.insert(id, line.evolve(&event));
        self.events.push((at, id, event));
    }

    /// The sums of every line that `asked` lets through, as of a day and as known at another.
    fn row(&self, asked: impl Fn(LineId) -> bool, as_of: &str, known_on: &str) -> Row {
        let (as_of, known_on) = (super::written::day(as_of), super::written::day(known_on));
        let mut row = Row::default();
        for (at, line, event) in &self.events {
            let counts = event.entry.effective_on <= as_of && EffectiveOn::at(*at) <= known_on;
            if counts && asked(*line) {
                row.add(*line, &event.body);
            }
        }
        row
    }

    /// The codes of a line as of `day`.
    fn restated(&self, line: LineId, day: EffectiveOn) -> (String, String) {
        let judged_on = self.lines[&line].judged_on().unwrap();
        let (programme, province) = self.registers.restated(line, judged_on, day);
        (programme.to_string(), province.to_string())
    }
}

/// The measures of some lines, in đồng, by name.
#[derive(Default)]
struct Row(BTreeMap<&'static str, Decimal>);

impl Row {
    fn of(&self, measure: &str) -> Decimal {
        self.0.get(measure).copied().unwrap_or_default()
    }

    fn billions(&self, measure: &str) -> Decimal {
        (self.of(measure) / Decimal::from(1_000_000_000)).normalize()
    }

    fn plan(&self) -> Decimal {
        self.of("assigned") + self.of("local_increase") + self.of("carried_in")
    }

    fn move_by(&mut self, measure: &'static str, dong: Decimal) {
        *self.0.entry(measure).or_default() += dong;
        if ["assigned", "local_increase", "carried_in"].contains(&measure) {
            *self.0.entry("plan").or_default() += dong;
        }
    }

    fn add(&mut self, line: LineId, body: &LineBody) {
        match body {
            LineBody::Allocated(it) => {
                self.move_by(basis(it.basis), it.amount.money().decimal());
            }
            LineBody::Adjusted(it) => self.move_by(basis(it.basis), it.change.money().decimal()),
            LineBody::TransferredOut(it) => {
                assert_eq!(it.kind, TransferKind::CarryOver);
                self.move_by("carried_out", it.amount.money().decimal());
            }
            LineBody::TransferredIn(it) => {
                self.move_by("carried_in", it.amount.money().decimal());
            }
            LineBody::Detailed(it) => self.move_by("detailed", it.amount.money().decimal()),
            LineBody::Committed(it) => self.move_by("committed", it.amount.money().decimal()),
            LineBody::CommitmentAdjusted(it) => {
                self.move_by("committed", it.change.money().decimal());
            }
            LineBody::Disbursed(it) => self.disburse(line, it),
            LineBody::Recovered(it) => {
                self.move_by("advances_outstanding", -it.amount.money().decimal());
            }
            LineBody::Reversed(it) => {
                let Undone::Disbursement {
                    certainty,
                    paid,
                    kind,
                    ..
                } = &it.undone
                else {
                    panic!("the demo reverses disbursements only");
                };
                assert_eq!(*kind, DisbursementKind::Payment);
                let own = paid.vintage == line.year();
                self.pay(*certainty, own, -it.amount.money().decimal());
            }
            LineBody::Extended(_) => {}
            LineBody::TransferReclaimed(_) => panic!("the demo reverses no transfer"),
        }
    }

    fn disburse(&mut self, line: LineId, it: &Disbursement) {
        let dong = it.amount.money().decimal();
        self.pay(it.certainty, it.vintage == line.year(), dong);
        if it.kind == DisbursementKind::Advance {
            self.move_by("advances_outstanding", dong);
        }
        if let Some(given) = &it.in_kind {
            self.move_by(given.kind.as_str(), given.quantity);
        }
    }

    fn pay(&mut self, certainty: Certainty, own: bool, dong: Decimal) {
        let (all, of_year) = match certainty {
            Certainty::Confirmed => ("disbursed", "disbursed_own"),
            Certainty::Estimated => ("estimated", "estimated_own"),
        };
        self.move_by(all, dong);
        if own {
            self.move_by(of_year, dong);
        }
    }
}

fn basis(basis: AllocationBasis) -> &'static str {
    match basis {
        AllocationBasis::Assigned => "assigned",
        AllocationBasis::LocalIncrease => "local_increase",
    }
}

/// Whether `line` is one of `NTM,EM/10/2024/central/*`.
fn is_of(asked: &str, line: LineId) -> bool {
    let (line, asked) = (line.to_string(), asked.split('/'));
    let one_of = |(part, list): (&str, &str)| list == "*" || list.split(',').any(|it| it == part);
    line.split('/').zip(asked).all(one_of)
}
