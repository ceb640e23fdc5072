//! Records of schedules, published figures and registers.

use std::collections::BTreeSet;

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use events::policy::AlertPolicy;
use events::record::RecordBody;
use events::register::{Merged, Merger, Names, Registration, UnitCode, UnitKind};
use events::schedule::{Milestone, Schedule};
use events::statement::{Measure, Qualifier, Scope, Statement};
use events::text::Place;

use super::fields::{Fields, day, days, decimal, free_text, parsed, word, year};
use super::node::Node;
use super::unreadable::Unreadable;

/// The fields of a statement.
pub(crate) const STATEMENT: &[&str] = &[
    "scope",
    "as_of",
    "measure",
    "basis",
    "value",
    "qualifier",
    "published_on",
    "publisher",
];

/// The fields of a policy.
pub(crate) const POLICY: &[&str] = &[
    "watch",
    "behind",
    "critical",
    "clear_by",
    "stalled_days",
    "advance_days",
];

/// Decimal places of a rate.
const RATE_PLACES: u32 = 6;

type Read = Result<RecordBody, Unreadable>;

pub(crate) fn schedule(fields: &Fields<'_>) -> Read {
    let milestone = |path: &str, node: &Node| {
        let fields = Fields::of(path, node, &[&["by", "rate"]])?;
        let rate = |path: &str, node: &Node| decimal(path, node, RATE_PLACES);
        Ok(Milestone {
            by: fields.required("by", day)?,
            rate: fields.required("rate", rate)?,
        })
    };
    let milestones = |path: &str, node: &Node| {
        let Node::Array(items) = node else {
            let why = format!("'{path}' is {} and not an array", node.what());
            return Err(Unreadable::form(path, why));
        };
        items
            .iter()
            .enumerate()
            .map(|(number, item)| milestone(&format!("{path}[{number}]"), item))
            .collect()
    };
    let source = fields.optional("source", parsed(CapitalSource::parse))?;
    let capital_type = fields.optional("type", parsed(CapitalType::parse))?;
    if let (Some(source), Some(capital_type)) = (source, capital_type) {
        let fits = source.keep(capital_type);
        fits.map_err(|error| Unreadable::form("type", error))?;
    }
    Ok(RecordBody::Schedule(Schedule {
        programme: fields.required("programme", parsed(ProgrammeCode::parse))?,
        province: fields.required("province", parsed(ProvinceCode::parse))?,
        year: fields.required("year", year)?,
        source,
        capital_type,
        milestones: fields.required("milestones", milestones)?,
    }))
}

pub(crate) fn statement(fields: &Fields<'_>) -> Read {
    let measure = fields.required("measure", word(Measure::KNOWN, Measure::find))?;
    let places = if measure.is_rate() { RATE_PLACES } else { 0 };
    let value = |path: &str, node: &Node| decimal(path, node, places);
    Ok(RecordBody::Statement(Statement {
        scope: fields.required("scope", scope)?,
        as_of: fields.required("as_of", day)?,
        measure,
        basis: fields.required("basis", basis)?,
        value: fields.required("value", value)?,
        qualifier: fields.optional("qualifier", word(Qualifier::KNOWN, Qualifier::find))?,
        published_on: fields.required("published_on", day)?,
        publisher: fields.required("publisher", free_text)?,
    }))
}

/// Thresholds, all six: one that is left out would fall back in silence.
pub(crate) fn policy(fields: &Fields<'_>) -> Read {
    let share = |name| {
        let share = |path: &str, node: &Node| decimal(path, node, RATE_PLACES);
        fields.required(name, share)
    };
    Ok(RecordBody::Policy(AlertPolicy {
        watch: share("watch")?,
        behind: share("behind")?,
        critical: share("critical")?,
        clear_by: share("clear_by")?,
        stalled_days: fields.required("stalled_days", days)?,
        advance_days: fields.required("advance_days", days)?,
    }))
}

