//! The events behind a figure: what each adds to it, so that the sums are the figure.

use std::collections::BTreeMap;

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::log::Position;
use events::money::Money;
use events::statement::Measure;

use crate::columns::{Fact, Slot};
use crate::facts::Part;
use crate::figures::Figures;
use crate::lens::{Lens, Telling};
use crate::question::{AsOf, Question};
use crate::row::Depth;

/// What an event adds to a figure, by measure. A rate is told by its numerator and denominator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The event.
    pub position: Position,
    /// What it adds to which measure.
    pub adds: BTreeMap<Measure, Money>,
}

/// The events behind `measure` of the total of `question`, from the one after `after` on, `limit`
/// at most; and whether there are more.
pub fn explain(
    figures: &Figures,
    question: &Question,
    measure: Measure,
    after: Position,
    limit: usize,
) -> (Vec<Explained>, bool) {
    let AsOf { effective, known } = question.as_of;
    let registers = figures.registers_for(question);
    let lens = Lens::new(figures, &registers, question, Telling::Values);
    let told = lens.told_of(&figures.money);
    let terms = terms(measure, question.basis, lens.depth());
    let mut explained: Vec<Explained> = Vec::new();
    let counts = |fact: &Fact| {
        fact.day <= effective
            && lens.lets(&told, fact.vintage, fact.bearer)
            && terms.iter().any(|term| term.counts(fact.slot))
    };
    for fact in figures.money.facts(after, known, counts) {
        for term in terms.iter().filter(|term| term.counts(fact.slot)) {
            if explained
                .last()
                .is_none_or(|last| last.position != fact.position)
            {
                if explained.len() == limit {
                    return (explained, true);
                }
                explained.push(Explained {
                    position: fact.position,
                    adds: BTreeMap::new(),
                });
            }
            if let Some(last) = explained.last_mut() {
                let amount = Money::from_sum(term.sign * fact.amount);
                *last.adds.entry(term.measure).or_default() += amount;
            }
        }
    }
    (explained, false)
}

/// A part that a measure sums.
struct Term {
    measure: Measure,
    part: Part,
    sign: i128,
    /// Whether only money of the line's own year counts.
    own: bool,
}

impl Term {
    /// Whether a fact in `slot` counts.
    fn counts(&self, slot: Slot) -> bool {
        slot == self.part.slot(true) || (!self.own && slot == self.part.slot(false))
    }
}

/// The parts that `measure` sums, each under the measure it adds to.
fn terms(measure: Measure, basis: Basis, depth: Depth) -> Vec<Term> {
    let all = |parts: &[(Part, i128)]| -> Vec<Term> {
        let term = |(part, sign): &(Part, i128)| Term {
            measure,
            part: *part,
            sign: *sign,
            own: false,
        };
        parts.iter().map(term).collect()
    };
    match measure {
        Measure::Plan => all(&plan(depth)),
        Measure::Remaining if depth == Depth::Commune => Vec::new(),
        Measure::Remaining => {
            let mut parts = plan(depth);
            parts.extend([(Part::CarriedOut, -1), (Part::Disbursed, -1)]);
            all(&parts)
        }
        Measure::Assigned => all(&[(Part::Assigned, 1)]),
        Measure::LocalIncrease => all(&[(Part::LocalIncrease, 1)]),
        Measure::CarriedIn => all(&[(Part::CarriedIn, 1)]),
        Measure::Reallocated => all(&[(Part::Reallocated, 1)]),
        Measure::Recalled => all(&[(Part::Recalled, 1)]),
        Measure::CarriedOut => all(&[(Part::CarriedOut, 1)]),
        Measure::InTransit => all(&[(Part::InTransit, 1)]),
        Measure::Detailed => all(&[(Part::Detailed, 1)]),
        Measure::Committed => all(&[(Part::Committed, 1)]),
        Measure::Disbursed => all(&[(Part::Disbursed, 1)]),
        Measure::AdvancesOutstanding => all(&[(Part::AdvancesOutstanding, 1)]),
        Measure::Estimated => all(&[(Part::Estimated, 1)]),
        Measure::Numerator => numerator(basis),
        Measure::Denominator => all(&denominator(basis, depth)),
        Measure::Rate => {
            let mut both = numerator(basis);
            both.extend(terms(Measure::Denominator, basis, depth));
            both
        }
        Measure::CommitmentRate => {
            let mut both = terms(Measure::Committed, basis, depth);
            both.extend(terms(Measure::Denominator, basis, depth));
            both
        }
    }
}

fn plan(depth: Depth) -> Vec<(Part, i128)> {
    match depth {
        Depth::Line => {
            let signed = Part::ALL.into_iter().map(|part| (part, part.in_plan()));
            signed.filter(|(_, sign)| *sign != 0).collect()
        }
        Depth::Project => vec![(Part::Detailed, 1)],
        Depth::Commune => Vec::new(),
    }
}

fn denominator(basis: Basis, depth: Depth) -> Vec<(Part, i128)> {
    match (depth, basis.denominator) {
        (Depth::Project | Depth::Commune, _) | (Depth::Line, Denominator::Total) => plan(depth),
        (Depth::Line, Denominator::Assigned) => vec![(Part::Assigned, 1)],
        (Depth::Line, Denominator::AssignedAndLocal) => {
            vec![(Part::Assigned, 1), (Part::LocalIncrease, 1)]
        }
        (Depth::Line, Denominator::Detailed) => vec![(Part::Detailed, 1)],
    }
}

fn numerator(basis: Basis) -> Vec<Term> {
    let own = basis.money == CountedMoney::PlanYear;
    let term = |part, sign| Term {
        measure: Measure::Numerator,
        part,
        sign,
        own,
    };
    let mut terms = vec![term(Part::Disbursed, 1)];
    match basis.certainty {
        Counted::Confirmed => {}
        Counted::WithEstimates => terms.push(term(Part::Estimated, 1)),
    }
    match basis.numerator {
        Numerator::Gross => {}
        Numerator::NetOfAdvances => terms.push(term(Part::AdvancesOutstanding, -1)),
    }
    terms
}
