//! What is asked of every engine: the questions of a case, and the same in SQL.

use chrono::Datelike as _;
use events::basis::Basis;
use events::log::Position;
use events::names::{ProgrammeCode, ProvinceCode};
use events::statement::Scope;
use events::text::Place;
use events::time::{BudgetYear, EffectiveOn};
use projections::facts::Part;
use projections::series::{Point, Step, days};
use projections::{AsOf, Boundaries, Dimension, Question};

use crate::coded::{Answer, text_coded};
use crate::history::History;
use crate::measure::Failure;
use crate::random::Sequence;

/// What is asked, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    Now,
    Restated,
    BySource,
    OneProvince,
    OneCommune,
    OneProject,
    OneCell,
    Position,
    Day,
    Both,
    OneYearSeries,
    TenYearSeries,
}

impl Case {
    pub(crate) const ALL: [Self; 12] = [
        Self::Now,
        Self::Restated,
        Self::BySource,
        Self::OneProvince,
        Self::OneCommune,
        Self::OneProject,
        Self::OneCell,
        Self::Position,
        Self::Day,
        Self::Both,
        Self::OneYearSeries,
        Self::TenYearSeries,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now, programme × province",
            Self::Restated => "now, by the boundaries of that day",
            Self::BySource => "now, source × type × year",
            Self::OneProvince => "now, one province by programme × year",
            Self::OneCommune => "now, communes of one province",
            Self::OneProject => "now, one project",
            Self::OneCell => "now, one cell",
            Self::Position => "as of a position",
            Self::Day => "as of a day",
            Self::Both => "as of both",
            Self::OneYearSeries => "series, one year by months",
            Self::TenYearSeries => "series, ten years by months",
        }
    }

    /// Whether its answer is a curve.
    pub(crate) fn is_series(self) -> bool {
        matches!(self, Self::OneYearSeries | Self::TenYearSeries)
    }

    /// Whether one linear scan answers it: the table of programmes and provinces.
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Now | Self::Position | Self::Day | Self::Both)
    }

    /// Up to `most` questions of this case about a history that ends at `head`.
    pub(crate) fn questions(
        self,
        history: &History,
        head: Position,
        most: usize,
    ) -> Result<Vec<Asked>, Failure> {
        // Every case asks about the same provinces, days and positions.
        let mut random = Sequence::new(100);
        let is_one =
            self.is_series() || matches!(self, Self::Now | Self::Restated | Self::BySource);
        let most = if is_one { 1 } else { most };
        (0..most)
            .map(|_| self.question(history, head, &mut random))
            .collect()
    }

    fn question(
        self,
        history: &History,
        head: Position,
        random: &mut Sequence,
    ) -> Result<Asked, Failure> {
        let (mut scope, mut known, mut effective) = (Scope::default(), head, history.today());
        let some_year = |random: &mut Sequence| {
            BudgetYear::try_from(2017 + i64::try_from(random.below(8)).unwrap_or_default())
        };
        let (mut by, mut days_asked) = (vec![Dimension::Programme, Dimension::Province], None);
        if matches!(self, Self::Position | Self::Both) {
            known = Position(1 + random.next() % head.0);
        }
        if matches!(self, Self::Day | Self::Both) {
            effective = history.some_day(random.next());
        }
        let mut boundaries = Boundaries::Recorded;
        match self {
            Self::Now | Self::Position | Self::Day | Self::Both => {}
            Self::Restated => boundaries = Boundaries::Day(history.today()),
            Self::BySource => by = vec![Dimension::Source, Dimension::Type, Dimension::Year],
            Self::OneProvince => {
                scope.province.insert(province(random)?);
                by = vec![Dimension::Programme, Dimension::Year];
            }
            Self::OneCommune => {
                scope.province.insert(province(random)?);
                by = vec![Dimension::Commune];
            }
            Self::OneProject => {
                let number = random.below(history.breadth().1);
                scope
                    .project
                    .insert(Place::parse(&format!("DA-{number:05}"))?);
                by = Vec::new();
            }
            Self::OneCell => {
                scope.programme.insert(ProgrammeCode::parse("NTM")?);
                scope.province.insert(province(random)?);
                scope.year.insert(some_year(random)?);
                by = Vec::new();
            }
            Self::OneYearSeries => {
                let year = BudgetYear::try_from(2024)?;
                scope.year.insert(year);
                by = Vec::new();
                days_asked = Some(days(Step::Month, year.day(1, 1), year.closes_on())?);
            }
            Self::TenYearSeries => {
                by = Vec::new();
                let first = BudgetYear::try_from(2016)?.day(11, 1);
                days_asked = Some(days(Step::Month, first, history.today())?);
            }
        }
        let question = Question {
            scope,
            by,
            as_of: AsOf { effective, known },
            boundaries,
            basis: Basis::default(),
        };
        Ok(Asked {
            question,
            days: days_asked.unwrap_or_default(),
            is_at_head: known == head,
        })
    }
}

/// A province of every year.
fn province(random: &mut Sequence) -> Result<ProvinceCode, Failure> {
    let kept = [
        "01", "04", "11", "12", "14", "20", "22", "40", "42", "46", "08", "15",
    ];
    let code = kept.get(random.below(kept.len())).ok_or("no province")?;
    Ok(ProvinceCode::parse(code)?)
}

