//! The log, read again from its first event as anybody can read it, and folded.

use anyhow::{Context as _, anyhow};
use events::Event;
use events::log::{Stored, StreamName};
use events::names::LineId;
use projections::plain::Plain;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::{Failure, OrFail as _};
use crate::progress::Progress;
use crate::question::Parameters;
use crate::service::Service;

/// Most events read at once: a service gives no more, and no answer waits for the comparison.
const PAGE: u64 = 1_000;

/// The log behind a service, and how far it has been read.
pub(super) struct History<'a> {
    service: &'a Service,
    position: u64,
}

/// An event as a service gives it.
#[derive(Deserialize)]
struct Given {
    position: u64,
    stream: String,
    name: String,
    version: u16,
    recorded_at: String,
    data: Box<RawValue>,
}

impl<'a> History<'a> {
    /// The log behind `service`, of which nothing has been read.
    pub(super) fn of(service: &'a Service) -> Self {
        Self {
            service,
            position: 0,
        }
    }

    /// The last position read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Reads on up to `position` into `plain`, and gives the instant of the last event.
    ///
    /// # Errors
    /// A [`Failure`] where the log ends before, leaves an event out, or has one that cannot be
    /// read.
    pub(super) async fn read(
        &mut self,
        position: u64,
        plain: &mut Plain,
        progress: &Progress,
    ) -> Result<String, Failure> {
        let mut recorded_at = String::new();
        while self.position < position {
            for given in self.page(position).await? {
                self.add(&given, plain)?;
                recorded_at = given.recorded_at;
            }
            progress.to(self.position);
        }
        Ok(recorded_at)
    }

    /// The next events, up to `position`.
    async fn page(&self, position: u64) -> Result<Vec<Given>, Failure> {
        let path = Parameters::default()
            .with("after", Some(self.position))
            .with(
                "limit",
                Some(PAGE.min(position.saturating_sub(self.position))),
            )
            .path("/v1/events");
        let lines = self
            .service
            .get(&path, "application/x-ndjson")
            .await?
            .bytes()
            .await?;
        let lines = std::str::from_utf8(&lines).or_unreachable()?.lines();
        let given: Result<Vec<Given>, _> = lines.map(serde_json::from_str).collect();
        let given = given.or_unreachable()?;
        if given.is_empty() {
            return Err(Failure::refused(anyhow!(
                "the log ends at position {}, and the view knows position {position}",
                self.position
            )));
        }
        Ok(given)
    }

    /// Adds the next event, whatever it is of: figures are moved by those of lines alone.
    fn add(&mut self, given: &Given, plain: &mut Plain) -> Result<(), Failure> {
        let next = self.position + 1;
        if given.position != next {
            return Err(Failure::refused(anyhow!(
                "after position {} comes {}: the event at {next} is missing",
                self.position,
                given.position
            )));
        }
        let stream = StreamName::from_stored(given.stream.clone());
        let stored = Stored {
            name: given.name.clone(),
            version: given.version,
            data: given.data.get().to_owned(),
        };
        let wrong = || format!("the event at position {next} of '{stream}' cannot be read");
        let event = Event::decode(&stream, &stored)
            .with_context(wrong)
            .or_refuse()?;
        if let Event::Line(event) = event {
            let line = LineId::of_stream(&stream).with_context(wrong).or_refuse()?;
            plain.add(line, &event);
        }
        self.position = next;
        Ok(())
    }
}
