//! The one place where an error becomes a status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use events::alert::AlertRefusal;
use events::line::LineRefusal;
use events::log::{Position, Revision};
use events::register::{RegisterRefusal, UnitKind};
use events::schedule::ScheduleRefusal;
use ledger::{AppendError, LedgerError, ReadOnly, RecordError, Refusal};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::records::Unreadable;

/// Why a request is not answered as asked.
#[derive(Clone, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself what it is")]
pub enum ApiError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("'{name}' is not a parameter here; {}", what_is_known(known))]
    UnknownParameter {
        name: String,
        known: Vec<&'static str>,
    },
    #[error("'{name}' is missing: {why}")]
    MissingParameter {
        name: &'static str,
        why: &'static str,
        known: Vec<&'static str>,
    },
    #[error("'{name}' is given more than once; a comma makes a list")]
    RepeatedParameter { name: String },
    #[error("{why}")]
    Parameter {
        name: &'static str,
        why: String,
        known: Vec<&'static str>,
    },
    #[error("{why}")]
    Header { name: &'static str, why: String },
    #[error(
        "'{given}' in {name} is not a name of this service: 'hosts' in its config, or --host, adds one"
    )]
    Misdirected { name: &'static str, given: String },
    #[error("position {asked} is past the end of the log, which is {head}")]
    PastTheEnd {
        name: &'static str,
        asked: Position,
        head: Position,
    },
    #[error("the path or query is not percent-encoded UTF-8")]
    Encoding,
    #[error("{0}")]
    NotFound(String),
    #[error("{method} does not go with this path: see the Allow header")]
    Method { method: String },
    #[error("none of the media types in Accept can be given; known are {}", known.join(", "))]
    NotAcceptable { known: Vec<&'static str> },
    #[error("the body must be {expected}, in UTF-8: say so in Content-Type")]
    MediaType { expected: &'static str },
    #[error("the body is compressed as '{given}', which is not read here: send it as it is")]
    ContentEncoding { given: String },
    #[error("the body is UTF-16, as some shells and editors write it: send it as UTF-8")]
    Utf16,
    #[error("the {what} is over {limit}: send it in parts")]
    TooLarge { what: &'static str, limit: String },
    #[error("the path and query are over {limit} bytes")]
    UriTooLong { limit: usize },
    #[error("the body did not arrive in time: send it again")]
    BodyTooSlow,
    #[error("the body did not arrive whole: send it again")]
    BodyBroken,
    #[error("the answer took too long; a record sent again is recorded once")]
    TimedOut,
    #[error("the service is catching up with its log: try again soon")]
    NotReady,
    #[error("something is wrong on our side; the log has the request id")]
    Panicked,
}

/// What could have been said instead.
fn what_is_known(known: &[&str]) -> String {
    if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("known are {}", known.join(", "))
    }
}

impl ApiError {
    pub(crate) fn parameter(name: &'static str, why: impl ToString) -> Self {
        let (why, known) = (why.to_string(), Vec::new());
        Self::Parameter { name, why, known }
    }

    /// What the caller is told. The world's failures are logged here, once, with their cause.
    pub(crate) fn problem(&self) -> Problem {
        let problem = |status, slug| Problem::new(status, slug, self);
        let bad = |slug| problem(StatusCode::BAD_REQUEST, slug);
        match self {
            Self::Unreadable(unreadable) => of_unreadable(unreadable),
            Self::Record(error) => of_record(error),
            Self::Ledger(error) => of_ledger(error),
            Self::UnknownParameter { name, known } => bad("unknown-parameter")
                .with("field", name.as_str())
                .with("known", known.as_slice()),
            Self::RepeatedParameter { name } => {
                bad("repeated-parameter").with("field", name.as_str())
            }
            Self::MissingParameter { name, known, .. } if known.is_empty() => {
                bad("missing-parameter").with("field", *name)
            }
            Self::MissingParameter { name, known, .. } => bad("missing-parameter")
                .with("field", *name)
                .with("known", known.as_slice()),
            Self::Parameter { name, known, .. } if known.is_empty() => {
                bad("malformed").with("field", *name)
            }
            Self::Parameter { name, known, .. } => bad("malformed")
                .with("field", *name)
                .with("known", known.as_slice()),
            Self::Header { name, .. } => bad("malformed").with("field", *name),
            Self::Misdirected { name, .. } => {
                problem(StatusCode::MISDIRECTED_REQUEST, "misdirected-request").with("field", *name)
            }
            Self::PastTheEnd { name, head, .. } => bad("past-the-end")
                .with("field", *name)
                .with("head", head.0),
            Self::Encoding | Self::Utf16 => bad("not-utf-8"),
            Self::BodyBroken => bad("body-incomplete"),
            Self::NotFound(_) => problem(StatusCode::NOT_FOUND, "not-found"),
            Self::Method { .. } => problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::NotAcceptable { known } => problem(StatusCode::NOT_ACCEPTABLE, "not-acceptable")
                .with("known", known.as_slice()),
            Self::MediaType { expected } => {
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
                    .with("known", vec![*expected])
            }
            Self::ContentEncoding { .. } => problem(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-content-encoding",
            )
            .with("known", ["identity"].as_slice())
            .header(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static("identity"),
            ),
            Self::TooLarge { limit, .. } => {
                problem(StatusCode::PAYLOAD_TOO_LARGE, "too-large").with("limit", limit.as_str())
            }
            Self::UriTooLong { .. } => problem(StatusCode::URI_TOO_LONG, "uri-too-long"),
            Self::BodyTooSlow => problem(StatusCode::REQUEST_TIMEOUT, "body-too-slow"),
            Self::TimedOut => unavailable("timed-out", self),
            Self::NotReady => unavailable("not-ready", self),
            Self::Panicked => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.problem().into_response()
    }
}

fn unavailable(slug: &'static str, detail: impl ToString) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, slug, detail).retry_after(2)
}

fn of_unreadable(unreadable: &Unreadable) -> Problem {
    let status = match unreadable {
        Unreadable::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Unreadable::Encoding { .. }
        | Unreadable::Syntax { .. }
        | Unreadable::UnknownField { .. }
        | Unreadable::RepeatedField { .. }
        | Unreadable::MissingField { .. }
        | Unreadable::Form { .. } => StatusCode::BAD_REQUEST,
    };
    let mut problem = Problem::new(status, unreadable.slug(), unreadable);
    if let Some(field) = unreadable.field() {
        problem = problem.with("field", field);
    }
    if !unreadable.known().is_empty() {
        problem = problem.with("known", unreadable.known());
    }
    problem
}

fn of_record(error: &RecordError) -> Problem {
    match error {
        RecordError::Refused(refusal) => of_refusal(refusal),
        RecordError::OtherRevision { current } => {
            let current = current.map(|Revision(revision)| revision);
            let detail = match current {
                Some(revision) => format!(
                    "the stream is at revision {revision}: look at what changed, then send If-Match: \"{revision}\""
                ),
                None => "the stream has no events yet: send the record without If-Match".to_owned(),
            };
            Problem::new(StatusCode::PRECONDITION_FAILED, "other-revision", detail)
                .with("current_revision", current)
        }
        RecordError::Conflict => {
            let detail = format!("{error}: send the record again");
            Problem::new(StatusCode::CONFLICT, "conflict", detail).retry_after(1)
        }
        RecordError::FellTogether => {
            Problem::new(StatusCode::FAILED_DEPENDENCY, "fell-together", error)
        }
        RecordError::NotTogether => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-together", error)
        }
        RecordError::Broken => {
            log(error);
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error)
        }
        RecordError::Append(source) => {
            log(error);
            of_append(source)
        }
        RecordError::Ledger(error) => of_ledger(error),
    }
}

/// What is told where no event is taken, by records and by `/readyz` alike.
pub(crate) fn of_read_only(why: &ReadOnly) -> Problem {
    let error = format!("{}: {why}", AppendError::from(why.clone()));
    let Some(position) = why.position() else {
        let detail = format!("{error}; the service's log says more");
        return unavailable("read-only", detail).retry_after(30);
    };
    unavailable("read-only", error)
        .with("position", position.0)
        .retry_after(30)
}

fn of_append(error: &AppendError) -> Problem {
    match error {
        AppendError::ReadOnly(read_only) => of_read_only(read_only),
        AppendError::Full => unavailable("no-room", error).retry_after(30),
        AppendError::TooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", error)
        }
        AppendError::OutOfReach | AppendError::Engine(_) => {
            let detail = "it is not known whether the record was recorded: send it again, as often \
                          as it takes, it is recorded once";
            unavailable("store-failed", detail)
        }
        AppendError::Conflict { .. } | AppendError::Sealed(_) => {
            let detail = "the store did not take the record: send it again, it is recorded once";
            unavailable("store-failed", detail)
        }
    }
}

