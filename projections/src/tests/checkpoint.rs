//! Figures that were written as bytes and read back, or cloned, go on as if nothing had happened.

use events::line::LineBody;
use events::policy::AlertPolicy;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::asked::asked;
use super::book::Told;
use super::fast::same_answer;
use super::said::history;
use super::story::{SHAPES, SMALL, Story, adjusted, allocated, disbursement};
use crate::columns::Shape;
use crate::rates::{rates, total};
use crate::{Figures, Projection as _};

fn bytes(figures: &Figures) -> Vec<u8> {
    let mut bytes = Vec::new();
    figures.save().encode(&mut bytes);
    bytes
}

/// The same, written and read back into columns of another shape.
fn read_back(told: Told, shape: Shape) -> Told {
    let kept = told.figures().save().applied();
    assert_eq!(kept, told.figures().applied());
    let bytes = bytes(told.figures());
    let mut told = told;
    told.story.figures = Figures::shaped(shape)
        .restored(&bytes)
        .expect("it was written whole");
    told
}

proptest! {
    #[test]
    fn figures_go_on_from_a_checkpoint_as_if_there_was_none(
        (written, read) in (select(&SHAPES[..]), select(&SHAPES[..])),
        history in history(),
        cut in any::<Index>(),
        questions in proptest::collection::vec(asked(), 4),
    ) {
        let (first, rest) = history.split_at(cut.index(history.len() + 1));
        let whole = Told::of(written, &history);
        let mut told = read_back(Told::of(written, first), read);
        told.tell_all(rest);
        prop_assert_eq!(told.figures().applied(), whole.figures().applied());
        prop_assert_eq!(told.figures().facts(), whole.figures().facts());
        prop_assert_eq!(told.figures().registers(), whole.figures().registers());
        let lines = |told: &Told| told.figures().lines_after(None).cloned().collect::<Vec<_>>();
        prop_assert_eq!(lines(&told), lines(&whole));
        for asked in &questions {
            same_answer(&told, &asked.question(&told))?;
        }
        if written == read {
            prop_assert_eq!(bytes(told.figures()), bytes(whole.figures()));
        }
    }

    #[test]
    fn a_torn_checkpoint_is_not_read(
        shape in select(&SHAPES[..]),
        history in history(),
        cut in any::<Index>(),
    ) {
        let bytes = bytes(Told::of(shape, &history).figures());
        prop_assert!(Figures::decode(&bytes).is_some());
        prop_assert!(Figures::decode(&bytes[..cut.index(bytes.len())]).is_none());
    }

    #[test]
    fn clones_go_on_without_each_other(
        shape in select(&SHAPES[..]),
        (history, other) in (history(), history()),
        cut in any::<Index>(),
        questions in proptest::collection::vec(asked(), 4),
    ) {
        let (first, rest) = history.split_at(cut.index(history.len() + 1));
        let mut told = Told::of(shape, first);
        let (kept, mut apart) = (told.clone(), told.clone());
        apart.tell_all(&other);
        told.tell_all(rest);
        for asked in &questions {
            for told in [&told, &apart, &kept] {
                same_answer(told, &asked.question(told))?;
            }
        }
    }
}

#[test]
fn a_checkpoint_is_read_though_its_days_in_order_sum_past_64_bits() {
    const LINE: &str = "NTM/10/2024/central/investment";
    const MOST: i64 = 1_000_000_000_000_000_000;
    let shape = Shape { block: 24, ..SMALL };
    let mut story = Story::shaped(shape);
    // In log order never more than 10^18; in the order of the days, which is that of a closed
    // block, first twelve times as much.
    for _ in 0..12 {
        story.tell(LINE, "2024-01-05", adjusted(MOST));
        story.tell(LINE, "2024-01-06", adjusted(-MOST));
    }
    let read = Figures::decode(&bytes(&story.figures)).expect("it was written whole");
    let assigned = |on| total(&read, &story.ask(on, &[])).assigned.to_dong();
    assert_eq!(assigned("2024-01-05"), i128::from(MOST) * 12);
    assert_eq!(assigned("2024-01-06"), 0);
}

#[test]
fn an_open_block_is_read_back_into_another_shape() {
    let mut story = Story::shaped(SHAPES[4]);
    for number in 0..20 {
        let day = ["2025-07-01", "2024-01-10", "2024-06-30"][number % 3];
        story.tell("NTM/10/2024/central/investment", day, allocated(1));
    }
    let bytes = bytes(&story.figures);
    let read = Figures::shaped(SHAPES[5]).restored(&bytes).unwrap();
    for day in [
        "2024-01-09",
        "2024-01-10",
        "2024-06-30",
        "2025-06-30",
        "2025-07-01",
    ] {
        let question = story.ask(day, &[]);
        assert_eq!(
            rates(&read, &question),
            rates(&story.figures, &question),
            "{day}"
        );
    }
}

/// Where this fails, the bytes have changed: raise `Figures::VERSION` and then this sum, so that no
/// file of another layout is read.
#[test]
fn the_bytes_of_a_version_do_not_change() {
    let mut story = Story::shaped(SHAPES[4]);
    for number in 0..20 {
        let body = LineBody::Disbursed(disbursement(1 + number, 2024));
        story.tell("NTM/10/2024/central/investment", "2024-06-30", body);
    }
    story.schedule("2024-01-10", None, "0.40");
    story.policy("2000-01-01", AlertPolicy::default());
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let sum = bytes(&story.figures)
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, fold);
    assert_eq!((Figures::VERSION, sum), (4, 18_108_301_941_265_397_938));
}
