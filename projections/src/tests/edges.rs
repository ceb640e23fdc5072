//! Where columns end: positions far apart.

use events::log::Position;
use events::money::Money;

use super::story::*;
use crate::rates::total;

const LINE: &str = "NTM/10/2024/central/investment";

#[test]
fn a_fact_after_a_gap_of_positions_counts_once() {
    let mut story = Story::new();
    story.tell(LINE, "2024-01-05", allocated(1));
    story.skip(70_000);
    let known = story.tell(LINE, "2024-01-05", allocated(10));
    story.tell(LINE, "2024-01-05", allocated(100));
    let mut question = story.ask("2024-12-31", &[]);
    question.as_of.known = known;
    assert_eq!(total(&story.figures, &question).assigned, Money::dong(11));
    question.as_of.known = Position(known.0 - 1);
    assert_eq!(total(&story.figures, &question).assigned, Money::dong(1));
}
