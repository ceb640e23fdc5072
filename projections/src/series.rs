//! The cumulative curve: the same question on one day after the other.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use events::money::Money;
use events::statement::Scope;
use events::time::{BudgetYear, EffectiveOn};

use crate::figures::Figures;
use crate::question::{AsOf, Question};
use crate::rate::Rate;
use crate::rates::total;

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

/// The curve of `question` over `days`, whatever day it asks about itself.
pub fn series(figures: &Figures, question: &Question, days: &[EffectiveOn]) -> Vec<Point> {
    let last_year = last_year(question);
    let point = |day: &EffectiveOn| {
        let row = total(figures, &on(question, *day));
        let before = a_year_before(*day).zip(last_year.as_ref());
        Point {
            date: *day,
            plan: row.plan,
            target: row.target,
            committed: row.committed,
            disbursed: row.disbursed,
            rate: row.rate,
            last_year_rate: before.and_then(|(day, asked)| total(figures, &on(asked, day)).rate),
        }
    };
    days.iter().map(point).collect()
}

fn on(question: &Question, day: EffectiveOn) -> Question {
    Question {
        as_of: AsOf {
            effective: day,
            ..question.as_of
        },
        ..question.clone()
    }
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

/// The same day one year back; 28 February for the 29th.
fn a_year_before(day: EffectiveOn) -> Option<EffectiveOn> {
    day.date()
        .checked_sub_months(Months::new(12))
        .map(EffectiveOn::from)
}
