//! Lines: their balances, whatever the day, and what is open on them.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, Response, StatusCode};
use events::line::{Line, OpenCommitment, OpenDisbursement};
use events::log::Revision;
use events::money::Money;
use events::names::LineId;
use events::statement::Scope;
use events::text::{Place, Reference, Text};
use events::time::{BudgetYear, EffectiveOn};
use ledger::Standing;
use projections::Rate;
use projections::facts::Part;
use projections::figures::LineFigures;
use projections::row::Sums;
use serde::Serialize;

use crate::body::{self, JSON, negotiate};
use crate::error::ApiError;
use crate::figures::question::scope;
use crate::openapi::{Operation, Routes};
use crate::query::{Parameters, encoded};
use crate::routes::formats::Written;
use crate::routes::tagged::{bearing, tagged, with_tag};
use crate::routes::{answer, at};
use crate::state::{Ready, look};

const FILTERS: &[&str] = &["programme", "province", "year", "source", "type"];
const LIMIT: usize = 100;

pub(crate) fn router() -> Routes {
    let list = Operation::new(
        "list_lines",
        "Lines by their ids, with their sums whatever the day",
    )
    .query("programme", "Programmes; a comma makes a list.")
    .query("province", "Provinces, by the lines' own codes.")
    .query("year", "Budget years.")
    .query("source", "Sources.")
    .query("type", "Capital types.")
    .query("after", "The line to go on after.")
    .query("limit", "1 to 1,000; default 100.");
    let meaning = "A page of lines, and the path of the next.";
    let list = with_tag(list, meaning, &[(JSON, "Lines")]);
    let one = Operation::new(
        "read_line",
        "A line: balances, commitments, advances, window",
    )
    .parameter(
        "path",
        "line",
        "`programme/province/year/source/type`, slashes and all.",
    )
    .parameter("header", "If-None-Match", "The ETag that the caller has.")
    .json("The line; its ETag is its revision.", "Line")
    .answers(304, "The caller has it.", &[]);
    Routes::default()
        .get("/v1/lines", list_lines, list)
        .get("/v1/lines/{*line}", read_line, one)
}

#[derive(Serialize)]
struct Page {
    lines: Vec<Listed>,
    next: Option<String>,
}

/// A line of a list.
#[derive(Serialize)]
struct Listed {
    line: LineId,
    opened_on: EffectiveOn,
    revision: u64,
    plan: Money,
    committed: Money,
    disbursed: Money,
    remaining: Money,
    rate: Option<String>,
}

impl Listed {
    fn of(line: &LineFigures, sums: &Sums) -> Self {
        let (plan, disbursed) = (sums.plan(), sums.of(Part::Disbursed));
        Self {
            line: line.id,
            opened_on: line.judged_on,
            revision: line.revision.0,
            plan,
            committed: sums.of(Part::Committed),
            disbursed,
            remaining: plan - sums.of(Part::CarriedOut) - disbursed,
            rate: Rate::of(disbursed, plan).map(|rate| rate.to_string()),
        }
    }
}

async fn list_lines(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[FILTERS, &["after", "limit"]])?;
    negotiate(&headers, &[JSON])?;
    let scope = scope(&parameters)?;
    let after = parameters.parsed("after", LineId::parse)?;
    let limit = parameters.limit()?.unwrap_or(LIMIT);
    let (lines, applied) = look(&ledger, move |figures| {
        let lines = figures
            .lines_after(after)
            .filter(|line| admits(&scope, line.id));
        (
            lines
                .take(limit + 1)
                .map(|line| Listed::of(line, &figures.sums_of(line.id)))
                .collect(),
            figures.applied(),
        )
    })
    .await?;
    let page = Page::of(lines, limit, &parameters);
    Ok(tagged(Written::json(&page), applied))
}

impl Page {
    /// The first `limit` of `lines`; one more tells that there is another page.
    fn of(mut lines: Vec<Listed>, limit: usize, parameters: &Parameters) -> Self {
        let more = lines.len() > limit;
        lines.truncate(limit);
        let last = lines.last().filter(|_| more);
        let next = last.map(|last| next_path(parameters, &last.line.to_string()));
        Self { lines, next }
    }
}

fn next_path(parameters: &Parameters, after: &str) -> String {
    let kept = parameters.written(&["after"]);
    let sign = if kept.is_empty() { "" } else { "&" };
    format!("/v1/lines?{kept}{sign}after={}", encoded(after))
}

