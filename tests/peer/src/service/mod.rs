//! The calls that a node answers, each as the server does, or not at all.
//!
//! Persistent subscriptions, projections, users and operations are not spoken here; a client that
//! asks for them is told that they are not implemented. Links are events like others: nothing
//! resolves them.

#![expect(
    clippy::result_large_err,
    reason = "a call is refused with a status of tonic, as large as it is"
)]

mod append;
mod batch;
mod delete;
mod filter;
mod line;
mod membership;
mod read;
mod recorded;
mod refusal;
mod subscription;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::calls::Rpc;
use crate::log::Expected;
use crate::protocol::shared::StreamIdentifier;
use crate::protocol::streams;
use crate::protocol::streams::streams_server::Streams;
use crate::site::Site;
use line::Replies;

/// One node of the cluster, as its callers see it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) site: Arc<Site>,
    pub(crate) number: usize,
}

impl Node {
    /// Counts a call and refuses who may not make it, or should make it elsewhere.
    fn admit(&self, rpc: Rpc, headers: &MetadataMap) -> Result<(), Status> {
        self.site.calls.add(self.number, rpc);
        let given = headers.get("authorization");
        match (&self.site.authorization, given) {
            (Some(_), None) => return Err(refusal::access_denied()),
            (Some(asked), Some(given)) if given != asked.as_str() => {
                return Err(Status::unauthenticated("Authentication Failed"));
            }
            _ => {}
        }
        if asks_for_leader(headers) {
            self.lead()?;
        }
        Ok(())
    }

    /// Refuses where another node leads, and says which.
    fn lead(&self) -> Result<(), Status> {
        let leader = self.site.leader();
        if leader == self.number {
            return Ok(());
        }
        let led_by = self.site.members.get(leader).filter(|it| it.is_alive());
        Err(led_by.map_or_else(refusal::no_leader, |it| refusal::not_leader(it.port)))
    }

    /// A reply, as late as the link is slow.
    async fn reply<T>(&self, reply: T) -> Result<Response<T>, Status> {
        let delay = self.site.faults.delayed_by();
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        Ok(Response::new(reply))
    }
}

#[tonic::async_trait]
impl Streams for Node {
    type ReadStream = Replies<streams::ReadResp>;
    type BatchAppendStream = Replies<streams::BatchAppendResp>;

    async fn read(
        &self,
        request: Request<streams::ReadReq>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let (headers, _, asked) = request.into_parts();
        let options = asked
            .options
            .ok_or_else(|| refusal::invalid("'Options' is not set"))?;
        if options.count_option.is_some_and(read::is_subscription) {
            self.admit(Rpc::Subscribe, &headers)?;
            Ok(Response::new(self.subscribe_to(options)?))
        } else {
            self.admit(Rpc::Read, &headers)?;
            Ok(Response::new(self.read_from(options)?))
        }
    }

    async fn append(
        &self,
        request: Request<Streaming<streams::AppendReq>>,
    ) -> Result<Response<streams::AppendResp>, Status> {
        self.admit(Rpc::Append, request.metadata())?;
        let reply = self.append_from(request.into_inner()).await?;
        self.reply(reply).await
    }

    async fn delete(
        &self,
        request: Request<streams::DeleteReq>,
    ) -> Result<Response<streams::DeleteResp>, Status> {
        self.admit(Rpc::Delete, request.metadata())?;
        let reply = self.delete_as(request.into_inner())?;
        self.reply(reply).await
    }

    async fn tombstone(
        &self,
        request: Request<streams::TombstoneReq>,
    ) -> Result<Response<streams::TombstoneResp>, Status> {
        self.admit(Rpc::Tombstone, request.metadata())?;
        let reply = self.tombstone_as(request.into_inner())?;
        self.reply(reply).await
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<streams::BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let (headers, _, requests) = request.into_parts();
        // Who leads is asked of each append, as long as the call is open.
        self.admit_batch(&headers)?;
        let replies = self.batch_from(requests, asks_for_leader(&headers));
        Ok(Response::new(replies))
    }
}

/// Whether a caller wants the leader and nobody else.
fn asks_for_leader(headers: &MetadataMap) -> bool {
    headers
        .get("requires-leader")
        .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// The name of a stream.
fn name(identifier: Option<StreamIdentifier>) -> Result<String, Status> {
    let name = identifier
        .map(|it| String::from_utf8(it.stream_name.to_vec()))
        .ok_or_else(|| refusal::invalid("'StreamIdentifier' is not set"))?
        .map_err(|_| refusal::invalid("'StreamName' is not UTF-8"))?;
    if name.is_empty() {
        return Err(refusal::invalid("'StreamName' is empty"));
    }
    Ok(name)
}

/// What is expected, where it is said.
fn demanded(expected: Option<Expected>) -> Result<Expected, Status> {
    expected.ok_or_else(|| refusal::invalid("'None' is not a valid expected revision"))
}
