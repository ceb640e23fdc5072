//! One append, sent until it is known what became of it.
//!
//! What was not answered is looked up, in the copy first and then on the server, and sent again
//! with the same event ids and the same expected revision: where the first attempt was written
//! after all, the server says so, and nothing is written twice.

use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Revision, StreamName};
use eventstore::{Error, EventData, ReadStreamOptions, StreamPosition, StreamState};
use store::{AppendError, Expected, Mirror};
use tokio::time::{Instant, timeout, timeout_at};

use crate::call::CallError;
use crate::link::{Link, Links};
use crate::settings::Call as _;
use crate::wait::Wait;

/// How long an append is tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);

/// How long the copy is looked at before the server is asked: other nodes' events come by themselves.
const COPY_FIRST: Duration = Duration::from_millis(50);

/// What the server says of an append that is more than its `MaxAppendSize`; how much that is, the
/// client does not pass on.
const TOO_LARGE: &str = "MaximumAppendSizeExceeded";

/// An append as it is sent.
pub(crate) struct Sent {
    pub(crate) stream: StreamName,
    /// What the stream is called there.
    pub(crate) there: String,
    pub(crate) expected: Expected,
    pub(crate) ids: Vec<EventId>,
    pub(crate) events: Vec<EventData>,
    pub(crate) bytes: usize,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The cluster has it, by this append or by another one with the same events.
    Written,
    /// The stream had gone on: it ends at this revision, or later.
    Conflict(Option<Revision>),
}

/// Sends `sent` until the outcome is known.
///
/// # Errors
/// [`AppendError::OutOfReach`] where it is not known in time; [`AppendError::TooLarge`] and
/// [`AppendError::Engine`] where the server will not have it.
pub(crate) async fn outcome(
    links: &Links,
    copy: &dyn Mirror,
    sent: &Sent,
) -> Result<Outcome, AppendError> {
    let deadline = Instant::now() + PATIENCE;
    let attempts = async {
        let mut wait = Wait::default();
        loop {
            let link = match links.link().await {
                Ok(link) => link,
                Err(error) => {
                    refused(&error, sent)?;
                    continue;
                }
            };
            match attempt(&link, sent).await {
                Ok(()) => return Ok(Outcome::Written),
                Err(error) => refused(&error, sent)?,
            }
            if let Some(seen) = in_copy(copy, sent).await {
                return Ok(seen);
            }
            match there(&link, links, sent).await {
                Ok(Some(seen)) => return Ok(seen),
                Ok(None) => {}
                Err(error) => refused(&error, sent)?,
            }
            wait.longer();
            wait.over().await;
        }
    };
    match timeout_at(deadline, attempts).await {
        Ok(known) => known,
        Err(_) => Err(AppendError::OutOfReach),
    }
}

async fn attempt(link: &Arc<Link>, sent: &Sent) -> Result<(), CallError> {
    let (stream, events) = (sent.there.clone(), sent.events.clone());
    let expected = match sent.expected {
        Expected::NoStream => StreamState::NoStream,
        Expected::Exact(revision) => StreamState::StreamRevision(revision.0),
    };
    let append = move |lane: eventstore::BatchAppendClient| async move {
        let done = lane.append_to_stream(stream, expected, events).await;
        (done, lane)
    };
    let done = link.on_lane(ATTEMPT, append).await;
    if let Err(error) = &done
        && !error.is_answer()
    {
        tracing::warn!(%error, "the connection to the cluster failed");
        link.fail();
    }
    done.map(|_| ())
}

/// Whether the server will not have it, whatever is tried.
fn refused(error: &CallError, sent: &Sent) -> Result<(), AppendError> {
    if error.is_denied() {
        return Err(AppendError::Engine(Arc::new(error.clone())));
    }
    match error {
        CallError::Client(Error::Grpc { message, .. }) if message == TOO_LARGE => {
            tracing::error!("the cluster takes less at once than max_append_bytes says");
            let (bytes, most) = (sent.bytes, None);
            Err(AppendError::TooLarge { bytes, most })
        }
        CallError::Client(Error::ResourceDeleted) => {
            Err(AppendError::Engine(Arc::new(error.clone())))
        }
        CallError::Client(_)
        | CallError::BrokeOff
        | CallError::TimedOut
        | CallError::Unusable(_)
        | CallError::AnotherLog => Ok(()),
    }
}

/// What the copy says, once it knows more of the stream than the append expects.
async fn in_copy(copy: &dyn Mirror, sent: &Sent) -> Option<Outcome> {
    let looking = async {
        let mut head = copy.watch_head();
        loop {
            head.mark_unchanged();
            let end = copy.stream_head(&sent.stream).await.ok()?;
            if Expected::from(end) != sent.expected {
                let mut found = 0;
                for id in &sent.ids {
                    found += usize::from(copy.find(*id).await.ok()?.is_some());
                }
                if found == sent.ids.len() {
                    return Some(Outcome::Written);
                }
                if found == 0 {
                    return Some(Outcome::Conflict(end));
                }
                // Another node wrote a part, and the rest of that is on its way.
            }
            head.changed().await.ok()?;
        }
    };
    timeout(COPY_FIRST, looking).await.ok().flatten()
}

/// What the server says: which events stand in the stream where those of the append would.
async fn there(link: &Link, links: &Links, sent: &Sent) -> Result<Option<Outcome>, CallError> {
    let from = match sent.expected {
        Expected::NoStream => 0,
        Expected::Exact(revision) => revision.0 + 1,
    };
    let options = ReadStreamOptions::default()
        .by(&links.settings().address)
        .position(StreamPosition::Position(from))
        .max_count(sent.ids.len());
    let (client, stream) = (link.client(), sent.there.clone());
    let read = async move {
        let mut events = client.read_stream(stream, &options).await?;
        let mut found = Vec::new();
        loop {
            match events.next().await {
                Ok(Some(event)) => {
                    let event = event.get_original_event();
                    found.push((EventId(event.id), Revision(event.revision)));
                }
                Ok(None) | Err(Error::ResourceNotFound) => return Ok(found),
                Err(error) => return Err(error),
            }
        }
    };
    let found = link.call(ATTEMPT, read).await;
    if let Err(error) = &found
        && !error.is_answer()
    {
        link.fail();
    }
    let found = found?;
    let are_ours = found.iter().map(|(id, _)| id).eq(&sent.ids);
    let last = found.last().map(|(_, revision)| *revision);
    Ok(match last {
        None => None,
        Some(_) if are_ours => Some(Outcome::Written),
        Some(last) => Some(Outcome::Conflict(Some(last))),
    })
}
