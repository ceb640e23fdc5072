//! What is asked of the cluster's log itself, beside the subscription.

use std::time::Duration;

use eventstore::{ReadAllOptions, StreamPosition};

use crate::bookmark::Bookmark;
use crate::call::CallError;
use crate::link::Links;
use crate::settings::Call as _;
use crate::streams::Streams;

/// How long one may take; a log of others is passed over event by event.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the next event of ours after `bookmark` stands, or the first; `None` where there is none.
///
/// # Errors
/// What came of asking.
pub(crate) async fn next(
    links: &Links,
    streams: &Streams,
    bookmark: Option<Bookmark>,
) -> Result<Option<Bookmark>, CallError> {
    let start = bookmark.map_or(StreamPosition::Start, |bookmark| {
        StreamPosition::Position(bookmark.into())
    });
    // What stands at the bookmark itself is told too.
    let options = ReadAllOptions::default().forwards().position(start);
    let found = read(links, streams, options.max_count(2)).await?;
    Ok(found.into_iter().find(|found| Some(*found) > bookmark))
}

/// Where the last event of ours stands; `None` where there is none.
///
/// # Errors
/// What came of asking.
pub(crate) async fn last(links: &Links, streams: &Streams) -> Result<Option<Bookmark>, CallError> {
    let options = ReadAllOptions::default().position(StreamPosition::End);
    Ok(read(links, streams, options.max_count(1)).await?.pop())
}

async fn read(
    links: &Links,
    streams: &Streams,
    options: ReadAllOptions,
) -> Result<Vec<Bookmark>, CallError> {
    let link = links.link().await?;
    let (client, streams) = (link.client(), streams.clone());
    let options = options.by(&links.settings().address);
    let options = options.filter(streams.filter());
    let work = async move {
        let mut events = client.read_all(&options).await?;
        let mut found = Vec::new();
        while let Some(event) = events.next().await? {
            let Some(event) = event.event else { continue };
            if streams.find_here(event.stream_id()).is_some() {
                found.push(Bookmark::from(event.position));
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
