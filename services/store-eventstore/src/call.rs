//! Why a call to the cluster came to nothing, in words that help whoever reads the log.

use eventstore::{Error, GrpcConnectionError};

/// Why a call came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The client or the server says so.
    #[error("{}", told(.0))]
    Client(Error),
    /// The client panicked, or its runtime ended.
    #[error("the client broke off")]
    BrokeOff,
    /// There was no answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// The client cannot be made.
    #[error("{0}")]
    Unusable(String),
    /// The cluster lacks what it had: it was set back, or another one took its place.
    #[error(
        "the cluster's log is another one now: it lacks an event that it had; if that is meant, \
         start this node again, and it makes its copy anew"
    )]
    AnotherLog,
}

impl CallError {
    /// Whether nothing is wrong with the connection: the server answered.
    pub(crate) fn is_answer(&self) -> bool {
        let answered = |error: &Error| {
            matches!(
                error,
                Error::Grpc { .. }
                    | Error::ResourceNotFound
                    | Error::ResourceDeleted
                    | Error::ResourceAlreadyExists
                    | Error::WrongExpectedVersion { .. }
                    | Error::AccessDenied
            )
        };
        matches!(self, Self::Client(error) if answered(error))
    }

    /// Whether what was asked for has no meaning there, such as a place in another log.
    pub(crate) fn is_meaningless(&self) -> bool {
        /// `INVALID_ARGUMENT` of gRPC.
        const INVALID: i32 = 3;
        matches!(self, Self::Client(Error::Grpc { code, .. }) if i32::from(*code) == INVALID)
    }

    /// Whether name and password, or what they may do, are wrong.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Client(Error::AccessDenied))
    }
}

/// What the client says, without the empty parts of a gRPC status, and with what it means.
fn told(error: &Error) -> String {
    if let Error::GrpcConnectionError(GrpcConnectionError::Grpc(status))
    | Error::ServerError(status) = error
    {
        return connection(status);
    }
    if let Error::GrpcConnectionError(GrpcConnectionError::MaxDiscoveryAttemptReached(_)) = error {
        return "none of the nodes named is part of a cluster that has a leader".to_owned();
    }
    if let Error::AccessDenied = error {
        return "name and password are refused, or may not do this".to_owned();
    }
    error.to_string()
}

/// A status that the client gives as text.
fn connection(status: &str) -> String {
    if status.contains("(Connect)") {
        return "no connection: is a server there, and do both sides speak TLS or neither?"
            .to_owned();
    }
    let (said, _) = status.split_once(", details:").unwrap_or((status, ""));
    format!("the connection broke: {said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_says_is_told_without_its_empty_parts() {
        let refused = "status: Unknown, message: \"client error (Connect)\", details: [], \
                       metadata: MetadataMap { headers: {} }";
        let refused = Error::GrpcConnectionError(GrpcConnectionError::Grpc(refused.to_owned()));
        assert_eq!(
            CallError::Client(refused).to_string(),
            "no connection: is a server there, and do both sides speak TLS or neither?"
        );
        let broken = "status: Unavailable, message: \"error reading a body\", details: [], \
                      metadata: MetadataMap { headers: {} }";
        assert_eq!(
            CallError::Client(Error::ServerError(broken.to_owned())).to_string(),
            "the connection broke: status: Unavailable, message: \"error reading a body\""
        );
    }
}