fn of_ledger(error: &LedgerError) -> Problem {
    match error {
        LedgerError::Behind { applied, asked } => unavailable("behind", error)
            .with("applied", applied.0)
            .with("asked", asked.0),
        LedgerError::PastTheEnd { head, .. } => {
            Problem::new(StatusCode::BAD_REQUEST, "past-the-end", error).with("head", head.0)
        }
        LedgerError::Unconfirmed { applied, .. } => {
            unavailable("behind", error).with("applied", applied.0)
        }
        LedgerError::Stopped { applied, .. } => {
            let detail =
                format!("{error}; known_at={applied} asks for what was counted until then");
            unavailable("stopped", detail)
                .with("applied", applied.0)
                .retry_after(60)
        }
        LedgerError::Read(_) | LedgerError::Decode { .. } => {
            log(error);
            unavailable(
                "log-unreadable",
                "the log cannot be read at present: try again",
            )
        }
        LedgerError::RegisterExists
        | LedgerError::RegisterIncomplete { .. }
        | LedgerError::RegisterBegun { .. }
        | LedgerError::RegisterRefused { .. } => {
            log(error);
            unavailable("not-ready", "the service has no register yet")
        }
    }
}

fn log(error: &dyn std::error::Error) {
    tracing::error!(error = ledger::describe(error), "a request failed");
}

