//! Whether an append is admitted: the one rule on expected revisions and repeated event ids.
//!
//! Adapters that keep uniqueness themselves ask here, so that they cannot differ.

use std::collections::BTreeSet;

use events::log::{EventId, Revision};

use crate::append::{Append, AppendError, Expected, Place};

/// What a log knows of an event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No event has it.
    Absent,
    /// An event of another stream has it.
    Elsewhere,
    /// An event of the append's stream has it.
    Here(Place),
}

/// What becomes of an append that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its events are added from this revision on.
    Add(Revision),
    /// They are recorded already, or there are none: nothing is written.
    Repeat(Vec<Place>),
}

/// Decides on `append` to a stream whose last event has the revision `current`.
///
/// # Errors
/// [`AppendError::TooLarge`], [`AppendError::Conflict`], and whatever `known` fails with.
pub fn admit<X: From<AppendError>>(
    append: &Append,
    current: Option<Revision>,
    mut known: impl FnMut(EventId) -> Result<Known, X>,
) -> Result<Admission, X> {
    let bytes = append.bytes();
    if bytes > Append::MAX_BYTES {
        let most = Some(Append::MAX_BYTES);
        return Err(AppendError::TooLarge { bytes, most }.into());
    }
    let conflict = || AppendError::Conflict {
        stream: append.stream.clone(),
        current,
    };
    if repeats_itself(append) {
        return Err(conflict().into());
    }
    let mut places = Vec::new();
    for new in &append.events {
        match known(new.id)? {
            Known::Absent => {}
            Known::Elsewhere => return Err(conflict().into()),
            Known::Here(place) => places.push(place),
        }
    }
    if places.len() == append.events.len() && is_run(&places) {
        return Ok(Admission::Repeat(places));
    }
    if !places.is_empty() || Expected::from(current) != append.expected {
        return Err(conflict().into());
    }
    Ok(Admission::Add(
        current.map_or(Revision::FIRST, Revision::next),
    ))
}

fn repeats_itself(append: &Append) -> bool {
    let mut seen = BTreeSet::new();
    append.events.len() > 1 && !append.events.iter().all(|new| seen.insert(new.id))
}

fn is_run(places: &[Place]) -> bool {
    places
        .windows(2)
        .all(|pair| matches!(pair, [one, two] if one.revision.next() == two.revision))
}
