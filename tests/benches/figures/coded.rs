//! Facts and answers in numbers, so that every engine is given the same and its answers can be
//! compared with ours sum by sum.

use std::collections::BTreeMap;

use events::Event;
use events::log::Recorded;
use events::names::{CapitalSource, CapitalType, LineId};
use events::register::Registers;
use events::text::Place;
use events::time::EffectiveOn;
use projections::Dimension;
use projections::facts::{Moved, Part, moved};
use projections::rates::Value;

/// Sums by part, group by group.
pub(crate) type Answer = BTreeMap<Vec<i64>, [i128; Part::COUNT]>;

/// Programmes by their numbers; provinces, projects and communes bear numbers themselves.
const PROGRAMMES: [&str; 6] = ["NTM", "SPR", "EM", "CUL", "DRUG", "RPE"];

/// What stands for no project or commune.
pub(crate) const NONE: i64 = -1;

/// The columns of a fact, in order; the day comes as text.
pub(crate) const COLUMNS: [&str; 14] = [
    "position",
    "day",
    "programme",
    "province",
    "year",
    "source",
    "type",
    "vintage",
    "project",
    "commune",
    "part",
    "programme_now",
    "province_now",
    "amount",
];

/// A fact in numbers.
pub(crate) struct Fact {
    pub(crate) position: u64,
    pub(crate) day: EffectiveOn,
    /// Programme, province, year, source and type.
    pub(crate) line: [i64; 5],
    /// Programme and province by the codes that hold when the history ends.
    pub(crate) now: [i64; 2],
    pub(crate) vintage: i64,
    pub(crate) project: i64,
    pub(crate) commune: i64,
    pub(crate) part: i64,
    pub(crate) amount: i64,
}

/// Gives facts their numbers.
pub(crate) struct Coder {
    /// Numbers of lines, which repeat.
    lines: BTreeMap<LineId, ([i64; 5], [i64; 2])>,
    registers: Registers,
    today: EffectiveOn,
}

impl Coder {
    /// One that names units by the codes of `today` as well.
    pub(crate) fn new(today: EffectiveOn) -> Self {
        Self {
            lines: BTreeMap::new(),
            registers: Registers::default(),
            today,
        }
    }

    /// The facts of an event.
    pub(crate) fn facts(&mut self, recorded: &Recorded<Event>, mut each: impl FnMut(&Fact)) {
        let (event, line) = match (&recorded.event, LineId::of_stream(&recorded.stream)) {
            (Event::Line(event), Some(line)) => (event, line),
            (Event::Register(event), _) => return self.registers.evolve(event),
            (
                Event::Line(_)
                | Event::Schedule(_)
                | Event::Statement(_)
                | Event::Policy(_)
                | Event::Alert(_),
                _,
            ) => return,
        };
        let judged_on = event.judged_on(line.year());
        for moved in moved(line, event) {
            let (line, now) = self.line(moved.line, judged_on);
            each(&Fact {
                position: recorded.position.0,
                day: event.entry.effective_on,
                line,
                now,
                vintage: i64::from(moved.vintage.number()),
                project: place(moved.project),
                commune: place(moved.commune),
                part: part(&moved),
                amount: i64::try_from(moved.amount.to_dong()).unwrap_or_default(),
            });
        }
    }

    /// The numbers of a line, whose first event judges its codes.
    fn line(&mut self, line: LineId, judged_on: EffectiveOn) -> ([i64; 5], [i64; 2]) {
        let (registers, today) = (&self.registers, self.today);
        *self.lines.entry(line).or_insert_with(|| {
            let numbers = [
                found(&PROGRAMMES, line.programme().as_str()),
                digits(line.province().as_str()),
                i64::from(line.year().number()),
                found(&CapitalSource::KNOWN, line.source().as_str()),
                found(&CapitalType::KNOWN, line.capital_type().as_str()),
            ];
            let (programme, province) = registers.restated(line, judged_on, today);
            let programme = found(&PROGRAMMES, programme.as_str());
            (numbers, [programme, digits(province.as_str())])
        })
    }
}

/// The number of a value.
pub(crate) fn coded(by: Dimension, value: &Value) -> i64 {
    match value {
        Value::None => NONE,
        Value::Number(number) => i64::from(*number),
        Value::Text(text) => text_coded(by, text),
    }
}

/// The number of a value that is written so.
pub(crate) fn text_coded(by: Dimension, text: &str) -> i64 {
    match by {
        Dimension::Programme => found(&PROGRAMMES, text),
        Dimension::Source => found(&CapitalSource::KNOWN, text),
        Dimension::Type => found(&CapitalType::KNOWN, text),
        Dimension::Province
        | Dimension::Year
        | Dimension::Project
        | Dimension::Commune
        | Dimension::Vintage => digits(text),
    }
}

fn part(moved: &Moved<'_>) -> i64 {
    let number = Part::ALL.iter().position(|part| *part == moved.part);
    number.and_then(|it| i64::try_from(it).ok()).unwrap_or(NONE)
}

fn place(place: Option<&Place>) -> i64 {
    place.map_or(NONE, |place| digits(place.as_str()))
}

fn found(known: &[&str], text: &str) -> i64 {
    let number = known.iter().position(|it| *it == text);
    number.and_then(|it| i64::try_from(it).ok()).unwrap_or(NONE)
}

/// The number that the digits of a code make.
fn digits(text: &str) -> i64 {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}
