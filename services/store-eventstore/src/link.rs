//! A client that may be thrown away, and the one that is in use now.
//!
//! The client does not go over to another node when its own dies, and is dead for good when its
//! first connection fails. So a link that failed is replaced as a whole, with the runtime on which
//! all that it left running ends.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventstore::{BatchAppendClient, BatchAppendOptions, Client, ReadAllOptions, StreamPosition};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::bookmark::Landmark;
use crate::call::CallError;
use crate::settings::{Address, Call as _, Settings};
use crate::wait::Wait;

/// How long a node may take to say that it is there.
const CONNECT: Duration = Duration::from_secs(5);

/// Most appends on their way at once: fewer than the calls that servers let one connection make.
const LANES: usize = 48;

/// For how long the cluster has said nothing.
#[derive(Debug)]
pub(crate) struct Heard(Mutex<Instant>);

impl Default for Heard {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Heard {
    /// Takes note that it said something.
    pub(crate) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn silent_for(&self) -> Duration {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed()
    }
}

/// One client, with its runtime and its open lanes.
pub(crate) struct Link {
    runtime: OwnRuntime,
    client: Client,
    /// Calls that take one append after the other, none of which has been refused there.
    lanes: Mutex<Vec<BatchAppendClient>>,
    free: Semaphore,
    failed: AtomicBool,
    heard: Arc<Heard>,
    address: Address,
}

impl Link {
    async fn open(settings: &Settings, heard: Arc<Heard>) -> Result<Self, CallError> {
        let unusable = |error: &dyn std::fmt::Display| CallError::Unusable(error.to_string());
        let runtime = OwnRuntime::start().map_err(|error| unusable(&error))?;
        let (handle, address) = (runtime.handle.clone(), settings.address.client());
        // Apart: a file that holds no certificate makes it panic.
        let making = async { Client::with_runtime_handle(handle, address) };
        let made = runtime.handle.spawn(making).await;
        let made = made.map_err(|error| unusable(&error))?;
        let link = Self {
            runtime,
            client: made.map_err(|error| unusable(&error))?,
            lanes: Mutex::default(),
            free: Semaphore::new(LANES),
            failed: AtomicBool::new(false),
            heard,
            address: settings.address.clone(),
        };
        let client = link.client.clone();
        link.call(CONNECT, async move { client.server_info().await })
            .await?;
        Ok(link)
    }

    /// The client; what is asked of it is asked by [`call`](Self::call).
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether the log there may be read, and has `landmark` where it was.
    ///
    /// # Errors
    /// [`CallError::AnotherLog`] where it has not; else what came of asking.
    async fn check(&self, landmark: Option<Landmark>) -> Result<(), CallError> {
        let start = landmark.map_or(StreamPosition::Start, |landmark| {
            StreamPosition::Position(landmark.bookmark.into())
        });
        let client = self.client();
        let options = ReadAllOptions::default().by(&self.address);
        let options = options.position(start).max_count(1);
        let first = async move { client.read_all(&options).await?.next().await };
        let first = match self.call(CONNECT, first).await {
            Ok(first) => first.map(|first| first.get_original_event().id),
            Err(error) if error.is_meaningless() => None,
            Err(error) => return Err(error),
        };
        match landmark {
            Some(landmark) if first != Some(landmark.id.0) => Err(CallError::AnotherLog),
            _ => Ok(()),
        }
    }

    /// What `work` comes to on the runtime of the client, where it is given up with its caller.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl Future<Output = eventstore::Result<T>> + Send + 'static,
    ) -> Result<T, CallError> {
        let mut task = Aborted(self.runtime.handle.spawn(work));
        let done = match timeout(patience, &mut task.0).await {
            Ok(Ok(done)) => done.map_err(CallError::Client),
            Ok(Err(_)) => Err(CallError::BrokeOff),
            Err(_) => Err(CallError::TimedOut),
        };
        // A refusal for good is no sign of life: nothing more will be heard.
        let is_sign = |error: &CallError| error.is_answer() && !error.is_denied();
        if done.as_ref().map_or_else(is_sign, |_| true) {
            self.heard.now();
        }
        done
    }

