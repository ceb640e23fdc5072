//! The log as pages of decoded events: read and decoded in parallel, handed out in order.
//!
//! One page is on its way for each processor and one more, so that whoever applies them need not
//! wait. Nothing is applied here, and no event is skipped: one that cannot be read ends its page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use events::line::LineEvent;
use events::log::{Position, Recorded, Revision, Stored};
use events::names::LineId;
use events::text::Dropped;
use events::{DecodeError, Event};
use store::{EventStore, ReadError, Scanned};
use tokio::task::JoinHandle;

use crate::error::LedgerError;
use crate::transit::Transit;

/// Most events of a page: enough to make a thread's while, and few enough to stay in its cache.
const PAGE: u64 = 512;

/// Most pages on their way, however many processors there are; a store has few readers.
const MOST_AHEAD: usize = 4;

/// An event with what views count it by.
pub(crate) struct Read {
    pub(crate) position: Position,
    pub(crate) revision: Revision,
    pub(crate) fact: Fact,
}

/// What happened.
pub(crate) enum Fact {
    /// To a line: nothing that anybody looks up by its texts.
    Plain(LineId, LineEvent<Dropped>),
    /// To a line and another one, or to what happened to one.
    Linked(LineId, Box<LineEvent>),
    /// To anything else.
    Other(Box<Event>),
}

/// Events in a row, decoded.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<Read>,
    /// Why the event after them cannot be read.
    pub(crate) refused: Option<LedgerError>,
}

/// The pages between two positions.
pub(crate) struct Pages {
    store: Arc<dyn EventStore>,
    reading: VecDeque<JoinHandle<Result<Page, ReadError>>>,
    ahead: usize,
    /// Where the next page begins that nobody reads yet.
    after: Position,
    until: Position,
}

impl Pages {
    /// The pages of the events after `after`, up to `until`, which is no later than the head.
    pub(crate) fn new(store: Arc<dyn EventStore>, after: Position, until: Position) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            reading: VecDeque::new(),
            ahead: (processors + 1).min(MOST_AHEAD),
            after,
            until,
        }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// [`ReadError`] where the log cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>, ReadError> {
        if self.reading.is_empty() && self.left() <= PAGE {
            // The usual page: what was just recorded. It is not worth a task of its own.
            return match self.start() {
                Some((after, limit)) => read(&*self.store, after, limit).await.map(Some),
                None => Ok(None),
            };
        }
        while self.reading.len() < self.ahead
            && let Some((after, limit)) = self.start()
        {
            let store = Arc::clone(&self.store);
            let reading = tokio::spawn(async move { read(&*store, after, limit).await });
            self.reading.push_back(reading);
        }
        let Some(page) = self.reading.pop_front() else {
            return Ok(None);
        };
        let page = page.await;
        page.map_err(|ended| ReadError::Engine(Arc::new(ended)))?
            .map(Some)
    }

    fn left(&self) -> u64 {
        self.until.0.saturating_sub(self.after.0)
    }

    /// Where the next page begins, and how many events it has.
    fn start(&mut self) -> Option<(Position, usize)> {
        let events = self.left().min(PAGE);
        let after = self.after;
        self.after = Position(after.0 + events);
        (events > 0).then_some((after, usize::try_from(events).unwrap_or(usize::MAX)))
    }
}

/// The page of `limit` events after `after`.
async fn read(store: &dyn EventStore, after: Position, limit: usize) -> Result<Page, ReadError> {
    let page = Page {
        events: Vec::with_capacity(limit),
        refused: None,
    };
    let page = Arc::new(Mutex::new(page));
    let filled = Arc::clone(&page);
    let visit = move |scanned: Scanned<'_>| {
        let mut page = filled.lock().unwrap_or_else(PoisonError::into_inner);
        if page.refused.is_none() {
            match Read::of(scanned) {
                Ok(read) => page.events.push(read),
                Err(source) => page.refused = Some(undecoded(scanned, source)),
            }
        }
    };
    store.scan(after, limit, Box::new(visit)).await?;
    let page = std::mem::take(&mut *page.lock().unwrap_or_else(PoisonError::into_inner));
    // The pages after it are read already, or will be: a gap would be lost for good.
    let mut due = after.next();
    for read in &page.events {
        if read.position != due {
            break;
        }
        due = due.next();
    }
    let last = Position(after.0 + u64::try_from(limit).unwrap_or(u64::MAX));
    if due != last.next() && page.refused.is_none() {
        let why = "there is no such event, but there are later ones".to_owned();
        return Err(ReadError::Damaged { position: due, why });
    }
    Ok(page)
}

impl Read {
    fn of(scanned: Scanned<'_>) -> Result<Self, DecodeError> {
        let Scanned {
            position,
            stream,
            revision,
            event,
        } = scanned;
        let fact = match LineId::of_stream(stream) {
            Some(line) => match LineEvent::decode_with(event)? {
                plain if !Transit::counts(&plain.body) => Fact::Plain(line, plain),
                _ => Fact::Linked(line, Box::new(LineEvent::decode(event)?)),
            },
            None => Fact::Other(Box::new(Event::decode(stream, event)?)),
        };
        Ok(Self {
            position,
            revision,
            fact,
        })
    }
}

/// The event that a store has.
pub(crate) fn decode(recorded: &Recorded<Stored>) -> Result<Recorded<Event>, LedgerError> {
    let decoded = recorded
        .clone()
        .try_map(|stored| Event::decode(&recorded.stream, &stored));
    decoded.map_err(|source| undecoded(Scanned::from(recorded), source))
}

fn undecoded(scanned: Scanned<'_>, source: DecodeError) -> LedgerError {
    LedgerError::Decode {
        stream: scanned.stream.clone(),
        revision: scanned.revision,
        position: scanned.position,
        source: Arc::new(source),
    }
}
