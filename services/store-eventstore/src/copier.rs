//! Follows the cluster's log into the copy, and notices when the subscription does not tell what it
//! should.

use std::sync::Arc;
use std::time::Duration;

use store::panics::caught_in;
use store::{AppendError, Cause, CommitObserver, Head, Life, Mirror, ReplicaError};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::bookmark::Bookmark;
use crate::call::CallError;
use crate::codec::Arrived;
use crate::fold::fold;
use crate::health::{Health, Look};
use crate::link::{Aborted, Links};
use crate::reads;
use crate::streams::Streams;
use crate::subscription::{News, Subscription};
use crate::tickets::Tickets;
use crate::wait::Wait;

/// Most events folded in one write.
const PAGE: usize = 1_024;

/// How often the subscription is looked at from outside.
const LOOK: Duration = Duration::from_secs(1);

/// How long the cluster's log must have been another one: a node that was deposed may not have
/// noticed yet.
const SURELY: Duration = Duration::from_secs(5);

/// How long to wait for room in the copy.
const NO_ROOM: Duration = Duration::from_secs(1);

/// What appends, reads and the copier share.
pub(crate) struct Shared {
    pub(crate) copy: Arc<dyn Mirror>,
    pub(crate) links: Links,
    pub(crate) streams: Streams,
    pub(crate) tickets: Tickets,
    /// Held while a seal is asked, so that it hears of positions in their order, and while tickets
    /// are opened.
    pub(crate) sealing: Mutex<()>,
    pub(crate) reached: watch::Sender<Reached>,
    /// Told of appends; the copy's own writes are nobody's concern.
    pub(crate) observer: Arc<dyn CommitObserver>,
}

impl Shared {
    /// Says that the copy goes no further.
    fn stop(&self, cause: Cause) {
        let why = cause.to_string();
        self.reached.send_modify(|now| now.stopped = Some(cause));
        tracing::error!(why, "the copy of the log goes no further");
    }
}

/// How far the copy is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    /// Everything of ours up to here is in the copy.
    pub(crate) bookmark: Option<Bookmark>,
    /// Why it goes no further, where that is so.
    pub(crate) stopped: Option<Cause>,
}

/// Why one subscription is not followed any more.
enum Over {
    /// Another one goes on from there.
    Again(String),
    /// Nothing may be left out, so nothing more is folded.
    Stop(Cause),
}

pub(crate) struct Copier {
    shared: Arc<Shared>,
    head: Head,
    /// Everything of ours up to here has come.
    received: Option<Bookmark>,
    /// What came and is not yet in the copy: part of an append whose rest is on its way.
    waiting: Vec<Arrived>,
    /// Since when the subscription has been telling something.
    stands_since: Option<Instant>,
    /// Since when the cluster's log has been another one.
    another_since: Option<Instant>,
}

impl Copier {
    /// One that goes on from the last event in the copy, which ends at `head`.
    pub(crate) fn new(shared: Arc<Shared>, head: Head) -> Self {
        let received = shared.links.landmark().map(|last| last.bookmark);
        Self {
            shared,
            head,
            received,
            waiting: Vec::new(),
            stands_since: None,
            another_since: None,
        }
    }

    /// Follows until it cannot go on, and sees to it that its end is noticed, whatever it ends with.
    /// After a panic nothing is folded any more: what it left behind is looked into at a start.
    pub(crate) async fn run_watched(self, life: Life) {
        let shared = Arc::clone(&self.shared);
        if let Err(panicked) = caught_in(self.run()).await {
            shared.stop(Arc::new(panicked));
        }
        let stopped = shared.reached.borrow().stopped.clone();
        life.end(stopped.map_or_else(String::new, |cause| cause.to_string()));
    }

    /// Follows for as long as nothing stands in the way of going on.
    async fn run(mut self) {
        let mut wait = Wait::default();
        loop {
            wait.over().await;
            match self.follow().await {
                Over::Again(why) => {
                    tracing::warn!(why, "the subscription is made anew");
                    let stood = self.stands_since.take().map(|since| since.elapsed());
                    wait.failed_after(stood.unwrap_or_default());
                }
                Over::Stop(cause) => {
                    self.shared.stop(cause);
                    return;
                }
            }
        }
    }