fn admits(scope: &Scope, line: LineId) -> bool {
    let lets = |is_empty: bool, contains: bool| is_empty || contains;
    lets(
        scope.programme.is_empty(),
        scope.programme.contains(&line.programme()),
    ) && lets(
        scope.province.is_empty(),
        scope.province.contains(&line.province()),
    ) && lets(scope.year.is_empty(), scope.year.contains(&line.year()))
        && lets(
            scope.source.is_empty(),
            scope.source.contains(&line.source()),
        )
        && lets(
            scope.capital_type.is_empty(),
            scope.capital_type.contains(&line.capital_type()),
        )
}

#[derive(Serialize)]
struct One {
    line: LineId,
    opened_on: Option<EffectiveOn>,
    revision: u64,
    window: Window,
    balances: Balances,
    commitments: Vec<Commitment>,
    advances: Vec<Advance>,
}

#[derive(Serialize)]
struct Window {
    from: EffectiveOn,
    until: EffectiveOn,
}

#[derive(Serialize)]
struct Balances {
    plan: Money,
    assigned: Money,
    local_increase: Money,
    carried_in: Money,
    reallocated: Money,
    recalled: Money,
    carried_out: Money,
    remaining: Money,
    free: Money,
    detailed: Money,
    committed: Money,
    unpaid: Money,
    disbursed: Money,
    advances_outstanding: Money,
    estimated: Money,
    rate: Option<String>,
}

#[derive(Serialize)]
struct Commitment {
    reference: Reference,
    effective_on: EffectiveOn,
    amount: Money,
    paid: Money,
    left: Money,
    project: Option<Place>,
    commune: Option<Place>,
    payee: Option<Text>,
}

#[derive(Serialize)]
struct Advance {
    reference: Reference,
    effective_on: EffectiveOn,
    outstanding: Money,
    commitment: Option<Reference>,
    vintage: BudgetYear,
    project: Option<Place>,
    commune: Option<Place>,
}

impl One {
    fn of(line: &Line, revision: Revision) -> Self {
        let (from, until) = line.window();
        Self {
            line: line.id(),
            opened_on: line.judged_on(),
            revision: revision.0,
            window: Window { from, until },
            balances: Balances::of(line),
            commitments: line.commitments().iter().map(Commitment::of).collect(),
            advances: line.advances().map(Advance::of).collect(),
        }
    }
}

impl Balances {
    fn of(line: &Line) -> Self {
        let balance = line.balance();
        Self {
            plan: balance.plan(),
            assigned: balance.assigned,
            local_increase: balance.local_increase,
            carried_in: balance.carried_in,
            reallocated: balance.reallocated,
            recalled: balance.recalled,
            carried_out: balance.carried_out,
            remaining: balance.remaining(),
            free: balance.free(),
            detailed: balance.detailed,
            committed: balance.committed,
            unpaid: balance.unpaid,
            disbursed: balance.disbursed,
            advances_outstanding: balance.advances_outstanding,
            estimated: balance.estimated,
            rate: Standing::of(line).rate.map(|rate| rate.to_string()),
        }
    }
}

impl Commitment {
    fn of((reference, open): (&Reference, &OpenCommitment)) -> Self {
        Self {
            reference: reference.clone(),
            effective_on: open.on,
            amount: open.amount,
            paid: open.paid,
            left: open.unpaid(),
            project: open.project.clone(),
            commune: open.commune.clone(),
            payee: open.payee.clone(),
        }
    }
}

impl Advance {
    fn of((reference, open): (&Reference, &OpenDisbursement)) -> Self {
        Self {
            reference: reference.clone(),
            effective_on: open.on,
            outstanding: open.outstanding,
            commitment: open.commitment.clone(),
            vintage: open.paid.vintage,
            project: open.paid.project.clone(),
            commune: open.paid.commune.clone(),
        }
    }
}

async fn read_line(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[])?;
    negotiate(&headers, &[JSON])?;
    let line = named(path)?;
    let applied = ledger.applied();
    let found = ledger.find_line(line).await?;
    let unknown = || ApiError::NotFound(format!("nothing is recorded on a line {line}"));
    let (found, revision) = found.ok_or_else(unknown)?;
    let line = answer(StatusCode::OK, JSON, body::json(&One::of(&found, revision)));
    Ok(at(bearing(line, format!("\"{revision}\"")), applied))
}

/// The line that a path names, slashes and all.
fn named(path: Result<Path<String>, PathRejection>) -> Result<LineId, ApiError> {
    let Path(text) = path.map_err(|_| ApiError::Encoding)?;
    LineId::parse(&text).map_err(|error| ApiError::NotFound(error.to_string()))
}