fn scope(path: &str, node: &Node) -> Result<Scope, Unreadable> {
    let names = [
        "programme",
        "province",
        "year",
        "source",
        "type",
        "project",
        "commune",
    ];
    let fields = Fields::of(path, node, &[&names])?;
    Ok(Scope {
        programme: set(&fields, "programme", parsed(ProgrammeCode::parse))?,
        province: set(&fields, "province", parsed(ProvinceCode::parse))?,
        year: set(&fields, "year", year)?,
        source: set(&fields, "source", parsed(CapitalSource::parse))?,
        capital_type: set(&fields, "type", parsed(CapitalType::parse))?,
        project: set(&fields, "project", parsed(Place::parse))?,
        commune: set(&fields, "commune", parsed(Place::parse))?,
    })
}

/// A filter: one value or a list of them. An empty list would let everything through in silence.
fn set<T: Ord>(
    fields: &Fields<'_>,
    name: &str,
    read: impl Fn(&str, &Node) -> Result<T, Unreadable>,
) -> Result<BTreeSet<T>, Unreadable> {
    let values = fields.optional(name, |path, node| match node {
        Node::Array(items) if items.is_empty() => {
            let why = format!("'{path}' lists nothing: leave it out to mean everything");
            Err(Unreadable::form(path, why))
        }
        Node::Array(items) => items
            .iter()
            .enumerate()
            .map(|(number, item)| read(&format!("{path}[{number}]"), item))
            .collect(),
        Node::Null
        | Node::Bool
        | Node::Integer(_)
        | Node::Fraction
        | Node::String(_)
        | Node::Object(_) => Ok(BTreeSet::from([read(path, node)?])),
    })?;
    Ok(values.unwrap_or_default())
}

fn basis(path: &str, node: &Node) -> Result<Basis, Unreadable> {
    let names = ["numerator", "certainty", "money", "denominator"];
    let fields = Fields::of(path, node, &[&names])?;
    Ok(Basis {
        numerator: fields.required("numerator", word(Numerator::KNOWN, Numerator::find))?,
        certainty: fields.required("certainty", word(Counted::KNOWN, Counted::find))?,
        money: fields.required("money", word(CountedMoney::KNOWN, CountedMoney::find))?,
        denominator: fields.required("denominator", word(Denominator::KNOWN, Denominator::find))?,
    })
}

fn unit_kind(fields: &Fields<'_>) -> Result<UnitKind, Unreadable> {
    fields.required("kind", word(UnitKind::KNOWN, UnitKind::find))
}

fn code(fields: &Fields<'_>, kind: UnitKind) -> Result<UnitCode, Unreadable> {
    fields.required("code", parsed(|text| kind.parse_code(text)))
}

fn names(path: &str, node: &Node) -> Result<Names, Unreadable> {
    let fields = Fields::of(path, node, &[&["vi", "en"]])?;
    Ok(Names {
        vi: fields.required("vi", free_text)?,
        en: fields.required("en", free_text)?,
    })
}

pub(crate) fn registration(fields: &Fields<'_>) -> Read {
    let kind = unit_kind(fields)?;
    Ok(RecordBody::Registration(Registration {
        kind,
        code: code(fields, kind)?,
        names: fields.required("names", names)?,
        until: fields.optional("until", day)?,
    }))
}

pub(crate) fn merger(fields: &Fields<'_>) -> Read {
    let kind = unit_kind(fields)?;
    let from = fields.node("from")?;
    let Node::Array(_) = from else {
        let why = format!("'from' is {} and not an array of codes", from.what());
        return Err(Unreadable::form("from", why));
    };
    if *from == Node::Array(Vec::new()) {
        return Err(Unreadable::form(
            "from",
            "'from' lists no codes: name the units that merge",
        ));
    }
    let into = |path: &str, node: &Node| {
        let fields = Fields::of(path, node, &[&["code", "names"]])?;
        Ok(Merged {
            code: code(&fields, kind)?,
            names: fields.required("names", names)?,
        })
    };
    Ok(RecordBody::Merger(Merger {
        kind,
        from: set(fields, "from", parsed(|text| kind.parse_code(text)))?,
        into: fields.required("into", into)?,
    }))
}
