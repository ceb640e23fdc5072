//! `Streams/Read` as a subscription: what was committed after a place, then what is committed.
//!
//! A subscription is confirmed, catches up, is told that it has caught up, and is live. It reads
//! the log by place and so never falls behind and is never dropped for being slow.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use super::filter::Filter;
use super::line::{Line, Over, Replies};
use super::read::{PAGE, direction, filter, ids, place_at};
use super::recorded::{self, Ids, content};
use super::{Node, name, refusal};
use crate::faults::Signal;
use crate::log::{Direction, Log, LoggedEvent, Presence};
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_req::Options;
use crate::protocol::streams::read_req::options::all_options::AllOption;
use crate::protocol::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::streams::read_req::options::{AllOptions, StreamOption, StreamOptions};
use crate::protocol::streams::read_resp::{
    CaughtUp, Checkpoint, Content, Position, SubscriptionConfirmation,
};
use crate::site::Site;

/// The first version that says where a subscription has caught up.
const TELLS_WHERE_CAUGHT_UP: u32 = 25;

/// What is followed, and how far it was.
#[derive(Debug)]
enum Follows {
    All {
        place: usize,
        filter: Option<Filter>,
    },
    Stream {
        stream: String,
        next: u64,
    },
}

/// One subscription.
#[derive(Debug)]
struct Subscription {
    line: Line<ReadResp>,
    ids: Ids,
    follows: Follows,
    begun_with: Signal,
    signal: watch::Receiver<Signal>,
    grown: watch::Receiver<usize>,
    /// The event looked at last, wanted or not.
    passed: Option<Arc<LoggedEvent>>,
    passed_since_checkpoint: u64,
    checkpoint: Option<u64>,
    is_live: bool,
}

impl Node {
    pub(super) fn subscribe_to(&self, options: Options) -> Result<Replies<ReadResp>, Status> {
        if direction(&options)? == Direction::Backwards {
            return Err(refusal::invalid("a subscription goes forwards"));
        }
        let filter = filter(options.filter_option)?;
        let follows = match options.stream_option {
            Some(StreamOption::All(asked)) => {
                if filter.as_ref().is_some_and(|it| it.interval == 0) {
                    return Err(refusal::invalid("'checkpointIntervalMultiplier' is zero"));
                }
                let place = after(&self.site.log(), &asked)?;
                Follows::All { place, filter }
            }
            Some(StreamOption::Stream(_)) if filter.is_some() => {
                return Err(refusal::invalid("a stream cannot be filtered"));
            }
            Some(StreamOption::Stream(asked)) => {
                let stream = name(asked.stream_identifier.clone())?;
                let next = after_revision(&self.site.log(), &stream, &asked);
                Follows::Stream { stream, next }
            }
            None => return Err(refusal::invalid("'None' is not a valid stream")),
        };
        let (line, replies) = Line::open(&self.site);
        let signal = self.site.faults.signal();
        let begun_with = *signal.borrow();
        let subscription = Subscription {
            line,
            ids: ids(options.uuid_option.as_ref()),
            follows,
            begun_with,
            signal,
            grown: self.site.grown(),
            passed: None,
            passed_since_checkpoint: 0,
            checkpoint: None,
            is_live: false,
        };
        tokio::spawn(subscription.run());
        Ok(replies)
    }
}

impl Subscription {
    async fn run(mut self) -> Result<(), Over> {
        let subscription_id = Uuid::new_v4().to_string();
        self.say(content(Content::Confirmation(SubscriptionConfirmation {
            subscription_id,
        })))
        .await?;
        loop {
            self.grown.borrow_and_update();
            let page = self.follows.page(self.line.site());
            for event in &page {
                self.pass(event).await?;
            }
            if !page.is_empty() {
                continue;
            }
            if !self.is_live {
                self.is_live = true;
                self.catch_up().await?;
            }
            if let Follows::Stream { stream, .. } = &self.follows
                && self.line.site().log().presence(stream) == Presence::Tombstone
            {
                let status = refusal::stream_deleted(stream);
                return Err(self.line.fail(status).await);
            }
            self.wait().await?;
        }
    }

    /// Goes past an event: it is told if it is wanted, and now and then it is a checkpoint.
    async fn pass(&mut self, event: &Arc<LoggedEvent>) -> Result<(), Over> {
        let (is_wanted, interval) = match &self.follows {
            Follows::All {
                filter: Some(filter),
                ..
            } => (filter.wants(event), Some(filter.interval)),
            Follows::All { filter: None, .. } | Follows::Stream { .. } => (true, None),
        };
        if is_wanted {
            self.say(recorded::message(event, self.ids)).await?;
        }
        self.passed = Some(Arc::clone(event));
        self.passed_since_checkpoint += 1;
        if interval.is_some_and(|it| self.passed_since_checkpoint >= it) {
            self.tell_checkpoint().await?;
        }
        Ok(())
    }

