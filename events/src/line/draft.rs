//! A fact before it is one: how much it moves, and every bound that keeps it from being added.
//!
//! All bounds are looked at before one is named, so that what a refusal says would still fit does
//! fit.

use super::balance::Rule;
use super::{Line, LineBody, LineRefusal};
use crate::money::Money;

/// What a record would add.
pub(super) struct Draft {
    moved: Money,
    body: LineBody,
    passed: Vec<LineRefusal>,
}

impl Draft {
    /// The draft of `body`, which moves so much.
    pub(super) fn of(moved: Money, body: LineBody) -> Self {
        Self {
            moved,
            body,
            passed: Vec::new(),
        }
    }

    /// The same draft, within the bound that `refusal` names.
    pub(super) fn at_most(mut self, refusal: LineRefusal) -> Self {
        if refusal.remaining().is_some_and(|most| self.moved > most) {
            self.passed.push(refusal);
        }
        self
    }
}

impl Line {
    /// Judges the sums as the draft would leave them.
    ///
    /// # Errors
    /// The tightest of the bounds that it passes; the first of several that are as tight.
    pub(super) fn judge(&self, draft: Draft) -> Result<LineBody, LineRefusal> {
        let Draft {
            moved,
            body,
            passed,
        } = draft;
        let mut after = self.balance.clone();
        after.apply(self.id, &body);
        let broken = after
            .broken(self.id)
            .into_iter()
            .map(|(rule, over)| refusal(rule, (moved - over).max(Money::ZERO)));
        passed
            .into_iter()
            .chain(broken)
            .min_by_key(LineRefusal::remaining)
            .map_or(Ok(body), Err)
    }

    /// The bound of what leaves the line.
    pub(super) fn exceeds_free(&self) -> LineRefusal {
        let remaining = self.balance.free().max(Money::ZERO);
        LineRefusal::ExceedsFree { remaining }
    }
}

fn refusal(rule: Rule, remaining: Money) -> LineRefusal {
    match rule {
        Rule::Plan => LineRefusal::ExceedsPlan {
            measure: "what is taken away",
            remaining,
        },
        Rule::Detailed => LineRefusal::ExceedsPlan {
            measure: "detailed",
            remaining,
        },
        Rule::Committed => LineRefusal::ExceedsPlan {
            measure: "committed",
            remaining,
        },
        Rule::Vintage(vintage) => LineRefusal::ExceedsVintage { vintage, remaining },
    }
}
