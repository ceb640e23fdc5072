//! Published figures beside the computed ones. They are never mixed.

use std::collections::BTreeSet;

use events::log::Position;
use events::statement::{Scope, Statement, StatementEvent};
use rust_decimal::Decimal;

use crate::figures::Figures;
use crate::question::{AsOf, Question};
use crate::rates::total;

/// A published figure, the computed one, and the gap between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Where it was recorded.
    pub position: Position,
    /// What was published.
    pub event: StatementEvent,
    /// What is computed for the same scope, day and basis; `None` where there is no such figure.
    pub computed: Option<Decimal>,
    /// Stated − computed.
    pub gap: Option<Decimal>,
}

/// The figures published inside the filters of `question` and for its day, with the computed ones.
pub fn statements(figures: &Figures, question: &Question) -> Vec<Compared> {
    let AsOf { effective, known } = question.as_of;
    let published = figures
        .statements
        .iter()
        .take_while(|(position, _)| *position <= known);
    published
        .filter(|(_, event)| {
            event.statement.as_of == effective && inside(&event.statement.scope, &question.scope)
        })
        .map(|(position, event)| {
            let Statement {
                scope,
                measure,
                basis,
                value,
                ..
            } = &event.statement;
            let asked = Question {
                scope: scope.clone(),
                basis: *basis,
                ..question.clone()
            };
            let computed = total(figures, &asked).figure(*measure);
            let gap = computed.map(|computed| (value - computed).normalize());
            Compared {
                position: *position,
                event: event.clone(),
                computed,
                gap,
            }
        })
        .collect()
}

/// Whether everything that `scope` lets through, `filters` let through too.
fn inside(scope: &Scope, filters: &Scope) -> bool {
    fn within<T: Ord>(scope: &BTreeSet<T>, filter: &BTreeSet<T>) -> bool {
        filter.is_empty() || (!scope.is_empty() && scope.is_subset(filter))
    }
    within(&scope.programme, &filters.programme)
        && within(&scope.province, &filters.province)
        && within(&scope.year, &filters.year)
        && within(&scope.source, &filters.source)
        && within(&scope.capital_type, &filters.capital_type)
        && within(&scope.project, &filters.project)
        && within(&scope.commune, &filters.commune)
}
