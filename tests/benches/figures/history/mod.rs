//! A history such as the service would have recorded: ten budget years of the national target
//! programmes, as events in the order of the log.
//!
//! The same seed and size give the same history. It asks no store and knows no answer; the rules
//! of a line admit every event of it, except where a variant says otherwise.

mod calendar;
mod draw;
mod lines;
mod moves;
mod write;

use events::Event;
use events::log::Recorded;
use events::text::Place;
use events::time::EffectiveOn;

use crate::measure::Failure;
use calendar::Calendar;
use draw::Draw;
use lines::Line;

/// Communes of a province before the merger; there were about 10,000 in 63 provinces.
pub(crate) const COMMUNES: u32 = 160;

/// What days the facts bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// Those on which it happened.
    Realistic,
    /// Any day of the ten years, whatever the event. No rule of a line holds any more.
    Shuffled,
    /// Those on which it happened, but for one event of 10,000, whose year is mistyped.
    FarOff,
}

impl Variant {
    /// The variant as a word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Realistic => "realistic",
            Self::Shuffled => "shuffled dates",
            Self::FarOff => "a few far-off dates",
        }
    }
}

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Assigned,
    LocalIncrease,
    Adjusted,
    CarriedOut,
    CarriedIn,
    ReallocatedOut,
    ReallocatedIn,
    Recalled,
    Detailed,
    Committed,
    CommitmentAdjusted,
    Paid,
    Advanced,
    Contributed,
    Given,
    Estimated,
    Recovered,
    PaymentReversed,
}

impl Kind {
    /// How many facts it gives.
    fn facts(self) -> usize {
        match self {
            Self::CarriedOut
            | Self::CarriedIn
            | Self::ReallocatedOut
            | Self::ReallocatedIn
            | Self::Advanced => 2,
            Self::Assigned
            | Self::LocalIncrease
            | Self::Adjusted
            | Self::Recalled
            | Self::Detailed
            | Self::Committed
            | Self::CommitmentAdjusted
            | Self::Paid
            | Self::Contributed
            | Self::Given
            | Self::Estimated
            | Self::Recovered
            | Self::PaymentReversed => 1,
        }
    }
}

/// An event before it is written out, in few bytes: ten million of them are sorted.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// When it is recorded, in seconds of the calendar.
    at: u32,
    /// The line.
    line: u32,
    /// Its own reference.
    number: u32,
    /// The reference of what it is about, or the other line of a transfer.
    of: Option<u32>,
    project: Option<u32>,
    commune: Option<u32>,
    amount: i64,
    /// Its day in the calendar.
    day: u16,
    vintage: u16,
    kind: Kind,
    /// Whether nothing else refers to it.
    is_plain: bool,
}

/// A history, planned and sorted.
pub(crate) struct History {
    calendar: Calendar,
    lines: Vec<Line>,
    registers: Vec<Recorded<Event>>,
    planned: Vec<Planned>,
    projects: Vec<Place>,
    communes: Vec<Place>,
    seed: usize,
}

impl History {
    /// The history of `seed` with so many facts. It has fewer where so few are asked that the
    /// allocations alone are more.
    pub(crate) fn draw(seed: usize, facts: usize) -> Result<Self, Failure> {
        let calendar = Calendar::new();
        let (registers, known) = lines::registers(&calendar)?;
        let lines = lines::draw(&known, facts)?;
        let mut drawn = Draw::new(seed, facts, &calendar, &lines, &known);
        drawn.all();
        let (mut planned, projects) = drawn.done();
        trim(&mut planned, facts);
        // Stable: what is recorded in the same second stays in its order.
        planned.sort_by_key(|it| it.at);
        let project = |number: u32| Place::parse(&format!("DA-{number:05}"));
        let commune = |number: u32| Place::parse(&format!("{:05}", number + 1));
        Ok(Self {
            calendar,
            lines,
            registers,
            planned,
            projects: (0..projects).map(project).collect::<Result<_, _>>()?,
            communes: (0..64 * COMMUNES).map(commune).collect::<Result<_, _>>()?,
            seed,
        })
    }

    /// Its facts.
    pub(crate) fn facts(&self) -> usize {
        self.planned.iter().map(|it| it.kind.facts()).sum()
    }

    /// How many events it has.
    pub(crate) fn len(&self) -> usize {
        self.registers.len() + self.planned.len()
    }

    /// How many lines and projects it has.
    pub(crate) fn breadth(&self) -> (usize, usize) {
        (self.lines.len(), self.projects.len())
    }

    /// The day on which it ends.
    pub(crate) fn today(&self) -> EffectiveOn {
        self.calendar.day(self.calendar.today())
    }

    /// Some day of the ten years, by a random number.
    pub(crate) fn some_day(&self, random: u64) -> EffectiveOn {
        self.calendar.some_day(random)
    }

    /// Its events, in the order of the log.
    pub(crate) fn events(&self, variant: Variant) -> impl Iterator<Item = Recorded<Event>> {
        let registers = self.registers.iter().cloned();
        registers.chain(write::Writer::new(self, variant))
    }
}

/// Leaves out plain payments, spread over the whole, until there are only `facts`.
fn trim(planned: &mut Vec<Planned>, facts: usize) {
    let total: usize = planned.iter().map(|it| it.kind.facts()).sum();
    let plain = planned.iter().filter(|it| it.is_plain).count().max(1);
    let excess = total.saturating_sub(facts).min(plain);
    let mut seen = 0;
    planned.retain(|it| {
        if !it.is_plain {
            return true;
        }
        seen += 1;
        seen * excess / plain == (seen - 1) * excess / plain
    });
}
