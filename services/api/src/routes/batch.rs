//! Many records in, one answer a row out, in the same order.

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request};
use axum::http::{Response, StatusCode};
use ledger::{Answer, BatchRow, Ledger, Mode, RecordError};
use serde::Serialize;

use crate::body::{self, BATCH, NDJSON};
use crate::error::ApiError;
use crate::layers::Correlation;
use crate::openapi::{Operation, Routes};
use crate::problem::Members;
use crate::query::Parameters;
use crate::records::{self, Unreadable};
use crate::routes::records::{Kept, origin};
use crate::routes::{answer, at};
use crate::state::Ready;

/// Most records of a batch.
const MOST_RECORDS: usize = 10_000;

const EXAMPLE: &str = "{\"record\":\"allocation\",\"line\":\"NTM/10/2024/central/investment\",\"reference\":\"QD-1\",\"effective_on\":\"2024-01-05\",\"amount\":\"2419000000000\",\"basis\":\"assigned\"}\n";

pub(crate) fn router() -> Routes {
    let batch = Operation::new("record_batch", "Record many records")
        .detail(
            "NDJSON in, NDJSON out in the same order; `row` is the number of the record, from 1; \
             blank lines are skipped and not counted. Each record stands on its own; one that is \
             recorded already is told its first answer with status 200, whatever becomes of others.",
        )
        .word(
            "atomic",
            &["false", "true"],
            "All records of one line stand or fall together.",
        )
        .word(
            "dry_run",
            &["false", "true"],
            "Judge everything and keep nothing.",
        )
        .parameter(
            "header",
            "Outlay-At-Least",
            "Waits until this position is applied: what another node recorded up to there is \
             judged with.",
        )
        .body(NDJSON, "Record", EXAMPLE)
        .answers(200, "What each row came to.", &[(NDJSON, "BatchRow")]);
    Routes::default().post("/v1/records/batch", record_batch, batch)
}

async fn record_batch(
    Ready(ledger): Ready,
    parameters: Parameters,
    Extension(correlation): Extension<Correlation>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[&["atomic", "dry_run"]])?;
    let mode = match (parameters.flag("atomic")?, parameters.flag("dry_run")?) {
        (false, false) => Mode::Each,
        (true, false) => Mode::Atomic,
        (false, true) => Mode::DryRun,
        (true, true) => Mode::AtomicDryRun,
    };
    let body = body::read(request, NDJSON, BATCH).await?;
    let rows = tokio::task::spawn_blocking(move || Rows::read(&body, correlation)).await;
    let answered = rows
        .map_err(|_| ApiError::Panicked)??
        .record(&ledger, mode)
        .await;
    Ok(at(
        answer(StatusCode::OK, NDJSON, answered),
        ledger.applied(),
    ))
}

/// The rows of a batch, and what is known of those that cannot be read.
struct Rows {
    rows: Vec<BatchRow>,
    /// The number of each row, and why it cannot be read.
    numbers: Vec<(usize, Option<Unreadable>)>,
}

impl Rows {
    fn read(body: &Bytes, correlation: Correlation) -> Result<Self, ApiError> {
        // Of files that were joined, each may begin with a mark.
        let lines = body.split(|byte| *byte == b'\n').map(body::without_marks);
        let lines = lines.flat_map(body::joined);
        let written = lines.filter(|line| !line.trim_ascii().is_empty());
        if written.clone().count() > MOST_RECORDS {
            let (what, limit) = ("batch", "10,000 records".to_owned());
            return Err(ApiError::TooLarge { what, limit });
        }
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(written) {
            let (row, unreadable) = match records::parse(line) {
                Ok(record) => {
                    let (origin, if_match) = (origin(correlation), None);
                    let request = ledger::Request {
                        record,
                        origin,
                        if_match,
                    };
                    (BatchRow::Record(Box::new(request)), None)
                }
                Err(error) => (BatchRow::Unreadable(records::find_line(line)), Some(error)),
            };
            rows.push(row);
            numbers.push((number, unreadable));
        }
        Ok(Self { rows, numbers })
    }

    /// What the rows came to, as NDJSON.
    async fn record(self, ledger: &Ledger, mode: Mode) -> Vec<u8> {
        let results = ledger.record_batch(self.rows, mode).await;
        let mut answered = Vec::new();
        for ((row, unreadable), result) in self.numbers.into_iter().zip(results) {
            let result = match (unreadable, result) {
                (Some(unreadable), _) => Err(unreadable.into()),
                (None, Some(result)) => result.map_err(ApiError::from),
                // A row that could be read has a result.
                (None, None) => Err(RecordError::Conflict.into()),
            };
            answered.extend(one(row, result));
            answered.push(b'\n');
        }
        answered
    }
}

fn one(row: usize, result: Result<Answer, ApiError>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Numbered<T> {
        row: usize,
        status: u16,
        #[serde(flatten)]
        answer: T,
    }
    match result {
        Ok(answer) => {
            let status = if answer.replayed { 200 } else { 201 };
            let answer = Kept::of(&answer);
            body::json(&Numbered {
                row,
                status,
                answer,
            })
        }
        Err(error) => {
            let problem = error.problem();
            let mut members = problem.members();
            members.retain(|(name, _)| name != "status");
            let (status, answer) = (problem.status.as_u16(), Members(members));
            body::json(&Numbered {
                row,
                status,
                answer,
            })
        }
    }
}
