//! What works in the background: who does, whether each is up, and how it ended last.
//!
//! Whether a worker is up is told by the [`Life`] that it holds while it works, which is dropped
//! however it ends. What panics is started again by [`Worker::supervise`], where that is safe;
//! what ends for a reason says it, and stays down.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::panics::{Panicked, beside, caught_in};

/// The pause before what panicked is started again, which doubles each time, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long it must have worked for the next pause to be the first again.
const STOOD: Duration = Duration::from_mins(5);

/// How a worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerState {
    /// What it is called.
    pub name: String,
    /// Whether it works. What was started again counts once it has worked for as long as it was
    /// paused.
    pub is_up: bool,
    /// How often it was started again, or went on, after a panic.
    pub restarts: u64,
    /// How it ended last; `None` where it never did.
    pub ended: Option<Ended>,
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It panicked, and is started again.
    Panicked(Panicked),
    /// It said why, and stays down.
    ForGood(String),
}

/// One that works in the background.
#[derive(Debug)]
pub struct Worker {
    name: String,
    now: watch::Sender<Now>,
}

#[derive(Debug, Default)]
struct Now {
    is_up: bool,
    restarts: u64,
    ended: Option<Ended>,
}

/// Held by a worker for as long as it works.
#[derive(Debug)]
pub struct Life(Arc<Worker>);

impl Life {
    /// Ends for good, for this reason.
    pub fn end(self, why: String) {
        self.ended(Ended::ForGood(why));
    }

    /// Says how it ended, before anybody hears that it did.
    fn ended(self, ended: Ended) {
        let worker = &self.0;
        beside(|| match &ended {
            Ended::Panicked(panicked) => {
                tracing::error!(worker = worker.name, %panicked, "a worker is started again");
            }
            Ended::ForGood(why) => tracing::error!(worker = worker.name, why, "a worker has ended"),
        });
        worker.now.send_modify(|now| now.ended = Some(ended));
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.now.send_modify(|now| now.is_up = false);
    }
}

impl Worker {
    /// One that has not begun.
    pub fn new(name: impl Into<String>) -> Arc<Self> {
        let (name, now) = (name.into(), watch::Sender::default());
        Arc::new(Self { name, now })
    }

    /// Begins to work: it is up until what is given is dropped.
    pub fn begin(self: &Arc<Self>) -> Life {
        self.now.send_modify(|now| now.is_up = true);
        Life(Arc::clone(self))
    }

    /// Takes note of a panic after which it goes on by itself.
    pub fn recovered(&self, panicked: Panicked) {
        self.now.send_modify(|now| {
            now.restarts += 1;
            now.ended = Some(Ended::Panicked(panicked));
        });
    }

    /// How it is.
    pub fn state(&self) -> WorkerState {
        let now = self.now.borrow();
        WorkerState {
            name: self.name.clone(),
            is_up: now.is_up,
            restarts: now.restarts,
            ended: now.ended.clone(),
        }
    }

    /// Whether it works.
    pub fn is_up(&self) -> bool {
        self.now.borrow().is_up
    }

    /// Waits until it does not work.
    pub async fn down(&self) {
        // The sender is its own, so it is gone only with the worker.
        let _ = self.now.subscribe().wait_for(|now| !now.is_up).await;
    }

    /// Works as `make` says, for as long as it is polled: what panics is made anew and started
    /// again, after a pause that grows; what returns says why it ends for good. It is up from now
    /// on, polled or not.
    pub fn supervise<F, M>(self: &Arc<Self>, mut make: M) -> impl Future<Output = ()> + use<F, M>
    where
        F: Future<Output: Display>,
        M: FnMut() -> F,
    {
        let (worker, mut life) = (Arc::clone(self), Some(self.begin()));
        async move {
            let mut pause = Duration::ZERO;
            loop {
                let began = Instant::now();
                let working = caught_in(async { make().await });
                let ended = worker.prove(working, &mut life, pause).await;
                // One that died on probation has no life to end.
                let life = life.take().unwrap_or_else(|| Life(Arc::clone(&worker)));
                match ended {
                    Ok(why) => return life.end(why.to_string()),
                    Err(panicked) => life.ended(Ended::Panicked(panicked)),
                }
                let stood = began.elapsed() >= STOOD;
                pause = next_pause(if stood { Duration::ZERO } else { pause });
                sleep(pause).await;
                worker.now.send_modify(|now| now.restarts += 1);
            }
        }
    }

