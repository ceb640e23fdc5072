//! An event of the log, in the words of the protocol.

use std::collections::BTreeMap;

use prost::bytes::Bytes;
use uuid::Uuid;

use crate::log::LoggedEvent;
use crate::protocol::shared::{StreamIdentifier, Uuid as WireUuid, uuid as wire};
use crate::protocol::streams::ReadResp;
use crate::protocol::streams::read_resp::read_event::{Position, RecordedEvent};
use crate::protocol::streams::read_resp::{Content, ReadEvent};

/// How a reader wants ids written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    Text,
    Structured,
}

impl Ids {
    fn write(self, id: Uuid) -> WireUuid {
        match self {
            Self::Text => WireUuid {
                value: Some(wire::Value::String(id.to_string())),
            },
            Self::Structured => structured(id),
        }
    }
}

/// An id as two numbers.
pub(super) fn structured(id: Uuid) -> WireUuid {
    let (most, least) = id.as_u64_pair();
    WireUuid {
        value: Some(wire::Value::Structured(wire::Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })),
    }
}

/// The name of a stream.
pub(super) fn identifier(stream: &str) -> StreamIdentifier {
    StreamIdentifier {
        stream_name: Bytes::copy_from_slice(stream.as_bytes()),
    }
}

/// The message that brings an event.
pub(super) fn message(event: &LoggedEvent, ids: Ids) -> ReadResp {
    let content_type = if event.is_json {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let metadata = [
        ("type", event.event_type.clone()),
        ("created", event.created.to_string()),
        ("content-type", content_type.to_owned()),
    ];
    let recorded = RecordedEvent {
        id: Some(ids.write(event.id)),
        stream_identifier: Some(identifier(&event.stream)),
        stream_revision: event.revision,
        prepare_position: event.position,
        commit_position: event.position,
        metadata: BTreeMap::from(metadata.map(|(key, value)| (key.to_owned(), value))),
        custom_metadata: event.metadata.clone(),
        data: event.data.clone(),
    };
    content(Content::Event(ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(Position::CommitPosition(event.position)),
    }))
}

/// A message that brings something else.
pub(super) fn content(content: Content) -> ReadResp {
    ReadResp {
        content: Some(content),
    }
}
