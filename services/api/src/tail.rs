//! The log from a position up to the head at the request, seen through filters.
//!
//! Of one stream only that stream is read; everything else reads the log and leaves out.

use std::collections::VecDeque;

use events::log::{Position, Recorded, Revision, Stored, StreamName};
use events::names::LineId;
use events::text::Reference;
use events::time::EffectiveOn;
use ledger::Ledger;

use crate::error::ApiError;
use crate::query::Parameters;
use crate::routes::events::Entry;
use crate::state::find_position;

/// Events read at once.
const PAGE: usize = 1_000;
/// Most events looked at for one page; then the caller goes on from there.
const MOST: usize = 50_000;

/// Which events count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    after: Position,
    stream: Option<StreamName>,
    name: Option<String>,
    reference: Option<Reference>,
    effective_from: Option<EffectiveOn>,
    effective_to: Option<EffectiveOn>,
}

impl Filter {
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        let position =
            |text: &str| find_position(text).ok_or("'after' is a position: a whole number");
        let line = parameters
            .parsed("line", LineId::parse)?
            .map(|line| line.stream());
        let stream = parameters.find("stream").map(StreamName::from_stored);
        if let (Some(line), Some(stream)) = (&line, &stream)
            && line != stream
        {
            let why = "'line' and 'stream' name two streams: give one of them";
            return Err(ApiError::parameter("stream", why));
        }
        Ok(Self {
            after: parameters.parsed("after", position)?.unwrap_or_default(),
            stream: line.or(stream),
            name: parameters.find("name").map(str::to_owned),
            reference: parameters.parsed("reference", Reference::parse)?,
            effective_from: parameters.day("effective_from")?,
            effective_to: parameters.day("effective_to")?,
        })
    }

    fn lets_through(&self, recorded: &Recorded<Stored>) -> bool {
        if self
            .name
            .as_ref()
            .is_some_and(|name| *name != recorded.event.name)
        {
            return false;
        }
        let (from, to) = (self.effective_from, self.effective_to);
        if self.reference.is_none() && from.is_none() && to.is_none() {
            return true;
        }
        let entry = Entry::of(&recorded.event);
        let day = entry
            .effective_on
            .and_then(|day| EffectiveOn::parse(&day).ok());
        let reference = self.reference.as_ref().map(Reference::as_str);
        reference.is_none_or(|reference| entry.reference.as_deref() == Some(reference))
            && from.is_none_or(|from| day.is_some_and(|day| from <= day))
            && to.is_none_or(|to| day.is_some_and(|day| day <= to))
    }
}

/// The events that are still to come.
pub(crate) struct Tail {
    ledger: Ledger,
    filter: Filter,
    head: Position,
    /// The last position looked at.
    seen: Position,
    /// The next revision, where one stream is read.
    revision: Revision,
    read: VecDeque<Recorded<Stored>>,
    done: bool,
}

impl Tail {
    pub(crate) async fn open(
        ledger: Ledger,
        filter: Filter,
        head: Position,
    ) -> Result<Self, ApiError> {
        let mut tail = Self {
            seen: filter.after,
            ledger,
            filter,
            head,
            revision: Revision::FIRST,
            read: VecDeque::new(),
            done: false,
        };
        if let Some(stream) = tail.filter.stream.clone() {
            tail.revision = tail.first_after(&stream).await?;
        }
        Ok(tail)
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.done && self.read.is_empty()
    }

    /// Up to `limit` events that count. Fewer where the end is near, or little counts.
    pub(crate) async fn take(&mut self, limit: usize) -> Result<Vec<Recorded<Stored>>, ApiError> {
        let (mut taken, mut looked) = (Vec::new(), 0);
        while taken.len() < limit && looked < MOST {
            if self.read.is_empty() && !self.read_on().await? {
                break;
            }
            while let Some(recorded) = self.read.pop_front() {
                (self.seen, looked) = (recorded.position, looked + 1);
                if self.filter.lets_through(&recorded) {
                    taken.push(recorded);
                }
                if taken.len() == limit {
                    break;
                }
            }
        }
        Ok(taken)
    }

    /// The position to go on after; `None` at the end.
    pub(crate) async fn more(&mut self) -> Result<Option<Position>, ApiError> {
        let more = !self.read.is_empty() || self.read_on().await?;
        Ok(more.then_some(self.seen))
    }

    /// Reads the next events; whether there were any.
    async fn read_on(&mut self) -> Result<bool, ApiError> {
        if self.done {
            return Ok(false);
        }
        let (ledger, filter) = (&self.ledger, &self.filter);
        let mut page = match &filter.stream {
            Some(stream) => ledger.stream_events(stream, self.revision, PAGE).await?,
            None => ledger.events(self.seen, PAGE).await?,
        };
        let read = page.len();
        page.retain(|recorded| recorded.position <= self.head);
        self.done = read < PAGE || page.len() < read;
        if let Some(last) = page.last() {
            self.revision = last.revision.next();
        }
        self.read.extend(page);
        Ok(!self.read.is_empty())
    }

    /// The first revision of `stream` after the position asked, found by halving.
    async fn first_after(&self, stream: &StreamName) -> Result<Revision, ApiError> {
        if self.filter.after == Position::START {
            return Ok(Revision::FIRST);
        }
        let is_after = async |revision: u64| -> Result<bool, ApiError> {
            let found = self
                .ledger
                .stream_events(stream, Revision(revision), 1)
                .await?;
            Ok(found
                .first()
                .is_none_or(|recorded| recorded.position > self.filter.after))
        };
        // A stream has at most as many events up to a position as the log has.
        let (mut low, mut high) = (0, self.filter.after.0.min(self.head.0));
        while low < high {
            let middle = low + (high - low) / 2;
            if is_after(middle).await? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Revision(low))
    }
}
