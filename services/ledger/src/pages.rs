//! The log as pages of decoded events: read and decoded on every processor, applied in order.
//!
//! Each thread takes the next page and decodes it where it reads it; one of them applies those
//! that are due first. Few pages wait: whoever is too far ahead waits too. No event is skipped:
//! one that cannot be read ends it all.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use events::alert::{AlertEvent, AlertId};
use events::line::LineEvent;
use events::log::{Position, Recorded, Revision, Stored};
use events::names::LineId;
use events::text::Dropped;
use events::{DecodeError, Event};
use store::panics::{Panicked, caught};
use store::{EventStore, ReadError, Scanned};

use crate::error::LedgerError;
use crate::transit::Transit;

/// Most events of a page: so many that what they are applied to is brought near once for all of
/// them, and so few that a page has not gone far when its turn comes.
const PAGE: u64 = 4_096;

/// Most threads, however many processors there are: one of them applies what all decode.
const MOST_THREADS: usize = 4;

/// Most pages between the one that is applied and the last that is decoded.
const MOST_AHEAD: u64 = 6;

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
    /// To an alert.
    Alert(AlertId, Box<AlertEvent>),
    /// To anything else.
    Other(Box<Event>),
}

/// Why not all pages were applied. Those before the event that is to blame were.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The log cannot be read; perhaps it can later.
    Unread(ReadError),
    /// An event cannot be decoded.
    Refused(LedgerError),
    /// An event made us panic while it was read: nothing of it is applied.
    Panicked(Panicked),
    /// An event made us panic while it was applied.
    HalfApplied(Panicked),
    /// The process is on its way out.
    Cancelled,
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
    }
}

/// Has `apply` take the events after `after` out of the list it is given, page by page and in
/// order, up to `until`, which is no later than the head.
///
/// # Errors
/// [`Ended`] where it came to an end before.
pub(crate) async fn apply_pages(
    store: &Arc<dyn EventStore>,
    (after, until): (Position, Position),
    apply: impl Fn(&mut Vec<Read>) + Send + Sync + 'static,
) -> Result<(), Ended> {
    let pages = Arc::new(Pages {
        store: Arc::clone(store),
        until,
        work: Mutex::new(Work {
            taken: after,
            applied: after,
            decoded: BTreeMap::new(),
            spare: Vec::new(),
            ended: false,
        }),
        changed: Condvar::new(),
        apply,
    });
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let due = until.0.saturating_sub(after.0).div_ceil(PAGE);
    let threads = processors
        .min(MOST_THREADS)
        .min(usize::try_from(due).unwrap_or(usize::MAX));
    // Off the serving threads: reading blocks, and applying waits for questions being answered.
    let work = |number| {
        let pages = Arc::clone(&pages);
        tokio::task::spawn_blocking(move || {
            let worked = caught(|| pages.work(number == 0));
            worked.unwrap_or_else(|panicked| pages.give_up(panicked))
        })
    };
    let working: Vec<_> = (0..threads).map(work).collect();
    let mut ended = Ok(());
    for thread in working {
        ended = ended.and(thread.await.unwrap_or(Err(Ended::Cancelled)));
    }
    ended
}

/// The pages between two positions, and what is done with them.
struct Pages<A> {
    store: Arc<dyn EventStore>,
    until: Position,
    work: Mutex<Work>,
    changed: Condvar,
    apply: A,
}

/// How far the pages are.
struct Work {
    /// The last event of the last page that somebody decodes or has decoded.
    taken: Position,
    /// The last event of the last page that was applied.
    applied: Position,
    /// Pages that were decoded and not applied, by the event they begin after.
    decoded: BTreeMap<Position, Page>,
    /// Lists to decode into.
    spare: Vec<Vec<Read>>,
    /// Whether nothing more is to be done.
    ended: bool,
}

/// Events in a row, and why those after them cannot be had.
struct Page {
    last: Position,
    events: Vec<Read>,
    read: Result<(), Ended>,
}

impl Work {
    /// The next page to decode, unless too many wait to be applied: after which event it begins,
    /// and its last one.
    fn take(&mut self, until: Position) -> Option<(Position, Position)> {
        let after = self.taken;
        if after >= until || after.0 - self.applied.0 >= PAGE * MOST_AHEAD {
            return None;
        }
        self.taken = Position(until.0.min(after.0.saturating_add(PAGE)));
        Some((after, self.taken))
    }
}

impl<A: Fn(&mut Vec<Read>)> Pages<A> {
    /// Works off pages until there are none. One thread applies them, so that what they are
    /// applied to stays near it, and decodes where there is nothing to apply.
    fn work(&self, applies: bool) -> Result<(), Ended> {
        let mut work = locked(&self.work);
        while !work.ended {
            let due = work.applied;
            if applies && let Some(page) = work.decoded.remove(&due) {
                drop(work);
                let (last, done) = (page.last, self.apply(page));
                work = locked(&self.work);
                work.applied = last;
                work.ended = done.is_err() || last >= self.until;
                self.changed.notify_all();
                work.spare.push(done?);
            } else if let Some((after, last)) = work.take(self.until) {
                let mut events = work.spare.pop().unwrap_or_default();
                drop(work);
                let read = caught(|| read(&*self.store, (after, last), &mut events));
                let read = read.unwrap_or_else(|panicked| Err(Ended::Panicked(panicked)));
                work = locked(&self.work);
                let page = Page { last, events, read };
                work.decoded.insert(after, page);
                self.changed.notify_all();
            } else {
                let waited = self.changed.wait(work);
                work = waited.unwrap_or_else(PoisonError::into_inner);
            }
        }
        Ok(())
    }

    /// Applies a page, and gives back its list.
    fn apply(&self, page: Page) -> Result<Vec<Read>, Ended> {
        let Page {
            mut events, read, ..
        } = page;
        // What came before an event that cannot be decoded is applied.
        if let Ok(()) | Err(Ended::Refused(_)) = read {
            caught(|| (self.apply)(&mut events)).map_err(Ended::HalfApplied)?;
        }
        read.map(|()| events)
    }

    /// Has no thread wait for one that panicked outside of any event.
    fn give_up(&self, panicked: Panicked) -> Result<(), Ended> {
        locked(&self.work).ended = true;
        self.changed.notify_all();
        Err(Ended::Panicked(panicked))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the events after `after`, up to `last`, into `events`.
fn read(
    store: &dyn EventStore,
    (after, last): (Position, Position),
    events: &mut Vec<Read>,
) -> Result<(), Ended> {
    let limit = usize::try_from(last.0 - after.0).unwrap_or(usize::MAX);
    events.clear();
    events.reserve(limit);
    let mut refused = None;
    store.scan(after, limit, &mut |scanned: Scanned<'_>| {
        if refused.is_none() {
            match Read::of(scanned) {
                Ok(read) => events.push(read),
                Err(source) => refused = Some(undecoded(scanned, source)),
            }
        }
    })?;
    // The pages after it are read already, or will be: a gap would be lost for good.
    let mut due = after.next();
    for read in &*events {
        if read.position != due {
            break;
        }
        due = due.next();
    }
    match refused {
        Some(error) => Err(Ended::Refused(error)),
        None if due == last.next() => Ok(()),
        None => {
            let why = "there is no such event, but there are later ones".to_owned();
            Err(ReadError::Damaged { position: due, why }.into())
        }
    }
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
            None => match (AlertId::of_stream(stream), Event::decode(stream, event)?) {
                (Some(id), Event::Alert(event)) => Fact::Alert(id, Box::new(event)),
                (_, event) => Fact::Other(Box::new(event)),
            },
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
