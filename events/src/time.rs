//! The two clocks: when our store stamped a fact, and on which day the world says it happened.
//!
//! Nothing here reads a clock; what counts as now comes in from outside.

use std::fmt;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Vietnam keeps UTC+7 all year (no daylight saving since 1975).
const HANOI: TimeDelta = TimeDelta::hours(7);

/// A day or year that is not of its form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a calendar day.
    #[error("'{0}' is not a day of the form YYYY-MM-DD")]
    Day(String),
    /// Not a budget year.
    #[error("{0} is not a budget year between 2000 and 2099")]
    Year(i64),
    /// Not an instant.
    #[error("'{0}' is not an instant of the form YYYY-MM-DDThh:mm:ssZ")]
    Instant(String),
}

/// The civil day (`Asia/Ho_Chi_Minh`) on which the world says something happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectiveOn(NaiveDate);

impl EffectiveOn {
    /// The day written `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`TimeError::Day`] for any other form, and for a day the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Self::find(text).ok_or_else(|| TimeError::Day(text.to_owned()))
    }

    fn find(text: &str) -> Option<Self> {
        let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0, |number: u32, digit| {
                let is_digit = digit.is_ascii_digit();
                is_digit.then(|| number * 10 + u32::from(digit - b'0'))
            })
        };
        let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
        NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?).map(Self)
    }

    /// The first day that a new record may give. An earlier one is a year that was mistyped; what
    /// was recorded before that was refused is read as it stands.
    pub const EARLIEST: Self = Self(NaiveDate::from_ymd_opt(1990, 1, 1).expect("a day"));

    /// The day it is in Vietnam at `instant`.
    pub fn at(instant: RecordedAt) -> Self {
        Self((instant.0 + HANOI).date_naive())
    }

    /// The calendar day.
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// The day before this one; the first day of the calendar stays where it is.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.checked_sub_days(Days::new(1)).unwrap_or(self.0))
    }

    /// The day so many days later, or earlier where they are negative; the calendar's ends stay.
    #[must_use]
    pub fn shifted(self, days: i64) -> Self {
        let end = if days < 0 {
            NaiveDate::MIN
        } else {
            NaiveDate::MAX
        };
        let shifted = TimeDelta::try_days(days).and_then(|days| self.0.checked_add_signed(days));
        Self(shifted.unwrap_or(end))
    }

    /// The instant at which this day begins in Vietnam.
    pub fn begins(self) -> RecordedAt {
        RecordedAt(self.0.and_time(chrono::NaiveTime::MIN).and_utc() - HANOI)
    }

    /// Days from `earlier` to this day; negative where that one is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_days()
    }
}

impl From<NaiveDate> for EffectiveOn {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl fmt::Display for EffectiveOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }
}

impl fmt::Debug for EffectiveOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EffectiveOn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EffectiveOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer, Self::parse)
    }
}

/// The UTC instant at which our clock stamped an event, in whole microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordedAt(DateTime<Utc>);

impl RecordedAt {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z; `None` past the calendar.
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// The instant written in RFC 3339, cut to microseconds.
    ///
    /// # Errors
    /// [`TimeError::Instant`] for any other form.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|instant| Self::from_micros(instant.timestamp_micros()))
            .ok_or_else(|| TimeError::Instant(text.to_owned()))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// This instant, or the microsecond after `previous` where that is later: stamps grow
    /// strictly even when the clock steps back.
    #[must_use]
    pub fn after(self, previous: Self) -> Self {
        self.max(Self(previous.0 + TimeDelta::microseconds(1)))
    }
}

impl fmt::Display for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The budget year of the money (*niên độ*), 2000 to 2099.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetYear(u16);

impl BudgetYear {
    /// The year after this one; `None` after 2099.
    pub fn next(self) -> Option<Self> {
        Self::try_from(i64::from(self.0) + 1).ok()
    }

    /// The first budget year there is.
    pub const FIRST: Self = Self(2000);

    /// The year before this one; `None` before 2000.
    pub fn previous(self) -> Option<Self> {
        Self::try_from(i64::from(self.0) - 1).ok()
    }

    /// The year as a number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// The day on which disbursement of its money usually ends: 31 January of the next year (Law
    /// 58/2024, Art. 72).
    pub fn closes_on(self) -> EffectiveOn {
        self.day_of_next(1, 31)
    }

    /// The given day of this year.
    ///
    /// # Panics
    /// Where the calendar has no such day; callers name fixed ones.
    pub fn day(self, month: u32, day: u32) -> EffectiveOn {
        Self::day_of(i32::from(self.0), month, day)
    }

    /// The given day of the year after this one.
    ///
    /// # Panics
    /// Where the calendar has no such day; callers name fixed ones.
    pub fn day_of_next(self, month: u32, day: u32) -> EffectiveOn {
        Self::day_of(i32::from(self.0) + 1, month, day)
    }

    #[expect(clippy::expect_used, reason = "callers name days that every year has")]
    fn day_of(year: i32, month: u32, day: u32) -> EffectiveOn {
        EffectiveOn(NaiveDate::from_ymd_opt(year, month, day).expect("a day of every year"))
    }
}

impl TryFrom<i64> for BudgetYear {
    type Error = TimeError;

    fn try_from(year: i64) -> Result<Self, TimeError> {
        u16::try_from(year)
            .ok()
            .filter(|year| (2000..=2099).contains(year))
            .map(Self)
            .ok_or(TimeError::Year(year))
    }
}

impl fmt::Display for BudgetYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BudgetYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BudgetYear {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for BudgetYear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_exactly_one_form() {
        assert_eq!(
            EffectiveOn::parse("2025-01-31").unwrap().to_string(),
            "2025-01-31"
        );
        for wrong in [
            "2025-1-31",
            "31/01/2025",
            "2025-02-29",
            "2025-01-31 ",
            "+025-01-31",
            "",
        ] {
            assert_eq!(
                EffectiveOn::parse(wrong),
                Err(TimeError::Day(wrong.to_owned()))
            );
        }
    }

    #[test]
    fn the_day_changes_at_midnight_in_vietnam() {
        let day = |text| EffectiveOn::at(RecordedAt::parse(text).unwrap()).to_string();
        assert_eq!(day("2025-01-31T16:59:59.999999Z"), "2025-01-31");
        assert_eq!(day("2025-01-31T17:00:00Z"), "2025-02-01");
        let begins = EffectiveOn::parse("2025-02-01").unwrap().begins();
        assert_eq!(begins.to_string(), "2025-01-31T17:00:00.000000Z");
    }

    #[test]
    fn stamps_grow_when_the_clock_steps_back() {
        let first = RecordedAt::parse("2025-01-31T00:00:00Z").unwrap();
        let earlier = RecordedAt::parse("2024-12-31T00:00:00Z").unwrap();
        assert_eq!(
            earlier.after(first).to_string(),
            "2025-01-31T00:00:00.000001Z"
        );
        assert_eq!(first.after(earlier), first);
    }

    #[test]
    fn budget_years_end_in_2099() {
        assert!(BudgetYear::try_from(1999).is_err());
        assert_eq!(BudgetYear::try_from(2099).unwrap().next(), None);
        assert_eq!(
            BudgetYear::try_from(2024)
                .unwrap()
                .day_of_next(1, 31)
                .to_string(),
            "2025-01-31"
        );
    }
}
