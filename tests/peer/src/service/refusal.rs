//! How the server says no: codes, messages and trailers, word for word as clients look for them.
//!
//! Written down from `RpcExceptions` and `Google.Rpc.Status` of the server.

use prost::Name;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use super::recorded;
use crate::protocol::{rpc, shared};

/// Where all nodes are.
pub(crate) const HOST: &str = "127.0.0.1";

pub(super) fn invalid(message: &str) -> Status {
    Status::invalid_argument(message)
}

pub(super) fn access_denied() -> Status {
    let code = Code::PermissionDenied;
    with_trailers(code, "Access Denied", &[("exception", "access-denied")])
}

pub(super) fn no_leader() -> Status {
    Status::unknown("No leader info available in response")
}

pub(super) fn not_leader(port: u16) -> Status {
    with_trailers(
        Code::NotFound,
        "Leader info available",
        &[
            ("exception", "not-leader"),
            ("leader-endpoint-host", HOST),
            ("leader-endpoint-port", &port.to_string()),
        ],
    )
}

pub(super) fn stream_deleted(stream: &str) -> Status {
    with_trailers(
        Code::FailedPrecondition,
        &format!("Event stream '{stream}' is deleted."),
        &[("exception", "stream-deleted"), ("stream-name", stream)],
    )
}

/// A deletion that met another revision. Versions are −1 where there is no stream.
pub(super) fn wrong_expected_version(
    operation: &str,
    stream: &str,
    expected: &str,
    actual: &str,
) -> Status {
    with_trailers(
        Code::FailedPrecondition,
        &format!(
            "{operation} failed due to WrongExpectedVersion. Stream: {stream}, \
             Expected version: {expected}, Actual version: {actual}"
        ),
        &[
            ("exception", "wrong-expected-version"),
            ("stream-name", stream),
            ("expected-version", expected),
            ("actual-version", actual),
        ],
    )
}

pub(super) fn append_too_large(limit: usize) -> Status {
    with_trailers(
        Code::InvalidArgument,
        &format!("Maximum Append Size of {limit} Exceeded."),
        &[
            ("exception", "maximum-append-size-exceeded"),
            ("maximum-append-size", &limit.to_string()),
        ],
    )
}

pub(super) fn metadata_missing(property: &str) -> Status {
    with_trailers(
        Code::InvalidArgument,
        &format!("Required Metadata Property '{property}' is missing"),
        &[
            ("exception", "missing-required-metadata-property"),
            ("required-metadata-properties", "type,content-type"),
        ],
    )
}

pub(super) fn invalid_position() -> Status {
    Status::invalid_argument("Trying to read from an invalid position.")
}

pub(super) fn timed_out() -> Status {
    Status::aborted("Operation timed out: Commit phase timeout.")
}

pub(super) fn cut() -> Status {
    Status::unavailable("the connection was lost")
}

/// The same refusals as they are packed into the reply to one append of a batch.
pub(super) mod packed {
    use super::{Name, recorded, rpc, shared};

    pub(in super::super) fn wrong_expected_version(
        details: &shared::WrongExpectedVersion,
    ) -> rpc::Status {
        status(rpc::Code::AlreadyExists, "WrongExpectedVersion", details)
    }

    pub(in super::super) fn stream_deleted(stream: &str) -> rpc::Status {
        let stream_identifier = Some(recorded::identifier(stream));
        let details = shared::StreamDeleted { stream_identifier };
        status(rpc::Code::NotFound, "StreamDeleted", &details)
    }

    pub(in super::super) fn timeout() -> rpc::Status {
        status(rpc::Code::DeadlineExceeded, "Timeout", &shared::Timeout {})
    }

    pub(in super::super) fn append_too_large(limit: usize) -> rpc::Status {
        let max_append_size = u32::try_from(limit).unwrap_or(u32::MAX);
        let details = shared::MaximumAppendSizeExceeded { max_append_size };
        let code = rpc::Code::InvalidArgument;
        status(code, "MaximumAppendSizeExceeded", &details)
    }

    pub(in super::super) fn bad_request(message: &str) -> rpc::Status {
        let message = message.to_owned();
        let details = shared::BadRequest { message };
        status(rpc::Code::InvalidArgument, "BadRequest", &details)
    }

    fn status<Details: Name>(code: rpc::Code, message: &str, details: &Details) -> rpc::Status {
        rpc::Status {
            code: code.into(),
            message: message.to_owned(),
            details: Some(prost_types::Any {
                type_url: Details::type_url(),
                value: details.encode_to_vec(),
            }),
        }
    }
}

fn with_trailers(code: Code, message: &str, trailers: &[(&'static str, &str)]) -> Status {
    let mut metadata = MetadataMap::new();
    for (key, value) in trailers {
        if let Ok(value) = MetadataValue::try_from(*value) {
            metadata.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, metadata)
}
