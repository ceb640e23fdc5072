//! A fact that was decoded without its texts is counted as the whole one is.

use events::line::LineEvent;
use events::text::Dropped;
use proptest::prelude::*;

use super::bodies::body;
use super::said::history;
use super::story::Story;
use crate::facts::moved;

proptest! {
    #[test]
    fn a_fact_without_its_texts_moves_what_the_whole_one_moves(history in history()) {
        let story = Story::new();
        for said in &history {
            let Some(body) = body(said) else { continue };
            let whole = LineEvent { entry: story.entry(said.day()), body };
            let stored = whole.encode();
            let plain = LineEvent::<Dropped>::decode_with((&stored).into()).unwrap();
            let line = said.line();
            prop_assert_eq!(plain.judged_on(line.year()), whole.judged_on(line.year()));
            let moved: (Vec<_>, Vec<_>) = (moved(line, &plain).collect(), moved(line, &whole).collect());
            prop_assert_eq!(moved.0, moved.1);
        }
    }
}