    /// Says where a filtered subscription is, once for each place.
    async fn tell_checkpoint(&mut self) -> Result<(), Over> {
        self.passed_since_checkpoint = 0;
        let Some(position) = self.passed.as_ref().map(|it| it.position) else {
            return Ok(());
        };
        if self.checkpoint == Some(position) {
            return Ok(());
        }
        self.checkpoint = Some(position);
        self.say(content(Content::Checkpoint(Checkpoint {
            commit_position: position,
            prepare_position: position,
            timestamp: self.tells_where().then(now),
        })))
        .await
    }

    async fn catch_up(&mut self) -> Result<(), Over> {
        let is_all = match &self.follows {
            Follows::All { filter, .. } => {
                if filter.is_some() {
                    self.tell_checkpoint().await?;
                }
                true
            }
            Follows::Stream { .. } => false,
        };
        let mut caught_up = CaughtUp::default();
        if self.tells_where() {
            caught_up.timestamp = Some(now());
            if let Some(passed) = &self.passed {
                caught_up.position = is_all.then_some(Position {
                    commit_position: passed.position,
                    prepare_position: passed.position,
                });
                caught_up.stream_revision = (!is_all).then(|| passed.revision.cast_signed());
            }
        }
        self.say(content(Content::CaughtUp(caught_up))).await
    }

    fn tells_where(&self) -> bool {
        let version = &self.line.site().version;
        let major = version.split('.').next().and_then(|it| it.parse().ok());
        major.is_some_and(|it: u32| it >= TELLS_WHERE_CAUGHT_UP)
    }

    /// Speaks, as soon as no fault forbids it.
    async fn say(&mut self, message: ReadResp) -> Result<(), Over> {
        loop {
            let signal = *self.signal.borrow_and_update();
            if signal.broken != self.begun_with.broken {
                return Err(self.line.fail(refusal::cut()).await);
            }
            if signal.ended != self.begun_with.ended {
                return Err(Over);
            }
            if !signal.stalled {
                return self.line.say(message).await;
            }
            tokio::select! {
                _ = self.signal.changed() => {}
                over = self.line.hung_up() => return Err(over),
            }
        }
    }

    /// Waits for something to follow, or for the end.
    async fn wait(&mut self) -> Result<(), Over> {
        tokio::select! {
            _ = self.grown.changed() => return Ok(()),
            _ = self.signal.changed() => {}
            over = self.line.hung_up() => return Err(over),
        }
        let signal = *self.signal.borrow_and_update();
        if signal.broken != self.begun_with.broken {
            return Err(self.line.fail(refusal::cut()).await);
        }
        if signal.ended != self.begun_with.ended {
            return Err(Over);
        }
        Ok(())
    }
}

impl Follows {
    /// What comes next, and goes past it.
    fn page(&mut self, site: &Site) -> Vec<Arc<LoggedEvent>> {
        match self {
            Self::All { place, .. } => {
                let page = site.log().page(*place, PAGE);
                *place += page.len();
                page
            }
            Self::Stream { stream, next } => {
                let log = site.log();
                let page = log.stream_page(stream, Direction::Forwards, *next, PAGE);
                if let Some(last) = page.last() {
                    *next = last.revision + 1;
                }
                page
            }
        }
    }
}

/// Where a subscription to the whole log begins: after the event at a position.
fn after(log: &Log, asked: &AllOptions) -> Result<usize, Status> {
    match asked.all_option {
        Some(AllOption::Position(at)) => {
            let place = place_at(log, at.commit_position)?;
            let is_past = log.place(at.commit_position).is_ok();
            Ok(place + usize::from(is_past))
        }
        Some(AllOption::End(())) => Ok(log.len()),
        Some(AllOption::Start(())) | None => Ok(0),
    }
}

/// Where a subscription to a stream begins: after a revision.
fn after_revision(log: &Log, stream: &str, asked: &StreamOptions) -> u64 {
    match asked.revision_option {
        Some(RevisionOption::Revision(revision)) => revision.saturating_add(1),
        Some(RevisionOption::End(())) => log.last_of(stream).map_or(0, |last| last + 1),
        Some(RevisionOption::Start(())) | None => 0,
    }
}

fn now() -> prost_types::Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "a server stamps by the clock of its machine"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    prost_types::Timestamp {
        seconds: since.as_secs().cast_signed(),
        nanos: since.subsec_nanos().cast_signed(),
    }
}
