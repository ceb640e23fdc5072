//! What people ask of an alert, read as strictly as records are.

use events::alert::EndpointName;
use events::log::Revision;
use events::text::Text;
use events::time::EffectiveOn;

use super::fields::{Fields, day, parsed};
use super::node::Node;
use super::unreadable::Unreadable;
use super::{node, note};

/// That somebody takes note of it, and a remark.
pub(crate) fn acknowledgement(bytes: &[u8]) -> Result<Option<Text>, Unreadable> {
    let node = node(bytes)?;
    let fields = Fields::of("", &node, &[&["note"]])?;
    Ok(fields.optional("note", note)?.flatten())
}

/// Until when nobody wants to hear of it, and a remark.
pub(crate) fn silence(bytes: &[u8]) -> Result<(EffectiveOn, Option<Text>), Unreadable> {
    let node = node(bytes)?;
    let fields = Fields::of("", &node, &[&["until", "note"]])?;
    let until = fields.required("until", day)?;
    Ok((until, fields.optional("note", note)?.flatten()))
}

/// Who is to be told again, and of which event of its stream.
pub(crate) fn request(bytes: &[u8]) -> Result<(EndpointName, Revision), Unreadable> {
    let node = node(bytes)?;
    let fields = Fields::of("", &node, &[&["endpoint", "event"]])?;
    let endpoint = fields.required("endpoint", parsed(EndpointName::parse))?;
    Ok((endpoint, fields.required("event", revision)?))
}

fn revision(path: &str, node: &Node) -> Result<Revision, Unreadable> {
    let revision = match node {
        Node::Integer(revision) => u64::try_from(*revision).ok(),
        Node::Null
        | Node::Bool
        | Node::Fraction
        | Node::String(_)
        | Node::Array(_)
        | Node::Object(_) => None,
    };
    let why = || format!("'{path}' is not the revision of an event: a whole number");
    let revision = revision.ok_or_else(|| Unreadable::form(path, why()))?;
    Ok(Revision(revision))
}
