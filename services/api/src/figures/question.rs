//! The question that a query asks, with every default written out.

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::log::Position;
use events::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use events::statement::Scope;
use events::text::Place;
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use ledger::Ledger;
use projections::{AsOf, Boundaries, Dimension, Question};

use crate::error::ApiError;
use crate::query::Parameters;
use crate::state::{PATIENCE, find_position, reach};

/// What is counted.
pub(crate) const FILTERS: &[&str] = &[
    "programme",
    "province",
    "year",
    "source",
    "type",
    "project",
    "commune",
];
/// As of when.
pub(crate) const CLOCKS: &[&str] = &["as_of", "known_at"];
/// By whose codes, and on which basis.
pub(crate) const BASIS: &[&str] = &[
    "boundaries",
    "numerator",
    "certainty",
    "money",
    "denominator",
];

/// A question, and when its last event was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) recorded_at: Option<RecordedAt>,
}

/// The question of `parameters`, once the figures are as far as it asks.
pub(crate) async fn asked(ledger: &Ledger, parameters: &Parameters) -> Result<Asked, ApiError> {
    asked_at(ledger, parameters, "known_at").await
}

/// The question of `parameters` as known at the one called `name`.
pub(crate) async fn asked_at(
    ledger: &Ledger,
    parameters: &Parameters,
    name: &'static str,
) -> Result<Asked, ApiError> {
    let today = ledger.today();
    let scope = scope(parameters)?;
    let by = by(parameters)?;
    let basis = basis(parameters)?;
    let effective = parameters.day("as_of")?.unwrap_or(today);
    let boundaries = boundaries(parameters, today)?;
    let (known, recorded_at) = known_at(ledger, parameters, name).await?;
    let as_of = AsOf { effective, known };
    let question = Question {
        scope,
        by,
        as_of,
        boundaries,
        basis,
    };
    Ok(Asked {
        question,
        recorded_at,
    })
}

pub(crate) fn scope(parameters: &Parameters) -> Result<Scope, ApiError> {
    Ok(Scope {
        programme: parameters.set("programme", ProgrammeCode::parse)?,
        province: parameters.set("province", ProvinceCode::parse)?,
        year: parameters.set("year", year)?,
        source: parameters.set("source", CapitalSource::parse)?,
        capital_type: parameters.set("type", CapitalType::parse)?,
        project: parameters.set("project", Place::parse)?,
        commune: parameters.set("commune", Place::parse)?,
    })
}

/// What of `question` has a default, as parameters, and the filters of `parameters`: with them the
/// same is asked for ever.
pub(crate) fn written_out(question: &Question, parameters: &Parameters) -> String {
    let Question {
        as_of,
        boundaries,
        basis,
        ..
    } = question;
    let filters = parameters.of(FILTERS);
    let sign = if filters.is_empty() { "" } else { "&" };
    format!(
        "{filters}{sign}as_of={}&known_at={}&boundaries={}&numerator={}&certainty={}&money={}\
         &denominator={}",
        as_of.effective,
        as_of.known,
        named(*boundaries),
        basis.numerator.as_str(),
        basis.certainty.as_str(),
        basis.money.as_str(),
        basis.denominator.as_str(),
    )
}

/// Boundaries as they are asked for.
pub(crate) fn named(boundaries: Boundaries) -> String {
    match boundaries {
        Boundaries::Recorded => "recorded".to_owned(),
        Boundaries::Day(day) => day.to_string(),
    }
}

pub(crate) fn year(text: &str) -> Result<BudgetYear, String> {
    let plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = text.parse().ok().filter(|_| plain);
    let year = year.and_then(|year: i64| BudgetYear::try_from(year).ok());
    year.ok_or_else(|| format!("'{text}' is not a budget year between 2000 and 2099"))
}

fn by(parameters: &Parameters) -> Result<Vec<Dimension>, ApiError> {
    let mut by = Vec::new();
    let list = parameters.find("by").unwrap_or_default();
    for word in list.split(',').filter(|_| !list.is_empty()) {
        let dimension = Dimension::find(word).ok_or_else(|| ApiError::Parameter {
            name: "by",
            why: format!("'{word}' is no dimension: {}", Dimension::KNOWN.join(", ")),
            known: Dimension::KNOWN.to_vec(),
        })?;
        if by.contains(&dimension) {
            return Err(ApiError::parameter(
                "by",
                format!("'{word}' is named twice"),
            ));
        }
        by.push(dimension);
    }
    Ok(by)
}

fn basis(parameters: &Parameters) -> Result<Basis, ApiError> {
    let numerator = parameters.word("numerator", Numerator::KNOWN, Numerator::find)?;
    let certainty = parameters.word("certainty", Counted::KNOWN, Counted::find)?;
    let money = parameters.word("money", CountedMoney::KNOWN, CountedMoney::find)?;
    let denominator = parameters.word("denominator", Denominator::KNOWN, Denominator::find)?;
    Ok(Basis {
        numerator: numerator.unwrap_or_default(),
        certainty: certainty.unwrap_or_default(),
        money: money.unwrap_or_default(),
        denominator: denominator.unwrap_or_default(),
    })
}

fn boundaries(parameters: &Parameters, today: EffectiveOn) -> Result<Boundaries, ApiError> {
    let read = |text: &str| match text {
        "recorded" => Ok(Boundaries::Recorded),
        "now" => Ok(Boundaries::Day(today)),
        day => EffectiveOn::parse(day)
            .map(Boundaries::Day)
            .map_err(|_| format!("'{day}' is neither 'recorded' nor 'now' nor a day YYYY-MM-DD")),
    };
    let boundaries = parameters.parsed("boundaries", read)?;
    Ok(boundaries.unwrap_or(Boundaries::Recorded))
}

/// The position that the parameter called `name` asks for, which is now where it is not given, and
/// when its event was recorded; once the figures are there.
pub(crate) async fn known_at(
    ledger: &Ledger,
    parameters: &Parameters,
    name: &'static str,
) -> Result<(Position, Option<RecordedAt>), ApiError> {
    let known = match parameters.find(name) {
        None => {
            ledger.goes_on()?;
            ledger.applied()
        }
        Some(text) => match find_position(text) {
            Some(position) => position,
            None => position_at(ledger, name, text).await?,
        },
    };
    reach(ledger, name, known).await?;
    let last = ledger.event_at(known).await?;
    Ok((known, last.map(|recorded| recorded.recorded_at)))
}

/// The last position at or before the instant that `text` writes.
async fn position_at(
    ledger: &Ledger,
    name: &'static str,
    text: &str,
) -> Result<Position, ApiError> {
    let refused = |why| Err(ApiError::parameter(name, why));
    // A query writes a blank where an offset's plus was not escaped.
    let Ok(instant) = RecordedAt::parse(&text.replace(' ', "+")) else {
        return refused(format!(
            "'{text}' is neither a position nor an RFC 3339 instant"
        ));
    };
    let position = ledger.position_at(instant, PATIENCE).await;
    // Stamps grow even where the clock stands still, and other nodes' clocks may be ahead of it: the
    // log may be a little ahead too.
    let (_, last) = ledger.head().await?;
    let now = last.map_or(ledger.now(), |last| last.max(ledger.now()));
    if instant > now {
        return refused(format!("{instant} has not come yet: it is {now}"));
    }
    Ok(position?)
}
