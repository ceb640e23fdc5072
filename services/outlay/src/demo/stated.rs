//! Figures that somebody published, and the schedules that provinces set, as records.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::str::FromStr;

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::record::RecordBody;
use events::schedule::{Milestone, Schedule};
use events::statement::{Measure, Qualifier, Scope, Statement};
use rust_decimal::Decimal;

use super::script::Script;
use super::works::Curve;
use super::written::{
    billions, day, decimal, illustrated, later, noted, published, reference, text, year,
};

/// Gross, confirmed, all money, over the whole plan.
pub(super) const USUAL: Basis = Basis {
    numerator: Numerator::Gross,
    certainty: Counted::Confirmed,
    money: CountedMoney::All,
    denominator: Denominator::Total,
};

/// Who published figures for which day.
pub(super) struct Publication<'a> {
    /// What the references of its figures have in common.
    pub(super) name: &'a str,
    /// Who.
    pub(super) publisher: &'a str,
    /// When, and whether that day is known.
    pub(super) on: (&'a str, bool),
    /// The day that the figures hold for.
    pub(super) as_of: &'a str,
    /// Their programmes, provinces and years, by commas.
    pub(super) scope: (&'a str, &'a str, &'a str),
}

/// One figure of a publication.
pub(super) struct Figure<'a> {
    /// What the reference ends with.
    pub(super) name: &'a str,
    /// Its sources and capital types, by commas; none for all.
    pub(super) of: (&'a str, &'a str),
    /// Which figure.
    pub(super) measure: Measure,
    /// Billions of đồng, or a fraction.
    pub(super) value: &'a str,
    /// How exactly it is meant.
    pub(super) qualifier: Option<Qualifier>,
    /// What it is made of.
    pub(super) basis: Basis,
}

impl<'a> Figure<'a> {
    /// A figure of all sources and types on the usual basis, meant exactly.
    pub(super) fn of(name: &'a str, measure: Measure, value: &'a str) -> Self {
        Self {
            name,
            of: ("", ""),
            measure,
            value,
            qualifier: None,
            basis: USUAL,
        }
    }
}

impl Publication<'_> {
    /// Writes its figures down, the day after.
    pub(super) fn write(&self, script: &mut Script, figures: &[Figure<'_>]) {
        let (programmes, provinces, years) = self.scope;
        let (on, known) = (day(self.on.0), self.on.1);
        for figure in figures {
            let mut entry = published(&format!("{} {}", self.name, figure.name), on);
            if !known {
                entry = noted(entry, "day of publication approximate");
            }
            let value = if figure.measure.is_rate() {
                decimal(figure.value)
            } else {
                Decimal::from(billions(figure.value))
            };
            let scope = Scope {
                programme: listed(programmes),
                province: listed(provinces),
                year: years.split(',').map(spelled).map(year).collect(),
                source: listed(figure.of.0),
                capital_type: listed(figure.of.1),
                ..Scope::default()
            };
            let statement = Statement {
                scope,
                as_of: day(self.as_of),
                measure: figure.measure,
                basis: figure.basis,
                value,
                qualifier: figure.qualifier,
                published_on: on,
                publisher: text(self.publisher),
            };
            script.write(later(on, 1), entry, RecordBody::Statement(statement));
        }
    }
}

/// Writes down the schedule of a programme, province and year; its milestones are days and
/// percents.
pub(super) fn schedule(
    script: &mut Script,
    (programme, province, budget_year): (&str, &str, i64),
    on: &str,
    milestones: &Curve,
) {
    let name = format!("KH-GN-{budget_year}-{province}-{programme}");
    let milestones = milestones.iter().map(|(by, percent)| Milestone {
        by: day(by),
        rate: Decimal::new(*percent, 2),
    });
    let schedule = Schedule {
        programme: spelled(programme),
        province: spelled(province),
        year: year(budget_year),
        source: None,
        capital_type: None,
        milestones: milestones.collect(),
    };
    let mut entry = illustrated(&name, day(on));
    entry.reference = reference(&name);
    script.write(later(day(on), 1), entry, RecordBody::Schedule(schedule));
}

/// The names of a list with commas; none of an empty text.
fn listed<T: FromStr<Err: Debug> + Ord>(list: &str) -> BTreeSet<T> {
    let parts = list.split(',').filter(|part| !part.is_empty());
    parts.map(spelled).collect()
}

#[expect(clippy::expect_used, reason = "constants of ours, as a test replays")]
fn spelled<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a name of its form")
}
