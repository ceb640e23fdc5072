//! Follows the cluster's log into the copy: gives positions, lifts stamps, and notices when the
//! subscription does not tell what it should.

use std::sync::Arc;
use std::time::Duration;

use events::log::{EventId, Recorded, Stored};
use store::{AppendError, Batch, Cause, Head, Mirror, NoSeal, Place, ReplicaError, Seal};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::codec::{Arrived, Bookmark};
use crate::health::Health;
use crate::link::{Aborted, Links, Wait};
use crate::reads;
use crate::streams::Streams;
use crate::subscription::{News, Subscription};
use crate::tickets::Tickets;

/// Most events folded in one write.
const PAGE: usize = 1_024;

/// How often the subscription is looked at from outside.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait for room in the copy.
const NO_ROOM: Duration = Duration::from_secs(1);

/// What appends, reads and the follower share.
pub(crate) struct Shared {
    pub(crate) copy: Arc<dyn Mirror>,
    pub(crate) links: Links,
    pub(crate) streams: Streams,
    pub(crate) tickets: Tickets,
    /// Held while a seal is asked, so that it hears of positions in their order.
    pub(crate) sealing: Mutex<()>,
    pub(crate) reached: watch::Sender<Reached>,
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

pub(crate) struct Follower {
    shared: Arc<Shared>,
    head: Head,
    /// Everything of ours up to here has come.
    received: Option<Bookmark>,
    /// What came and is not yet in the copy: part of an append whose rest is on its way.
    waiting: Vec<Arrived>,
    /// The last event in the copy.
    folded: Option<(Bookmark, EventId)>,
}

/// The cluster lacks what it had: it was set back, or another one took its place.
#[derive(Debug, thiserror::Error)]
#[error(
    "the cluster's log is another one now: it lacks an event that it had; \
     start this node again to make its copy anew"
)]
struct SetBack;

impl Follower {
    /// One that goes on from `folded`, the last event in the copy.
    pub(crate) fn new(
        shared: Arc<Shared>,
        head: Head,
        folded: Option<(Bookmark, EventId)>,
    ) -> Self {
        Self {
            shared,
            head,
            received: folded.map(|(bookmark, _)| bookmark),
            waiting: Vec::new(),
            folded,
        }
    }

    /// Follows in a task of its own, so that its end is noticed, whatever it ends with.
    pub(crate) async fn run_watched(self) {
        let shared = Arc::clone(&self.shared);
        let mut running = Aborted(tokio::spawn(self.run()));
        if let Err(panicked) = (&mut running.0).await {
            tracing::error!(error = %panicked, "the copy of the log goes no further");
            let cause: Cause = Arc::new(panicked);
            shared.reached.send_modify(|now| now.stopped = Some(cause));
        }
    }

    /// Follows for as long as nothing stands in the way of going on.
    async fn run(mut self) {
        let mut wait = Wait::default();
        loop {
            wait.over().await;
            match self.follow(&mut wait).await {
                Over::Again(why) => {
                    tracing::warn!(why, "the subscription is made anew");
                    wait.longer();
                }
                Over::Stop(cause) => {
                    tracing::error!(error = %cause, "the copy of the log goes no further");
                    self.shared
                        .reached
                        .send_modify(|now| now.stopped = Some(cause));
                    return;
                }
            }
        }
    }

