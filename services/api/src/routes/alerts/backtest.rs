//! The backtest: which alerts there would have been, day by day, had they been judged every day.
//!
//! It judges by what is known now, or each day by what was known when it ended. Nothing is
//! recorded, and records do not wait for it: the figures are let go after every day.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use events::alert::{AlertBody, AlertLevel, AlertRule, Ended, Evidence};
use events::log::Position;
use events::money::Money;
use events::names::{ProgrammeCode, ProvinceCode};
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use ledger::Ledger;
use projections::AsOf;
use projections::alarm::{Backtest, Step};
use projections::behind::{Asked, behind};
use serde::Serialize;

use super::answer::shown;
use super::{Which, with_alerts};
use crate::body::{JSON, negotiate};
use crate::error::ApiError;
use crate::figures::answer::KnownAt;
use crate::figures::question::known_at;
use crate::figures::scopes::SCOPES;
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::formats::Written;
use crate::routes::tagged::{tagged, with_tag};
use crate::state::{PATIENCE, Ready, apart, reach};

/// Most days that are judged at once.
const MOST_DAYS: i64 = 800;

pub(super) fn router() -> Routes {
    let backtest = Operation::new(
        "backtest_alerts",
        "Which alerts there would have been, day by day",
    )
    .detail(
        "Every day from `from` to `to` is judged by the rules and thresholds of that day, \
         beginning without any alert; a filter leaves steps out and changes none. At most 800 \
         days.",
    )
    .query("from", "The first day.")
    .required()
    .query("to", "The last day.")
    .required()
    .query(
        "known_at",
        "As known at this position or RFC 3339 instant; default now.",
    )
    .word(
        "as_recorded",
        &["false", "true"],
        "Judge each day as it was known when it ended; goes without `known_at`.",
    );
    let meaning = "What would have happened to which alert, in the order of the days.";
    let backtest = with_tag(with_alerts(backtest), meaning, &[(JSON, "Backtest")]);
    Routes::default().get("/v1/alerts/backtest", backtest_alerts, backtest)
}

#[derive(Serialize)]
struct BacktestAnswer {
    from: EffectiveOn,
    to: EffectiveOn,
    known_at: KnownAt,
    as_recorded: bool,
    steps: Vec<StepRow>,
}

/// Something that would have happened.
#[derive(Serialize)]
struct StepRow {
    day: EffectiveOn,
    id: String,
    rule: AlertRule,
    programme: ProgrammeCode,
    province: Option<ProvinceCode>,
    year: BudgetYear,
    change: &'static str,
    level: Option<AlertLevel>,
    why: Option<Ended>,
    rate: Option<String>,
    target: Option<String>,
    behind_by: Option<String>,
    gap: Option<Money>,
}

async fn backtest_alerts(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[&["from", "to", "known_at", "as_recorded", "rule"], SCOPES])?;
    negotiate(&headers, &[JSON])?;
    let which = Which::of(&parameters)?;
    let days = Days::of(&parameters)?;
    let as_recorded = parameters.flag("as_recorded")?;
    let judged = if as_recorded {
        Judged::as_recorded(&ledger, &parameters, days).await?
    } else {
        Judged::as_known(&ledger, &parameters, days).await?
    };
    let (known, recorded_at) = judged.known;
    let steps = steps(&ledger, judged.days, which).await?;
    let answer = BacktestAnswer {
        from: days.from,
        to: days.to,
        known_at: KnownAt::of(known, recorded_at),
        as_recorded,
        steps,
    };
    Ok(tagged(Written::json(&answer), known))
}

/// The days that are asked about.
#[derive(Clone, Copy)]
struct Days {
    from: EffectiveOn,
    to: EffectiveOn,
}

impl Days {
    fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        let day = |name, why| {
            let missing = || ApiError::MissingParameter {
                name,
                why,
                known: Vec::new(),
            };
            parameters.day(name)?.ok_or_else(missing)
        };
        let from = day("from", "it is the first day to judge")?;
        let to = day("to", "it is the last day to judge")?;
        let refused = |why| Err(ApiError::parameter("from", why));
        if from > to {
            return refused(format!("'from' is {from}, which is after 'to', {to}"));
        }
        let count = to.days_since(from) + 1;
        if count > MOST_DAYS {
            let why = format!(
                "from {from} to {to} are {count} days, and at most {MOST_DAYS} are judged at \
                 once: ask for a later 'from'"
            );
            return refused(why);
        }
        Ok(Self { from, to })
    }

    fn each(self) -> impl Iterator<Item = EffectiveOn> {
        let days = self.to.days_since(self.from);
        (0..=days).map(move |day| self.from.shifted(day))
    }
}

