//! One record in, its place in the log out.

use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use events::log::{Origin, Revision};
use ledger::Answer;
use projections::Rate;
use serde::Serialize;

use crate::body::{self, JSON, RECORD};
use crate::error::ApiError;
use crate::layers::Correlation;
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::records;
use crate::routes::tagged::opaque;
use crate::routes::{answer, at};
use crate::state::Ready;

/// Who writes until keys exist.
const ACTOR: &str = "local";

const EXAMPLE: &str = r#"{"record":"disbursement","line":"NTM/10/2024/central/investment","reference":"KB-2024-000123","effective_on":"2024-08-15","amount":"1782000000","kind":"payment","commitment":"HD-2024-017"}"#;

pub(crate) fn router() -> Routes {
    let record = Operation::new("record_one", "Record one record")
        .detail(
            "The same reference with the same content is a repeat: 200 with the first answer and \
             `Outlay-Replayed: true`; with other content it is refused with 409.",
        )
        .parameter(
            "header",
            "Outlay-At-Least",
            "Waits until this position is applied: what another node recorded up to there is \
             judged with.",
        )
        .parameter(
            "header",
            "If-Match",
            "The revision, in quotes, that the stream must be at.",
        )
        .parameter(
            "header",
            "X-Request-Id",
            "Echoed; where it is a UUID, the events bear it.",
        )
        .body(JSON, "Record", EXAMPLE)
        .answers(201, "It is recorded.", &[(JSON, "Recorded")])
        .answers(200, "It had been recorded before.", &[(JSON, "Recorded")]);
    Routes::default().post("/v1/records", record_one, record)
}

/// A record's place in the log, and how its line stood then.
#[derive(Serialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    place: Option<Place>,
    stream: String,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<String>,
    line: Option<Standing>,
    // Proofs of inclusion come with the log's tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Place {
    id: String,
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_in: Option<u64>,
}

/// How a line stood.
#[derive(Serialize)]
pub(crate) struct Standing {
    plan: String,
    committed: String,
    disbursed: String,
    remaining: String,
    rate: Option<String>,
}

impl Kept {
    /// The body of `answer`; without a place where it has none.
    pub(crate) fn of(answer: &Answer) -> Self {
        let kept = answer.is_recorded();
        let place = Place {
            id: answer.id.to_string(),
            position: answer.position.0,
            position_in: answer.arrived.map(|position| position.0),
        };
        Self {
            place: kept.then_some(place),
            stream: answer.stream.to_string(),
            revision: answer.revision.0,
            recorded_at: kept.then(|| answer.recorded_at.to_string()),
            line: answer.standing.as_ref().map(Standing::of),
            receipt: kept.then_some(serde_json::Value::Null),
        }
    }
}

impl Standing {
    fn of(standing: &ledger::Standing) -> Self {
        Self {
            plan: standing.plan.to_string(),
            committed: standing.committed.to_string(),
            disbursed: standing.disbursed.to_string(),
            remaining: standing.remaining.to_string(),
            rate: standing.rate.map(|rate: Rate| rate.to_string()),
        }
    }
}

/// Who asks, in which request.
pub(crate) fn origin(correlation: Correlation) -> Origin {
    Origin {
        actor: ACTOR.to_owned(),
        correlation_id: correlation.0,
        causation_id: None,
    }
}

async fn record_one(
    Ready(ledger): Ready,
    parameters: Parameters,
    Extension(correlation): Extension<Correlation>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[])?;
    let if_match = if_match(request.headers())?;
    let body = body::read(request, JSON, RECORD).await?;
    let (record, origin) = (records::parse(&body)?, origin(correlation));
    let request = ledger::Request {
        record,
        origin,
        if_match,
    };
    Ok(recorded(&ledger.record(request).await?))
}

fn recorded(recorded: &Answer) -> Response<Body> {
    let status = if recorded.replayed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let mut response = answer(status, JSON, body::json(&Kept::of(recorded)));
    let headers = response.headers_mut();
    // A UUID is a header value.
    if let Ok(location) = HeaderValue::try_from(format!("/v1/events/{}", recorded.id)) {
        headers.insert(header::LOCATION, location);
    }
    if recorded.replayed {
        headers.insert("outlay-replayed", HeaderValue::from_static("true"));
    }
    at(
        response,
        recorded
            .arrived
            .map_or(recorded.position, |it| it.max(recorded.position)),
    )
}

/// The revision that `If-Match` names, weak or not: what an answer says of a version may have come
/// through somebody who compresses.
fn if_match(headers: &HeaderMap) -> Result<Option<Revision>, ApiError> {
    let refused = || ApiError::Header {
        name: "If-Match",
        why: "If-Match is one revision in quotes, like \"3\"".to_owned(),
    };
    let mut named = None;
    for value in headers.get_all(header::IF_MATCH) {
        for tag in value.to_str().map_err(|_| refused())?.split(',') {
            let revision = find_revision(tag.trim()).ok_or_else(refused)?;
            if named.is_some_and(|earlier| earlier != revision) {
                return Err(refused());
            }
            named = Some(revision);
        }
    }
    Ok(named)
}

/// The revision that is this tag.
fn find_revision(tag: &str) -> Option<Revision> {
    let quoted = opaque(tag).strip_prefix('"')?.strip_suffix('"')?;
    let plain = !quoted.is_empty() && quoted.bytes().all(|byte| byte.is_ascii_digit());
    quoted.parse().ok().filter(|_| plain).map(Revision)
}