    /// What `working` comes to. Without a life it has one once it has worked for `probation`.
    async fn prove<T>(
        self: &Arc<Self>,
        working: impl Future<Output = T>,
        life: &mut Option<Life>,
        probation: Duration,
    ) -> T {
        let mut working = pin!(working);
        if life.is_none() {
            if let Ok(ended) = timeout(probation, &mut working).await {
                return ended;
            }
            *life = Some(self.begin());
        }
        working.await
    }
}

fn next_pause(before: Duration) -> Duration {
    (before * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
}

/// Everyone who works in the background. Clones share who they are.
#[derive(Clone, Debug, Default)]
pub struct Workers(Arc<Mutex<BTreeMap<String, Arc<Worker>>>>);

impl Workers {
    /// A worker of this name, which takes the place of one that had it.
    pub fn add(&self, name: impl Into<String>) -> Arc<Worker> {
        let worker = Worker::new(name);
        self.lock().insert(worker.name.clone(), Arc::clone(&worker));
        worker
    }

    /// How each of them is, by name.
    pub fn states(&self) -> Vec<WorkerState> {
        self.lock().values().map(|worker| worker.state()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Worker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::pending;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A worker that panics so many times and then works on, and how often it was started.
    fn faulty(workers: &Workers, panics: u32) -> (Arc<Worker>, Arc<AtomicU32>) {
        let (worker, started) = (workers.add("faulty"), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&started);
        tokio::spawn(worker.supervise(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(number >= panics, "as a test wants it");
                pending::<Infallible>().await
            }
        }));
        (worker, started)
    }

    async fn up(worker: &Worker) {
        let mut now = worker.now.subscribe();
        now.wait_for(|now| now.is_up).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_panics_is_started_again_after_pauses_that_grow() {
        let workers = Workers::default();
        let began = Instant::now();
        let (worker, started) = faulty(&workers, 4);
        assert!(worker.is_up(), "it was never seen to be down");
        worker.down().await;
        let told = worker.state();
        let why = "it panicked: as a test wants it";
        let Some(Ended::Panicked(panicked)) = &told.ended else {
            panic!("{told:?}");
        };
        assert_eq!((panicked.to_string().as_str(), told.restarts), (why, 0));
        up(&worker).await;
        // Pauses of 1, 2, 4 and 8 seconds, and as long as the last for it to prove itself.
        assert_eq!(began.elapsed().as_secs(), 1 + 2 + 4 + 8 + 8);
        assert_eq!(started.load(Ordering::SeqCst), 5);
        assert_eq!(workers.states(), [worker.state()]);
        assert_eq!(worker.state().restarts, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn what_panics_each_time_is_never_up_again() {
        let (worker, started) = faulty(&Workers::default(), u32::MAX);
        worker.down().await;
        let hour = timeout(Duration::from_hours(1), up(&worker)).await;
        assert!(hour.is_err(), "it was up though it panicked each time");
        let started = started.load(Ordering::SeqCst);
        assert!((60..=70).contains(&started), "{started} times in an hour");
    }

    #[tokio::test(start_paused = true)]
    async fn what_says_why_it_ends_stays_down() {
        let workers = Workers::default();
        let worker = workers.add("reader");
        worker
            .supervise(|| async { "there is nothing to read" })
            .await;
        let why = Some(Ended::ForGood("there is nothing to read".to_owned()));
        let state = worker.state();
        assert_eq!((state.is_up, state.restarts, state.ended), (false, 0, why));
    }

    #[tokio::test]
    async fn who_is_given_up_is_down_whoever_did_it() {
        let worker = Worker::new("given up");
        let task = tokio::spawn(worker.supervise(pending::<Infallible>));
        task.abort();
        worker.down().await;
        assert_eq!(worker.state().ended, None);
        // On a thread, too, and where nobody supervises.
        let thread = Worker::new("thread");
        let life = thread.begin();
        let ended = std::thread::spawn(move || {
            let _life = life;
            panic!("as a test wants it");
        });
        thread.down().await;
        ended.join().unwrap_err();
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        let seconds = |before| next_pause(Duration::from_secs(before)).as_secs();
        assert_eq!([0, 1, 32, 60].map(seconds), [1, 2, 60, 60]);
    }
}
