//! Vietnam's programmes and provinces, replayed record by record.

use super::*;
use crate::line::{LineRefusal, Transfer, TransferKind};
use crate::money::{Amount, Money};
use crate::names::LineId;
use crate::record::{Record, RecordBody};
use crate::schedule::Schedule;
use crate::time::BudgetYear;

fn programme(text: &str) -> UnitCode {
    UnitKind::Programme.parse_code(text).unwrap()
}

fn line(text: &str) -> LineId {
    LineId::parse(text).unwrap()
}

/// The built-in registers, each record of them decided in its turn.
fn built_in() -> Registers {
    let mut registers = Registers::default();
    for Record { entry, body } in vietnam() {
        let body = match body {
            RecordBody::Registration(registration) => RegisterBody::Registered(registration),
            RecordBody::Merger(merger) => RegisterBody::Merged(merger),
            RecordBody::Line(..)
            | RecordBody::Schedule(_)
            | RecordBody::Statement(_)
            | RecordBody::Policy(_) => {
                panic!("{entry:?} is no record of a register")
            }
        };
        let added = registers.of(body.register()).decide(entry, body).unwrap();
        for fact in &added {
            registers.evolve(fact);
        }
    }
    registers
}

fn valid(register: &Register, on: &str) -> Vec<UnitCode> {
    let codes = register.units().keys().copied();
    codes
        .filter(|code| register.find_spell(*code, day(on)).is_some())
        .collect()
}

#[test]
fn has_63_provinces_until_june_2025_and_34_since() {
    let registers = built_in();
    let provinces = registers.of(UnitKind::Province);
    assert_eq!(valid(provinces, "2025-06-30").len(), 63 + 1);
    assert_eq!(valid(provinces, "2025-07-01").len(), 34 + 1);
    assert_eq!(valid(provinces, "1999-12-31").len(), 0);
}

#[test]
fn the_34_provinces_have_the_codes_of_their_seats() {
    let codes = "00 01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 \
                 75 79 80 82 86 91 92 96";
    let expected: Vec<_> = codes.split(' ').map(province).collect();
    let registers = built_in();
    assert_eq!(
        valid(registers.of(UnitKind::Province), "2025-07-01"),
        expected
    );
}

#[test]
fn every_old_province_lives_on_in_one_of_today() {
    let registers = built_in();
    let provinces = registers.of(UnitKind::Province);
    let today = valid(provinces, "2025-07-01");
    for old in valid(provinces, "2025-06-30") {
        let now = provinces.successor(old, day("2025-06-30"), day("2025-07-01"));
        assert!(today.contains(&now), "{old} became {now}");
    }
}

/// The code had one name until 30 June 2025 and has another since, which was that of a third
/// province until then.
#[track_caller]
fn swaps_names(code: &str, until: &str, since: &str, was: &str) {
    let registers = built_in();
    let provinces = registers.of(UnitKind::Province);
    let name = |code, on| provinces.name(province(code), day(on));
    assert_eq!(name(code, "2025-06-30"), until);
    assert_eq!(name(code, "2025-07-01"), since);
    assert_eq!(name(was, "2025-06-30"), since);
    for old in [code, was] {
        let now = provinces.successor(province(old), day("2024-01-01"), day("2025-07-01"));
        assert_eq!(now, province(code));
    }
    assert!(
        provinces
            .find_spell(province(was), day("2025-07-01"))
            .is_none()
    );
}

#[test]
fn code_15_is_yen_bai_until_june_2025_and_lao_cai_since() {
    swaps_names("15", "Yên Bái", "Lào Cai", "10");
}

#[test]
fn code_24_is_bac_giang_until_june_2025_and_bac_ninh_since() {
    swaps_names("24", "Bắc Giang", "Bắc Ninh", "27");
}

#[test]
fn code_44_is_quang_binh_until_june_2025_and_quang_tri_since() {
    swaps_names("44", "Quảng Bình", "Quảng Trị", "45");
}

#[test]
fn code_52_is_binh_dinh_until_june_2025_and_gia_lai_since() {
    swaps_names("52", "Bình Định", "Gia Lai", "64");
}