    /// Follows one subscription to its end.
    async fn follow(&mut self) -> Over {
        if let Err(over) = self.same_log().await {
            return over;
        }
        let shared = Arc::clone(&self.shared);
        let settings = shared.links.settings().clone();
        let mut subscription = match Subscription::start(settings, self.received) {
            Ok(subscription) => subscription,
            Err(error) => return Over::Again(error.to_string()),
        };
        let mut health = Health::new(Instant::now());
        let mut asked = None;
        let mut news = Vec::with_capacity(PAGE);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = subscription.news.recv_many(&mut news, PAGE) => {
                    if count == 0 {
                        return Over::Again("its thread ended".to_owned());
                    }
                    health.heard(Instant::now());
                    if let Err(over) = self.take(&mut news).await {
                        return over;
                    }
                }
                // Of what it had sent, another node wrote a part, or nobody anything.
                () = shared.tickets.given_up(), if !self.waiting.is_empty() => {
                    if let Err(over) = self.fold().await {
                        return over;
                    }
                }
                now = look.tick() => {
                    let look = Look {
                        now,
                        beats: subscription.beats(),
                        owed_since: shared.tickets.oldest(),
                        received: self.received,
                    };
                    match health.look(&look) {
                        Err(why) => return Over::Again(why.to_owned()),
                        Ok(true) if asked.is_none() => asked = Some(self.ask_for_more()),
                        Ok(_) => {}
                    }
                }
                more = answer(&mut asked) => {
                    asked = None;
                    if let Some(bookmark) = more {
                        health.expect(bookmark, Instant::now());
                    }
                }
            }
        }
    }

    /// Whether the cluster still keeps the log that is copied.
    async fn same_log(&mut self) -> Result<(), Over> {
        let error = match self.shared.links.check().await {
            Ok(()) => {
                self.another_since = None;
                return Ok(());
            }
            Err(error) => error,
        };
        if matches!(error, CallError::AnotherLog) {
            let since = *self.another_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= SURELY {
                return Err(Over::Stop(Arc::new(error)));
            }
        } else {
            self.another_since = None;
        }
        Err(Over::Again(error.to_string()))
    }

    /// Takes in what the subscription told.
    async fn take(&mut self, news: &mut Vec<News>) -> Result<(), Over> {
        let mut over = Ok(());
        self.shared.links.heard().now();
        for told in news.drain(..) {
            match told {
                News::Arrived(arrived) => {
                    if self.received < Some(arrived.bookmark) {
                        self.received = Some(arrived.bookmark);
                        self.waiting.push(*arrived);
                    }
                }
                News::Reached(bookmark) => self.received = self.received.max(Some(bookmark)),
                News::Stands => {}
                News::Foreign(foreign) => {
                    over = Err(Over::Stop(Arc::new(foreign)));
                    break;
                }
                News::Ended(why) => {
                    over = Err(Over::Again(why));
                    break;
                }
            }
            self.stands_since.get_or_insert_with(Instant::now);
        }
        self.fold().await?;
        over
    }

    /// Writes what came to the copy; of an append of this node that has not come whole, nothing.
    async fn fold(&mut self) -> Result<(), Over> {
        let shared = Arc::clone(&self.shared);
        while !self.waiting.is_empty() {
            // Tickets are opened under the same lock: what is written without one is in the copy
            // when it is.
            let in_order = shared.sealing.lock().await;
            let folded = fold(self.head, &self.waiting, &shared.tickets);
            let Some(last) = folded.last else { break };
            let kept = last.bookmark.kept(&shared.streams);
            match shared.copy.reflect(folded.batches, kept).await {
                Ok(()) => {}
                Err(ReplicaError::Append(AppendError::Full)) => {
                    tracing::error!("there is no room for the copy of the log");
                    // It is this node that does not listen.
                    shared.links.heard().now();
                    drop(in_order);
                    sleep(NO_ROOM).await;
                    continue;
                }
                Err(error) => return Err(Over::Stop(Arc::new(error))),
            }
            self.head = folded.head;
            self.waiting.drain(..folded.count);
            shared.links.copied(Some(last));
            for (first, places) in folded.answers {
                shared.tickets.answer(first, places);
            }
            break;
        }
        if self.waiting.is_empty() {
            let received = self.received;
            let reached = &shared.reached;
            reached
                .send_if_modified(|now| std::mem::replace(&mut now.bookmark, received) != received);
        }
        Ok(())
    }

    /// Asks, beside everything else, where the cluster has an event of ours that has not come.
    fn ask_for_more(&self) -> Aborted<Option<Bookmark>> {
        let (shared, received) = (Arc::clone(&self.shared), self.received);
        Aborted(tokio::spawn(async move {
            let next = reads::next(&shared.links, &shared.streams, received).await;
            next.unwrap_or_default()
        }))
    }
}

/// What `asked` comes to; never, where nothing is asked.
async fn answer(asked: &mut Option<Aborted<Option<Bookmark>>>) -> Option<Bookmark> {
    match asked {
        Some(asked) => (&mut asked.0).await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}