    async fn follow(&mut self, wait: &mut Wait) -> Over {
        if let Err(over) = self.same_log().await {
            return over;
        }
        let settings = self.shared.links.settings().clone();
        let mut subscription = match Subscription::start(settings, self.received) {
            Ok(subscription) => subscription,
            Err(error) => return Over::Again(error.to_string()),
        };
        let mut health = Health::new(Instant::now());
        let mut waited = None;
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
                    if let Err(over) = self.take(&mut news, wait).await {
                        return over;
                    }
                }
                now = look.tick() => {
                    // What has waited since the last look does not come whole.
                    let first = self.waiting.first().map(|first| first.id);
                    let is_stale = first.is_some() && waited == first;
                    waited = first;
                    if is_stale && let Err(over) = self.fold(true).await {
                        return over;
                    }
                    let silent = health.look(now, subscription.beats(), self.shared.tickets.oldest());
                    match silent {
                        Err(why) => return Over::Again(why.to_owned()),
                        Ok(true) if self.lacks_something().await => {
                            sleep(LOOK).await;
                            if subscription.news.is_empty() {
                                let why = "it is silent, and the cluster has more";
                                return Over::Again(why.to_owned());
                            }
                        }
                        Ok(_) => {}
                    }
                }
            }
        }
    }

    /// Whether the cluster still has what came last. A subscription does not tell: it begins after
    /// whatever stands there.
    async fn same_log(&self) -> Result<(), Over> {
        let Some((bookmark, id)) = self.folded else {
            return Ok(());
        };
        let Shared { links, streams, .. } = &*self.shared;
        let found = match reads::from(links, streams, Some(bookmark)).await {
            Ok(found) => found,
            Err(error) if error.is_meaningless() => Vec::new(),
            Err(error) => return Err(Over::Again(error.to_string())),
        };
        if found.first().is_some_and(|first| first.id == id) {
            return Ok(());
        }
        Err(Over::Stop(Arc::new(SetBack)))
    }

    /// Takes in what the subscription told.
    async fn take(&mut self, news: &mut Vec<News>, wait: &mut Wait) -> Result<(), Over> {
        let mut over = Ok(());
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
            *wait = Wait::default();
        }
        self.fold(false).await?;
        over
    }

    /// Writes what came to the copy; of an append of this node that has not come whole, nothing,
    /// unless it does not come whole.
    async fn fold(&mut self, whole: bool) -> Result<(), Over> {
        let mut folded = Folded::default();
        let taken = self.batches(whole, &mut folded);
        if let Some(bookmark) = folded.bookmark {
            self.write(folded.batches, bookmark).await?;
            self.head = folded.head;
            let last = self.waiting.drain(..taken).next_back();
            self.folded = last.map(|last| (last.bookmark, last.id));
            for (first, places) in folded.answers {
                self.shared.tickets.answer(first, places);
            }
        }
        if self.waiting.is_empty() {
            let received = self.received;
            self.shared
                .reached
                .send_if_modified(|now| std::mem::replace(&mut now.bookmark, received) != received);
        }
        Ok(())
    }

    /// Makes batches of what came, as this node sent it; gives how much of it.
    fn batches(&self, whole: bool, folded: &mut Folded) -> usize {
        folded.head = self.head;
        let mut rest = self.waiting.as_slice();
        while let Some(first) = rest.first() {
            let ticket = self.shared.tickets.find(first.id);
            let (run, ticket) = match ticket {
                Some((ids, seal)) => {
                    let came = rest.iter().map(|arrived| arrived.id);
                    let same = came
                        .zip(&ids)
                        .take_while(|(came, sent)| came == *sent)
                        .count();
                    if same == ids.len() {
                        (same, Some((first.id, seal)))
                    } else if same == rest.len() && !whole {
                        break;
                    } else {
                        (1, None)
                    }
                }
                None => (1, None),
            };
            let (run, after) = rest.split_at(run);
            folded.add(run, ticket);
            rest = after;
        }
        self.waiting.len() - rest.len()
    }

    async fn write(&self, batches: Vec<Batch>, bookmark: Bookmark) -> Result<(), Over> {
        loop {
            let written = {
                let _in_order = self.shared.sealing.lock().await;
                let (batches, bookmark) = (batches.clone(), bookmark.to_string());
                self.shared.copy.reflect(batches, bookmark).await
            };
            match written {
                Ok(()) => return Ok(()),
                Err(ReplicaError::Append(AppendError::Full)) => {
                    tracing::error!("there is no room for the copy of the log");
                }
                Err(error) => return Err(Over::Stop(Arc::new(error))),
            }
            sleep(NO_ROOM).await;
        }
    }

    /// Whether the cluster has an event of ours that has not come.
    async fn lacks_something(&self) -> bool {
        let Shared { links, streams, .. } = &*self.shared;
        let next = reads::from(links, streams, self.received).await;
        next.is_ok_and(|found| found.iter().any(|it| Some(it.bookmark) > self.received))
    }
}

/// What becomes of a part of what came.
#[derive(Default)]
struct Folded {
    head: Head,
    bookmark: Option<Bookmark>,
    batches: Vec<Batch>,
    answers: Vec<(EventId, Vec<Place>)>,
    /// Whether the last batch is of other nodes, and may grow.
    open: bool,
}

impl Folded {
    fn add(&mut self, run: &[Arrived], ticket: Option<(EventId, Arc<dyn Seal>)>) {
        let events: Vec<Recorded<Stored>> = run.iter().map(|it| self.place(it)).collect();
        match (ticket, self.batches.last_mut().filter(|_| self.open)) {
            (Some((first, seal)), _) => {
                let places = events.iter().map(Place::from).collect();
                self.answers.push((first, places));
                self.batches.push(Batch { events, seal });
                self.open = false;
            }
            (None, Some(batch)) => batch.events.extend(events),
            (None, None) => {
                let seal = NoSeal::shared();
                self.batches.push(Batch { events, seal });
                self.open = true;
            }
        }
    }

    /// The event in its place: the next position, and a stamp that grows.
    fn place(&mut self, arrived: &Arrived) -> Recorded<Stored> {
        let stamp = self.head.recorded_at;
        let stamp = stamp.map_or(arrived.stamp, |last| arrived.stamp.after(last));
        self.head = Head {
            position: self.head.position.next(),
            recorded_at: Some(stamp),
        };
        self.bookmark = Some(arrived.bookmark);
        Recorded {
            position: self.head.position,
            id: arrived.id,
            stream: arrived.stream.clone(),
            revision: arrived.revision,
            recorded_at: stamp,
            origin: arrived.origin.clone(),
            event: arrived.event.clone(),
        }
    }
}