/// The days, each with what is known of it.
struct Judged {
    days: Vec<AsOf>,
    /// What is known at the end.
    known: (Position, Option<RecordedAt>),
}

impl Judged {
    /// Every day by all that is known at one position.
    async fn as_known(
        ledger: &Ledger,
        parameters: &Parameters,
        days: Days,
    ) -> Result<Self, ApiError> {
        let (known, recorded_at) = known_at(ledger, parameters, "known_at").await?;
        let as_of = |effective| AsOf { effective, known };
        Ok(Self {
            days: days.each().map(as_of).collect(),
            known: (known, recorded_at),
        })
    }

    /// Each day by what was known at its end.
    async fn as_recorded(
        ledger: &Ledger,
        parameters: &Parameters,
        days: Days,
    ) -> Result<Self, ApiError> {
        if parameters.find("known_at").is_some() {
            let why = "'known_at' is one position for all days, and 'as_recorded' one for each: \
                       give one of them";
            return Err(ApiError::parameter("known_at", why));
        }
        let (mut judged, mut known) = (Vec::new(), Position::START);
        for effective in days.each() {
            known = ledger.position_at(end(effective), PATIENCE).await?;
            judged.push(AsOf { effective, known });
        }
        reach(ledger, "to", known).await?;
        let last = ledger.event_at(known).await?;
        Ok(Self {
            days: judged,
            known: (known, last.map(|recorded| recorded.recorded_at)),
        })
    }
}

/// The last instant of a day in Vietnam.
fn end(day: EffectiveOn) -> RecordedAt {
    let next = day.shifted(1).begins();
    RecordedAt::from_micros(next.micros() - 1).unwrap_or(next)
}

/// Judges one day after the other, for as long as somebody waits for it.
async fn steps(ledger: &Ledger, days: Vec<AsOf>, which: Which) -> Result<Vec<StepRow>, ApiError> {
    let waiting = Waiting(Arc::new(AtomicBool::new(true)));
    let is_awaited = Arc::clone(&waiting.0);
    apart(ledger, move |ledger| {
        let (mut backtest, mut steps) = (Backtest::default(), Vec::new());
        for as_of in days {
            if !is_awaited.load(Ordering::Relaxed) {
                break;
            }
            let behind = ledger.figures(|figures| behind(figures, &Asked::all(as_of)));
            let next = backtest.next(&behind).into_iter();
            steps.extend(
                next.filter(|step| which.lets(step.id))
                    .filter_map(StepRow::of),
            );
        }
        steps
    })
    .await
}

/// That somebody waits for the answer, until this is dropped.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl StepRow {
    /// The row of a step; none for one that no judgement brings about.
    fn of(step: Step) -> Option<Self> {
        let (change, level, why) = match &step.body {
            AlertBody::Raised(judged) => ("raised", Some(judged.level), None),
            AlertBody::Updated(judged) => ("updated", Some(judged.level), None),
            AlertBody::Resolved(resolved) => ("resolved", None, Some(resolved.why)),
            AlertBody::Acknowledged
            | AlertBody::Silenced(_)
            | AlertBody::Delivered(_)
            | AlertBody::Abandoned(_)
            | AlertBody::Requested(_) => return None,
        };
        let evidence = step.body.evidence();
        let due = evidence.and_then(|it: &Evidence| it.due.as_ref());
        Some(Self {
            day: step.day,
            id: step.id.to_string(),
            rule: step.id.rule,
            programme: step.id.scope.programme,
            province: step.id.scope.province,
            year: step.id.scope.year,
            change,
            level,
            why,
            rate: evidence.and_then(|it| it.rate.as_ref()).map(shown),
            target: due.map(|due| shown(&due.target)),
            behind_by: due.map(|due| shown(&due.behind_by)),
            gap: due.map(|due| due.gap),
        })
    }
}
