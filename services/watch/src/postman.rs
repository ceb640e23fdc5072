//! The postman of one endpoint: tells it of one fact after the other, in their order.
//!
//! What is still to be told stands in the log, as does what came of it: whoever starts again goes
//! on where another ended, and sends what may have arrived again under the same id.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use events::alert::{Abandoned, AlertCommand, Delivered, EndpointName};
use events::record::Entry;
use events::text::{Reference, Text};
use events::time::EffectiveOn;
use ledger::{Command, Ledger, RecordError};
use projections::alerts::Letter;
use uuid::Uuid;

use crate::board::Board;
use crate::letter;
use crate::webhook::{Backoff, Delivery, Endpoint, SendError, Sender};

/// An endpoint that is new hears of facts that are no older than this.
const DAYS: i64 = 30;
/// How often a postman looks whether there is something that nobody told it of.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long it waits after what came of a delivery could not be recorded.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Delivers to one endpoint.
pub(crate) struct Postman {
    pub(crate) ledger: Ledger,
    pub(crate) endpoint: Endpoint,
    pub(crate) sender: Sender,
    pub(crate) backoff: Backoff,
    pub(crate) board: Arc<Board>,
}

/// What an attempt, or the last of them, came to.
enum Came {
    Delivered,
    Abandoned(String),
}

impl Postman {
    /// Delivers for as long as it is polled.
    pub(crate) async fn run(self: Arc<Self>) -> Infallible {
        loop {
            if self.ledger.read_only().is_some() {
                // What came of a delivery could not be recorded, and it would be made again.
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            let at = self.ledger.applied();
            if let Some(letter) = self.next() {
                self.deliver(&letter).await;
                continue;
            }
            let passed = tokio::time::timeout(LOOK_AGAIN, self.ledger.pass(at)).await;
            if passed.is_ok() && self.ledger.applied() == at {
                // A view that stopped passes nothing any more.
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// The first letter that is still to be delivered.
    fn next(&self) -> Option<Letter> {
        due(&self.ledger, self.endpoint.name()).into_iter().next()
    }

    /// Delivers a letter, or gives it up, and records what came of it.
    async fn deliver(&self, letter: &Letter) {
        let Some((id, body)) = self.written(letter).await else {
            tokio::time::sleep(TRY_AGAIN).await;
            return;
        };
        let (came, attempts) = self.attempt(id, body).await;
        while let Err(error) = self.record(letter, &came, (id, attempts)).await {
            if self.ledger.read_only().is_none() {
                tracing::error!(%error, alert = %letter.id, "a delivery cannot be recorded");
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
        self.board
            .deliver(self.endpoint.name(), |deliveries| match came {
                Came::Delivered => deliveries.delivered += 1,
                Came::Abandoned(_) => deliveries.abandoned += 1,
            });
    }

    /// Tries until it is delivered or to be given up.
    async fn attempt(&self, id: Uuid, body: String) -> (Came, u32) {
        let endpoint = self.endpoint.name();
        let mut refused = 0;
        for failed in 1.. {
            let delivery = Delivery {
                id,
                at: self.ledger.now(),
                body: body.clone(),
            };
            let Err(error) = self.sender.send(&self.endpoint, &delivery).await else {
                return (Came::Delivered, failed);
            };
            self.board
                .deliver(endpoint, |deliveries| deliveries.failed += 1);
            refused += u32::from(error.is_refusal());
            let wait = self.backoff.find_wait(failed, random());
            let wait =
                wait.filter(|_| error.is_worth_repeating() && !self.backoff.is_refused(refused));
            let Some(wait) = wait else {
                tracing::error!(%endpoint, %error, delivery = %id, "a delivery is given up");
                return (Came::Abandoned(described(&error)), failed);
            };
            tracing::warn!(%endpoint, %error, delivery = %id, ?wait, "a delivery failed");
            tokio::time::sleep(wait).await;
        }
        (Came::Abandoned("tried too often".to_owned()), u32::MAX)
    }

    /// What the letter is known by, and what it says; `None` where the log cannot be read.
    async fn written(&self, letter: &Letter) -> Option<(Uuid, String)> {
        let recorded = match self.ledger.event_at(letter.position).await {
            Ok(recorded) => recorded?,
            Err(error) => {
                tracing::error!(%error, "an alert cannot be read");
                return None;
            }
        };
        let registers = self
            .ledger
            .figures(|figures| figures.registers_at(letter.position).into_owned());
        let body = letter::text(letter, recorded.recorded_at, &registers);
        Some((self.endpoint.name().delivery(recorded.id), body))
    }

    async fn record(
        &self,
        letter: &Letter,
        came: &Came,
        (delivery, attempts): (Uuid, u32),
    ) -> Result<(), RecordError> {
        let (endpoint, of) = (self.endpoint.name().clone(), letter.revision);
        let command = match came {
            Came::Delivered => AlertCommand::Deliver(Delivered {
                endpoint,
                of,
                delivery,
                attempts,
            }),
            Came::Abandoned(why) => AlertCommand::Abandon(Abandoned {
                endpoint,
                of,
                delivery,
                attempts,
                why: text(why),
            }),
        };
        let command = Command {
            id: letter.id,
            entry: entry(self.ledger.today(), delivery),
            command,
            origin: None,
        };
        self.ledger.tell(command).await.map(drop)
    }
}

/// What `endpoint` is still to be told of, in log order, by what `ledger` knows now.
pub fn due(ledger: &Ledger, endpoint: &EndpointName) -> Vec<Letter> {
    let today = ledger.today();
    let since = today.shifted(-DAYS);
    ledger.alerts(|alerts| alerts.due(endpoint, since, today))
}

/// Where the waits of endpoints that failed together differ.
fn random() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

/// An error with what is behind it.
fn described(error: &SendError) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// A text as a fact can hold it.
fn text(why: &str) -> Text {
    let fits: String = why
        .chars()
        .filter(|it| !it.is_control())
        .take(500)
        .collect();
    Text::parse(&fits).unwrap_or_else(|_| unknown())
}

/// # Panics
/// Never: it is a text.
#[expect(clippy::expect_used, reason = "it is a text")]
fn unknown() -> Text {
    Text::parse("for no known reason").expect("a text")
}

/// # Panics
/// Never: an id makes a reference.
#[expect(clippy::expect_used, reason = "an id makes a reference")]
fn entry(today: EffectiveOn, delivery: Uuid) -> Entry {
    Entry {
        reference: Reference::parse(&format!("delivery-{delivery}")).expect("a reference"),
        effective_on: today,
        note: None,
        document: None,
    }
}
