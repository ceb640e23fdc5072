//! Figures as bytes and back, so that a start need not apply every event again.
//!
//! The bytes are of one version of this program and may be thrown away; they are no format for
//! others, and nothing is in them that the log does not give again.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use events::Event;
use events::line::InKindKind;
use events::log::{Position, Revision, Stored, StreamName};
use events::names::LineId;
use events::text::Place;
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;

use crate::facts::Part;
use crate::figures::{Fact, Figures};

/// Figures as they were when they were saved.
#[derive(Clone, Debug)]
pub struct FiguresImage(Figures);

impl Figures {
    /// The figures as they are, whatever is applied later.
    pub fn save(&self) -> FiguresImage {
        FiguresImage(self.clone())
    }

    /// The figures that were encoded so; `None` where the bytes are not of this version's shape.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let mut figures = Self::default();
        figures.applied = Position(bytes.number()?);
        for _ in 0..bytes.number()? {
            let (id, judged_on) = (LineId::parse(bytes.text()?).ok()?, bytes.day()?);
            let number = figures.line(id, judged_on);
            figures.lines.get_mut(number)?.revision = Revision(bytes.number()?);
        }
        for _ in 0..bytes.number()? {
            let place = Place::parse(bytes.text()?).ok()?;
            figures.place(&place);
        }
        for _ in 0..bytes.number()? {
            let fact = bytes.fact()?;
            let line = figures.lines.get_mut(fact.line)?;
            let own = fact.vintage == line.id.year();
            line.sums.add(fact.part, fact.amount, own);
            figures.facts.push(fact);
        }
        for _ in 0..bytes.number()? {
            let (fact, kind) = (bytes.index()?, InKindKind::find(bytes.text()?)?);
            let quantity: Decimal = bytes.text()?.parse().ok()?;
            figures.in_kind.insert(fact, (kind, quantity));
        }
        for _ in 0..bytes.number()? {
            match bytes.event()? {
                (at, Event::Register(event)) => figures.know(at, &event),
                (at, Event::Statement(event)) => figures.statements.push((at, event)),
                (at, Event::Schedule(event)) => figures.schedules.add(at, event),
                (_, Event::Line(_)) => return None,
            }
        }
        bytes.0.is_empty().then_some(figures)
    }
}

impl FiguresImage {
    /// The figures as bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let figures = &self.0;
        number(out, figures.applied.0);
        count(out, figures.lines.len());
        for line in &figures.lines {
            text(out, &line.id.to_string());
            day(out, line.judged_on);
            number(out, line.revision.0);
        }
        count(out, figures.places.len());
        figures
            .places
            .iter()
            .for_each(|place| text(out, place.as_str()));
        count(out, figures.facts.len());
        figures.facts.iter().for_each(|it| fact(out, it));
        count(out, figures.in_kind.len());
        for (fact, (kind, quantity)) in &figures.in_kind {
            count(out, *fact);
            text(out, kind.as_str());
            text(out, &quantity.to_string());
        }
        let registers = figures.register_events.iter();
        let registers = registers.map(|(at, it)| (*at, "registry", it.encode()));
        let statements = figures.statements.iter();
        let statements = statements.map(|(at, it)| (*at, "statement", it.encode()));
        let schedules = figures.schedules.all().iter();
        let schedules = schedules.map(|(at, it)| (*at, "schedule", it.encode()));
        let all: BTreeMap<Position, _> = registers
            .chain(statements)
            .chain(schedules)
            .map(|(at, category, stored)| (at, (category, stored)))
            .collect();
        count(out, all.len());
        for (at, (category, stored)) in all {
            number(out, at.0);
            text(out, category);
            text(out, &stored.name);
            number(out, stored.version.into());
            text(out, &stored.data);
        }
    }
}

fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn count(out: &mut Vec<u8>, count: usize) {
    number(out, u64::try_from(count).unwrap_or(u64::MAX));
}

fn text(out: &mut Vec<u8>, text: &str) {
    count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn day(out: &mut Vec<u8>, day: EffectiveOn) {
    out.extend_from_slice(&day.date().num_days_from_ce().to_le_bytes());
}

fn fact(out: &mut Vec<u8>, fact: &Fact) {
    let part = Part::ALL.iter().position(|part| *part == fact.part);
    number(out, fact.position.0);
    day(out, fact.effective_on);
    count(out, fact.line);
    count(out, part.unwrap_or(usize::MAX));
    out.extend_from_slice(&fact.amount.to_le_bytes());
    number(out, fact.vintage.number().into());
    count(out, fact.project.map_or(0, |project| project + 1));
    count(out, fact.commune.map_or(0, |commune| commune + 1));
}

/// Bytes that are still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn index(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.index()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn day(&mut self) -> Option<EffectiveOn> {
        let days = i32::from_le_bytes(self.take()?);
        NaiveDate::from_num_days_from_ce_opt(days).map(EffectiveOn::from)
    }

    fn fact(&mut self) -> Option<Fact> {
        Some(Fact {
            position: Position(self.number()?),
            effective_on: self.day()?,
            line: self.index()?,
            part: *Part::ALL.get(self.index()?)?,
            amount: i128::from_le_bytes(self.take()?),
            vintage: BudgetYear::try_from(i64::try_from(self.number()?).ok()?).ok()?,
            project: self.index()?.checked_sub(1),
            commune: self.index()?.checked_sub(1),
        })
    }

    fn event(&mut self) -> Option<(Position, Event)> {
        let at = Position(self.number()?);
        let stream = StreamName::new(self.text()?, "");
        let stored = Stored {
            name: self.text()?.to_owned(),
            version: u16::try_from(self.number()?).ok()?,
            data: self.text()?.to_owned(),
        };
        Some((at, Event::decode(&stream, &stored).ok()?))
    }
}
