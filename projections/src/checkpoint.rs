//! Figures as bytes, so that a start need not fold the whole log again, and back.
//!
//! Whoever changes a byte of them raises `Figures::VERSION`; a test has their sum.
//! The bytes hold what was folded, and nothing that can be computed from it. They are a cache: what
//! is not of this version and shape is not read, and the log is folded again.

use events::Event;
use events::log::{Position, Revision, Stored, StreamName};
use events::names::LineId;
use events::policy::AlertPolicy;
use events::text::Place;
use events::time::EffectiveOn;
use serde::{Deserialize, Serialize};

use crate::bearers::{Bearer, PlaceNumber};
use crate::columns::{ColumnsImage, Reader};
use crate::figures::Figures;
use crate::lines::LineFigures;

/// What of the figures is kept. The facts are shared with the figures; what names them is copied.
#[derive(Clone, Debug)]
pub struct FiguresImage {
    head: Head,
    money: ColumnsImage,
    given: ColumnsImage,
}

/// Everything but the facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Head {
    applied: u64,
    lines: Vec<(String, EffectiveOn, u64)>,
    places: Vec<String>,
    bearers: Vec<(Option<PlaceNumber>, Option<PlaceNumber>)>,
    /// Registrations, mergers, schedules, published figures and policies, each in log order.
    others: Vec<Other>,
}

/// An event as it is stored: position, stream, name, version, payload.
type Other = (u64, String, String, u16, String);

impl Figures {
    /// What of these figures is kept.
    pub fn save(&self) -> FiguresImage {
        let line = |line: &LineFigures| (line.id.to_string(), line.judged_on, line.revision.0);
        let bearer = |bearer: &Bearer| (bearer.project, bearer.commune);
        let head = Head {
            applied: self.applied().0,
            lines: self.lines.list().iter().map(line).collect(),
            places: self.bearers.places().iter().map(Place::to_string).collect(),
            bearers: self.bearers.list().iter().map(bearer).collect(),
            others: self.others().collect(),
        };
        FiguresImage {
            head,
            money: self.money.image(),
            given: self.given.image(),
        }
    }

    /// The figures that were encoded so; `None` where the bytes are of another shape.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Self::default().restored(bytes)
    }

    pub(crate) fn restored(mut self, bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let length = usize::try_from(from.u64()?).ok()?;
        let head: Head = serde_json::from_slice(from.take(length)?).ok()?;
        for (position, stream, name, version, data) in head.others {
            let stored = Stored {
                name,
                version,
                data,
            };
            let event = Event::decode(&StreamName::from_stored(stream), &stored).ok()?;
            self.apply_other(Position(position), event);
        }
        for (line, judged_on, revision) in head.lines {
            let number = self.lines.open(LineId::parse(&line).ok()?, judged_on);
            self.lines.revise(number, Revision(revision));
        }
        for place in head.places {
            self.bearers.place(&Place::parse(&place).ok()?);
        }
        for (project, commune) in head.bearers {
            self.bearers.add(Bearer { project, commune });
        }
        let (money, given) = (
            ColumnsImage::decode(&mut from)?,
            ColumnsImage::decode(&mut from)?,
        );
        if !from.0.is_empty() {
            return None;
        }
        let lines = &self.lines;
        self.money = self.money.restored(money, |line| lines.units_of(line))?;
        self.given = self.given.restored(given, |line| lines.units_of(line))?;
        Some(self.at(Position(head.applied)))
    }

    fn others(&self) -> impl Iterator<Item = Other> {
        let other = |at: &Position, stream: StreamName, stored: Stored| {
            let Stored {
                name,
                version,
                data,
            } = stored;
            (at.0, stream.to_string(), name, version, data)
        };
        let registers = self.register_events.iter();
        let registers = registers
            .map(move |(at, event)| other(at, event.body.register().stream(), event.encode()));
        let schedules = self.schedules.list().iter();
        let schedules =
            schedules.map(move |(at, event)| other(at, event.schedule.stream(), event.encode()));
        let statements = self.statements.iter();
        let statements =
            statements.map(move |(at, event)| other(at, event.statement.stream(), event.encode()));
        let policies = self.policies.list().iter();
        let policies =
            policies.map(move |(at, event)| other(at, AlertPolicy::stream(), event.encode()));
        registers.chain(schedules).chain(statements).chain(policies)
    }
}

impl FiguresImage {
    /// The last position that it holds.
    pub fn applied(&self) -> Position {
        Position(self.head.applied)
    }

    /// Writes it as bytes.
    ///
    /// # Panics
    /// Never: numbers and texts can always be written.
    pub fn encode(&self, out: &mut Vec<u8>) {
        #[expect(clippy::expect_used, reason = "it is numbers and texts, under texts")]
        let head = serde_json::to_vec(&self.head).expect("numbers and texts can be written");
        out.reserve(8 + head.len() + self.money.size() + self.given.size());
        out.extend_from_slice(&u64::try_from(head.len()).unwrap_or(u64::MAX).to_le_bytes());
        out.extend_from_slice(&head);
        self.money.encode(out);
        self.given.encode(out);
    }
}
