//! Units and their codes: overlaps, boundaries, mergers of provinces and of programmes.

use events::names::{ProgrammeCode, ProvinceCode};

use super::story::*;
use crate::question::{Boundaries, Dimension, Question};
use crate::rates::{Rates, Value, rates, total};

fn groups(answer: &Rates) -> Vec<(Vec<String>, i128)> {
    let shown = |value: &Value| match value {
        Value::None => "-".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    let told = |group: &crate::rates::Group| {
        (
            group.values.iter().map(shown).collect(),
            group.row.assigned.to_dong(),
        )
    };
    answer.groups.iter().map(told).collect()
}

fn names(answer: &Rates) -> Vec<String> {
    answer
        .groups
        .iter()
        .filter_map(|group| group.province_name.clone())
        .collect()
}

#[test]
fn overlap_tells_that_money_is_counted_twice() {
    let mut story = Story::new();
    story.tell(
        "PUB/00/2024/central/investment",
        "2024-01-05",
        allocated(100),
    );
    let overlap = |story: &Story| rates(&story.figures, &story.ask("2024-12-31", &[])).overlap;
    assert!(!overlap(&story));
    story.tell(
        "PUB/10/2024/central/investment",
        "2024-01-05",
        allocated(100),
    );
    assert!(overlap(&story));
    let of_country = |story: &Story| {
        let mut country = story.ask("2024-12-31", &[]);
        country
            .scope
            .province
            .insert(ProvinceCode::parse("00").unwrap());
        rates(&story.figures, &country).overlap
    };
    assert!(!of_country(&story));
    story.tell(
        "NTM/00/2024/central/investment",
        "2024-01-05",
        allocated(100),
    );
    assert!(of_country(&story));
}

#[test]
fn lines_keep_their_codes_and_are_restated_forward_on_request() {
    let mut story = Story::new();
    story.tell("PUB/15/2024/central/investment", "2024-01-05", allocated(1));
    story.tell("PUB/10/2024/central/investment", "2024-01-05", allocated(2));
    story.tell("PUB/15/2026/central/investment", "2025-12-05", allocated(4));
    let by = [Dimension::Province];
    let recorded = rates(&story.figures, &story.ask("2026-12-31", &by));
    let codes = |list: &[(&str, i128)]| -> Vec<(Vec<String>, i128)> {
        list.iter()
            .map(|(code, sum)| (vec![(*code).to_owned()], *sum))
            .collect()
    };
    assert_eq!(groups(&recorded), codes(&[("10", 2), ("15", 5)]));
    assert_eq!(names(&recorded), ["Lào Cai", "Yên Bái / Lào Cai"]);
    let restated = |day_of| {
        let boundaries = Boundaries::Day(day(day_of));
        rates(
            &story.figures,
            &Question {
                boundaries,
                ..story.ask("2026-12-31", &by)
            },
        )
    };
    assert_eq!(groups(&restated("2025-07-01")), codes(&[("15", 7)]));
    assert_eq!(names(&restated("2025-07-01")), ["Lào Cai"]);
    assert_eq!(
        groups(&restated("2025-06-30")),
        codes(&[("10", 2), ("15", 5)])
    );
}

#[test]
fn filters_speak_the_codes_of_the_boundaries() {
    let mut story = Story::new();
    story.tell("NTM/36/2024/central/investment", "2024-01-05", allocated(1));
    story.tell("NTM/37/2024/central/investment", "2024-01-05", allocated(2));
    let asked = |boundaries, code| {
        let mut question = Question {
            boundaries,
            ..story.ask("2024-12-31", &[])
        };
        question
            .scope
            .province
            .insert(ProvinceCode::parse(code).unwrap());
        total(&story.figures, &question).assigned.to_dong()
    };
    assert_eq!(asked(Boundaries::Recorded, "37"), 2);
    assert_eq!(asked(Boundaries::Day(day("2025-09-30")), "37"), 3);
    assert_eq!(asked(Boundaries::Day(day("2025-09-30")), "36"), 0);
}

#[test]
fn programmes_are_restated_too() {
    let mut story = Story::new();
    for programme in ["NTM", "SPR", "EM"] {
        let line = format!("{programme}/01/2025/central/investment");
        story.tell(&line, "2025-01-05", allocated(1));
    }
    let boundaries = Boundaries::Day(day("2026-01-01"));
    let mut question = Question {
        boundaries,
        ..story.ask("2026-01-31", &[Dimension::Programme])
    };
    question
        .scope
        .programme
        .insert(ProgrammeCode::parse("RPE").unwrap());
    let answer = rates(&story.figures, &question);
    assert_eq!(groups(&answer), [(vec!["RPE".to_owned()], 3)]);
}
