//! `Streams/BatchAppend`: many appends in one call, each known by its correlation id.
//!
//! An append may come in several messages until one is final. A refused append is answered and the
//! call goes on, as on the server. Deadlines of appends are not kept: none of them waits here.

use std::collections::BTreeMap;

use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::append::{Unanswered, id_of, proposal};
use super::line::{Line, Over, Replies};
use super::{Node, demanded, name, recorded, refusal};
use crate::calls::Rpc;
use crate::log::{Expected, Outcome, Proposed};
use crate::protocol::shared::wrong_expected_version::{
    CurrentStreamRevisionOption, ExpectedStreamPositionOption,
};
use crate::protocol::shared::{AllStreamPosition, StreamIdentifier, WrongExpectedVersion};
use crate::protocol::streams::batch_append_req::Options;
use crate::protocol::streams::batch_append_req::options::ExpectedStreamPosition;
use crate::protocol::streams::batch_append_resp::{Result as Answer, Success, success};
use crate::protocol::streams::{BatchAppendReq, BatchAppendResp};

/// An append that is not final yet.
#[derive(Debug)]
struct Pending {
    stream: String,
    expected: Expected,
    events: Vec<Proposed>,
    size: usize,
}

/// One call.
#[derive(Debug)]
pub(super) struct Batch {
    node: Node,
    asks_for_leader: bool,
    line: Line<BatchAppendResp>,
    pending: BTreeMap<Uuid, Pending>,
}

impl Node {
    /// Counts and admits the call; who leads is asked for each append.
    pub(super) fn admit_batch(&self, headers: &MetadataMap) -> Result<(), Status> {
        let mut headers = headers.clone();
        headers.remove("requires-leader");
        self.admit(Rpc::BatchAppend, &headers)
    }

    pub(super) fn batch_from(
        &self,
        mut requests: Streaming<BatchAppendReq>,
        asks_for_leader: bool,
    ) -> Replies<BatchAppendResp> {
        let (line, replies) = Line::open(&self.site);
        let mut batch = Batch::new(self.clone(), asks_for_leader, line);
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if batch.take(request).await.is_err() {
                    break;
                }
            }
        });
        replies
    }
}

impl Batch {
    pub(super) fn new(node: Node, asks_for_leader: bool, line: Line<BatchAppendResp>) -> Self {
        Self {
            node,
            asks_for_leader,
            line,
            pending: BTreeMap::new(),
        }
    }

    /// Takes a message; the call is over where it says so.
    pub(super) async fn take(&mut self, request: BatchAppendReq) -> Result<(), Over> {
        let Some(id) = id_of(request.correlation_id.clone()) else {
            let status = refusal::invalid("'CorrelationId' is not set");
            return Err(self.line.fail(status).await);
        };
        let identifier = request
            .options
            .as_ref()
            .and_then(|it| it.stream_identifier.clone());
        match self.collect(id, request) {
            Ok(Some(append)) => self.append(id, append).await,
            Ok(None) => Ok(()),
            Err(status) => {
                let pending = self.pending.remove(&id);
                let identifier =
                    pending.map_or(identifier, |it| Some(recorded::identifier(&it.stream)));
                let error = match status {
                    Refused::TooLarge => {
                        refusal::packed::append_too_large(self.node.site.max_append_size)
                    }
                    Refused::Malformed(status) => refusal::packed::bad_request(status.message()),
                };
                self.reply(id, identifier, Answer::Error(error)).await
            }
        }
    }

    /// Adds a message to its append, which is handed out when it is final.
    fn collect(&mut self, id: Uuid, request: BatchAppendReq) -> Result<Option<Pending>, Refused> {
        if let Some(options) = request.options {
            let begun = begun(options)?;
            self.pending.entry(id).or_insert(begun);
        }
        let Some(append) = self.pending.get_mut(&id) else {
            return Ok(None);
        };
        for message in request.proposed_messages {
            let event = proposal(
                message.id,
                &message.metadata,
                message.data,
                message.custom_metadata,
            )?;
            append.size += event.size();
            append.events.push(event);
        }
        if append.size > self.node.site.max_append_size {
            return Err(Refused::TooLarge);
        }
        Ok(if request.is_final {
            self.pending.remove(&id)
        } else {
            None
        })
    }

    async fn append(&self, id: Uuid, append: Pending) -> Result<(), Over> {
        let site = &self.node.site;
        site.calls.add(self.node.number, Rpc::BatchedAppend);
        if self.asks_for_leader
            && let Err(status) = self.node.lead()
        {
            return Err(self.line.fail(status).await);
        }
        let Pending {
            stream,
            expected,
            events,
            ..
        } = append;
        let answer = match self.node.append_or_fail(&stream, expected, events) {
            Ok(Outcome::Committed { last, position }) => Answer::Success(committed(last, position)),
            Ok(Outcome::Conflict { current }) => Answer::Error(
                refusal::packed::wrong_expected_version(&conflict(expected, current)),
            ),
            Ok(Outcome::Deleted) => Answer::Error(refusal::packed::stream_deleted(&stream)),
            Err(Unanswered::TimedOut) => Answer::Error(refusal::packed::timeout()),
            Err(Unanswered::Cut) => return Err(self.line.fail(refusal::cut()).await),
        };
        self.reply(id, Some(recorded::identifier(&stream)), answer)
            .await
    }

    async fn reply(
        &self,
        id: Uuid,
        stream_identifier: Option<StreamIdentifier>,
        answer: Answer,
    ) -> Result<(), Over> {
        let reply = BatchAppendResp {
            correlation_id: Some(recorded::structured(id)),
            stream_identifier,
            expected_stream_position: None,
            result: Some(answer),
        };
        self.line.say(reply).await
    }
}

/// Why an append is answered before it is tried.
#[derive(Debug)]
enum Refused {
    TooLarge,
    Malformed(Status),
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self::Malformed(status)
    }
}

fn begun(options: Options) -> Result<Pending, Status> {
    Ok(Pending {
        stream: name(options.stream_identifier)?,
        expected: demanded(options.expected_stream_position.map(|it| match it {
            ExpectedStreamPosition::StreamPosition(revision) => Expected::Revision(revision),
            ExpectedStreamPosition::NoStream(()) => Expected::NoStream,
            ExpectedStreamPosition::Any(()) => Expected::Any,
            ExpectedStreamPosition::StreamExists(()) => Expected::StreamExists,
        }))?,
        events: Vec::new(),
        size: 0,
    })
}

fn committed(last: Option<u64>, position: Option<u64>) -> Success {
    Success {
        current_revision_option: Some(last.map_or(
            success::CurrentRevisionOption::NoStream(()),
            success::CurrentRevisionOption::CurrentRevision,
        )),
        position_option: Some(position.map_or(
            success::PositionOption::NoPosition(()),
            |position| {
                success::PositionOption::Position(AllStreamPosition {
                    commit_position: position,
                    prepare_position: position,
                })
            },
        )),
    }
}

fn conflict(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    WrongExpectedVersion {
        current_stream_revision_option: Some(current.map_or(
            CurrentStreamRevisionOption::CurrentNoStream(()),
            CurrentStreamRevisionOption::CurrentStreamRevision,
        )),
        expected_stream_position_option: Some(match expected {
            Expected::Any => ExpectedStreamPositionOption::ExpectedAny(()),
            Expected::StreamExists => ExpectedStreamPositionOption::ExpectedStreamExists(()),
            Expected::NoStream => ExpectedStreamPositionOption::ExpectedNoStream(()),
            Expected::Revision(it) => ExpectedStreamPositionOption::ExpectedStreamPosition(it),
        }),
    }
}
