//! Where columns end: positions far apart, sums past 64 bits, days past the calendar of columns,
//! and more groups than have a place in a table.

use events::log::Position;
use events::money::Money;
use events::names::LineId;
use events::register::{Names, RegisterBody, RegisterEvent, Registration, UnitKind};
use events::statement::Scope;
use events::text::Text;
use events::time::EffectiveOn;
use proptest::prelude::*;
use proptest::sample::select;

use super::asked::asked;
use super::book::Told;
use super::fast::{cases, same_answer};
use super::said::{LINES, history};
use super::story::*;
use crate::columns::Shape;
use crate::lens::TABLE;
use crate::question::{Dimension, Question};
use crate::rates::{rates, total};

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

/// A name that Lào Cai has from a day on.
fn renamed(story: &Story, on: &str) -> RegisterEvent {
    let name = Text::parse("Lào Cai mới").unwrap();
    RegisterEvent {
        entry: story.entry(day(on)),
        body: RegisterBody::Registered(Registration {
            kind: UnitKind::Province,
            code: UnitKind::Province.parse_code("10").unwrap(),
            names: Names {
                vi: name.clone(),
                en: name,
            },
            until: None,
        }),
    }
}

#[test]
fn sums_that_part_when_a_register_turns_may_leave_64_bits() {
    const MOST: i64 = 1_000_000_000_000_000_000;
    let line = |year: i64| format!("NTM/10/{year}/central/investment");
    let mut story = Story::new();
    // Two lines take what two others give, in turns: no sum of the four leaves 64 bits.
    for _ in 0..5 {
        for (year, dong) in [(2022, MOST), (2024, -MOST), (2023, MOST), (2025, -MOST)] {
            story.tell(&line(year), "2022-01-05", adjusted(dong));
        }
    }
    // Told late: from 2024 on the province was called otherwise, so the four are two units.
    let event = renamed(&story, "2024-01-01");
    story.register(event);
    let answer = rates(&story.figures, &story.ask("2025-12-31", &[Dimension::Year]));
    let sums: Vec<_> = answer
        .groups
        .iter()
        .map(|it| it.row.assigned.to_dong())
        .collect();
    let five = i128::from(MOST) * 5;
    assert_eq!(sums, [five, five, -five, -five]);
    assert_eq!(answer.total.assigned, Money::ZERO);
    let mut one = story.ask("2025-12-31", &[Dimension::Province]);
    one.scope.province.insert("10".parse().unwrap());
    let named = rates(&story.figures, &one);
    assert_eq!(named.groups.len(), 1);
    assert_eq!(named.groups[0].row.assigned, Money::ZERO);
    let line = LineId::parse(&line(2024)).unwrap();
    assert_eq!(story.figures.sums_of(line).plan().to_dong(), -five);
}

#[test]
fn days_past_the_calendar_of_columns_count_from_their_day_on() {
    let days = [
        ("0001-01-01", 1),
        ("1969-12-31", 10),
        ("1970-01-01", 100),
        ("2149-06-06", 1_000),
        ("2149-06-07", 10_000),
        ("9999-12-31", 100_000),
    ];
    let mut story = Story::new();
    for (on, dong) in days.iter().rev() {
        story.tell(LINE, on, allocated(*dong));
    }
    let mut sum = 0;
    for (on, dong) in days {
        let assigned = |day: EffectiveOn| {
            let mut question = story.ask(on, &[]);
            question.as_of.effective = day;
            total(&story.figures, &question).assigned
        };
        assert_eq!(assigned(day(on).before()), Money::dong(sum));
        sum += dong;
        assert_eq!(assigned(day(on)), Money::dong(sum));
    }
}

/// Tells so much that a question about everything has more groups than a table has places.
fn told_wide(shape: Shape) -> Told {
    let mut told = Told::new(shape);
    for number in 0..100 {
        let bearer = (
            place(&format!("P-{}", number / 10)),
            place(&format!("C-{}", number % 10)),
        );
        told.commit(LINES[number % LINES.len()], bearer);
    }
    told
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn groups_are_told_apart_where_a_table_has_no_place_for_all(
        shape in select(&SHAPES[..]),
        history in history(),
        (asked, by) in (asked(), Just(Dimension::ALL.to_vec()).prop_shuffle()),
    ) {
        let mut told = told_wide(shape);
        told.tell_all(&history);
        let figures = told.figures();
        let (units, capitals) = (figures.lines.units(false).list.len(), figures.lines.capitals().len());
        prop_assert!(units * capitals * 100 * figures.bearers.list().len() > TABLE);
        let scope = Scope::default();
        let question = Question { scope, by, ..asked.question(&told) };
        same_answer(&told, &question)?;
    }
}
