//! The days of a history: a number for each, and when payments fall in a budget year.

use events::names::LineId;
use events::time::{BudgetYear, EffectiveOn, RecordedAt};

use crate::random::Sequence;

/// The first day that has a number.
const FIRST: (i64, u32, u32) = (2000, 1, 1);
/// The day on which every history ends.
const TODAY: (i64, u32, u32) = (2026, 10, 31);

/// The budget years.
pub(super) const YEARS: std::ops::RangeInclusive<i64> = 2017..=2026;

/// Days of a century.
const DAYS: usize = 36_525;
const DAY_SECONDS: u32 = 86_400;

/// Days of a budget year's months, and how much of a plan is paid in each, in half percents. The
/// last one is January of the next year (Ministry of Finance: 32 % by June, 40 % by August, 53 %
/// by October, 84 % by the end of December, 93 to 96 % by the end of January).
const MONTHS: [(u16, u16); 13] = [
    (31, 4),
    (28, 6),
    (31, 10),
    (30, 12),
    (31, 14),
    (30, 18),
    (31, 8),
    (31, 8),
    (30, 12),
    (31, 14),
    (30, 18),
    (31, 44),
    (31, 20),
];

/// Days by their numbers.
pub(super) struct Calendar {
    days: Vec<EffectiveOn>,
    /// Days after 1 January, as often as payments fall on them.
    season: Vec<u16>,
    begin: i64,
}

impl Calendar {
    pub(super) fn new() -> Self {
        let first = day_of(FIRST);
        let days = first.date().iter_days().take(DAYS);
        Self {
            days: days.map(EffectiveOn::from).collect(),
            season: season(),
            begin: first.begins().micros(),
        }
    }

    /// The day of this number.
    #[expect(clippy::indexing_slicing, reason = "no day is past the century")]
    pub(super) fn day(&self, number: u16) -> EffectiveOn {
        self.days[usize::from(number).min(DAYS - 1)]
    }

    /// The number of this day.
    pub(super) fn number(&self, day: EffectiveOn) -> u16 {
        u16::try_from(day.days_since(self.day(0))).unwrap_or_default()
    }

    /// The number of the day on which the history ends.
    pub(super) fn today(&self) -> u16 {
        self.number(day_of(TODAY))
    }

    /// Some day of the ten years, by a random number.
    pub(super) fn some_day(&self, random: u64) -> EffectiveOn {
        let begin = self.number(day_of((*YEARS.start(), 1, 1)));
        let days = u64::from(self.today() - begin) + 1;
        let after = u16::try_from(random % days).unwrap_or_default();
        self.day(begin + after)
    }

    /// The instant so many seconds after the first day began.
    #[expect(clippy::expect_used, reason = "the calendar is longer than a century")]
    pub(super) fn instant(&self, at: u32) -> RecordedAt {
        let micros = self.begin + i64::from(at) * 1_000_000;
        RecordedAt::from_micros(micros).expect("an instant of the century")
    }

    /// The day of a budget year on which a payment falls.
    #[expect(clippy::indexing_slicing, reason = "below the length")]
    pub(super) fn payday(&self, year: BudgetYear, random: &mut Sequence) -> u16 {
        let after = self.season[random.below(self.season.len())];
        self.number(year.day(1, 1)) + after
    }
}

/// Office hours of a day.
pub(super) fn during(day: u16, random: &mut Sequence) -> u32 {
    let second = u32::try_from(random.below(9 * 3_600)).unwrap_or_default();
    u32::from(day) * DAY_SECONDS + 8 * 3_600 + second
}

/// The day of an instant.
pub(super) fn day_at(at: u32) -> u16 {
    u16::try_from(at / DAY_SECONDS).unwrap_or(u16::MAX)
}

/// How many days late something is recorded: half of it within five days, nothing after sixty,
/// except for two of a thousand, which come up to two years late.
pub(super) fn lag(random: &mut Sequence) -> u16 {
    let drawn = random.next();
    if drawn % 1_000 < 2 {
        return u16::try_from(60 + random.below(670)).unwrap_or_default();
    }
    let halvings = u16::try_from((drawn >> 16).trailing_zeros()).unwrap_or_default();
    (halvings * 5 + u16::try_from(random.below(5)).unwrap_or_default()).min(60)
}

/// The day on which the codes of a line are judged whose allocation is dated so.
pub(super) fn judged(line: LineId, day: EffectiveOn) -> EffectiveOn {
    day.max(line.year().day(1, 1))
}

fn season() -> Vec<u16> {
    let (mut season, mut begin) = (Vec::new(), 0);
    for (month, (days, weight)) in MONTHS.into_iter().enumerate() {
        for share in 0..weight * 10 {
            // Half of December's payments fall in its last week.
            let is_last_week = month == 11 && share % 2 == 0;
            let day = if is_last_week {
                days - 7 + share % 7
            } else {
                share % days
            };
            season.push(begin + day);
        }
        begin += days;
    }
    season
}

#[expect(clippy::expect_used, reason = "callers name budget years")]
fn day_of((year, month, day): (i64, u32, u32)) -> EffectiveOn {
    BudgetYear::try_from(year)
        .expect("a budget year")
        .day(month, day)
}
