//! What can come of an attempt that is not a delivery, and what to do about it.
//!
//! The text of an answer is in none of it: it is the receiver's, and nobody here has asked for it.

use std::net::IpAddr;
use std::time::Duration;

/// An attempt that delivered nothing, as far as we know.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The host is in somebody's own network, and was not called.
    #[error(
        "'{host}' is at {address}, which is not a public address, and is not called; set \
         allow_private = true for this webhook if it is in your own network"
    )]
    Private {
        /// The host of the url.
        host: String,
        /// One of its addresses.
        address: IpAddr,
    },
    /// The name of the host has no address.
    #[error("'{host}' has no address; is its name right, and can this machine look names up?")]
    Unknown {
        /// The host of the url.
        host: String,
        /// What looking it up came to.
        source: ureq::Error,
    },
    /// No connection, or one that broke.
    #[error("no answer from '{host}'; is it up, and do the firewalls between let this machine in?")]
    Unreachable {
        /// The host of the url.
        host: String,
        /// What broke.
        source: ureq::Error,
    },
    /// No answer in time. It may have been delivered all the same.
    #[error("no answer from '{host}' within {patience:?}; let it answer first and work then")]
    Late {
        /// The host of the url.
        host: String,
        /// How long a call may take.
        patience: Duration,
    },
    /// What answered does not speak as a web server does, or cannot show that it is the host.
    #[error(
        "what '{host}' answers is not accepted; is it a web server, and for https, does a public \
         authority vouch for its certificate?"
    )]
    Garbled {
        /// The host of the url.
        host: String,
        /// What is not accepted.
        source: ureq::Error,
    },
    /// The answer sends us elsewhere. Redirects are not followed: they would take what is signed
    /// to somebody that nobody here has named.
    #[error(
        "answered {status} and sends to '{to}', which is not followed; if that is right, set it as the url"
    )]
    Redirected {
        /// The status.
        status: u16,
        /// Where to; empty where it does not say.
        to: String,
    },
    /// The answer is 410: the receiver wants no more, as the Standard Webhooks specification says.
    #[error("answered 410, so it wants no more deliveries; take this webhook out of the config")]
    Gone,
    /// The answer is a failure.
    #[error("answered {status}; the receiver's own log should say why")]
    Answered {
        /// The status.
        status: u16,
    },
    /// The service ended, or failed, during the call.
    #[error("the call was broken off on our side")]
    BrokenOff(#[source] tokio::task::JoinError),
}

impl SendError {
    /// Whether the receiver has read the delivery and does not want it: it answered 400 to 499, but
    /// for 408, 425 and 429, which ask for patience. It may want what comes after.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Gone => true,
            Self::Answered { status } => {
                (400..500).contains(status) && ![408, 425, 429].contains(status)
            }
            Self::Private { .. }
            | Self::Unknown { .. }
            | Self::Unreachable { .. }
            | Self::Late { .. }
            | Self::Garbled { .. }
            | Self::Redirected { .. }
            | Self::BrokenOff(_) => false,
        }
    }

    /// Whether another attempt may come to another end while the config stays as it is.
    pub fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Private { .. } | Self::Gone => false,
            Self::Unknown { .. }
            | Self::Unreachable { .. }
            | Self::Late { .. }
            | Self::Garbled { .. }
            | Self::Redirected { .. }
            | Self::Answered { .. }
            | Self::BrokenOff(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_patience_or_is_broken_refuses_nothing() {
        let refuses = |status| SendError::Answered { status }.is_refusal();
        for status in [400, 401, 403, 404, 413, 422, 499] {
            assert!(refuses(status), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 399] {
            assert!(!refuses(status), "{status}");
        }
        assert!(SendError::Gone.is_refusal());
    }
}