fn of_refusal(refusal: &Refusal) -> Problem {
    let slug = refusal.slug();
    let status = if slug == "reference-reused" {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut problem = Problem::new(status, slug, refusal);
    for (name, value) in mending(refusal) {
        problem = problem.with(name, value);
    }
    problem
}

/// What mends a refusal: the field, what would have fitted, what is known.
fn mending(refusal: &Refusal) -> Vec<(&'static str, Value)> {
    match refusal {
        Refusal::Line(line) => {
            let field = line.field().map(|field| ("field", json!(field)));
            let remaining = line.remaining();
            let remaining = remaining.map(|money| ("remaining", json!(money)));
            field
                .into_iter()
                .chain(remaining)
                .chain(bounds(line))
                .collect()
        }
        Refusal::Register(register) => of_register(register),
        Refusal::Schedule(schedule) => {
            let field =
                |number: &usize, name| format!("milestones[{}].{name}", number.saturating_sub(1));
            let field = match schedule {
                ScheduleRefusal::ReferenceReused { .. } => "reference".to_owned(),
                ScheduleRefusal::NoMilestones => "milestones".to_owned(),
                ScheduleRefusal::NotAShare { number, .. }
                | ScheduleRefusal::RateFalls { number, .. } => field(number, "rate"),
                ScheduleRefusal::DayNotLater { number, .. }
                | ScheduleRefusal::OutsideWindow { number, .. } => field(number, "by"),
            };
            vec![("field", json!(field))]
        }
        Refusal::Statement(_) => vec![("field", json!("reference"))],
        Refusal::Policy(policy) => vec![("field", json!(policy.field()))],
        Refusal::Alert(alert) => match alert {
            AlertRefusal::NotOpen => Vec::new(),
            AlertRefusal::SilenceIsOver { today, .. } => {
                vec![("field", json!("until")), ("today", json!(today))]
            }
            AlertRefusal::NoDeadLetter { .. } => vec![("field", json!("event"))],
        },
        Refusal::EarlyDay(early) => vec![("field", json!(early.field))],
    }
}

/// Days between which a line's record would have stood.
fn bounds(refusal: &LineRefusal) -> Option<(&'static str, Value)> {
    if let LineRefusal::OutsideWindow { from, until, .. } = refusal {
        return Some(("window", json!({"from": from, "until": until})));
    }
    None
}

fn of_register(refusal: &RegisterRefusal) -> Vec<(&'static str, Value)> {
    match refusal {
        RegisterRefusal::UnknownCode {
            kind,
            code,
            on,
            known,
        } => {
            let field = match kind {
                UnitKind::Programme => "programme",
                UnitKind::Province => "province",
            };
            vec![
                ("field", json!(field)),
                ("code", json!(code)),
                ("on", json!(on)),
                ("known", json!(known)),
            ]
        }
        RegisterRefusal::ReferenceReused { .. } => vec![("field", json!("reference"))],
        RegisterRefusal::CodeTaken { .. } => vec![("field", json!("into.code"))],
        RegisterRefusal::NotAfterLatest { latest, .. } => {
            vec![("field", json!("effective_on")), ("latest", json!(latest))]
        }
        RegisterRefusal::EndsBeforeItBegins { .. } => vec![("field", json!("until"))],
        RegisterRefusal::NothingMerges => vec![("field", json!("from"))],
    }
}
