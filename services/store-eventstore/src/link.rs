//! A client that may be thrown away, and the one that is in use now.
//!
//! The client does not go over to another node when its own dies, and is dead for good when its
//! first connection fails. So a link that failed is replaced as a whole, with the runtime on which
//! all that it left running ends.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventstore::{BatchAppendClient, BatchAppendOptions, Client, Error};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use crate::settings::Settings;

/// How long a node may take to say that it is there.
const CONNECT: Duration = Duration::from_secs(5);

/// The first wait before a link is made anew, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Most appends on their way at once: fewer than the calls that servers let one connection make.
const LANES: usize = 48;

/// Why a call came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The client or the server says so.
    #[error(transparent)]
    Client(Error),
    /// The client panicked, or its runtime ended.
    #[error("the client broke off")]
    BrokeOff,
    /// There was no answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// The client cannot be made.
    #[error("{0}")]
    Unusable(String),
}

impl CallError {
    /// Whether nothing is wrong with the connection: the server answered.
    pub(crate) fn is_answer(&self) -> bool {
        let answered = |error: &Error| {
            matches!(
                error,
                Error::Grpc { .. }
                    | Error::ResourceNotFound
                    | Error::ResourceDeleted
                    | Error::ResourceAlreadyExists
                    | Error::WrongExpectedVersion { .. }
                    | Error::AccessDenied
            )
        };
        matches!(self, Self::Client(error) if answered(error))
    }

    /// Whether what was asked for has no meaning there, such as a place in another log.
    pub(crate) fn is_meaningless(&self) -> bool {
        /// `INVALID_ARGUMENT` of gRPC.
        const INVALID: i32 = 3;
        matches!(self, Self::Client(Error::Grpc { code, .. }) if i32::from(*code) == INVALID)
    }

    /// Whether name and password, or what they may do, are wrong.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Client(Error::AccessDenied))
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
}

impl Link {
    async fn open(settings: &Settings) -> Result<Self, CallError> {
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

    /// What `work` comes to on the runtime of the client, where it is given up with its caller.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl Future<Output = eventstore::Result<T>> + Send + 'static,
    ) -> Result<T, CallError> {
        let mut task = Aborted(self.runtime.handle.spawn(work));
        match timeout(patience, &mut task.0).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(error))) => Err(CallError::Client(error)),
            Ok(Err(_)) => Err(CallError::BrokeOff),
            Err(_) => Err(CallError::TimedOut),
        }
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
        let idle = self.idle().pop();
        let (client, link) = (self.client(), Arc::downgrade(self));
        let work = async move {
            let lane = match idle {
                Some(lane) => lane,
                None => client.batch_append(&BatchAppendOptions::default()).await?,
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

/// The link in use, made anew when it failed: once, however many ask.
pub(crate) struct Links {
    settings: Settings,
    current: AsyncMutex<Current>,
}

struct Current {
    link: Option<Arc<Link>>,
    wait: Wait,
}

impl Links {
    pub(crate) fn new(settings: Settings) -> Self {
        let current = Current {
            link: None,
            wait: Wait::default(),
        };
        Self {
            settings,
            current: AsyncMutex::new(current),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
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
        match Link::open(&self.settings).await {
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
}

/// A wait that doubles, spread over its upper half so that nodes do not knock together.
#[derive(Default)]
pub(crate) struct Wait {
    failed: u32,
    until: Option<Instant>,
}

impl Wait {
    /// Waits as long as it is due.
    pub(crate) async fn over(&self) {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
    }

    /// Takes note of one more failure.
    pub(crate) fn longer(&mut self) {
        self.until = Some(Instant::now() + self.spread(Uuid::new_v4().as_u128()));
        self.failed = self.failed.saturating_add(1);
    }

    fn spread(&self, random: u128) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.failed));
        let half = doubled.min(LONGEST_WAIT) / 2;
        let nanos = random % half.as_nanos().max(1);
        half + Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread() {
        let wait = |failed| Wait {
            failed,
            until: None,
        };
        assert_eq!(wait(0).spread(0), FIRST_WAIT / 2);
        assert!(wait(0).spread(u128::MAX) < FIRST_WAIT);
        assert_eq!(wait(1).spread(0), FIRST_WAIT);
        assert_eq!(wait(2).spread(7), FIRST_WAIT * 2 + Duration::from_nanos(7));
        assert_eq!(wait(60).spread(0), LONGEST_WAIT / 2);
    }
}
