//! `Streams/Read` with a count: what a stream or the whole log holds now.
//!
//! A read goes page by page, so what is appended meanwhile is read too, as on the server.

use tonic::Status;

use super::filter::Filter;
use super::line::{Line, Over, Replies};
use super::recorded::{self, Ids, content};
use super::{Node, name, refusal};
use crate::log::{Direction, Log, Presence};
use crate::protocol::shared::StreamIdentifier;
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_req::Options;
use crate::protocol::streams::read_req::options::all_options::AllOption;
use crate::protocol::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions, UuidOption,
    uuid_option,
};
use crate::protocol::streams::read_resp::{Content, StreamNotFound};
use crate::site::Site;

/// How many events are copied out of the log at once.
pub(super) const PAGE: usize = 32;

/// A read of one stream.
#[derive(Debug)]
struct OfStream {
    identifier: Option<StreamIdentifier>,
    stream: String,
    from: u64,
    direction: Direction,
    count: u64,
    is_told_ends: bool,
    ids: Ids,
}

/// A read of the whole log.
#[derive(Debug)]
struct OfAll {
    place: usize,
    direction: Direction,
    count: u64,
    filter: Option<Filter>,
    ids: Ids,
}

impl Node {
    pub(super) fn read_from(&self, options: Options) -> Result<Replies<ReadResp>, Status> {
        let direction = direction(&options)?;
        let ids = ids(options.uuid_option.as_ref());
        let Some(CountOption::Count(count)) = options.count_option else {
            return Err(refusal::invalid("'None' is not a valid count"));
        };
        let (line, replies) = Line::open(&self.site);
        match options.stream_option {
            Some(StreamOption::Stream(asked)) => {
                if filter(options.filter_option)?.is_some() {
                    return Err(refusal::invalid("a stream cannot be filtered"));
                }
                let read = OfStream {
                    from: revision(&asked, direction),
                    stream: name(asked.stream_identifier.clone())?,
                    identifier: asked.stream_identifier,
                    direction,
                    count,
                    is_told_ends: options
                        .control_option
                        .is_some_and(|it| it.compatibility >= 1),
                    ids,
                };
                tokio::spawn(read.tell(line));
            }
            Some(StreamOption::All(asked)) => {
                let read = OfAll {
                    place: place(&self.site.log(), &asked, direction)?,
                    direction,
                    count,
                    filter: filter(options.filter_option)?,
                    ids,
                };
                tokio::spawn(read.tell(line));
            }
            None => return Err(refusal::invalid("'None' is not a valid stream")),
        }
        Ok(replies)
    }
}

impl OfStream {
    async fn tell(mut self, line: Line<ReadResp>) -> Result<(), Over> {
        let presence = line.site().log().presence(&self.stream);
        let (first, last) = match presence {
            Presence::Present { first, last } => (first, last),
            Presence::Tombstone => {
                return Err(line.fail(refusal::stream_deleted(&self.stream)).await);
            }
            Presence::Absent => {
                let stream_identifier = self.identifier;
                let not_found = StreamNotFound { stream_identifier };
                return line.say(content(Content::StreamNotFound(not_found))).await;
            }
        };
        let page_ends_before = self.from.saturating_add(self.count.min(32));
        let begins_hidden = self.direction == Direction::Forwards && page_ends_before <= first;
        if self.is_told_ends && begins_hidden {
            line.say(content(Content::FirstStreamPosition(first)))
                .await?;
        }
        while self.count > 0 {
            let page = self.page(line.site());
            for event in &page {
                line.say(recorded::message(event, self.ids)).await?;
                self.count -= 1;
            }
            let next = page.last().and_then(|event| match self.direction {
                Direction::Forwards => event.revision.checked_add(1),
                Direction::Backwards => event.revision.checked_sub(1),
            });
            let Some(next) = next else { break };
            self.from = next;
        }
        if self.is_told_ends {
            line.say(content(Content::LastStreamPosition(last))).await?;
        }
        Ok(())
    }

    fn page(&self, site: &Site) -> Vec<std::sync::Arc<crate::log::LoggedEvent>> {
        let limit = usize::try_from(self.count).unwrap_or(PAGE).min(PAGE);
        let log = site.log();
        log.stream_page(&self.stream, self.direction, self.from, limit)
    }
}

impl OfAll {
    async fn tell(mut self, line: Line<ReadResp>) -> Result<(), Over> {
        loop {
            let page = match self.direction {
                Direction::Forwards => line.site().log().page(self.place, PAGE),
                Direction::Backwards => line.site().log().page_before(self.place, PAGE),
            };
            if page.is_empty() {
                return Ok(());
            }
            for event in &page {
                if self.filter.as_ref().is_some_and(|it| !it.wants(event)) {
                    continue;
                }
                if self.count == 0 {
                    return Ok(());
                }
                line.say(recorded::message(event, self.ids)).await?;
                self.count -= 1;
            }
            match self.direction {
                Direction::Forwards => self.place += page.len(),
                Direction::Backwards => self.place -= page.len(),
            }
        }
    }
}

/// Whether a read goes on for ever.
pub(super) fn is_subscription(count: CountOption) -> bool {
    matches!(count, CountOption::Subscription(_))
}

pub(super) fn direction(options: &Options) -> Result<Direction, Status> {
    match ReadDirection::try_from(options.read_direction) {
        Ok(ReadDirection::Forwards) => Ok(Direction::Forwards),
        Ok(ReadDirection::Backwards) => Ok(Direction::Backwards),
        Err(_) => Err(refusal::invalid("the read direction is unknown")),
    }
}

pub(super) fn ids(asked: Option<&UuidOption>) -> Ids {
    match asked.and_then(|it| it.content.as_ref()) {
        Some(uuid_option::Content::String(())) => Ids::Text,
        Some(uuid_option::Content::Structured(())) | None => Ids::Structured,
    }
}

pub(super) fn filter(asked: Option<FilterOption>) -> Result<Option<Filter>, Status> {
    match asked {
        Some(FilterOption::Filter(options)) => Filter::try_from_options(options).map(Some),
        Some(FilterOption::NoFilter(())) => Ok(None),
        None => Err(refusal::invalid("'None' is not a valid filter")),
    }
}

/// The first revision of a read.
fn revision(asked: &StreamOptions, direction: Direction) -> u64 {
    match (asked.revision_option, direction) {
        (Some(RevisionOption::Revision(revision)), _) => revision,
        (Some(RevisionOption::End(())), _) | (None, Direction::Backwards) => u64::MAX,
        (Some(RevisionOption::Start(())), _) | (None, Direction::Forwards) => 0,
    }
}

/// Where a read begins: forwards with the event at a position, backwards with the one before it.
fn place(log: &Log, asked: &AllOptions, direction: Direction) -> Result<usize, Status> {
    match (asked.all_option, direction) {
        (Some(AllOption::Position(at)), _) => place_at(log, at.commit_position),
        (Some(AllOption::End(())), _) | (None, Direction::Backwards) => Ok(log.len()),
        (Some(AllOption::Start(())), _) | (None, Direction::Forwards) => Ok(0),
    }
}

/// The place of a position. It must be a record's, or before the first or after the last one.
pub(super) fn place_at(log: &Log, position: u64) -> Result<usize, Status> {
    match log.place(position) {
        Ok(place) => Ok(place),
        Err(place) if position == 0 || position >= log.head() => Ok(place),
        Err(_) => Err(refusal::invalid_position()),
    }
}