/// A question as every engine is asked it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    /// The days of a curve; empty where a table is asked.
    pub(crate) days: Vec<EffectiveOn>,
    is_at_head: bool,
}

impl Asked {
    /// Whether it is a table of programmes and provinces by their own codes, of all money.
    pub(crate) fn is_covered(&self) -> bool {
        let Question {
            scope,
            by,
            boundaries,
            ..
        } = &self.question;
        *by == [Dimension::Programme, Dimension::Province]
            && *scope == Scope::default()
            && *boundaries == Boundaries::Recorded
    }

    /// The question in SQL: sums by group and part. A curve is asked month by month, to be summed
    /// up by whoever asks; what nothing can change is left out.
    pub(crate) fn sql(&self) -> String {
        let Question {
            scope, by, as_of, ..
        } = &self.question;
        let until = self.days.last().copied().unwrap_or(as_of.effective);
        let mut held = vec![format!("day <= DATE '{until}'")];
        if !self.is_at_head {
            held.push(format!("position <= {}", as_of.known));
        }
        let mut only = |by: Dimension, texts: Vec<String>| {
            if !texts.is_empty() {
                let numbers = texts.iter().map(|text| text_coded(by, text).to_string());
                let numbers = numbers.collect::<Vec<_>>().join(", ");
                held.push(format!("{} IN ({numbers})", by.as_str()));
            }
        };
        only(Dimension::Programme, texts(&scope.programme));
        only(Dimension::Province, texts(&scope.province));
        only(Dimension::Year, texts(&scope.year));
        only(Dimension::Project, texts(&scope.project));
        let month = "CAST(date_part('year', day) * 12 + date_part('month', day) AS integer)";
        let is_restated = self.question.boundaries != Boundaries::Recorded;
        let key = |by: &Dimension| match (by, is_restated) {
            (Dimension::Programme, true) => "programme_now",
            (Dimension::Province, true) => "province_now",
            (by, _) => by.as_str(),
        };
        let mut keys: Vec<&str> = by.iter().map(key).collect();
        if !self.days.is_empty() {
            keys.push(month);
        }
        keys.push("part");
        let (keys, held) = (keys.join(", "), held.join(" AND "));
        format!("SELECT {keys}, sum(amount) FROM facts WHERE {held} GROUP BY {keys}")
    }

    /// What its rows say: those of a curve are summed up to each of its days.
    pub(crate) fn answer(&self, rows: &[Vec<i64>]) -> Result<Answer, Failure> {
        let mut answer = Answer::new();
        for row in rows {
            let [key @ .., part, sum] = row.as_slice() else {
                return Err("a row is too short".into());
            };
            let sums = answer.entry(key.to_vec()).or_default();
            let part = usize::try_from(*part)?;
            *sums.get_mut(part).ok_or("there is no such part")? += i128::from(*sum);
        }
        if self.days.is_empty() {
            return Ok(answer);
        }
        let mut curve = Answer::new();
        for day in &self.days {
            let until = vec![month_of(*day)];
            let mut sums = [0; Part::COUNT];
            for (_, month) in answer.range(..=until.clone()) {
                sums.iter_mut()
                    .zip(month)
                    .for_each(|(sum, more)| *sum += more);
            }
            curve.insert(until, sums);
        }
        Ok(curve)
    }

    /// What `answer` says that a curve says too: plan, committed, disbursed.
    pub(crate) fn curve_of(answer: &Answer) -> Answer {
        let kept = |sums: &[i128; Part::COUNT]| {
            let of = |part: Part| {
                let mut sums = Part::ALL.iter().zip(sums);
                sums.find(|(it, _)| **it == part).map_or(0, |(_, sum)| *sum)
            };
            let plan = [
                Part::Assigned,
                Part::LocalIncrease,
                Part::CarriedIn,
                Part::Reallocated,
            ];
            let plan = plan.map(of).iter().sum::<i128>() - of(Part::Recalled);
            let mut kept = [0; Part::COUNT];
            (kept[0], kept[1], kept[2]) = (plan, of(Part::Committed), of(Part::Disbursed));
            kept
        };
        answer
            .iter()
            .map(|(key, sums)| (key.clone(), kept(sums)))
            .collect()
    }
}

/// Our curve, as it is compared.
pub(crate) fn curve(points: &[Point]) -> Answer {
    let point = |point: &Point| {
        let mut sums = [0; Part::COUNT];
        let plan = point.plan.unwrap_or_default().to_dong();
        (sums[0], sums[1], sums[2]) = (plan, point.committed.to_dong(), point.disbursed.to_dong());
        (vec![month_of(point.date)], sums)
    };
    points.iter().map(point).collect()
}

fn month_of(day: EffectiveOn) -> i64 {
    i64::from(day.date().year()) * 12 + i64::from(day.date().month())
}

fn texts<T: ToString>(asked: &std::collections::BTreeSet<T>) -> Vec<String> {
    asked.iter().map(ToString::to_string).collect()
}
