//! What is on disk: golden files, golden ids, and the way there and back.

mod alert_facts;
mod facts;
mod golden;
mod identity;
mod ids;
mod published_facts;

use super::Event;
use crate::alert::AlertId;
use crate::log::StreamName;
use crate::names::LineId;
use crate::policy::AlertPolicy;
use crate::record::{Document, Entry};
use crate::text::{Place, Reference, Text};
use crate::time::{BudgetYear, EffectiveOn};

const LINE: &str = "NTM/10/2024/central/investment";

fn line(text: &str) -> LineId {
    LineId::parse(text).unwrap()
}

fn named(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn place(text: &str) -> Place {
    Place::parse(text).unwrap()
}

fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

fn year(number: i64) -> BudgetYear {
    BudgetYear::try_from(number).unwrap()
}

/// An entry that says only what it must.
fn bare(reference: &str, on: &str) -> Entry {
    Entry {
        reference: named(reference),
        effective_on: day(on),
        note: None,
        document: None,
    }
}

/// An entry that says all it can.
fn rich(reference: &str, on: &str) -> Entry {
    Entry {
        note: Some(text("ghi chú \"quoted\"\nsecond line")),
        document: Some(Document {
            number: Some(text("1234/QĐ-UBND")),
            issued_on: Some(day("2024-01-02")),
            authority: Some(text("UBND tỉnh Lào Cai")),
            uri: Some(text("https://example.org/1234")),
        }),
        ..bare(reference, on)
    }
}

fn stream_of(event: &Event) -> StreamName {
    match event {
        Event::Line(_) => line(LINE).stream(),
        Event::Register(event) => event.body.register().stream(),
        Event::Schedule(event) => event.schedule.stream(),
        Event::Statement(event) => event.statement.stream(),
        Event::Policy(_) => AlertPolicy::stream(),
        Event::Alert(_) => AlertId::find(alert_facts::ALERT).unwrap().stream(),
    }
}
