//! What people ask of an alert: to take note of it, to hear no more of it for some days, to have
//! somebody told again. What was asked before changes nothing and is answered alike.

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request};
use axum::http::Response;
use events::alert::{AlertCommand, AlertId, Requested};
use events::log::Origin;
use events::record::Entry;
use events::text::{Reference, Text};
use ledger::{Command, Ledger};

use super::{alert_id, never, one};
use crate::body::{self, JSON, RECORD};
use crate::error::ApiError;
use crate::layers::Correlation;
use crate::openapi::{Operation, Routes};
use crate::query::Parameters;
use crate::records::{Unreadable, alert};
use crate::routes::records::origin;
use crate::state::Ready;

pub(super) fn router() -> Routes {
    let asked = |id, summary, schema, example| {
        Operation::new(id, summary)
            .parameter("path", "id", "The id of the alert.")
            .body(JSON, schema, example)
            .json("The alert, now.", "AlertWithEvents")
    };
    let acknowledge = asked(
        "acknowledge_alert",
        "Take note of an alert, as bad as it is",
        "Acknowledgement",
        r#"{"note":"The province has been written to."}"#,
    );
    let silence = asked(
        "silence_alert",
        "Hear no more of an alert until a day is over",
        "Silence",
        r#"{"until":"2026-12-31","note":"The contracts are signed."}"#,
    );
    let resend = asked(
        "resend_alert",
        "Tell somebody again of an event that could not be delivered",
        "Resending",
        r#"{"endpoint":"finance-office","event":0}"#,
    );
    Routes::default()
        .post(
            "/v1/alerts/{id}/acknowledge",
            acknowledge_alert,
            acknowledge,
        )
        .post("/v1/alerts/{id}/silence", silence_alert, silence)
        .post("/v1/alerts/{id}/resend", resend_alert, resend)
}

async fn acknowledge_alert(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    Extension(correlation): Extension<Correlation>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let read = |body: &[u8]| Ok((AlertCommand::Acknowledge, alert::acknowledgement(body)?));
    let asked = Asked::read((path, parameters), request, "acknowledged", read).await?;
    asked.tell(&ledger, origin(correlation)).await
}

async fn silence_alert(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    Extension(correlation): Extension<Correlation>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let read = |body: &[u8]| {
        let (until, note) = alert::silence(body)?;
        Ok((AlertCommand::Silence(until), note))
    };
    let asked = Asked::read((path, parameters), request, "silenced", read).await?;
    asked.tell(&ledger, origin(correlation)).await
}

async fn resend_alert(
    Ready(ledger): Ready,
    path: Result<Path<String>, PathRejection>,
    parameters: Parameters,
    Extension(correlation): Extension<Correlation>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let read = |body: &[u8]| {
        let (endpoint, of) = alert::request(body)?;
        Ok((AlertCommand::Request(Requested { endpoint, of }), None))
    };
    let asked = Asked::read((path, parameters), request, "requested", read).await?;
    asked.tell(&ledger, origin(correlation)).await
}

/// What is asked of an alert.
struct Asked {
    id: AlertId,
    command: AlertCommand,
    note: Option<Text>,
    /// How the reference of its event begins.
    word: &'static str,
}

impl Asked {
    async fn read(
        (path, parameters): (Result<Path<String>, PathRejection>, Parameters),
        request: Request,
        word: &'static str,
        read: impl FnOnce(&[u8]) -> Result<(AlertCommand, Option<Text>), Unreadable>,
    ) -> Result<Self, ApiError> {
        parameters.only(&[])?;
        let id = alert_id(path)?;
        let body: Bytes = body::read(request, JSON, RECORD).await?;
        let (command, note) = read(&body)?;
        Ok(Self {
            id,
            command,
            note,
            word,
        })
    }

    /// Has it happen, and gives the alert as it is then.
    async fn tell(self, ledger: &Ledger, origin: Origin) -> Result<Response<Body>, ApiError> {
        let Self {
            id,
            command,
            note,
            word,
        } = self;
        let is_known = |alerts: &projections::alerts::Alerts| {
            let view = alerts.find(id);
            view.is_some_and(|view| view.alert.episode().is_some())
        };
        if !ledger.alerts(is_known) {
            return Err(never(id));
        }
        // A position tells it apart from what is asked of the same alert at another time.
        let reference = format!("{word}-{}", ledger.applied());
        let reference = Reference::parse(&reference).map_err(|_| ApiError::Panicked)?;
        let entry = Entry {
            reference,
            effective_on: ledger.today(),
            note,
            document: None,
        };
        let told = Command {
            id,
            entry,
            command,
            origin: Some(origin),
        };
        ledger.tell(told).await?;
        one(ledger, id).await
    }
}