    /// What `work` comes to on a lane that nobody else uses. A lane on which something went wrong
    /// is not used again: the server ends it, or it is unknown what comes next on it.
    pub(crate) async fn on_lane<T, F>(
        self: &Arc<Self>,
        patience: Duration,
        work: impl FnOnce(BatchAppendClient) -> F + Send + 'static,
    ) -> Result<T, CallError>
    where
        T: Send + 'static,
        F: Future<Output = (eventstore::Result<T>, BatchAppendClient)> + Send + 'static,
    {
        let _permit = self.free.acquire().await.map_err(|_| CallError::BrokeOff)?;
        if self.has_failed() {
            return Err(CallError::BrokeOff);
        }
        let idle = self.idle().pop();
        let (client, link) = (self.client(), Arc::downgrade(self));
        let options = BatchAppendOptions::default().by(&self.address);
        let work = async move {
            let lane = match idle {
                Some(lane) => lane,
                None => client.batch_append(&options).await?,
            };
            let (done, lane) = work(lane).await;
            if let (Ok(_), Some(link)) = (&done, link.upgrade()) {
                link.idle().push(lane);
            }
            done
        };
        self.call(patience, work).await
    }

    fn idle(&self) -> MutexGuard<'_, Vec<BatchAppendClient>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the connection is of no use any more.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

/// A runtime that ends in the background, so that it may be dropped where other tasks run.
struct OwnRuntime {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl OwnRuntime {
    fn start() -> std::io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let named = builder.worker_threads(1).thread_name("outlay-cluster");
        let runtime = named.enable_all().build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A task that ends with who waits for it.
pub(crate) struct Aborted<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for Aborted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The link in use, made anew when it failed: once, however many ask. A link is used once the
/// cluster has shown over it that it keeps the log that was followed; the client may connect anew
/// within one, which the next check finds out.
pub(crate) struct Links {
    settings: Settings,
    current: AsyncMutex<Current>,
    landmark: Mutex<Option<Landmark>>,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Current {
    link: Option<Arc<Link>>,
    wait: Wait,
}

impl Links {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            current: AsyncMutex::default(),
            landmark: Mutex::default(),
            heard: Arc::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When the cluster said something last.
    pub(crate) fn heard(&self) -> &Heard {
        &self.heard
    }

    /// The last event of the copy.
    pub(crate) fn landmark(&self) -> Option<Landmark> {
        *self.landmark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of the last event of the copy.
    pub(crate) fn copied(&self, landmark: Option<Landmark>) {
        *self.landmark.lock().unwrap_or_else(PoisonError::into_inner) = landmark;
    }

    /// The link in use. Where it has to be made, it is tried once, after a wait that grows with
    /// the failures before.
    ///
    /// # Errors
    /// What came of the try.
    pub(crate) async fn link(&self) -> Result<Arc<Link>, CallError> {
        let mut current = self.current.lock().await;
        if let Some(link) = current.link.as_ref().filter(|link| !link.has_failed()) {
            return Ok(Arc::clone(link));
        }
        current.link = None;
        current.wait.over().await;
        match self.open().await {
            Ok(link) => {
                let link = Arc::new(link);
                current.wait = Wait::default();
                current.link = Some(Arc::clone(&link));
                Ok(link)
            }
            Err(error) => {
                current.wait.longer();
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<Link, CallError> {
        let link = Link::open(&self.settings, Arc::clone(&self.heard)).await?;
        link.check(self.landmark()).await?;
        Ok(link)
    }

    /// Whether the cluster still keeps the log that was followed: who subscribes is not told, since
    /// a subscription begins after whatever stands there.
    ///
    /// # Errors
    /// As [`link`](Self::link).
    pub(crate) async fn check(&self) -> Result<(), CallError> {
        let link = self.link().await?;
        let checked = link.check(self.landmark()).await;
        checked.inspect_err(|error| {
            if !error.is_answer() {
                link.fail();
            }
        })
    }
}
