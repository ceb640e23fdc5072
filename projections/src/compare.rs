//! The same question at two positions: what moved, and which events moved it.

use std::collections::{BTreeMap, BTreeSet};

use events::log::Position;

use crate::columns::index;
use crate::figures::Figures;
use crate::lens::{Lens, NOWHERE, Telling, Value};
use crate::question::{AsOf, Question};
use crate::rates::{Group, Rates, rates};

/// A group before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The values of the question's dimensions, in their order.
    pub values: Vec<Value>,
    /// The group as it was known first; `None` where nothing counted yet.
    pub before: Option<Group>,
    /// The group as it was known last; `None` where nothing counts any more.
    pub after: Option<Group>,
    /// The events between that count here.
    pub moved_by: BTreeSet<Position>,
}

/// The answers to a question at two positions, and what lies between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The answer at the first position.
    pub before: Rates,
    /// The answer at the last position.
    pub after: Rates,
    /// Every group of either answer, by growing values.
    pub groups: Vec<Changed>,
}

/// Positions that lie too far apart: too many events between them count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {} events that count lie between the two positions",
    TooManyEvents::MOST
)]
pub struct TooManyEvents;

impl TooManyEvents {
    /// Most events that a comparison tells.
    pub const MOST: usize = 100_000;
}

/// Answers `question` as it was known at `from` and as it is known at its own position.
///
/// # Errors
/// [`TooManyEvents`] where more than 100,000 events between the two count.
pub fn compare(
    figures: &Figures,
    question: &Question,
    from: Position,
) -> Result<Comparison, TooManyEvents> {
    let moved_by = moved_by(figures, question, from)?;
    let AsOf { effective, known } = question.as_of;
    let earlier = AsOf {
        effective,
        known: from.min(known),
    };
    let before = rates(
        figures,
        &Question {
            as_of: earlier,
            ..question.clone()
        },
    );
    let after = rates(figures, question);
    let mut groups: BTreeMap<Vec<Value>, Changed> = BTreeMap::new();
    for group in &before.groups {
        changed(&mut groups, &group.values).before = Some(group.clone());
    }
    for group in &after.groups {
        changed(&mut groups, &group.values).after = Some(group.clone());
    }
    for (values, positions) in moved_by {
        changed(&mut groups, &values).moved_by = positions;
    }
    Ok(Comparison {
        before,
        after,
        groups: groups.into_values().collect(),
    })
}

/// The events after `from` that count in each group, by its values.
fn moved_by(
    figures: &Figures,
    question: &Question,
    from: Position,
) -> Result<BTreeMap<Vec<Value>, BTreeSet<Position>>, TooManyEvents> {
    let AsOf { effective, known } = question.as_of;
    let registers = figures.registers_for(question);
    let mut lens = Lens::new(figures, &registers, question, Telling::Values);
    let told = lens.told_of(&figures.money);
    let mut moved_by: BTreeMap<u32, BTreeSet<Position>> = BTreeMap::new();
    let (mut events, mut last) = (0, Position::START);
    for fact in figures
        .money
        .facts(from, known, |fact| fact.day <= effective)
    {
        let group = lens.group(&told, fact.vintage, fact.bearer);
        if group == NOWHERE {
            continue;
        }
        // Facts of one event follow each other.
        events += usize::from(fact.position != last);
        last = fact.position;
        if events > TooManyEvents::MOST {
            return Err(TooManyEvents);
        }
        moved_by.entry(group).or_default().insert(fact.position);
    }
    let named = |(group, positions)| (lens.values(index(group)), positions);
    Ok(moved_by.into_iter().map(named).collect())
}

fn changed<'a>(groups: &'a mut BTreeMap<Vec<Value>, Changed>, values: &[Value]) -> &'a mut Changed {
    groups.entry(values.to_vec()).or_insert_with(|| {
        let values = values.to_vec();
        Changed {
            values,
            before: None,
            after: None,
            moved_by: BTreeSet::new(),
        }
    })
}
