//! Opening: the cluster answers, and the copy is how its log begins.

use std::sync::{Arc, Mutex};

use store::{Clock, CommitObserver, Head, Mirror, ReadError, Worker};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::bookmark::{Bookmark, Landmark};
use crate::call::CallError;
use crate::copier::{Copier, Shared};
use crate::link::Links;
use crate::settings::Settings;
use crate::store::EventStoreDb;
use crate::streams::Streams;
use crate::tickets::Tickets;
use crate::wait::Wait;

/// Why the store could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// The copy is of another log: it may be thrown away.
    #[error("the copy is of another log than the cluster at {cluster} keeps")]
    AnotherLog {
        /// The cluster.
        cluster: String,
    },
    /// Name and password are wrong, or may not read.
    #[error("the cluster at {cluster} refuses the name and password given")]
    Denied {
        /// The cluster.
        cluster: String,
    },
    /// The files that the connection string names cannot be used.
    #[error(
        "there can be no client for the cluster at {cluster}: {why}; look at the files that \
         tlsCaFile, userCertFile and userKeyFile name"
    )]
    Unusable {
        /// The cluster.
        cluster: String,
        /// What the client says.
        why: String,
    },
    /// The copy cannot be read.
    #[error(transparent)]
    Copy(#[from] ReadError),
}

impl EventStoreDb {
    /// Opens the log that `settings` name, and begins to follow it into `copy`. Waits until the
    /// cluster answers, however long that takes; [`latest`](store::EventStore::latest) waits until the
    /// copy has everything. `observer` is told of appends, from when they are sent until they have
    /// come back.
    ///
    /// # Errors
    /// [`OpenError::AnotherLog`] where `copy` is not how the cluster's log begins.
    pub async fn open(
        settings: Settings,
        copy: Arc<dyn Mirror>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared {
            streams: Streams::new(settings.stream_prefix.clone()),
            links: Links::new(settings),
            copy,
            tickets: Tickets::default(),
            sealing: AsyncMutex::default(),
            reached: watch::Sender::default(),
            observer,
        });
        let head = begin(&shared).await?;
        let last = shared.links.landmark().map(|last| last.bookmark);
        shared.reached.send_modify(|now| now.bookmark = last);
        let copier = Copier::new(Arc::clone(&shared), head);
        let worker = Worker::new("copier");
        Ok(Self {
            copier: tokio::spawn(copier.run_watched(worker.begin())),
            worker,
            shared,
            clock,
            turns: Mutex::default(),
        })
    }
}

/// Where the copy ends, once the cluster has shown that it is a copy of its log.
async fn begin(shared: &Shared) -> Result<Head, OpenError> {
    let Shared {
        copy,
        links,
        streams,
        ..
    } = shared;
    let cluster = || links.settings().address.to_string();
    let another = || OpenError::AnotherLog { cluster: cluster() };
    let head = copy.head().await?;
    let kept = copy.bookmark().await?;
    let bookmark = kept.and_then(|text| Bookmark::find_kept(streams, &text));
    let id = copy.at(head.position).await?.map(|last| last.id);
    if bookmark.is_some() != id.is_some() {
        return Err(another());
    }
    let last = bookmark.zip(id);
    links.copied(last.map(|(bookmark, id)| Landmark { bookmark, id }));
    let mut wait = Wait::default();
    loop {
        match links.check().await {
            Ok(()) => return Ok(head),
            Err(CallError::AnotherLog) => return Err(another()),
            Err(CallError::Unusable(why)) => {
                let cluster = cluster();
                return Err(OpenError::Unusable { cluster, why });
            }
            Err(error) if error.is_denied() => {
                return Err(OpenError::Denied { cluster: cluster() });
            }
            Err(error) => {
                tracing::warn!(%error, cluster = cluster(), "the cluster does not answer yet");
                wait.longer();
                wait.over().await;
            }
        }
    }
}