#[test]
fn code_80_is_long_an_until_june_2025_and_tay_ninh_since() {
    swaps_names("80", "Long An", "Tây Ninh", "72");
}

#[test]
fn code_82_is_tien_giang_until_june_2025_and_dong_thap_since() {
    swaps_names("82", "Tiền Giang", "Đồng Tháp", "87");
}

#[test]
fn code_91_is_kien_giang_until_june_2025_and_an_giang_since() {
    swaps_names("91", "Kiên Giang", "An Giang", "89");
}

#[test]
fn son_la_keeps_14_and_hue_46() {
    let registers = built_in();
    let provinces = registers.of(UnitKind::Province);
    let name = |code, on| provinces.name(province(code), day(on));
    assert_eq!(name("14", "2025-07-01"), "Sơn La");
    assert_eq!(name("46", "2024-12-31"), "Thừa Thiên Huế");
    assert_eq!(name("46", "2025-01-01"), "Huế");
}

#[test]
fn programmes_come_and_go() {
    let registers = built_in();
    let programmes = |on| valid(registers.of(UnitKind::Programme), on);
    let all = |codes: &[&str]| codes.iter().map(|code| programme(code)).collect::<Vec<_>>();
    assert_eq!(programmes("2024-12-31"), all(&["EM", "NTM", "PUB", "SPR"]));
    assert_eq!(
        programmes("2025-12-31"),
        all(&["CUL", "DRUG", "EM", "NTM", "PUB", "SPR"])
    );
    assert_eq!(
        programmes("2026-01-01"),
        all(&["CUL", "DRUG", "PUB", "RPE"])
    );
}

#[test]
fn three_programmes_became_one() {
    let registers = built_in();
    let programmes = registers.of(UnitKind::Programme);
    for old in ["NTM", "SPR", "EM"] {
        let now = programmes.successor(programme(old), day("2021-01-01"), day("2026-01-01"));
        assert_eq!(now, programme("RPE"));
    }
}

#[test]
fn a_line_opens_under_codes_of_the_day_that_is_judged() {
    let registers = built_in();
    let open = |on, judged| registers.open(line(on), day(judged));
    assert_eq!(open("NTM/10/2025/central/investment", "2025-06-30"), Ok(()));
    let gone = open("NTM/10/2025/central/investment", "2025-07-01").unwrap_err();
    assert_eq!(gone.to_string(), "'10' is no province on 2025-07-01");
    assert_eq!(open("RPE/15/2026/central/investment", "2026-01-01"), Ok(()));
    let RegisterRefusal::UnknownCode {
        kind,
        code,
        on,
        known,
    } = open("NTM/15/2026/central/investment", "2026-01-01").unwrap_err()
    else {
        panic!("another refusal");
    };
    assert_eq!(
        (kind, code, on),
        (UnitKind::Programme, programme("NTM"), day("2026-01-01"))
    );
    assert_eq!(known.len(), 4);
    assert!(open("RPE/15/2025/central/investment", "2025-12-31").is_err());
    assert!(open("CUL/15/2024/central/investment", "2024-12-31").is_err());
}

fn carry_over(to: &str) -> Transfer {
    Transfer {
        kind: TransferKind::CarryOver,
        to: Some(line(to)),
        amount: Amount::try_from(Money::dong(1)).unwrap(),
        vintage: None,
    }
}

#[test]
fn capital_is_carried_over_to_its_own_codes_or_their_successors() {
    let registers = built_in();
    let from = line("NTM/10/2025/central/investment");
    let carry =
        |to| registers.carry_over(from, day("2025-01-01"), &carry_over(to), day("2026-01-31"));
    assert_eq!(carry("NTM/10/2026/central/investment"), Ok(()));
    assert_eq!(carry("RPE/15/2026/central/investment"), Ok(()));
    assert_eq!(carry("RPE/10/2026/central/investment"), Ok(()));
    let why = "a carry-over keeps its programme and province, or goes to their successors";
    let elsewhere = Err(LineRefusal::TransferTarget { why });
    assert_eq!(carry("RPE/14/2026/central/investment"), elsewhere);
    assert_eq!(carry("CUL/15/2026/central/investment"), elsewhere);
}

