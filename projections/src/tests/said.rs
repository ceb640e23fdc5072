//! Random histories: what may be said, in small numbers that shrink well.

use std::fmt;

use events::line::{InKind, InKindKind};
use events::names::LineId;
use events::register::{
    Merged, Merger, Names, RegisterBody, RegisterEvent, Registration, UnitCode, UnitKind,
};
use events::schedule::{Milestone, Schedule};
use events::text::{Place, Text};
use events::time::EffectiveOn;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use super::story::*;
use super::verbs::{DECISIONS, MONEY, Verb};

/// Lines of every source and type; units that merge, are renamed, or are not in the register.
pub(super) const LINES: [&str; 17] = [
    "NTM/10/2024/central/investment",
    "NTM/15/2024/central/recurrent",
    "SPR/36/2024/local/investment",
    "NTM/10/2025/central/investment",
    "EM/37/2025/community/unclassified",
    "PUB/00/2025/central/investment",
    "PUB/15/2025/central/investment",
    "RPE/15/2026/central/investment",
    "NTM/15/2024/central/investment",
    "SPR/36/2025/local/foreign_investment",
    "EM/46/2024/enterprise/unclassified",
    "NTM/99/2024/local/recurrent",
    "XX/10/2000/credit/unclassified",
    "NTM/00/2099/integrated/unclassified",
    "NTM/10/2024/central/recurrent",
    "NTM/10/2024/central/foreign_investment",
    "NTM/10/2024/local/investment",
];

/// Days near each other, on which units merge, and where columns end.
pub(super) const DAYS: [&str; 18] = [
    "2024-01-10",
    "2024-01-11",
    "2024-06-30",
    "2024-12-31",
    "2025-01-01",
    "2025-01-31",
    "2025-06-30",
    "2025-07-01",
    "2025-08-31",
    "2026-01-01",
    "2023-12-31",
    "1999-12-31",
    "1970-01-01",
    "1969-12-31",
    "1000-02-28",
    "2149-06-06",
    "2149-06-07",
    "9999-12-30",
];

/// Projects and communes, which may have the same code.
pub(super) const PLACES: [Option<&str>; 4] = [None, Some("DA-1"), Some("DA-2"), Some("02710")];

const VINTAGES: [i64; 7] = [2024, 2025, 2023, 2026, 2022, 2000, 2099];

/// How many positions go by at once: around the most that one block spans.
const GAPS: [u64; 6] = [1, 65_534, 65_535, 65_536, 65_537, 200_000];

/// The most that one record may move.
const MOST: i64 = 1_000_000_000_000_000_000;

/// Something said, by places in the lists above.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) verb: Verb,
    pub(super) line: usize,
    /// The other line of a transfer, and the other unit of a merger.
    pub(super) other: usize,
    pub(super) day: usize,
    pub(super) dong: i64,
    pub(super) vintage: usize,
    pub(super) project: usize,
    pub(super) commune: usize,
}

impl fmt::Debug for Said {
    /// On one line, also where a failed test asks for many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, other, day) = (LINES[self.line], LINES[self.other], DAYS[self.day]);
        let (project, commune) = (PLACES[self.project], PLACES[self.commune]);
        write!(
            f,
            "{day} {:?} {} of {line}, {other}; ",
            self.verb, self.dong
        )?;
        write!(f, "{} {project:?} {commune:?}", self.vintage())
    }
}

impl Said {
    pub(super) fn line(&self) -> LineId {
        LineId::parse(LINES[self.line]).unwrap()
    }

    pub(super) fn other(&self) -> LineId {
        LineId::parse(LINES[self.other]).unwrap()
    }

    pub(super) fn day(&self) -> EffectiveOn {
        day(DAYS[self.day])
    }

    pub(super) fn vintage(&self) -> i64 {
        VINTAGES[self.vintage]
    }

    pub(super) fn project(&self) -> Option<Place> {
        PLACES[self.project].map(place)
    }

    pub(super) fn commune(&self) -> Option<Place> {
        PLACES[self.commune].map(place)
    }

    /// The project of what must have one.
    pub(super) fn some_project(&self) -> Place {
        self.project().unwrap_or_else(|| place("DA-1"))
    }

    /// How many positions go by.
    pub(super) fn gap(&self) -> u64 {
        GAPS[self.vintage % GAPS.len()]
    }

    /// What is given in kind: a number with up to six decimal places.
    pub(super) fn in_kind(&self) -> InKind {
        let kinds = [
            InKindKind::LabourDays,
            InKindKind::LandM2,
            InKindKind::Materials,
        ];
        let places = u32::try_from(self.commune + self.project).unwrap();
        InKind {
            kind: kinds[self.other % kinds.len()],
            quantity: Decimal::new(self.dong, places),
            unit_price: amount(1),
        }
    }

    /// A schedule of the line's programme, province and year, more or less narrow.
    pub(super) fn schedule(&self) -> Schedule {
        let line = self.line();
        // Spans of 80, 40 and 16 days: each day's share is a decimal number of few places.
        let all = ["2024-01-10", "2024-03-30", "2024-05-09", "2024-05-25"];
        let first = self.vintage % all.len();
        let rate = |number: usize| {
            let number = i64::try_from(number).unwrap();
            Decimal::new((self.dong % 25).abs() * (number + 1), 2)
        };
        let milestones = all.iter().enumerate().skip(first);
        Schedule {
            programme: line.programme(),
            province: line.province(),
            year: line.year(),
            source: (self.project > 2).then_some(line.source()),
            capital_type: (self.commune > 2).then_some(line.capital_type()),
            milestones: milestones
                .map(|(number, by)| Milestone {
                    by: day(by),
                    rate: rate(number),
                })
                .collect(),
        }
    }

