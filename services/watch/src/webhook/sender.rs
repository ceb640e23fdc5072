//! One call to an endpoint, bounded in time, in what is read, and in where it goes.
//!
//! It follows no redirect, takes no proxy from the environment, keeps no connection, reads no text
//! of an answer and repeats nothing.

use std::io::ErrorKind;
use std::time::Duration;

use events::time::RecordedAt;
use ureq::Agent;
use ureq::http::header::{CONTENT_TYPE, LOCATION};
use ureq::http::{self, HeaderMap, Request, StatusCode};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use uuid::Uuid;

use super::endpoint::{Endpoint, EndpointUrl};
use super::lookup::Lookup;
use super::send_error::SendError;
use super::signature::sign;

/// Most bytes of an answer that are taken off the wire.
const MAX_READ: usize = 16 * 1024;

/// Most bytes of its status and headers.
const MAX_HEADERS: usize = 8 * 1024;

/// Most characters of where a redirect leads to that are told.
const MAX_TOLD: usize = 200;

/// Sends deliveries. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    to_public: Agent,
    to_any: Agent,
    patience: Duration,
}

/// A text on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What the receiver knows a repeat by: the same at every attempt, and when it is sent again.
    pub id: Uuid,
    /// The instant of this attempt. Receivers refuse those that are minutes old, so each has its
    /// own.
    pub at: RecordedAt,
    /// A JSON text, the same at every attempt.
    pub body: String,
}

/// A delivery that the receiver has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it answered: 200 to 299.
    pub status: u16,
}

impl Default for Sender {
    fn default() -> Self {
        Self::new(Self::PATIENCE)
    }
}

impl Sender {
    /// How long a call takes at most, unless told otherwise.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// A sender whose calls take at most `patience`, from looking the name up to the answer.
    pub fn new(patience: Duration) -> Self {
        Self {
            to_public: agent(patience, false),
            to_any: agent(patience, true),
            patience,
        }
    }

    /// Sends `delivery` to `endpoint`, once, off the async threads. A future that is dropped ends
    /// the waiting and not the call.
    ///
    /// # Errors
    /// A [`SendError`] where the endpoint may not be called, or does not answer with a success.
    pub async fn send(&self, endpoint: &Endpoint, delivery: &Delivery) -> Result<Sent, SendError> {
        let request = request(endpoint, delivery);
        let agent = if endpoint.allow_private() {
            self.to_any.clone()
        } else {
            self.to_public.clone()
        };
        // The answer is dropped on the blocking thread, which closes the connection there.
        let call = move || {
            let answer = agent.run(request?)?;
            Ok((answer.status(), location(answer.headers())))
        };
        let called = tokio::task::spawn_blocking(call).await;
        match called.map_err(SendError::BrokenOff)? {
            Ok((status, to)) => judge(status, to),
            Err(error) => Err(self.explain(endpoint.url(), error)),
        }
    }

    fn explain(&self, url: &EndpointUrl, error: ureq::Error) -> SendError {
        let (host, patience) = (url.host().to_owned(), self.patience);
        match of_ours(error) {
            Ok(error) => error,
            Err(ureq::Error::Timeout(_)) => SendError::Late { host, patience },
            Err(source) if is_broken(&source) => SendError::Unreachable { host, source },
            Err(source) => SendError::Garbled { host, source },
        }
    }
}

/// Whether the connection failed, rather than what came over it. What TLS refuses comes as data
/// that is not valid.
fn is_broken(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(it) if it.kind() != ErrorKind::InvalidData)
}

/// The error that [`Lookup`] sent through the client.
fn of_ours(error: ureq::Error) -> Result<SendError, ureq::Error> {
    let ureq::Error::Other(error) = error else {
        return Err(error);
    };
    let ours = error.downcast().map_err(ureq::Error::Other)?;
    Ok(*ours)
}

/// A client that connects to public addresses only, unless `allow_private`. It keeps no connection,
/// since one that is kept stands on an address that was judged long ago.
fn agent(patience: Duration, allow_private: bool) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(patience))
        .max_idle_connections(0)
        .input_buffer_size(MAX_READ)
        .max_response_header_size(MAX_HEADERS)
        .user_agent(concat!("outlay/", env!("CARGO_PKG_VERSION")))
        .build();
    let lookup = Lookup {
        resolver: DefaultResolver::default(),
        allow_private,
    };
    Agent::with_parts(config, DefaultConnector::default(), lookup)
}

fn request(endpoint: &Endpoint, delivery: &Delivery) -> Result<Request<String>, http::Error> {
    let id = delivery.id.to_string();
    let seconds = delivery.at.micros().div_euclid(1_000_000);
    let signature = sign(endpoint.secret(), &id, seconds, &delivery.body);
    Request::post(endpoint.url().uri())
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signature)
        .body(delivery.body.clone())
}

/// Where an answer sends to, as far as that is text, and not beyond what a person reads. A name and
/// password before the host are left out.
fn location(headers: &HeaderMap) -> String {
    let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
    let location = location.unwrap_or_default();
    let (scheme, rest) = location.split_once("//").unwrap_or(("", location));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let told = match authority.rsplit_once('@') {
        Some((_, host)) if rest.len() < location.len() => format!("{scheme}//{host}{path}"),
        _ => location.to_owned(),
    };
    told.chars().take(MAX_TOLD).collect()
}

fn judge(status: StatusCode, to: String) -> Result<Sent, SendError> {
    let code = status.as_u16();
    if status.is_success() {
        Ok(Sent { status: code })
    } else if status.is_redirection() {
        Err(SendError::Redirected { status: code, to })
    } else if status == StatusCode::GONE {
        Err(SendError::Gone)
    } else {
        Err(SendError::Answered { status: code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_where_an_answer_sends_to_is_told() {
        for (location_of, told) in [
            ("https://me:geheim@a.example/b@c", "https://a.example/b@c"),
            ("//me:ge@heim@a.example?b", "//a.example?b"),
            ("https://a.example/@b", "https://a.example/@b"),
            ("/login@a", "/login@a"),
        ] {
            let headers = [(LOCATION, location_of.parse().unwrap())];
            assert_eq!(location(&headers.into_iter().collect()), told);
        }
    }
}
