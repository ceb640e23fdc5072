//! Histories in few words: events with their places, fed to the figures.

use std::sync::LazyLock;

use events::Event;
use events::basis::Basis;
use events::line::{
    Adjusted, Allocation, AllocationBasis, Certainty, Detail, Disbursement, DisbursementKind,
    LineBody, LineEvent, Transfer, TransferKind, TransferredIn,
};
use events::log::{EventId, Origin, Position, Recorded, Revision, StreamName};
use events::money::{Amount, Change, Money};
use events::names::{CapitalType, LineId};
use events::policy::{AlertPolicy, PolicyEvent};
use events::record::{Entry, Record, RecordBody};
use events::register::{RegisterBody, RegisterEvent, vietnam};
use events::schedule::{Milestone, Schedule, ScheduleEvent};
use events::statement::Scope;
use events::text::{Place, Reference, Text};
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use uuid::Uuid;

use crate::columns::{Block, Columns, Shape};
use crate::question::{AsOf, Boundaries, Dimension, Question};
use crate::{Figures, Projection as _};

/// Columns of blocks so small that a short story has many.
pub(super) const SMALL: Shape = shape((3, 2), [1, 2, 3], 1 << 15);

/// Columns of every kind: of blocks of one fact, of a few, and of more than any story has; which
/// count the days of a curve one after the other, or each anew.
pub(super) const SHAPES: [Shape; 6] = [
    SMALL,
    shape((1, 1), [1, 1, 1], 0),
    shape((1, 5), [3, 2, 5], 1 << 15),
    shape((2, 1), [2, 3, 1], 0),
    shape((7, 3), [1, 1, 2], 1),
    shape((Block::MOST, 4), [1, 8, 32], 1 << 15),
];

const fn shape((block, run): (usize, usize), every: [usize; 3], facts_of_a_count: usize) -> Shape {
    Shape {
        block,
        run,
        every,
        facts_of_a_count,
    }
}

/// What the registers hold before any story begins: the built-in one.
pub(super) fn built_in() -> Vec<RegisterEvent> {
    let event = |record: Record| {
        let body = match record.body {
            RecordBody::Registration(it) => RegisterBody::Registered(it),
            RecordBody::Merger(it) => RegisterBody::Merged(it),
            RecordBody::Line(..)
            | RecordBody::Schedule(_)
            | RecordBody::Statement(_)
            | RecordBody::Policy(_) => {
                panic!("no record of a register")
            }
        };
        let entry = record.entry;
        RegisterEvent { entry, body }
    };
    vietnam().into_iter().map(event).collect()
}

/// Figures that grow event by event, beginning with the built-in register.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) figures: Figures,
    /// Of the last event; others than those told may lie between.
    pub(super) position: Position,
}

impl Story {
    /// In columns so small that a short story has many blocks.
    pub(super) fn new() -> Self {
        Self::shaped(SMALL)
    }

    pub(super) fn shaped(shape: Shape) -> Self {
        static BEGINNING: LazyLock<Story> = LazyLock::new(|| {
            let mut story = Story {
                figures: Figures::default(),
                position: Position::START,
            };
            for event in built_in() {
                story.register(event);
            }
            story
        });
        let mut story = BEGINNING.clone();
        story.figures.money = Columns::shaped(shape);
        story.figures.given = Columns::shaped(shape);
        story
    }

    /// Adds a fact of `line` and gives its position.
    pub(super) fn tell(&mut self, line: &str, on: &str, body: LineBody) -> Position {
        self.tell_of(LineId::parse(line).unwrap(), day(on), body)
    }

    pub(super) fn tell_of(&mut self, line: LineId, on: EffectiveOn, body: LineBody) -> Position {
        let entry = self.entry(on);
        self.add(line.stream(), Event::Line(LineEvent { entry, body }))
    }

    /// Adds a fact of a register.
    pub(super) fn register(&mut self, event: RegisterEvent) -> Position {
        self.add(event.body.register().stream(), Event::Register(event))
    }

    /// Sets a schedule from a day on.
    pub(super) fn set(&mut self, on: EffectiveOn, schedule: Schedule) -> Position {
        let entry = self.entry(on);
        let stream = schedule.stream();
        self.add(stream, Event::Schedule(ScheduleEvent { entry, schedule }))
    }

    /// Sets thresholds from a day on.
    pub(super) fn policy(&mut self, on: &str, policy: AlertPolicy) -> Position {
        let entry = self.entry(day(on));
        self.add(
            AlertPolicy::stream(),
            Event::Policy(PolicyEvent { entry, policy }),
        )
    }

