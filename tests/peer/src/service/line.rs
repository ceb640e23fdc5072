//! The line to one caller, on which messages follow each other: in order, and late where the link
//! is slow.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use crate::site::Site;

/// How many messages may be under way.
const UNDER_WAY: usize = 256;

/// What a caller hears.
pub(crate) type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Where a node speaks.
#[derive(Debug)]
pub(super) struct Line<T> {
    to: mpsc::Sender<(Option<Instant>, Result<T, Status>)>,
    site: Arc<Site>,
}

/// The caller has hung up, or the call is over.
#[derive(Debug)]
pub(super) struct Over;

impl<T: Send + 'static> Line<T> {
    /// A line, and the other end of it.
    pub(super) fn open(site: &Arc<Site>) -> (Self, Replies<T>) {
        let (to, from) = mpsc::channel(UNDER_WAY);
        let heard = ReceiverStream::new(from).then(|(due, message)| async move {
            if let Some(due) = due {
                tokio::time::sleep_until(due).await;
            }
            message
        });
        let site = Arc::clone(site);
        (Self { to, site }, Box::pin(heard))
    }

    /// Where the line ends.
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    pub(super) async fn say(&self, message: T) -> Result<(), Over> {
        self.send(Ok(message)).await
    }

    /// Says why the call is over.
    pub(super) async fn fail(&self, status: Status) -> Over {
        let _ = self.send(Err(status)).await;
        Over
    }

    /// Waits until the caller hangs up.
    pub(super) async fn hung_up(&self) -> Over {
        self.to.closed().await;
        Over
    }

    async fn send(&self, message: Result<T, Status>) -> Result<(), Over> {
        let delay = self.site.faults.delayed_by();
        let due = (delay > Duration::ZERO).then(|| Instant::now() + delay);
        self.to.send((due, message)).await.map_err(|_| Over)
    }
}
