//! The cumulative curve: the same question on one day after the other.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use events::money::Money;
use events::statement::Scope;
use events::time::{BudgetYear, EffectiveOn};

use crate::figures::Figures;
use crate::question::Question;
use crate::rate::Rate;
use crate::row::Row;
use crate::totals::totals;

/// How far apart the points of a series lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// The last days of months.
    #[default]
    Month,
    /// Sundays.
    Week,
    /// Every day.
    Day,
}

impl Step {
    /// Every step as a word.
    pub const KNOWN: [&'static str; 3] = ["month", "week", "day"];

    /// The step that this word names; `None` where it names none.
    pub fn find(word: &str) -> Option<Self> {
        match word {
            "month" => Some(Self::Month),
            "week" => Some(Self::Week),
            "day" => Some(Self::Day),
            _ => None,
        }
    }

    /// The step as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
        }
    }

    /// The last day of the period that `day` lies in.
    fn end(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                let left = 6 - day.weekday().num_days_from_monday();
                day.checked_add_days(Days::new(u64::from(left)))
            }
            Self::Month => day
                .with_day(1)?
                .checked_add_months(Months::new(1))?
                .pred_opt(),
        }
    }
}

/// A point of the curve.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named like the figures of a row")]
pub struct Point {
    pub date: EffectiveOn,
    pub plan: Option<Money>,
    pub target: Option<Rate>,
    pub committed: Money,
    pub disbursed: Money,
    pub rate: Option<Rate>,
    /// The rate of the budget years before those asked, one year before the day.
    pub last_year_rate: Option<Rate>,
}

/// A range that has too many points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the range has more than {} points: ask for a shorter one or a longer step",
    TooMany::MOST
)]
pub struct TooMany;

impl TooMany {
    /// Most points a series may have.
    pub const MOST: usize = 1_200;
}

/// The day from which a series to `to` is told where none is asked for: 1 January of the earliest
/// budget year of `scope`, or else of the year of `to`.
pub fn begin(scope: &Scope, to: EffectiveOn) -> EffectiveOn {
    let year = scope.year.first().map(|year| year.day(1, 1));
    let of_to = || to.date().with_ordinal(1).map_or(to, EffectiveOn::from);
    year.unwrap_or_else(of_to)
}

/// The days of a series from `from` to `to`: the ends of its periods, and `to` itself.
///
/// # Errors
/// [`TooMany`] where there are more than 1,200.
pub fn days(step: Step, from: EffectiveOn, to: EffectiveOn) -> Result<Vec<EffectiveOn>, TooMany> {
    let mut days = Vec::new();
    let mut next = Some(from.date()).filter(|from| *from <= to.date());
    while let Some(day) = next {
        if days.len() == TooMany::MOST {
            return Err(TooMany);
        }
        let end = step.end(day).map_or(to.date(), |end| end.min(to.date()));
        days.push(EffectiveOn::from(end));
        next = end.succ_opt().filter(|next| *next <= to.date());
    }
    Ok(days)
}

/// The curve of `question` over these growing `days`, whatever day it asks about itself.
pub fn series(figures: &Figures, question: &Question, days: &[EffectiveOn]) -> Vec<Point> {
    let before: Vec<_> = days.iter().map(|day| a_year_before(*day)).collect();
    let last_year = last_year(question).map(|asked| totals(figures, &asked, &before));
    let rate = |row: Row| row.rate;
    let last_year = last_year.into_iter().flatten().map(rate);
    let last_year = last_year.chain(std::iter::repeat(None));
    let rows = totals(figures, question, days).into_iter();
    let point = |((date, row), last_year_rate): ((&EffectiveOn, Row), _)| Point {
        date: *date,
        plan: row.plan,
        target: row.target,
        committed: row.committed,
        disbursed: row.disbursed,
        rate: row.rate,
        last_year_rate,
    };
    days.iter().zip(rows).zip(last_year).map(point).collect()
}

/// The question with its budget years one year back; `None` where one of them has none before it.
fn last_year(question: &Question) -> Option<Question> {
    let years: Option<_> = question
        .scope
        .year
        .iter()
        .map(|year| BudgetYear::previous(*year))
        .collect();
    let scope = Scope {
        year: years?,
        ..question.scope.clone()
    };
    Some(Question {
        scope,
        ..question.clone()
    })
}

/// The same day one year back, 28 February for the 29th; the calendar is longer than any day of
/// ours.
pub(crate) fn a_year_before(day: EffectiveOn) -> EffectiveOn {
    let before = day.date().checked_sub_months(Months::new(12));
    before.map_or(day, EffectiveOn::from)
}
