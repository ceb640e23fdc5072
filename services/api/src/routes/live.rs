//! Events as they are recorded, or those of alerts alone: server-sent events, read from the log, so that whoever was away goes on
//! where they stopped and misses nothing. A slow reader holds up nobody but themselves.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use events::alert::AlertId;
use events::log::{Position, Recorded, Stored};
use hyper::body::Frame;
use ledger::{Ledger, LedgerError};
use tokio::sync::mpsc;

use crate::body::{self, EVENT_STREAM, negotiate};
use crate::error::ApiError;
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::routes::events::Event;
use crate::routes::{answer, at};
use crate::state::{AppState, Ready, find_position, reach};

/// The events of an alert that people hear of; how they were told of them is not news.
const HEARD: [&str; 5] = [
    "alert.raised",
    "alert.updated",
    "alert.resolved",
    "alert.acknowledged",
    "alert.silenced",
];

/// Events read at once.
const PAGE: usize = 1_000;
/// How long nothing is said before a sign of life, which also finds out whether anybody listens.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// What a reader is told first: how long to wait before it comes back.
const COME_BACK: &str = "retry: 3000\n\n";

/// Whether a reader is told of an event.
type Hears = fn(&Recorded<Stored>) -> bool;

pub(super) fn router() -> Routes {
    let all = Operation::new(
        "follow_events",
        "Events as they are recorded, as server-sent events",
    )
    .detail(
        "One event each, as `/v1/events` has it, under its name; its id is its position. \
         A comment every 15 seconds shows that the connection lives.",
    );
    let alerts = Operation::new(
        "follow_alerts",
        "Alerts as they happen, as server-sent events",
    )
    .detail(
        "An event of an alert each, as `/v1/events` has it, under its name; its id is its \
         position. Raised, updated, resolved, acknowledged and silenced alerts are told. \
         A comment every 15 seconds shows that the connection lives.",
    );
    Routes::default()
        .get("/v1/events/live", follow_events, followed(all))
        .get("/v1/alerts/live", follow_alerts, followed(alerts))
}

fn followed(operation: Operation) -> Operation {
    operation
        .parameter(
            "header",
            "Last-Event-ID",
            "The position to go on after; it stands before `after`.",
        )
        .query("after", "The position to go on after; default now.")
        .answers(200, "The events.", &[(EVENT_STREAM, "text")])
}

async fn follow_events(
    State(state): State<AppState>,
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    follow((state, ledger), parameters, headers, |_| true).await
}

async fn follow_alerts(
    State(state): State<AppState>,
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    follow((state, ledger), parameters, headers, is_heard).await
}

async fn follow(
    (state, ledger): (AppState, Ledger),
    parameters: Parameters,
    headers: HeaderMap,
    hears: Hears,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[&["after"]])?;
    negotiate(&headers, &[EVENT_STREAM])?;
    let after = after(&ledger, &parameters, &headers).await?;
    let (sender, receiver) = mpsc::channel(1);
    let follower = Follower {
        ledger,
        seen: after,
        hears,
        sender,
    };
    tokio::spawn(async move {
        tokio::select! {
            ended = follower.follow() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "events are not followed any more");
                }
            }
            // A stream has no end of its own, and would hold up the service's.
            () = state.leaving() => {}
        }
    });
    let body = Body::new(Streamed(receiver));
    Ok(at(answer(StatusCode::OK, EVENT_STREAM, body), after))
}

/// Where to go on: where the reader stopped, or now.
async fn after(
    ledger: &Ledger,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Position, ApiError> {
    const LAST: &str = "Last-Event-ID";
    let (name, position) = if let Some(last) = headers.get("last-event-id") {
        let position = last.to_str().ok().and_then(find_position);
        let refused = || ApiError::Header {
            name: LAST,
            why: format!("{LAST} is a position: a whole number"),
        };
        (LAST, Some(position.ok_or_else(refused)?))
    } else {
        let read = |text: &str| find_position(text).ok_or("'after' is a position: a whole number");
        ("after", parameters.parsed("after", read)?)
    };
    let Some(position) = position else {
        return Ok(ledger.applied());
    };
    reach(ledger, name, position).await?;
    Ok(position)
}

/// Follows the log for one reader.
struct Follower {
    ledger: Ledger,
    /// The last position looked at.
    seen: Position,
    hears: Hears,
    sender: mpsc::Sender<Bytes>,
}

impl Follower {
    /// Tells what there is and what comes, until nobody listens or nothing ever comes.
    async fn follow(mut self) -> Result<(), LedgerError> {
        let mut listens = self.tell(COME_BACK.into()).await;
        while listens {
            let applied = self.ledger.applied();
            if self.seen < applied {
                let said = self.read_on(applied).await?;
                listens = said.is_empty() || self.tell(said.into()).await;
                continue;
            }
            let passed = tokio::select! {
                () = self.ledger.pass(self.seen) => true,
                () = tokio::time::sleep(SIGN_OF_LIFE) => false,
                () = self.sender.closed() => return Ok(()),
            };
            if !passed {
                listens = self.tell(Bytes::from_static(b":\n\n")).await;
            } else if self.ledger.applied() <= self.seen {
                // The figures have stopped for good.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether somebody still listens, who is told this.
    async fn tell(&self, said: Bytes) -> bool {
        self.sender.send(said).await.is_ok()
    }

    /// What is to be told of the next events, up to `until`: what is told of can be asked about.
    async fn read_on(&mut self, until: Position) -> Result<Vec<u8>, LedgerError> {
        let mut page = self.ledger.events(self.seen, PAGE).await?;
        page.retain(|recorded| recorded.position <= until);
        // The log has what the figures count, so there is something.
        self.seen = page.last().map_or(until, |last| last.position);
        let heard = page.into_iter().filter(self.hears);
        Ok(heard.flat_map(written).collect())
    }
}

fn is_heard(recorded: &Recorded<Stored>) -> bool {
    let is_alert = recorded.stream.category() == AlertId::CATEGORY;
    is_alert && HEARD.contains(&recorded.event.name.as_str())
}

/// An event as it is sent. JSON has no line breaks, so it is one line of data.
fn written(recorded: Recorded<Stored>) -> Vec<u8> {
    let (position, name) = (recorded.position, recorded.event.name.clone());
    let mut written = format!("id: {position}\nevent: {name}\ndata: ").into_bytes();
    written.extend(body::json(&Event::of(recorded)));
    written.extend_from_slice(b"\n\n");
    written
}

/// Bytes as they come.
struct Streamed(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = ApiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ApiError>>> {
        let polled = self.0.poll_recv(context);
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
