//! How long our answers take, and that they are right before that matters.

use std::hint::black_box;
use std::time::{Duration, Instant};

use projections::Figures;

use crate::asked::{Asked, Case, curve};
use crate::coded::Answer;
use crate::engines::{Answered, median};
use crate::measure::Failure;
use crate::ours;
use crate::scan::Scan;

/// How long one question is asked again and again.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often at most.
const MOST: usize = 2_000;

/// What many questions took, each in the middle of its runs. There is at least one.
#[derive(Clone, Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// These medians, in the order of their questions.
    fn of(medians: Vec<Duration>) -> Option<Self> {
        (!medians.is_empty()).then_some(Self(medians))
    }

    /// What an engine's answers come to.
    pub(crate) fn of_answers(answers: &[&Answered]) -> Option<Self> {
        Self::of(answers.iter().map(|it| median(&it.took)).collect())
    }

    /// How many questions there are.
    pub(crate) fn questions(&self) -> usize {
        self.0.len()
    }

    /// The question in the middle.
    pub(crate) fn p50(&self) -> Duration {
        median(&self.0)
    }

    /// The slowest question.
    pub(crate) fn max(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }

    /// How many tenths of these times the other's are, in the middle, over the questions that both
    /// were asked.
    pub(crate) fn of_ours(&self, other: &Self) -> u128 {
        let mine = median(self.0.get(..other.0.len()).unwrap_or(&self.0));
        other.p50().as_nanos() * 10 / mine.as_nanos().max(1)
    }
}

/// Our own times for these questions.
pub(crate) fn ours(figures: &Figures, questions: &[Asked]) -> Option<Times> {
    let each = |asked: &Asked| {
        again(|| {
            if asked.days.is_empty() {
                black_box(ours::numbers(figures, black_box(&asked.question)));
            } else {
                black_box(ours::curve(
                    figures,
                    black_box(&asked.question),
                    &asked.days,
                ));
            }
        })
    };
    Times::of(questions.iter().map(each).collect())
}

/// The times of a linear scan for these questions.
pub(crate) fn scanned(scan: &Scan, questions: &[Asked]) -> Option<Times> {
    let each = |asked: &Asked| {
        again(|| {
            black_box(scan.sums(black_box(&asked.question)));
        })
    };
    Times::of(questions.iter().map(each).collect())
}

/// The median time of `ask`.
fn again(mut ask: impl FnMut()) -> Duration {
    let (begin, mut took) = (Instant::now(), Vec::new());
    while took.len() < MOST && (took.is_empty() || begin.elapsed() < PATIENCE) {
        let asked = Instant::now();
        ask();
        took.push(asked.elapsed());
    }
    median(&took)
}

/// Refuses to go on where a scan or an engine answers otherwise than we do.
pub(crate) fn check(
    figures: &Figures,
    case: Case,
    asked: &Asked,
    theirs: (&str, &Answer),
) -> Result<(), Failure> {
    let (name, theirs) = theirs;
    let ours = if case.is_series() {
        curve(&ours::curve(figures, &asked.question, &asked.days))
    } else {
        ours::sums(figures, &asked.question)
    };
    let theirs = if case.is_series() {
        &Asked::curve_of(theirs)
    } else {
        theirs
    };
    if ours == *theirs {
        return Ok(());
    }
    let differs = ours
        .iter()
        .find(|(key, sums)| theirs.get(*key) != Some(sums));
    let missing = theirs.iter().find(|(key, _)| !ours.contains_key(*key));
    Err(format!(
        "{name} answers '{}' otherwise: {asked:?}: of ours {differs:?}, of theirs {missing:?}",
        case.as_str()
    )
    .into())
}
