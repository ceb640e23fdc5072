//! The aggregate of a stream, whatever its category.

use events::Event;
use events::alert::{Alert, AlertCommand, AlertId, AlertRefusal};
use events::line::{Line, LineAction, LineCommand, LineRefusal, Transfer, TransferKind};
use events::log::StreamName;
use events::names::LineId;
use events::policy::{Policies, PolicyRefusal};
use events::record::{EarlyDay, Entry, Record, RecordBody, RecordKind};
use events::register::{Register, RegisterBody, RegisterRefusal, Registers};
use events::schedule::{ScheduleRefusal, Schedules};
use events::statement::{StatementRefusal, Statements};
use events::time::EffectiveOn;

use crate::answer::Standing;

/// The domain says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A line does.
    #[error(transparent)]
    Line(#[from] LineRefusal),
    /// A register does, or lacks a code.
    #[error(transparent)]
    Register(#[from] RegisterRefusal),
    /// The schedules do.
    #[error(transparent)]
    Schedule(#[from] ScheduleRefusal),
    /// The published figures do.
    #[error(transparent)]
    Statement(#[from] StatementRefusal),
    /// The policies do.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// An alert does.
    #[error(transparent)]
    Alert(#[from] AlertRefusal),
    /// A day that no record can mean.
    #[error(transparent)]
    EarlyDay(#[from] EarlyDay),
}

impl Refusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Line(refusal) => refusal.slug(),
            Self::Register(refusal) => refusal.slug(),
            Self::Schedule(refusal) => refusal.slug(),
            Self::Statement(refusal) => refusal.slug(),
            Self::Policy(refusal) => refusal.slug(),
            Self::Alert(refusal) => refusal.slug(),
            Self::EarlyDay(refusal) => refusal.slug(),
        }
    }
}

/// What a decision looks at beyond its own stream.
pub(crate) struct World<'a> {
    pub(crate) today: EffectiveOn,
    pub(crate) registers: &'a Registers,
    /// Whether a line was opened before.
    pub(crate) is_open: &'a dyn Fn(LineId) -> bool,
    /// The last day of the latest window among the lines a schedule is for.
    pub(crate) window_until: Option<EffectiveOn>,
}

/// The aggregate of a stream.
#[derive(Clone, Debug)]
pub(crate) enum Aggregate {
    Line(Box<Line>),
    Register(Register),
    Schedules(Schedules),
    Statements(Statements),
    Policies(Policies),
    Alert(Box<Alert>),
}

impl Aggregate {
    /// The aggregate of `stream` without history; `None` where the stream is none of a record's.
    pub(crate) fn find(stream: &StreamName) -> Option<Self> {
        match stream.category() {
            LineId::CATEGORY => {
                LineId::of_stream(stream).map(|id| Self::Line(Box::new(Line::new(id))))
            }
            "registry" => Some(Self::Register(Register::default())),
            "schedule" => Some(Self::Schedules(Schedules::default())),
            "statement" => Some(Self::Statements(Statements::default())),
            "policy" => Some(Self::Policies(Policies::default())),
            AlertId::CATEGORY => AlertId::of_stream(stream).map(|_| Self::Alert(Box::default())),
            _ => None,
        }
    }

    /// The facts that `record` adds.
    pub(crate) fn decide(&self, record: Record, world: &World<'_>) -> Result<Vec<Event>, Refusal> {
        record.check_days()?;
        let Record { entry, body } = record;
        match (self, body) {
            (Self::Line(line), RecordBody::Line(_, action)) => {
                if line.judged_on().is_none() {
                    let day = action
                        .kind()
                        .judged_on(entry.effective_on, line.id().year());
                    world.registers.open(line.id(), day)?;
                }
                if let LineAction::Transfer(transfer) = &action {
                    open_target(line, transfer, entry.effective_on, world)?;
                }
                let command = LineCommand {
                    today: world.today,
                    entry,
                    action,
                };
                Ok(line.decide(command)?.into_iter().map(Event::Line).collect())
            }
            (Self::Register(register), RecordBody::Registration(registration)) => {
                let events = register.decide(entry, RegisterBody::Registered(registration))?;
                Ok(events.into_iter().map(Event::Register).collect())
            }
            (Self::Register(register), RecordBody::Merger(merger)) => {
                let events = register.decide(entry, RegisterBody::Merged(merger))?;
                Ok(events.into_iter().map(Event::Register).collect())
            }
            (Self::Schedules(schedules), RecordBody::Schedule(schedule)) => {
                world
                    .registers
                    .admit_schedule(&schedule, entry.effective_on)?;
                let events = schedules.decide(entry, schedule, world.window_until)?;
                Ok(events.into_iter().map(Event::Schedule).collect())
            }
            (Self::Statements(statements), RecordBody::Statement(statement)) => {
                world
                    .registers
                    .admit_scope(&statement.scope, statement.as_of)?;
                let events = statements.decide(entry, statement)?;
                Ok(events.into_iter().map(Event::Statement).collect())
            }
            (Self::Policies(policies), RecordBody::Policy(policy)) => {
                let events = policies.decide(entry, policy)?;
                Ok(events.into_iter().map(Event::Policy).collect())
            }
            // A record names its own stream, so it meets the aggregate of its category.
            (
                Self::Line(_)
                | Self::Register(_)
                | Self::Schedules(_)
                | Self::Statements(_)
                | Self::Policies(_)
                | Self::Alert(_),
                RecordBody::Line(..)
                | RecordBody::Registration(_)
                | RecordBody::Merger(_)
                | RecordBody::Schedule(_)
                | RecordBody::Statement(_)
                | RecordBody::Policy(_),
            ) => Ok(Vec::new()),
        }
    }

    /// The facts that `command` adds, where it is an alert.
    pub(crate) fn alert(&self, entry: Entry, command: AlertCommand) -> Result<Vec<Event>, Refusal> {
        let Self::Alert(alert) = self else {
            return Ok(Vec::new());
        };
        let events = alert.decide(entry, command)?;
        Ok(events.into_iter().map(Event::Alert).collect())
    }

    /// What stands in for an aggregate while it evolves.
    pub(crate) fn nothing() -> Self {
        Self::Statements(Statements::default())
    }

    /// Applies a fact.
    pub(crate) fn evolve(self, event: &Event) -> Self {
        match (self, event) {
            (Self::Line(line), Event::Line(event)) => Self::Line(Box::new(line.evolve(event))),
            (Self::Register(register), Event::Register(event)) => {
                Self::Register(register.evolve(event))
            }
            (Self::Schedules(schedules), Event::Schedule(event)) => {
                Self::Schedules(schedules.evolve(event))
            }
            (Self::Statements(statements), Event::Statement(event)) => {
                Self::Statements(statements.evolve(event))
            }
            (Self::Policies(policies), Event::Policy(event)) => {
                Self::Policies(policies.evolve(event))
            }
            (Self::Alert(alert), Event::Alert(event)) => Self::Alert(Box::new(alert.evolve(event))),
            (
                aggregate,
                Event::Line(_)
                | Event::Register(_)
                | Event::Schedule(_)
                | Event::Statement(_)
                | Event::Policy(_)
                | Event::Alert(_),
            ) => aggregate,
        }
    }

    /// The line, where it is one.
    pub(crate) fn line(&self) -> Option<&Line> {
        match self {
            Self::Line(line) => Some(line),
            Self::Register(_)
            | Self::Schedules(_)
            | Self::Statements(_)
            | Self::Policies(_)
            | Self::Alert(_) => None,
        }
    }

    /// How it stands, where it is a line.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.line().map(Standing::of)
    }

    /// How much memory it takes, in vouchers.
    pub(crate) fn weight(&self) -> usize {
        1 + self.line().map_or(0, Line::weight)
    }
}

/// Codes and opening of a transfer's target are judged before the capital leaves.
fn open_target(
    line: &Line,
    transfer: &Transfer,
    on: EffectiveOn,
    world: &World<'_>,
) -> Result<(), Refusal> {
    let Some(to) = transfer.to else { return Ok(()) };
    let judged_on = line.judged_on().unwrap_or(on);
    if transfer.kind == TransferKind::CarryOver && line.id().year().next() == Some(to.year()) {
        world
            .registers
            .carry_over(line.id(), judged_on, transfer, on)?;
    }
    if !(world.is_open)(to) {
        world
            .registers
            .open(to, RecordKind::Transfer.judged_on(on, to.year()))?;
    }
    Ok(())
}