    /// A new name, or a merger, of the units of two lines. It need not make sense: what is in the
    /// log is applied.
    pub(super) fn register(&self, story: &Story) -> RegisterEvent {
        let kind = if self.project.is_multiple_of(2) {
            UnitKind::Province
        } else {
            UnitKind::Programme
        };
        let code = |line: LineId| -> UnitCode {
            match kind {
                UnitKind::Programme => line.programme().into(),
                UnitKind::Province => line.province().into(),
            }
        };
        let (one, other) = (code(self.line()), code(self.other()));
        let name = Text::parse(&format!("{one} of {}", self.dong % 3)).unwrap();
        let names = Names {
            vi: name.clone(),
            en: name,
        };
        let body = if self.verb == Verb::Merge {
            let into = Merged { code: one, names };
            let from = match self.commune {
                0 | 1 => [one, other].into(),
                _ => [other].into(),
            };
            RegisterBody::Merged(Merger { kind, from, into })
        } else {
            let until = DAYS.get(self.commune * 6).map(|until| day(until));
            RegisterBody::Registered(Registration {
                kind,
                code: one,
                names,
                until: until.filter(|until| *until >= self.day()),
            })
        };
        RegisterEvent {
            entry: story.entry(self.day()),
            body,
        }
    }
}

fn numbers(
    verb: impl Strategy<Value = Verb>,
    lines: usize,
    dong: impl Strategy<Value = i64>,
) -> impl Strategy<Value = Said> {
    let places = (0..PLACES.len(), 0..PLACES.len());
    let days = prop_oneof![5 => 0..10_usize, 1 => 0..DAYS.len()];
    let told = (verb, 0..lines, 0..lines, days);
    (told, dong, 0..VINTAGES.len(), places).prop_map(
        |((verb, line, other, day), dong, vintage, (project, commune))| Said {
            verb,
            line,
            other,
            day,
            dong,
            vintage,
            project,
            commune,
        },
    )
}

/// Something said; of a hundred, so many of what is no fact: schedules, turns of registers, gaps.
fn said() -> impl Strategy<Value = Said> {
    let verb = prop_oneof![85 => select(&MONEY[..]), 15 => select(&DECISIONS[..])];
    let dong = prop_oneof![12 => 1..1_000_000_i64, 1 => MOST - 2..=MOST];
    numbers(verb, LINES.len(), dong)
}

/// Verbs that add and take away the same, then some that move nothing.
const HUGE: [Verb; 6] = [
    Verb::AdjustUp,
    Verb::AdjustDown,
    Verb::GiveInKind,
    Verb::ReverseInKind,
    Verb::Register,
    Verb::Skip,
];

/// Much of little: a few lines, the largest amounts, and verbs that add and take away the same.
fn huge() -> impl Strategy<Value = Said> {
    let verb = prop_oneof![6 => select(&HUGE[..4]), 1 => select(&HUGE[4..])];
    numbers(verb, 4, MOST - 2..=MOST)
}

/// Lines of one unit that take and give the largest amounts, so that they make up for each other
/// until a register turns between the days on which they are judged.
fn parting() -> impl Strategy<Value = Said> {
    const TAKING: [usize; 2] = [0, 14];
    const GIVING: [usize; 2] = [15, 16];
    let verb = prop_oneof![25 => Just(Verb::AdjustUp), 1 => Just(Verb::Register)];
    (numbers(verb, 4, MOST - 2..=MOST), 0..=1_usize).prop_map(|(said, other)| {
        let (line, day) = match said.line % 2 {
            0 => (TAKING[other], 0),
            _ => (GIVING[other], 2),
        };
        let gives = day == 2 && said.verb == Verb::AdjustUp;
        let verb = if gives { Verb::AdjustDown } else { said.verb };
        Said {
            verb,
            line,
            day,
            ..said
        }
    })
}

/// Lines of one programme, province and year, with schedules that are for all or some of them.
fn scheduled() -> impl Strategy<Value = Said> {
    const OF_ONE: [usize; 4] = [0, 14, 15, 16];
    const VERBS: [Verb; 5] = [
        Verb::Assign,
        Verb::CarryIn,
        Verb::Increase,
        Verb::Pay,
        Verb::ReallocateOut,
    ];
    let verb = prop_oneof![3 => select(&VERBS[..]), 1 => Just(Verb::Schedule)];
    let dong = prop_oneof![3 => 1..1_000_i64, 1 => MOST - 2..=MOST];
    numbers(verb, OF_ONE.len(), dong).prop_map(|said| Said {
        line: OF_ONE[said.line],
        other: OF_ONE[said.other % OF_ONE.len()],
        ..said
    })
}

/// Units that merge and are renamed all the time, with a little capital.
fn merging() -> impl Strategy<Value = Said> {
    const TURNS: [Verb; 2] = [Verb::Merge, Verb::Register];
    let verb = prop_oneof![2 => select(&[Verb::Assign, Verb::Pay][..]), 1 => select(&TURNS[..])];
    numbers(verb, LINES.len(), 1..1_000_i64)
}

/// What may be said, in any order.
pub(super) fn history() -> impl Strategy<Value = Vec<Said>> {
    history_of(40)
}

/// A history of fewer than so many.
pub(super) fn history_of(most: usize) -> impl Strategy<Value = Vec<Said>> {
    prop_oneof![
        10 => proptest::collection::vec(said(), 0..most),
        3 => proptest::collection::vec(scheduled(), 0..most),
        2 => proptest::collection::vec(merging(), 0..most),
        2 => proptest::collection::vec(huge(), 0..most),
        1 => proptest::collection::vec(parting(), 0..most),
    ]
}
