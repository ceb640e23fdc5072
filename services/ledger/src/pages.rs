//! The log as pages of decoded events: read and decoded on every processor, applied in order.
//!
//! Each thread takes the next page, decodes it, waits until the pages before it are applied,
//! applies it, and takes another: no page changes hands, and there are no more of them than
//! threads. No event is skipped: one that cannot be read ends it all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use events::line::LineEvent;
use events::log::{Position, Recorded, Revision, Stored};
use events::names::LineId;
use events::text::Dropped;
use events::{DecodeError, Event};
use store::{EventStore, ReadError, Scanned};

use crate::error::LedgerError;
use crate::transit::Transit;

/// Most events of a page: enough to make a thread's while, and few enough to stay in its cache.
const PAGE: u64 = 1_024;

/// Most threads, however many processors there are: they apply one after the other.
const MOST_THREADS: usize = 4;

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

/// Why not all pages were applied. Those before the event that is to blame were.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The log cannot be read; perhaps it can later.
    Unread(ReadError),
    /// An event cannot be decoded.
    Refused(LedgerError),
    /// An event made us panic while it was decoded or applied.
    Panicked,
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
        next: Mutex::new(after),
        turn: Mutex::new(Some(after)),
        passed: Condvar::new(),
        apply,
    });
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let due = until.0.saturating_sub(after.0).div_ceil(PAGE);
    let threads = processors
        .min(MOST_THREADS)
        .min(usize::try_from(due).unwrap_or(usize::MAX));
    // Off the serving threads: reading blocks, and applying waits for questions being answered.
    let work = |_| {
        let pages = Arc::clone(&pages);
        tokio::task::spawn_blocking(move || pages.work())
    };
    let working: Vec<_> = (0..threads).map(work).collect();
    let mut ended = Ok(());
    for thread in working {
        // At most one thread has an error: the others stop without one.
        ended = ended.and(thread.await.unwrap_or(Err(Ended::Cancelled)));
    }
    ended
}

/// The pages between two positions, and what is done with them.
struct Pages<A> {
    store: Arc<dyn EventStore>,
    until: Position,
    /// After which event the page begins that nobody has taken yet.
    next: Mutex<Position>,
    /// After which event the page begins that is to be applied; none once it has ended early.
    turn: Mutex<Option<Position>>,
    passed: Condvar,
    apply: A,
}

impl<A: Fn(&mut Vec<Read>)> Pages<A> {
    /// Works off pages until there are none.
    fn work(&self) -> Result<(), Ended> {
        let mut events = Vec::new();
        while let Some((after, last)) = self.take() {
            let read = caught(|| read(&*self.store, (after, last), &mut events));
            if !self.wait(after) {
                return Ok(());
            }
            let done = match read {
                // What came before an event that cannot be decoded is applied.
                Ok(()) | Err(Ended::Refused(_)) => {
                    let applied = caught(|| {
                        (self.apply)(&mut events);
                        Ok(())
                    });
                    applied.and(read)
                }
                Err(ended) => Err(ended),
            };
            *locked(&self.turn) = done.is_ok().then_some(last);
            self.passed.notify_all();
            done?;
        }
        Ok(())
    }

    /// The next page: after which event it begins, and its last one.
    fn take(&self) -> Option<(Position, Position)> {
        let mut next = locked(&self.next);
        let after = *next;
        *next = Position(self.until.0.min(after.0.saturating_add(PAGE)));
        (after < *next).then_some((after, *next))
    }

    /// Waits until everything up to `after` is applied; false where that will never be.
    fn wait(&self, after: Position) -> bool {
        let turn = locked(&self.turn);
        let waits = |turn: &mut Option<Position>| turn.is_some_and(|turn| turn != after);
        let turn = self.passed.wait_while(turn, waits);
        turn.unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `act` comes to; a panic is told of and ends it.
fn caught(act: impl FnOnce() -> Result<(), Ended>) -> Result<(), Ended> {
    // Nobody looks at what is left behind: the view stops for good.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or(Err(Ended::Panicked))
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
