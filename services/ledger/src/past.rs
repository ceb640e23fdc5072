//! The past of a stream: how its line stood after an event, for the first answer to a repeat.
//!
//! It goes forward from one question to the next, so that a file sent again costs one reading of
//! the stream and not one for each of its records.

use std::collections::VecDeque;

use events::Event;
use events::log::{Recorded, Revision, StreamName};
use store::EventStore;

use crate::aggregate::Aggregate;
use crate::answer::Standing;
use crate::error::LedgerError;
use crate::pages::decode;

/// Most events read at once.
const PAGE: usize = 1_024;

/// A stream folded up to some revision.
#[derive(Clone)]
pub(crate) struct Past {
    stream: StreamName,
    aggregate: Option<Aggregate>,
    next: Revision,
    /// Events read and not yet folded.
    page: VecDeque<Recorded<Event>>,
}

impl Past {
    /// The past of `stream`, before its first event.
    pub(crate) fn new(stream: StreamName) -> Self {
        let aggregate = Aggregate::find(&stream);
        let (next, page) = (Revision::FIRST, VecDeque::new());
        Self {
            stream,
            aggregate,
            next,
            page,
        }
    }

    /// How the line stood after the event of this revision; `None` where it is no line.
    pub(crate) async fn standing_at(
        &mut self,
        store: &dyn EventStore,
        revision: Revision,
    ) -> Result<Option<Standing>, LedgerError> {
        if self
            .aggregate
            .as_ref()
            .is_none_or(|aggregate| aggregate.line().is_none())
        {
            return Ok(None);
        }
        if self.next > revision.next() {
            *self = Self::new(self.stream.clone());
        }
        while self.next <= revision {
            if self.page.is_empty() {
                let page = store.read_stream(&self.stream, self.next, PAGE).await?;
                self.page = page.iter().map(decode).collect::<Result<_, _>>()?;
            }
            let Some(recorded) = self.page.pop_front() else {
                break;
            };
            self.aggregate = self.aggregate.take().map(|it| it.evolve(&recorded.event));
            self.next = recorded.revision.next();
        }
        Ok(self.aggregate.as_ref().and_then(Aggregate::standing))
    }
}
