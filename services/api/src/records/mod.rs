//! Records as they are written, read strictly: no unknown or repeated field, no float, no default
//! that depends on history. What comes out is what the ledger judges; nothing is judged here but
//! the bounds that every amount has.

pub(crate) mod alert;
mod fields;
mod line;
mod node;
mod others;
mod unreadable;

use events::names::LineId;
use events::record::{Document, Entry, Record, RecordBody, RecordKind};

pub use unreadable::Unreadable;

use events::text::Text;

use fields::{Fields, day, free_text, reference, text};
use node::Node;

/// What every record says.
const ENTRY: &[&str] = &["record", "reference", "effective_on", "note", "document"];

/// The record that `bytes` hold: one JSON object.
///
/// # Errors
/// [`Unreadable`] names the field that is not of its form.
pub fn parse(bytes: &[u8]) -> Result<Record, Unreadable> {
    record(&node(bytes)?)
}

/// The line that a record which cannot be read is of, as far as that can be read.
pub fn find_line(bytes: &[u8]) -> Option<LineId> {
    let found = if let Ok(node) = node(bytes) {
        let named = ["from", "line"]
            .into_iter()
            .find_map(|name| node.member(name));
        named?.text()?.to_owned()
    } else {
        // Broken JSON: the first member of that name, as it is usually written.
        let written = String::from_utf8_lossy(bytes);
        let after = |name| written.split_once(name).map(|(_, after)| after);
        let value = after("\"line\"").or_else(|| after("\"from\""))?;
        let value = value.trim_start().strip_prefix(':')?.trim_start();
        value.strip_prefix('"')?.split('"').next()?.to_owned()
    };
    LineId::parse(&found).ok()
}

fn node(bytes: &[u8]) -> Result<Node, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| Unreadable::Encoding {
        at: error.valid_up_to(),
    })?;
    serde_json::from_str(text).map_err(|error| Unreadable::Syntax {
        why: error.to_string(),
    })
}

fn record(node: &Node) -> Result<Record, Unreadable> {
    let Node::Object(_) = node else {
        let why = format!("a record is a JSON object, not {}", node.what());
        return Err(Unreadable::form("", why));
    };
    let kind = node.member("record").unwrap_or(&Node::Null);
    if *kind == Node::Null {
        let field = "record".to_owned();
        return Err(Unreadable::MissingField { field });
    }
    let kind = text("record", kind)?;
    let Some((known, read)) = reader(&kind) else {
        return Err(Unreadable::Form {
            field: "record".to_owned(),
            why: format!(
                "'{kind}' is no kind of record: {}",
                RecordKind::KNOWN.join(", ")
            ),
            known: RecordKind::KNOWN
                .iter()
                .map(|kind| (*kind).to_owned())
                .collect(),
        });
    };
    let fields = Fields::of("", node, &[ENTRY, known])?;
    Ok(Record {
        entry: entry(&fields)?,
        body: read(&fields)?,
    })
}

/// What reads the rest of a record, and the fields it may have.
type Reader = fn(&Fields<'_>) -> Result<RecordBody, Unreadable>;

fn reader(kind: &str) -> Option<(&'static [&'static str], Reader)> {
    Some(match kind {
        "allocation" => (&["line", "amount", "basis"], line::allocation),
        "adjustment" => (
            &["line", "allocation", "change", "reason"],
            line::adjustment,
        ),
        "transfer" => (
            &["from", "to", "amount", "reason", "vintage"],
            line::transfer,
        ),
        "detail" => (&["line", "amount", "project"], line::detail),
        "commitment" => (
            &["line", "amount", "project", "commune", "payee"],
            line::commitment,
        ),
        "commitment_adjustment" => (
            &["line", "commitment", "change", "reason"],
            line::commitment_adjustment,
        ),
        "disbursement" => (line::DISBURSEMENT, line::disbursement),
        "recovery" => (&["line", "advance", "amount"], line::recovery),
        "reversal" => (&["line", "reverses", "amount", "reason"], line::reversal),
        "extension" => (&["line", "until", "reason"], line::extension),
        "schedule" => (
            &[
                "programme",
                "province",
                "year",
                "source",
                "type",
                "milestones",
            ],
            others::schedule,
        ),
        "statement" => (others::STATEMENT, others::statement),
        "registration" => (&["kind", "code", "names", "until"], others::registration),
        "merger" => (&["kind", "from", "into"], others::merger),
        "policy" => (others::POLICY, others::policy),
        _ => return None,
    })
}

fn entry(fields: &Fields<'_>) -> Result<Entry, Unreadable> {
    Ok(Entry {
        reference: fields.required("reference", reference)?,
        effective_on: fields.required("effective_on", day)?,
        note: fields.optional("note", note)?.flatten(),
        // A document that says nothing is none.
        document: fields
            .optional("document", document)?
            .filter(|it| *it != Document::default()),
    })
}

/// A note; spreadsheets send empty ones.
fn note(path: &str, node: &Node) -> Result<Option<Text>, Unreadable> {
    if node.text() == Some("") {
        Ok(None)
    } else {
        free_text(path, node).map(Some)
    }
}

fn document(path: &str, node: &Node) -> Result<Document, Unreadable> {
    let fields = Fields::of(path, node, &[&["number", "issued_on", "authority", "uri"]])?;
    Ok(Document {
        number: fields.optional("number", free_text)?,
        issued_on: fields.optional("issued_on", day)?,
        authority: fields.optional("authority", free_text)?,
        uri: fields.optional("uri", free_text)?,
    })
}
