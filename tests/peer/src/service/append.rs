//! `Streams/Append`: one append to one stream, all of it or nothing.

use std::collections::BTreeMap;

use prost::bytes::Bytes;
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::{Node, demanded, name, refusal};
use crate::faults::AppendFault;
use crate::log::{Expected, Outcome, Proposed};
use crate::protocol::shared::{Uuid as WireUuid, uuid as wire};
use crate::protocol::streams::append_req::Content;
use crate::protocol::streams::append_req::options::ExpectedStreamRevision;
use crate::protocol::streams::append_resp::wrong_expected_version as wrong;
use crate::protocol::streams::append_resp::{Position, Result as Answer, Success, success};
use crate::protocol::streams::{AppendReq, AppendResp, append_resp};

/// Why an append got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The call broke.
    Cut,
    /// The server gave up waiting.
    TimedOut,
}

impl Node {
    pub(super) async fn append_from(
        &self,
        mut requests: Streaming<AppendReq>,
    ) -> Result<AppendResp, Status> {
        let Some(Content::Options(options)) = requests.message().await?.and_then(|it| it.content)
        else {
            return Err(refusal::invalid("the first message must have options"));
        };
        let stream = name(options.stream_identifier)?;
        let expected = demanded(options.expected_stream_revision.map(|it| match it {
            ExpectedStreamRevision::Revision(revision) => Expected::Revision(revision),
            ExpectedStreamRevision::NoStream(()) => Expected::NoStream,
            ExpectedStreamRevision::Any(()) => Expected::Any,
            ExpectedStreamRevision::StreamExists(()) => Expected::StreamExists,
        }))?;
        let events = self.proposed(requests).await?;
        match self.append_or_fail(&stream, expected, events) {
            Ok(outcome) => answer(&stream, expected, outcome),
            Err(Unanswered::Cut) => Err(refusal::cut()),
            Err(Unanswered::TimedOut) => Err(refusal::timed_out()),
        }
    }

    async fn proposed(&self, mut requests: Streaming<AppendReq>) -> Result<Vec<Proposed>, Status> {
        let mut events = Vec::new();
        let mut size = 0;
        while let Some(request) = requests.message().await? {
            let Some(Content::ProposedMessage(message)) = request.content else {
                return Err(refusal::invalid("only the first message has options"));
            };
            let event = proposal(
                message.id,
                &message.metadata,
                message.data,
                message.custom_metadata,
            )?;
            size += event.size();
            if size > self.site.max_append_size {
                return Err(refusal::append_too_large(self.site.max_append_size));
            }
            events.push(event);
        }
        Ok(events)
    }

    /// Appends, unless a fault says otherwise.
    pub(super) fn append_or_fail(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Outcome, Unanswered> {
        let append = || self.site.append(stream, expected, events);
        match self.site.faults.next_append() {
            None => Ok(append()),
            Some(AppendFault::RequestLost) => Err(Unanswered::Cut),
            Some(AppendFault::TimedOut { committed: false }) => Err(Unanswered::TimedOut),
            Some(AppendFault::TimedOut { committed: true }) => {
                append();
                Err(Unanswered::TimedOut)
            }
            Some(AppendFault::ReplyLost) => {
                append();
                Err(Unanswered::Cut)
            }
        }
    }
}

/// An event as a message proposes it.
pub(super) fn proposal(
    id: Option<WireUuid>,
    metadata: &BTreeMap<String, String>,
    data: Bytes,
    custom_metadata: Bytes,
) -> Result<Proposed, Status> {
    let of = |key| {
        let value = metadata.get(key);
        value.ok_or_else(|| refusal::metadata_missing(key))
    };
    Ok(Proposed {
        event_type: of("type")?.clone(),
        is_json: of("content-type")? == "application/json",
        id: id_of(id).ok_or_else(|| refusal::invalid("an event has no id"))?,
        data,
        metadata: custom_metadata,
    })
}

/// An id in either of its forms.
pub(super) fn id_of(id: Option<WireUuid>) -> Option<Uuid> {
    match id?.value? {
        wire::Value::String(text) => Uuid::parse_str(&text).ok(),
        wire::Value::Structured(it) => Some(Uuid::from_u64_pair(
            it.most_significant_bits.cast_unsigned(),
            it.least_significant_bits.cast_unsigned(),
        )),
    }
}

fn answer(stream: &str, expected: Expected, outcome: Outcome) -> Result<AppendResp, Status> {
    let result = match outcome {
        Outcome::Committed { last, position } => Answer::Success(Success {
            current_revision_option: Some(last.map_or(
                success::CurrentRevisionOption::NoStream(()),
                success::CurrentRevisionOption::CurrentRevision,
            )),
            position_option: Some(position.map_or(
                success::PositionOption::NoPosition(()),
                |position| {
                    success::PositionOption::Position(Position {
                        commit_position: position,
                        prepare_position: position,
                    })
                },
            )),
        }),
        Outcome::Conflict { current } => Answer::WrongExpectedVersion(conflict(expected, current)),
        Outcome::Deleted => return Err(refusal::stream_deleted(stream)),
    };
    Ok(AppendResp {
        result: Some(result),
    })
}

/// What was expected and what was found, in the fields of both ages of the protocol.
pub(super) fn conflict(
    expected: Expected,
    current: Option<u64>,
) -> append_resp::WrongExpectedVersion {
    use wrong::ExpectedRevisionOption as New;
    use wrong::ExpectedRevisionOption2060 as Old;

    let (new, old) = match expected {
        Expected::Any => (New::ExpectedAny(()), Old::Any2060(())),
        Expected::StreamExists => (New::ExpectedStreamExists(()), Old::StreamExists2060(())),
        // Of old, no stream was said as the revision before the first.
        Expected::NoStream => (
            New::ExpectedNoStream(()),
            Old::ExpectedRevision2060(u64::MAX),
        ),
        Expected::Revision(revision) => (
            New::ExpectedRevision(revision),
            Old::ExpectedRevision2060(revision),
        ),
    };
    append_resp::WrongExpectedVersion {
        current_revision_option: Some(current.map_or(
            wrong::CurrentRevisionOption::CurrentNoStream(()),
            wrong::CurrentRevisionOption::CurrentRevision,
        )),
        expected_revision_option: Some(new),
        current_revision_option_20_6_0: Some(current.map_or(
            wrong::CurrentRevisionOption2060::NoStream2060(()),
            wrong::CurrentRevisionOption2060::CurrentRevision2060,
        )),
        expected_revision_option_20_6_0: Some(old),
    }
}