    /// Lets so many positions go by for events that say nothing of figures.
    pub(super) fn skip(&mut self, positions: u64) {
        self.position.0 += positions;
    }

    /// What every event says, under a reference of its own.
    pub(super) fn entry(&self, effective_on: EffectiveOn) -> Entry {
        let reference = Reference::parse(&format!("R-{}", self.position)).unwrap();
        Entry {
            reference,
            effective_on,
            note: None,
            document: None,
        }
    }

    /// Sets what share of the plan of NTM in Lào Cai is due by 30 June 2024.
    pub(super) fn schedule(&mut self, on: &str, capital_type: Option<CapitalType>, rate: &str) {
        let schedule = Schedule {
            programme: "NTM".parse().unwrap(),
            province: "10".parse().unwrap(),
            year: year(2024),
            source: None,
            capital_type,
            milestones: vec![Milestone {
                by: day("2024-06-30"),
                rate: rate.parse().unwrap(),
            }],
        };
        self.set(day(on), schedule);
    }

    fn add(&mut self, stream: StreamName, event: Event) -> Position {
        self.position = self.position.next();
        let position = self.position;
        let recorded = Recorded {
            position,
            id: EventId(Uuid::from_u128(u128::from(position.0))),
            // It grows as that of a stream does.
            revision: Revision(position.0),
            recorded_at: RecordedAt::from_micros(i64::try_from(position.0).unwrap()).unwrap(),
            origin: Origin {
                actor: "test".to_owned(),
                correlation_id: Uuid::nil(),
                causation_id: None,
            },
            stream,
            event,
        };
        self.figures.apply(&recorded);
        position
    }

    /// Everything, as of a day, by the lines' own codes.
    pub(super) fn ask(&self, as_of: &str, by: &[Dimension]) -> Question {
        Question {
            scope: Scope::default(),
            by: by.to_vec(),
            as_of: AsOf {
                effective: day(as_of),
                known: self.figures.applied(),
            },
            boundaries: Boundaries::Recorded,
            basis: Basis::default(),
        }
    }
}

pub(super) fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

pub(super) fn year(number: i64) -> BudgetYear {
    BudgetYear::try_from(number).unwrap()
}

pub(super) fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).unwrap()
}

pub(super) fn place(code: &str) -> Place {
    Place::parse(code).unwrap()
}

pub(super) fn allocated(dong: i64) -> LineBody {
    let basis = AllocationBasis::Assigned;
    LineBody::Allocated(Allocation {
        amount: amount(dong),
        basis,
    })
}

pub(super) fn detailed(dong: i64) -> LineBody {
    LineBody::Detailed(Detail {
        amount: amount(dong),
        project: place("DA-1"),
    })
}

pub(super) fn increased(dong: i64) -> LineBody {
    let basis = AllocationBasis::LocalIncrease;
    LineBody::Allocated(Allocation {
        amount: amount(dong),
        basis,
    })
}

pub(super) fn adjusted(dong: i64) -> LineBody {
    LineBody::Adjusted(Adjusted {
        allocation: Reference::parse("R-0").unwrap(),
        basis: AllocationBasis::Assigned,
        change: Change::try_from(Money::dong(dong)).unwrap(),
        reason: Text::parse("as decided").unwrap(),
    })
}

pub(super) fn disbursement(dong: i64, vintage: i64) -> Disbursement {
    Disbursement {
        amount: amount(dong),
        kind: DisbursementKind::Payment,
        certainty: Certainty::Confirmed,
        vintage: year(vintage),
        commitment: None,
        project: None,
        commune: None,
        in_kind: None,
    }
}

pub(super) fn left(kind: TransferKind, to: Option<&str>, dong: i64) -> LineBody {
    let to = to.map(|to| LineId::parse(to).unwrap());
    let vintage = (kind == TransferKind::CarryOver).then(|| year(2024));
    LineBody::TransferredOut(Transfer {
        kind,
        to,
        amount: amount(dong),
        vintage,
    })
}

pub(super) fn arrived(kind: TransferKind, from: &str, dong: i64) -> LineBody {
    let from = LineId::parse(from).unwrap();
    let vintage = (kind == TransferKind::CarryOver).then(|| year(2024));
    LineBody::TransferredIn(TransferredIn {
        from,
        kind,
        amount: amount(dong),
        vintage,
    })
}
