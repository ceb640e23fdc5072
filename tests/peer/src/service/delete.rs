//! `Streams/Delete` and `Streams/Tombstone`.

use tonic::Status;

use super::{Node, demanded, name, refusal};
use crate::log::{Expected, Outcome};
use crate::protocol::streams::delete_req::options::ExpectedStreamRevision as DeleteExpected;
use crate::protocol::streams::tombstone_req::options::ExpectedStreamRevision as TombstoneExpected;
use crate::protocol::streams::{
    DeleteReq, DeleteResp, TombstoneReq, TombstoneResp, delete_resp, tombstone_resp,
};

impl Node {
    pub(super) fn delete_as(&self, request: DeleteReq) -> Result<DeleteResp, Status> {
        let options = request
            .options
            .ok_or_else(|| refusal::invalid("'Options' is not set"))?;
        let stream = name(options.stream_identifier)?;
        let expected = demanded(options.expected_stream_revision.map(|it| match it {
            DeleteExpected::Revision(revision) => Expected::Revision(revision),
            DeleteExpected::NoStream(()) => Expected::NoStream,
            DeleteExpected::Any(()) => Expected::Any,
            DeleteExpected::StreamExists(()) => Expected::StreamExists,
        }))?;
        let outcome = self.site.write(|log| log.delete(&stream, expected));
        let position = deleted_at("Delete", &stream, expected, outcome)?;
        let position_option =
            position.map_or(delete_resp::PositionOption::NoPosition(()), |position| {
                delete_resp::PositionOption::Position(delete_resp::Position {
                    commit_position: position,
                    prepare_position: position,
                })
            });
        Ok(DeleteResp {
            position_option: Some(position_option),
        })
    }

    pub(super) fn tombstone_as(&self, request: TombstoneReq) -> Result<TombstoneResp, Status> {
        let options = request
            .options
            .ok_or_else(|| refusal::invalid("'Options' is not set"))?;
        let stream = name(options.stream_identifier)?;
        let expected = demanded(options.expected_stream_revision.map(|it| match it {
            TombstoneExpected::Revision(revision) => Expected::Revision(revision),
            TombstoneExpected::NoStream(()) => Expected::NoStream,
            TombstoneExpected::Any(()) => Expected::Any,
            TombstoneExpected::StreamExists(()) => Expected::StreamExists,
        }))?;
        let outcome = self.site.write(|log| log.tombstone(&stream, expected));
        let position = deleted_at("Delete", &stream, expected, outcome)?;
        let position_option =
            position.map_or(tombstone_resp::PositionOption::NoPosition(()), |position| {
                tombstone_resp::PositionOption::Position(tombstone_resp::Position {
                    commit_position: position,
                    prepare_position: position,
                })
            });
        Ok(TombstoneResp {
            position_option: Some(position_option),
        })
    }
}

fn deleted_at(
    operation: &str,
    stream: &str,
    expected: Expected,
    outcome: Outcome,
) -> Result<Option<u64>, Status> {
    match outcome {
        Outcome::Committed { position, .. } => Ok(position),
        Outcome::Deleted => Err(refusal::stream_deleted(stream)),
        Outcome::Conflict { current } => Err(refusal::wrong_expected_version(
            operation,
            stream,
            &version(expected),
            &current.map_or_else(|| "-1".to_owned(), |it| it.to_string()),
        )),
    }
}

/// The number that the server has for what is expected.
fn version(expected: Expected) -> String {
    match expected {
        Expected::NoStream => "-1".to_owned(),
        Expected::Any => "-2".to_owned(),
        Expected::StreamExists => "-4".to_owned(),
        Expected::Revision(revision) => revision.to_string(),
    }
}