#[test]
fn a_decision_before_the_year_s_end_carries_over_to_the_codes_of_the_next() {
    let registers = built_in();
    let from = line("NTM/10/2025/central/investment");
    let carry = carry_over("RPE/15/2026/central/investment");
    assert_eq!(
        registers.carry_over(from, day("2025-01-01"), &carry, day("2025-12-20")),
        Ok(())
    );
}

#[test]
fn the_new_unit_of_a_code_is_not_carried_over_to_the_old_ones() {
    let registers = built_in();
    let from = line("NTM/15/2025/central/investment");
    let carry = carry_over("NTM/10/2026/central/investment");
    let refused = registers.carry_over(from, day("2025-07-01"), &carry, day("2026-01-31"));
    assert!(refused.is_err());
}

#[test]
fn a_reallocation_may_go_to_any_unit() {
    let registers = built_in();
    let transfer = Transfer {
        kind: TransferKind::Reallocation,
        ..carry_over("SPR/14/2025/central/investment")
    };
    let from = line("NTM/10/2025/central/investment");
    let refused = registers.carry_over(from, day("2025-01-01"), &transfer, day("2025-02-01"));
    assert_eq!(refused, Ok(()));
}

#[test]
fn a_line_is_restated_to_the_units_of_a_day() {
    let registers = built_in();
    let restated = |judged, on| {
        let (programme, province) =
            registers.restated(line("NTM/10/2025/central/investment"), day(judged), day(on));
        format!("{programme}/{province}")
    };
    assert_eq!(restated("2025-01-01", "2025-06-30"), "NTM/10");
    assert_eq!(restated("2025-01-01", "2025-07-01"), "NTM/15");
    assert_eq!(restated("2025-06-30", "2026-01-01"), "RPE/15");
}

#[test]
fn restating_goes_forward_only() {
    let registers = built_in();
    let restated = registers.restated(
        line("NTM/15/2025/central/investment"),
        day("2025-07-01"),
        day("2025-06-30"),
    );
    assert_eq!(restated.1.to_string(), "15");
}

#[test]
fn restating_by_way_of_any_day_comes_to_the_same_unit() {
    let registers = built_in();
    let days = ["2025-06-30", "2025-07-01", "2026-01-01"].map(day);
    for kind in [UnitKind::Programme, UnitKind::Province] {
        let register = registers.of(kind);
        for code in valid(register, "2025-06-30") {
            for by_way_of in days {
                let then = register.successor(code, day("2025-06-30"), by_way_of);
                let at_once = register.successor(code, day("2025-06-30"), day("2026-01-01"));
                assert_eq!(
                    register.successor(then, by_way_of, day("2026-01-01")),
                    at_once
                );
                assert!(register.find_spell(then, by_way_of).is_some());
            }
        }
    }
}

#[test]
fn a_schedule_is_for_what_a_unit_was_called_on_its_day() {
    let registers = built_in();
    let schedule = |province: &str| Schedule {
        programme: "NTM".parse().unwrap(),
        province: province.parse().unwrap(),
        year: BudgetYear::try_from(2025).unwrap(),
        source: None,
        capital_type: None,
        milestones: Vec::new(),
    };
    let is_for = |province, set_on: &str, of: &str| {
        let judged = (line(of), day("2025-01-05"));
        registers.schedules(&schedule(province), day(set_on), judged)
    };
    let (lao_cai, yen_bai) = (
        "NTM/10/2025/central/investment",
        "NTM/15/2025/central/investment",
    );
    // Until 30 June, 15 is Yên Bái alone; since then both are.
    assert!(is_for("10", "2024-12-01", lao_cai) && !is_for("15", "2025-06-30", lao_cai));
    assert!(is_for("15", "2025-06-30", yen_bai));
    assert!(is_for("15", "2025-07-01", lao_cai) && is_for("15", "2025-07-01", yen_bai));
    assert!(!is_for(
        "15",
        "2025-07-01",
        "NTM/15/2024/central/investment"
    ));
}
