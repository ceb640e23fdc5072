//! Units and their codes: overlaps, boundaries, mergers of provinces and of programmes.

use std::collections::{BTreeMap, BTreeSet};

use events::log::Position;
use events::money::Money;
use events::names::{ProgrammeCode, ProvinceCode};
use events::register::{Merged, Merger, Names, RegisterBody, RegisterEvent, UnitCode, UnitKind};
use events::statement::Measure;
use events::text::Text;

use super::story::*;
use crate::compare::compare;
use crate::explain::explain;
use crate::question::{Boundaries, Dimension, Question};
use crate::rates::{Group, Rates, Value, rates, total};
use crate::series::series;
use crate::table::table;

fn groups(answer: &Rates) -> Vec<(Vec<String>, i128)> {
    let shown = |value: &Value| match value {
        Value::None => "-".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    let told = |group: &Group| {
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

/// What is assigned to each group of `by`, by the codes of a day; those of the lines for `None`.
fn assigned(story: &Story, by: Dimension, on: Option<&str>) -> Vec<(String, String, i128)> {
    let question = Question {
        boundaries: on.map_or(Boundaries::Recorded, |on| Boundaries::Day(day(on))),
        ..story.ask("2026-12-31", &[by])
    };
    let name = |group: &Group| {
        let name = group
            .province_name
            .as_ref()
            .or(group.programme_name.as_ref());
        name.unwrap().clone()
    };
    let code = |group: &Group| match &group.values[0] {
        Value::Text(code) => code.clone(),
        Value::None | Value::Number(_) => panic!("a province has a code"),
    };
    let answer = rates(&story.figures, &question);
    let told = |group: &Group| (code(group), name(group), group.row.assigned.to_dong());
    answer.groups.iter().map(told).collect()
}

/// What is assigned to a province of a day.
fn of_province(story: &Story, code: &str, on: Option<&str>) -> i128 {
    let mut question = story.ask("2026-12-31", &[]);
    question.boundaries = on.map_or(Boundaries::Recorded, |on| Boundaries::Day(day(on)));
    question
        .scope
        .province
        .insert(ProvinceCode::parse(code).unwrap());
    total(&story.figures, &question).assigned.to_dong()
}

/// A code meant one province until 30 June 2025 and means another since, which took its name from
/// a third. Figures are told apart by code and day, and are never joined by code or name alone.
#[track_caller]
fn tells_apart(code: &str, until: &str, since: &str, was: &str) {
    let mut story = Story::new();
    let line = |code: &str, year| format!("PUB/{code}/{year}/central/investment");
    story.tell(&line(code, 2024), "2024-01-05", allocated(1));
    story.tell(&line(was, 2024), "2024-01-05", allocated(10));
    story.tell(&line(code, 2026), "2025-12-05", allocated(100));
    let told = |rows: &[(&str, &str, i128)]| -> Vec<(String, String, i128)> {
        let owned =
            |(code, name, sum): &(&str, &str, i128)| ((*code).to_owned(), (*name).to_owned(), *sum);
        let mut rows: Vec<_> = rows.iter().map(owned).collect();
        rows.sort();
        rows
    };
    let both = format!("{until} / {since}");
    let by = |on| assigned(&story, Dimension::Province, on);
    assert_eq!(by(None), told(&[(code, &both, 101), (was, since, 10)]));
    let before = by(Some("2025-06-30"));
    assert_eq!(before, told(&[(code, until, 101), (was, since, 10)]));
    assert_eq!(by(Some("2025-07-01")), told(&[(code, since, 111)]));
    let of = |code, on| of_province(&story, code, on);
    assert_eq!((of(code, None), of(was, None)), (101, 10));
    assert_eq!(
        (of(code, Some("2025-07-01")), of(was, Some("2025-07-01"))),
        (111, 0)
    );
}

#[test]
fn figures_of_code_15_are_yen_bai_s_until_june_2025_and_lao_cai_s_since() {
    tells_apart("15", "Yên Bái", "Lào Cai", "10");
}

#[test]
fn figures_of_code_24_are_bac_giang_s_until_june_2025_and_bac_ninh_s_since() {
    tells_apart("24", "Bắc Giang", "Bắc Ninh", "27");
}

#[test]
fn figures_of_code_44_are_quang_binh_s_until_june_2025_and_quang_tri_s_since() {
    tells_apart("44", "Quảng Bình", "Quảng Trị", "45");
}

#[test]
fn figures_of_code_52_are_binh_dinh_s_until_june_2025_and_gia_lai_s_since() {
    tells_apart("52", "Bình Định", "Gia Lai", "64");
}

#[test]
fn figures_of_code_80_are_long_an_s_until_june_2025_and_tay_ninh_s_since() {
    tells_apart("80", "Long An", "Tây Ninh", "72");
}

#[test]
fn figures_of_code_82_are_tien_giang_s_until_june_2025_and_dong_thap_s_since() {
    tells_apart("82", "Tiền Giang", "Đồng Tháp", "87");
}

#[test]
fn figures_of_code_91_are_kien_giang_s_until_june_2025_and_an_giang_s_since() {
    tells_apart("91", "Kiên Giang", "An Giang", "89");
}

#[test]
fn every_old_province_counts_once_in_one_of_the_34() {
    let mut story = Story::new();
    let registers = story.figures.registers().clone();
    let provinces = registers.of(UnitKind::Province);
    let (before, since) = (day("2025-06-30"), day("2025-07-01"));
    let codes = provinces.units().keys().map(ToString::to_string);
    // Each has its own power of two, so that a sum tells of which it is made.
    let own: BTreeMap<String, i128> = codes.zip((0..64).map(|bit| 1 << bit)).collect();
    for (code, sum) in &own {
        let line = format!("PUB/{code}/2024/central/investment");
        // A record carries at most 10^18: the largest are told in parts.
        let mut left = *sum;
        while left > 0 {
            let part = i64::try_from(left)
                .unwrap_or(i64::MAX)
                .min(1_000_000_000_000_000_000);
            story.tell(&line, "2024-01-05", allocated(part));
            left -= i128::from(part);
        }
    }
    let sum_of = |codes: &BTreeSet<UnitCode>| -> i128 {
        codes.iter().map(|code| own[&code.to_string()]).sum()
    };
    let mut expected = Vec::new();
    for code in provinces.units().keys() {
        let Some(spell) = provinces.find_spell(*code, since) else {
            continue;
        };
        let mut formed_from = spell.formed_from.clone();
        if formed_from.is_empty() {
            formed_from.insert(*code);
        }
        let sum = sum_of(&formed_from);
        expected.push((code.to_string(), spell.names.vi.to_string(), sum));
    }
    assert_eq!(expected.len(), 34 + 1);
    let found = assigned(&story, Dimension::Province, Some("2025-07-01"));
    assert_eq!(found, expected);
    let found = assigned(&story, Dimension::Province, Some("2025-06-30"));
    assert_eq!(found.len(), 63 + 1);
    for (code, name, sum) in found {
        let code = UnitKind::Province.parse_code(&code).unwrap();
        assert_eq!(name, provinces.name(code, before));
        assert_eq!(sum, own[&code.to_string()]);
    }
}

#[test]
fn ntm_spr_and_em_are_one_programme_from_2026() {
    let mut story = Story::new();
    for (programme, dong) in [("NTM", 1), ("SPR", 10), ("EM", 100), ("CUL", 1_000)] {
        let line = format!("{programme}/01/2025/central/investment");
        story.tell(&line, "2025-01-05", allocated(dong));
    }
    let next = "RPE/01/2026/central/investment";
    story.tell(next, "2026-01-05", allocated(10_000));
    let by = |on| -> Vec<(String, i128)> {
        let groups = assigned(&story, Dimension::Programme, on).into_iter();
        groups.map(|(code, _, sum)| (code, sum)).collect()
    };
    let told = |rows: &[(&str, i128)]| -> Vec<(String, i128)> {
        rows.iter()
            .map(|(code, sum)| ((*code).to_owned(), *sum))
            .collect()
    };
    let apart = [
        ("CUL", 1_000),
        ("EM", 100),
        ("NTM", 1),
        ("RPE", 10_000),
        ("SPR", 10),
    ];
    assert_eq!(by(None), told(&apart));
    assert_eq!(by(Some("2025-12-31")), told(&apart));
    assert_eq!(
        by(Some("2026-01-01")),
        told(&[("CUL", 1_000), ("RPE", 10_111)])
    );
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

#[test]
fn a_merger_told_later_moves_no_answer_at_an_older_position() {
    let mut story = Story::new();
    let line = "NTM/10/2024/central/investment";
    story.tell(line, "2024-01-05", allocated(100));
    let mut question = story.ask("2024-12-31", &[Dimension::Province]);
    question.boundaries = Boundaries::Day(day("2031-01-01"));
    question.scope.province.insert("15".parse().unwrap());
    let days = [day("2024-01-04"), day("2024-01-05")];
    let answers = |story: &Story, question: &Question| {
        let rows = table(&story.figures, question).rows().count();
        let all = usize::MAX;
        let (behind, _) = explain(
            &story.figures,
            question,
            Measure::Assigned,
            Position::START,
            all,
        );
        let points = series(&story.figures, question, &days);
        let compared = compare(&story.figures, question, Position::START);
        (
            rates(&story.figures, question),
            rows,
            behind,
            points,
            compared,
        )
    };
    let before = answers(&story, &question);
    assert_eq!(before.0.total.assigned, Money::dong(100));
    // From 2026 on Lào Cai is part of Thái Nguyên.
    let name = Text::parse("Thái Nguyên").unwrap();
    let [one, other] = ["15", "19"].map(|code| UnitKind::Province.parse_code(code).unwrap());
    let merger = Merger {
        kind: UnitKind::Province,
        from: [one, other].into(),
        into: Merged {
            code: other,
            names: Names {
                vi: name.clone(),
                en: name,
            },
        },
    };
    let entry = story.entry(day("2026-07-01"));
    let body = RegisterBody::Merged(merger);
    question.as_of.known = story.position;
    let known = story.register(RegisterEvent { entry, body });
    assert_eq!(answers(&story, &question), before);
    question.as_of.known = known;
    let since = answers(&story, &question);
    assert_eq!(since.0.total.assigned, Money::ZERO);
    assert_eq!((since.1, since.2.len()), (0, 0));
}
