//! What is asked of the cluster's log itself, beside the subscription.

use std::time::Duration;

use events::log::{EventId, Revision, StreamName};
use eventstore::{ReadAllOptions, StreamPosition};

use crate::codec::Bookmark;
use crate::link::{CallError, Links};
use crate::streams::Streams;

/// How long one may take; a log of others is passed over event by event.
const PATIENCE: Duration = Duration::from_secs(30);

/// An event of our streams, as far as it tells where it is; whose it is, who follows finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) bookmark: Bookmark,
    pub(crate) id: EventId,
    pub(crate) stream: StreamName,
    pub(crate) revision: Revision,
}

/// The first events of ours from `bookmark` on, itself included, or of all; one or two.
///
/// # Errors
/// What came of asking.
pub(crate) async fn from(
    links: &Links,
    streams: &Streams,
    bookmark: Option<Bookmark>,
) -> Result<Vec<Found>, CallError> {
    let start = bookmark.map_or(StreamPosition::Start, |bookmark| {
        StreamPosition::Position(bookmark.into())
    });
    let options = ReadAllOptions::default().forwards().position(start);
    read(links, streams, options.max_count(2)).await
}

/// The last event of ours; `None` where there is none.
///
/// # Errors
/// What came of asking.
pub(crate) async fn last(links: &Links, streams: &Streams) -> Result<Option<Found>, CallError> {
    let options = ReadAllOptions::default().position(StreamPosition::End);
    Ok(read(links, streams, options.max_count(1)).await?.pop())
}

async fn read(
    links: &Links,
    streams: &Streams,
    options: ReadAllOptions,
) -> Result<Vec<Found>, CallError> {
    let link = links.link().await?;
    let (client, streams) = (link.client(), streams.clone());
    let options = options.filter(streams.filter());
    let work = async move {
        let mut events = client.read_all(&options).await?;
        let mut found = Vec::new();
        while let Some(event) = events.next().await? {
            let Some(event) = event.event else { continue };
            if let Some(stream) = streams.find_here(event.stream_id()) {
                found.push(Found {
                    bookmark: Bookmark::from(event.position),
                    id: EventId(event.id),
                    stream,
                    revision: Revision(event.revision),
                });
            }
        }
        Ok(found)
    };
    let found = link.call(PATIENCE, work).await;
    if let Err(error) = &found
        && !error.is_answer()
    {
        link.fail();
    }
    found
}
