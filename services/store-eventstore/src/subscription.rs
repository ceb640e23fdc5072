//! The client's subscription, on a thread and a runtime of its own: whatever it does there, the
//! rest of the service goes on, and dropping it leaves nothing behind.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use eventstore::{
    Client, StreamPosition, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter,
};
use tokio::sync::{mpsc, oneshot};

use crate::bookmark::Bookmark;
use crate::call::CallError;
use crate::codec::{Arrived, Foreign, decode};
use crate::settings::{Call as _, Settings};
use crate::spin;
use crate::streams::Streams;

/// Events that wait to be folded; the server waits when there are more.
const WAITING: usize = 4_096;

/// How often the runtime says that it is alive.
const BEAT: Duration = Duration::from_millis(250);

/// What a subscription tells.
#[derive(Debug)]
pub(crate) enum News {
    /// An event of ours.
    Arrived(Box<Arrived>),
    /// Nothing of ours stands before here that was not told.
    Reached(Bookmark),
    /// It stands, and tells what comes.
    Stands,
    /// An event that cannot be ours.
    Foreign(Foreign),
    /// It is over.
    Ended(String),
}

/// A subscription to our events, from after a bookmark on.
pub(crate) struct Subscription {
    /// What it tells, in the order of the cluster's log.
    pub(crate) news: mpsc::Receiver<News>,
    beats: Arc<AtomicU64>,
    /// Dropped to end the thread.
    _stop: oneshot::Sender<()>,
}

impl Subscription {
    /// Begins to ask for what comes after `after`, or for everything.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub(crate) fn start(settings: Settings, after: Option<Bookmark>) -> io::Result<Self> {
        let (tell, news) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let beats = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&beats);
        let body = move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = match { runtime }.enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.try_send(News::Ended(error.to_string()))),
            };
            let ended = spin::guarded(|| {
                runtime.block_on(async {
                    tokio::spawn(beat(counted));
                    tokio::select! {
                        _ = stopped => None,
                        why = follow(&settings, after, &tell) => Some(why),
                    }
                })
            });
            let why = ended.unwrap_or_else(|| Some("the server ended it".to_owned()));
            if let Some(why) = why {
                let _ = runtime.block_on(tell.send(News::Ended(why)));
            }
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("outlay-follow".to_owned())
            .spawn(body)?;
        Ok(Self {
            news,
            beats,
            _stop: stop,
        })
    }

    /// A number that grows as long as its thread is not stuck.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }
}

async fn beat(beats: Arc<AtomicU64>) {
    let mut every = tokio::time::interval(BEAT);
    loop {
        every.tick().await;
        beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tells what comes until the subscription is over, and why it is.
async fn follow(settings: &Settings, after: Option<Bookmark>, tell: &mpsc::Sender<News>) -> String {
    let streams = Streams::new(settings.stream_prefix.clone());
    let client = match Client::new(settings.address.client()) {
        Ok(client) => client,
        Err(error) => return error.to_string(),
    };
    let options = options(after, streams.filter()).by(&settings.address);
    let mut subscription = client.subscribe_to_all(&options).await;
    loop {
        let news = match subscription.next_subscription_event().await {
            Ok(SubscriptionEvent::EventAppeared(event)) => {
                let Some(event) = event.event else { continue };
                match decode(event, &streams) {
                    Ok(Some(arrived)) => News::Arrived(Box::new(arrived)),
                    Ok(None) => continue,
                    Err(foreign) => News::Foreign(foreign),
                }
            }
            Ok(SubscriptionEvent::Checkpoint(there)) => News::Reached(there.into()),
            // Whatever else it says, it says that it stands.
            Ok(_) => News::Stands,
            Err(error) => return CallError::Client(error).to_string(),
        };
        spin::moved();
        if tell.send(news).await.is_err() {
            return "nobody listens".to_owned();
        }
    }
}

fn options(after: Option<Bookmark>, filter: SubscriptionFilter) -> SubscribeToAllOptions {
    let from = after.map_or(StreamPosition::Start, |after| {
        StreamPosition::Position(after.into())
    });
    SubscribeToAllOptions::default()
        .position(from)
        .filter(filter)
}
