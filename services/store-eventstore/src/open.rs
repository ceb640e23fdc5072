//! Opening: the cluster answers, and the copy is how its log begins.

use std::sync::{Arc, Mutex};

use events::log::EventId;
use store::{Clock, Mirror, ReadError};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::codec::Bookmark;
use crate::follower::{Follower, Shared};
use crate::link::{CallError, Links, Wait};
use crate::reads;
use crate::settings::Settings;
use crate::store::EventStoreDb;
use crate::streams::Streams;
use crate::tickets::Tickets;

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
    /// copy has everything.
    ///
    /// # Errors
    /// [`OpenError::AnotherLog`] where `copy` is not how the cluster's log begins.
    pub async fn open(
        settings: Settings,
        copy: Arc<dyn Mirror>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared {
            streams: Streams::new(settings.stream_prefix.clone()),
            links: Links::new(settings),
            copy,
            tickets: Tickets::default(),
            sealing: AsyncMutex::default(),
            reached: watch::Sender::default(),
        });
        let begun = begin(&shared).await?;
        let bookmark = begun.map(|(bookmark, _)| bookmark);
        shared.reached.send_modify(|now| now.bookmark = bookmark);
        let head = shared.copy.head().await?;
        let follower = Follower::new(Arc::clone(&shared), head, begun);
        Ok(Self {
            follower: tokio::spawn(follower.run()),
            shared,
            clock,
            turns: Mutex::default(),
        })
    }
}

/// The last event of the copy, once the cluster has confirmed that it is a copy of its log.
async fn begin(shared: &Shared) -> Result<Option<(Bookmark, EventId)>, OpenError> {
    let Shared {
        copy,
        links,
        streams,
        ..
    } = shared;
    let head = copy.head().await?;
    let kept = copy.bookmark().await?;
    let kept = kept.and_then(|text| text.parse::<Bookmark>().ok());
    let last = copy.at(head.position).await?;
    let cluster = || links.settings().address.to_string();
    let mut wait = Wait::default();
    let first = loop {
        match reads::from(links, streams, kept).await {
            Ok(found) => break found.into_iter().next(),
            Err(error) if error.is_denied() => {
                return Err(OpenError::Denied { cluster: cluster() });
            }
            Err(CallError::Unusable(why)) => {
                let cluster = cluster();
                return Err(OpenError::Unusable { cluster, why });
            }
            Err(error) if error.is_meaningless() => break None,
            Err(error) => {
                tracing::warn!(%error, cluster = cluster(), "the cluster does not answer yet");
                wait.longer();
                wait.over().await;
            }
        }
    };
    match (last, kept) {
        (None, None) => Ok(None),
        (Some(last), Some(kept)) => {
            let same = first.is_some_and(|first| {
                (first.id, &first.stream, first.revision) == (last.id, &last.stream, last.revision)
            });
            let begun = Some((kept, last.id)).filter(|_| same);
            begun
                .map(Some)
                .ok_or_else(|| OpenError::AnotherLog { cluster: cluster() })
        }
        (Some(_), None) | (None, Some(_)) => Err(OpenError::AnotherLog { cluster: cluster() }),
    }
}
