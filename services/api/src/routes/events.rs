//! The log: a page of it, all of it, one event.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, Response, StatusCode};
use events::log::{EventId, Position, Recorded, Stored};
use hyper::body::Frame;
use ledger::panics::caught_in;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::body::{self, JSON, NDJSON, negotiate};
use crate::error::ApiError;
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::{answer, at, varying};
use crate::state::Ready;
use crate::tail::{Filter, Tail};

const KNOWN: &[&str] = &[
    "after",
    "limit",
    "stream",
    "name",
    "line",
    "reference",
    "effective_from",
    "effective_to",
];
const LIMIT: usize = 100;

pub(crate) fn router() -> Routes {
    let list = Operation::new("list_events", "Events in log order")
        .detail(
            "As NDJSON: all events up to the head at the request. As JSON: a page, and the path \
             of the next, which is null at the end of the log. Where filters let little through, \
             a page may hold fewer events than `limit` and still have a next one.",
        )
        .query("after", "The position to go on after; 0 is the start.")
        .query("limit", "1 to 1,000; default 100.")
        .query("stream", "Of this stream.")
        .query("name", "Of this name, like `line.disbursed`.")
        .query("line", "Of this line.")
        .query("reference", "Of this reference.")
        .query("effective_from", "Effective on or after this day.")
        .query("effective_to", "Effective on or before this day.")
        .answers(200, "The events.", &[(JSON, "Events"), (NDJSON, "Event")]);
    let one = Operation::new("read_event", "One event")
        .parameter("path", "id", "Its id.")
        .json("The event.", "Event");
    Routes::default()
        .get("/v1/events", list_events, list)
        .get("/v1/events/{id}", read_event, one)
}

#[derive(Serialize)]
struct Page {
    events: Vec<Event>,
    next: Option<String>,
}

/// An event as it is given: its place, and its payload as it is stored.
#[derive(Serialize)]
pub(crate) struct Event {
    position: u64,
    id: Uuid,
    stream: String,
    revision: u64,
    name: String,
    version: u16,
    recorded_at: String,
    effective_on: Option<String>,
    reference: Option<String>,
    actor: String,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    data: Box<RawValue>,
}

/// What every payload says of its record.
#[derive(Default, Deserialize)]
pub(crate) struct Entry {
    pub(crate) effective_on: Option<String>,
    pub(crate) reference: Option<String>,
}

impl Entry {
    pub(crate) fn of(stored: &Stored) -> Self {
        serde_json::from_str(&stored.data).unwrap_or_default()
    }
}

impl Event {
    pub(crate) fn of(recorded: Recorded<Stored>) -> Self {
        let Entry {
            effective_on,
            reference,
        } = Entry::of(&recorded.event);
        Self {
            position: recorded.position.0,
            id: recorded.id.0,
            stream: recorded.stream.to_string(),
            revision: recorded.revision.0,
            name: recorded.event.name,
            version: recorded.event.version,
            recorded_at: recorded.recorded_at.to_string(),
            effective_on,
            reference,
            actor: recorded.origin.actor,
            correlation_id: recorded.origin.correlation_id,
            causation_id: recorded.origin.causation_id.map(|id| id.0),
            data: RawValue::from_string(recorded.event.data).unwrap_or_default(),
        }
    }
}

async fn list_events(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[KNOWN])?;
    let media_type = negotiate(&headers, &[JSON, NDJSON])?;
    let (filter, limit) = (Filter::of(&parameters)?, parameters.limit()?);
    let (head, _) = ledger.head().await?;
    let tail = Tail::open(ledger, filter, head).await?;
    if media_type == NDJSON {
        let streamed = Streamed::begin(tail, limit);
        return Ok(varying(at(
            answer(StatusCode::OK, NDJSON, Body::new(streamed)),
            head,
        )));
    }
    page(tail, limit.unwrap_or(LIMIT), &parameters, head).await
}

async fn page(
    mut tail: Tail,
    limit: usize,
    parameters: &Parameters,
    head: Position,
) -> Result<Response<Body>, ApiError> {
    let events = tail.take(limit).await?;
    let next = tail.more().await?.map(|after| {
        let kept = parameters.written(&["after"]);
        let sign = if kept.is_empty() { "" } else { "&" };
        format!("/v1/events?{kept}{sign}after={after}")
    });
    let events = events.into_iter().map(Event::of).collect();
    Ok(varying(at(
        answer(StatusCode::OK, JSON, body::json(&Page { events, next })),
        head,
    )))
}

async fn read_event(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[])?;
    negotiate(&headers, &[JSON])?;
    let Path(text) = path.map_err(|_| ApiError::Encoding)?;
    let no_id = |_| ApiError::NotFound(format!("'{text}' is not the id of an event: a UUID"));
    let id = Uuid::parse_str(&text).map_err(no_id)?;
    let found = ledger.find_event(EventId(id)).await?;
    let unknown = || ApiError::NotFound(format!("there is no event {id}"));
    let found = found.ok_or_else(unknown)?;
    let position = found.position;
    Ok(at(
        answer(StatusCode::OK, JSON, body::json(&Event::of(found))),
        position,
    ))
}

/// Events as NDJSON, read as fast as they are taken.
struct Streamed(mpsc::Receiver<Result<Bytes, ApiError>>);

impl Streamed {
    /// Pages read ahead of the reader.
    const AHEAD: usize = 2;
    /// Events of a page.
    const PAGE: usize = 500;

    fn begin(mut tail: Tail, limit: Option<usize>) -> Self {
        let (sender, receiver) = mpsc::channel(Self::AHEAD);
        tokio::spawn(async move {
            let mut left = limit.unwrap_or(usize::MAX);
            while left > 0 && !tail.is_done() {
                // Events that end where somebody panicked would look like all there are.
                let taken = caught_in(tail.take(Self::PAGE.min(left))).await;
                let page = taken.unwrap_or(Err(ApiError::Panicked)).map(|events| {
                    left -= events.len();
                    lines(events)
                });
                let failed = page.is_err();
                // The reader is gone, or has been told.
                if sender.send(page).await.is_err() || failed {
                    return;
                }
            }
        });
        Self(receiver)
    }
}

fn lines(events: Vec<Recorded<Stored>>) -> Bytes {
    let mut written = Vec::new();
    for event in events {
        written.extend(body::json(&Event::of(event)));
        written.push(b'\n');
    }
    written.into()
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = ApiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ApiError>>> {
        let polled = self.0.poll_recv(context);
        polled.map(|page| page.map(|page| page.map(Frame::data)))
    }
}
