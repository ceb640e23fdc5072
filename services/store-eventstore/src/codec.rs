//! Events as the cluster keeps them: the payload as it is, and beside it, as metadata, what the
//! cluster has no field for. This is the only file that knows that shape.

use events::log::{EventId, Origin, Recorded, Revision, Stored, StreamName};
use events::time::RecordedAt;
use eventstore::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::bookmark::Bookmark;
use crate::streams::Streams;

/// What stands beside a payload. Names with `$` are the cluster's own: its projections know them.
#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u16,
    recorded_at: String,
    actor: String,
    #[serde(rename = "$correlationId")]
    correlation_id: Uuid,
    #[serde(
        rename = "$causationId",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    causation_id: Option<Uuid>,
    /// Which append wrote it; none where that was before appends bore one. The cluster takes an
    /// append whose events it has for the one that wrote them, whoever sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    append: Option<Uuid>,
}

/// An event of ours as it came from the cluster. It has no position yet, and its stamp may have to
/// be lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) bookmark: Bookmark,
    pub(crate) id: EventId,
    pub(crate) stream: StreamName,
    pub(crate) revision: Revision,
    pub(crate) stamp: RecordedAt,
    pub(crate) origin: Origin,
    /// Which append wrote it, where that is known.
    pub(crate) append: Option<Uuid>,
    pub(crate) event: Stored,
}

/// An event in a stream of ours that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event of stream '{stream}', revision {revision}, was not written by outlay: {why}; \
     where another program uses such streams, give ours a stream_prefix"
)]
pub(crate) struct Foreign {
    stream: String,
    revision: u64,
    why: String,
}

/// The event `recorded` as the cluster takes it from `append`; its position and revision are the
/// cluster's to give.
pub(crate) fn encode(recorded: &Recorded<Stored>, append: Uuid) -> EventData {
    let Recorded {
        id,
        recorded_at,
        origin,
        event,
        ..
    } = recorded;
    let metadata = Metadata {
        version: event.version,
        recorded_at: recorded_at.to_string(),
        actor: origin.actor.clone(),
        correlation_id: origin.correlation_id,
        causation_id: origin.causation_id.map(|id| id.0),
        append: Some(append),
    };
    #[expect(clippy::expect_used, reason = "it is numbers and texts alone")]
    let metadata = serde_json::to_vec(&metadata).expect("it is numbers and texts alone");
    payload(event).id(id.0).metadata(metadata.into())
}

/// The payload, shown as JSON by the cluster where it is JSON to the byte.
fn payload(event: &Stored) -> EventData {
    let bytes = || event.data.clone().into_bytes().into();
    let json = serde_json::from_str::<&RawValue>(&event.data).ok();
    json.filter(|json| json.get() == event.data)
        .and_then(|json| EventData::json(&event.name, &json).ok())
        .unwrap_or_else(|| EventData::binary(&event.name, bytes()))
}

/// How many bytes of an append `recorded` takes, with what the cluster adds to it.
pub(crate) fn bytes(recorded: &Recorded<Stored>) -> usize {
    /// More than the fields of the metadata and of the cluster's own record.
    const BESIDE: usize = 512;
    let Recorded {
        stream,
        origin,
        event,
        ..
    } = recorded;
    event.data.len() + event.name.len() + origin.actor.len() + stream.as_str().len() + BESIDE
}

/// The event as it came; `None` where it is of a stream that is not ours.
///
/// # Errors
/// [`Foreign`] where somebody else wrote it.
pub(crate) fn decode(event: RecordedEvent, streams: &Streams) -> Result<Option<Arrived>, Foreign> {
    let Some(stream) = streams.find_here(event.stream_id()) else {
        return Ok(None);
    };
    let foreign = |why: String| Foreign {
        stream: event.stream_id().to_owned(),
        revision: event.revision,
        why,
    };
    let metadata: Metadata = serde_json::from_slice(&event.custom_metadata)
        .map_err(|error| foreign(format!("its metadata cannot be read: {error}")))?;
    let stamp = RecordedAt::parse(&metadata.recorded_at)
        .map_err(|error| foreign(format!("its stamp cannot be read: {error}")))?;
    let data = String::from_utf8(event.data.to_vec())
        .map_err(|_| foreign("its data is no text".to_owned()))?;
    Ok(Some(Arrived {
        bookmark: Bookmark::from(event.position),
        id: EventId(event.id),
        stream,
        revision: Revision(event.revision),
        stamp,
        origin: Origin {
            actor: metadata.actor,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id.map(EventId),
        },
        append: metadata.append,
        event: Stored {
            name: event.event_type,
            version: metadata.version,
            data,
        },
    }))
}

#[cfg(test)]
mod tests {
    use events::log::Position;

    use super::*;

    fn recorded(data: &str, causation_id: Option<EventId>) -> Recorded<Stored> {
        Recorded {
            position: Position(7),
            id: EventId(Uuid::from_u128(1)),
            stream: StreamName::new("line", "NTM.10.2024.central.investment"),
            revision: Revision(3),
            recorded_at: RecordedAt::parse("2025-03-14T01:02:03.000004Z").unwrap(),
            origin: Origin {
                actor: "local".to_owned(),
                correlation_id: Uuid::from_u128(2),
                causation_id,
            },
            event: Stored {
                name: "line.disbursed".to_owned(),
                version: 1,
                data: data.to_owned(),
            },
        }
    }

    fn metadata(recorded: &Recorded<Stored>) -> String {
        let shown = format!("{:?}", encode(recorded, Uuid::from_u128(4)));
        let (_, rest) = shown.split_once("custom_metadata: Some(b\"").unwrap();
        rest.split_once("\")").unwrap().0.replace("\\\"", "\"")
    }

    /// What stands in clusters for ever; a change needs a reader for both.
    #[test]
    fn metadata_is_written_as_it_always_was() {
        let cause = Some(EventId(Uuid::from_u128(3)));
        assert_eq!(
            metadata(&recorded("{}", cause)),
            include_str!("../golden/metadata.2.json").trim_end()
        );
        assert!(!metadata(&recorded("{}", None)).contains("causation"));
    }

    /// Appends bore no number once.
    #[test]
    fn metadata_is_read_as_it_was_ever_written() {
        for (written, append) in [
            (include_str!("../golden/metadata.1.json"), None),
            (
                include_str!("../golden/metadata.2.json"),
                Some(Uuid::from_u128(4)),
            ),
        ] {
            let read: Metadata = serde_json::from_str(written).unwrap();
            assert_eq!(read.append, append);
            assert_eq!(serde_json::to_string(&read).unwrap(), written.trim_end());
        }
    }

    #[test]
    fn a_payload_keeps_its_bytes_and_is_json_where_it_can_be() {
        for (data, is_json) in [
            ("{\"amount\":\"7\",  \"note\":\"giải ngân\"}", true),
            (" {}", false),
            ("{}\n", false),
            ("no json", false),
        ] {
            let shown = format!("{:?}", payload(&recorded(data, None).event));
            assert_eq!(shown.contains("application/json"), is_json, "{data}");
            let bytes: bytes_shown::Shown = data.as_bytes().into();
            assert!(shown.contains(&bytes.0), "{shown}");
        }
    }

    /// Bytes as the client shows them.
    mod bytes_shown {
        pub(super) struct Shown(pub(super) String);

        impl From<&[u8]> for Shown {
            fn from(bytes: &[u8]) -> Self {
                Self(format!("b\"{}\"", bytes.escape_ascii()))
            }
        }
    }
}
