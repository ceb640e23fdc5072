//! A list of what was told: what each event adds, with both its clocks, beside the figures that
//! were told the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use events::line::{Commitment, InKindKind, LineBody};
use events::log::Position;
use events::names::LineId;
use events::policy::AlertPolicy;
use events::register::{RegisterEvent, Registers};
use events::schedule::Schedule;
use events::statement::Measure;
use events::text::Place;
use events::time::EffectiveOn;

use super::bodies::{body, opened};
use super::said::Said;
use super::story::*;
use super::verbs::{At, Verb};
use crate::Figures;
use crate::columns::Shape;

/// What an event adds to a measure.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) position: Position,
    pub(super) day: EffectiveOn,
    pub(super) line: LineId,
    pub(super) measure: Measure,
    pub(super) amount: i128,
    pub(super) vintage: i64,
    pub(super) project: Option<Place>,
    pub(super) commune: Option<Place>,
    /// What was given in kind, in millionths.
    pub(super) given: Option<(InKindKind, i128)>,
}

/// Everything that was told, as lists.
#[derive(Clone, Default)]
pub(super) struct Book {
    pub(super) facts: Vec<Fact>,
    /// The day on which the codes of each line are judged.
    pub(super) lines: BTreeMap<LineId, EffectiveOn>,
    /// The position of the last event of each line.
    pub(super) last: BTreeMap<LineId, Position>,
    pub(super) schedules: Vec<(Position, EffectiveOn, Schedule)>,
    /// Since when thresholds are known.
    pub(super) thresholds_at: Position,
    /// The facts of registers that came after the built-in ones.
    turns: Vec<(Position, RegisterEvent)>,
}

static BUILT_IN: LazyLock<Vec<RegisterEvent>> = LazyLock::new(built_in);
static REGISTERS: LazyLock<Registers> = LazyLock::new(|| replayed(BUILT_IN.iter()));

fn replayed<'a>(events: impl Iterator<Item = &'a RegisterEvent>) -> Registers {
    let mut registers = Registers::default();
    events.for_each(|event| registers.evolve(event));
    registers
}

impl Book {
    /// The registers as they were known at a position.
    pub(super) fn registers(&self, known: Position) -> Cow<'static, Registers> {
        let known_before = usize::try_from(known.0).unwrap();
        if known_before < BUILT_IN.len() {
            return Cow::Owned(replayed(BUILT_IN.iter().take(known_before)));
        }
        let mut registers = Cow::Borrowed(&*REGISTERS);
        for (_, event) in self.turns.iter().filter(|(at, _)| *at <= known) {
            registers.to_mut().evolve(event);
        }
        registers
    }

    /// Notes the line that an event is said of.
    fn open(&mut self, said: &Said, position: Position) {
        let line = said.line();
        let first = line.year().day(1, 1);
        let judged_on = if said.verb.is_decision() && said.day() < first {
            first
        } else {
            said.day()
        };
        self.lines.entry(line).or_insert(judged_on);
        self.last.insert(line, position);
    }

    /// Notes what an event adds.
    fn note(&mut self, said: &Said, position: Position) {
        self.open(said, position);
        let of_year = |line: LineId| i64::from(line.year().number());
        for (measure, sign, at) in said.verb.adds() {
            let line = match at {
                At::Origin => said.other(),
                At::Line | At::Carried | At::Project | At::Place | At::Paid => said.line(),
            };
            let vintage = match at {
                At::Carried | At::Paid => said.vintage(),
                At::Line | At::Origin | At::Project | At::Place => of_year(line),
            };
            let (project, commune) = match at {
                At::Line | At::Origin | At::Carried => (None, None),
                At::Project => (Some(said.some_project()), None),
                At::Place | At::Paid => (said.project(), said.commune()),
            };
            let in_kind = said.in_kind();
            let given = (said.verb.given() != 0).then(|| {
                let mut quantity = in_kind.quantity;
                quantity.rescale(6);
                (in_kind.kind, quantity.mantissa() * said.verb.given())
            });
            self.facts.push(Fact {
                position,
                day: said.day(),
                line,
                measure: *measure,
                amount: sign * i128::from(said.dong),
                vintage,
                project,
                commune,
                given,
            });
        }
    }
}

/// Figures, and the list of what they were told.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) story: Story,
    pub(super) book: Book,
    /// What may be known: nothing, part of the registers, and every position since.
    pub(super) positions: Vec<Position>,
}

impl Told {
    /// Before anything is told but the built-in registers.
    pub(super) fn new(shape: Shape) -> Self {
        let mut story = Story::shaped(shape);
        let start = story.position;
        let policy = AlertPolicy::default();
        let book = Book {
            thresholds_at: story.policy("2000-01-01", policy),
            ..Book::default()
        };
        Self {
            positions: vec![
                story.position,
                start,
                Position::START,
                Position(start.0 / 2),
            ],
            story,
            book,
        }
    }

    /// After `history`.
    pub(super) fn of(shape: Shape, history: &[Said]) -> Self {
        let mut told = Self::new(shape);
        told.tell_all(history);
        told
    }

    pub(super) fn figures(&self) -> &Figures {
        &self.story.figures
    }

    pub(super) fn tell_all(&mut self, history: &[Said]) {
        for said in history {
            self.tell(said);
        }
    }

    pub(super) fn tell(&mut self, said: &Said) {
        match body(said) {
            Some(body) => self.tell_of_line(said, body),
            None if said.verb == Verb::Skip => self.story.skip(said.gap()),
            None if said.verb == Verb::Schedule => {
                let schedule = said.schedule();
                let position = self.story.set(said.day(), schedule.clone());
                self.book.schedules.push((position, said.day(), schedule));
            }
            None => {
                let event = said.register(&self.story);
                let position = self.story.register(event.clone());
                self.book.turns.push((position, event));
            }
        }
        self.positions.push(self.story.position);
    }

    /// Commits one đồng of a line for a project in a commune.
    pub(super) fn commit(&mut self, line: &str, (project, commune): (Place, Place)) {
        let (line, on) = (LineId::parse(line).unwrap(), day("2024-01-10"));
        let body = LineBody::Committed(Commitment {
            amount: amount(1),
            project: Some(project.clone()),
            commune: Some(commune.clone()),
            payee: None,
        });
        let position = self.story.tell_of(line, on, body);
        self.book.lines.entry(line).or_insert(on);
        self.book.last.insert(line, position);
        self.book.facts.push(Fact {
            position,
            day: on,
            line,
            measure: Measure::Committed,
            amount: 1,
            vintage: line.year().number().into(),
            project: Some(project),
            commune: Some(commune),
            given: None,
        });
        self.positions.push(position);
    }

    fn tell_of_line(&mut self, said: &Said, body: LineBody) {
        if said.verb.names_origin() && !self.book.lines.contains_key(&said.other()) {
            // Capital never comes from a line that nothing was said of.
            let (line, verb) = (said.other, Verb::Extend);
            let first = Said {
                verb,
                line,
                ..said.clone()
            };
            let position = self.story.tell_of(said.other(), said.day(), opened());
            self.book.open(&first, position);
        }
        let position = self.story.tell_of(said.line(), said.day(), body);
        self.book.note(said, position);
    }
}
