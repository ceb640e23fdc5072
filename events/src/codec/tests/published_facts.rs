//! The golden facts of registers, schedules and statements.

use super::*;
use crate::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use crate::names::{CapitalSource, CapitalType, ProgrammeCode, ProvinceCode};
use crate::register::{Merged, Merger, Names, RegisterBody, RegisterEvent, Registration, UnitKind};
use crate::schedule::{Milestone, Schedule, ScheduleEvent};
use crate::statement::{Measure, Qualifier, Scope, Statement, StatementEvent};

fn names(vi: &str, en: &str) -> Names {
    Names {
        vi: text(vi),
        en: text(en),
    }
}

fn registered(kind: UnitKind, code: &str, until: Option<&str>) -> Event {
    let registration = Registration {
        kind,
        code: kind.parse_code(code).unwrap(),
        names: names("Lào Cai", "Lao Cai"),
        until: until.map(day),
    };
    let entry = until.map_or_else(
        || bare("DK-1", "2000-01-01"),
        |_| rich("DK-1", "2000-01-01"),
    );
    Event::Register(RegisterEvent {
        entry,
        body: RegisterBody::Registered(registration),
    })
}

fn merged(kind: UnitKind, from: &[&str], into: &str) -> Event {
    let merger = Merger {
        kind,
        from: from
            .iter()
            .map(|code| kind.parse_code(code).unwrap())
            .collect(),
        into: Merged {
            code: kind.parse_code(into).unwrap(),
            names: names("Lào Cai", "Lao Cai"),
        },
    };
    Event::Register(RegisterEvent {
        entry: rich("SN-1", "2025-07-01"),
        body: RegisterBody::Merged(merger),
    })
}

pub(super) fn registers() -> Vec<(&'static str, Event)> {
    let (programme, province) = (UnitKind::Programme, UnitKind::Province);
    let until = Some("2025-06-30");
    vec![
        (
            "programme.registered.v1",
            registered(programme, "NTM", until),
        ),
        (
            "programme.merged.v1",
            merged(programme, &["EM", "NTM", "SPR"], "RPE"),
        ),
        ("province.registered.v1", registered(province, "10", until)),
        (
            "province.registered.v1.minimal",
            registered(province, "10", None),
        ),
        ("province.merged.v1", merged(province, &["10", "15"], "15")),
    ]
}

pub(super) fn published() -> Vec<(&'static str, Event)> {
    let milestones = [("2024-06-30", "0.3"), ("2025-01-31", "1")];
    let milestones = milestones.map(|(by, rate)| Milestone {
        by: day(by),
        rate: rate.parse().unwrap(),
    });
    let schedule = Schedule {
        programme: ProgrammeCode::parse("NTM").unwrap(),
        province: ProvinceCode::parse("10").unwrap(),
        year: year(2024),
        source: Some(CapitalSource::Central),
        capital_type: Some(CapitalType::ForeignInvestment),
        milestones: milestones.to_vec(),
    };
    let wide = Schedule {
        source: None,
        capital_type: None,
        ..schedule.clone()
    };
    let set = |entry, schedule| Event::Schedule(ScheduleEvent { entry, schedule });
    let statement = |entry, statement| Event::Statement(StatementEvent { entry, statement });
    vec![
        ("schedule.set.v1", set(rich("KH-1", "2024-01-15"), schedule)),
        (
            "schedule.set.v1.minimal",
            set(bare("KH-2", "2024-01-15"), wide),
        ),
        (
            "statement.published.v1",
            statement(rich("BC-1", "2025-02-10"), rate_of_a_scope()),
        ),
        (
            "statement.published.v1.minimal",
            statement(bare("BC-2", "2025-02-10"), plan_of_all()),
        ),
    ]
}

fn rate_of_a_scope() -> Statement {
    let codes = ["15", "10"].map(|code| ProvinceCode::parse(code).unwrap());
    Statement {
        scope: Scope {
            programme: [ProgrammeCode::parse("NTM").unwrap()].into(),
            province: codes.into(),
            year: [year(2024)].into(),
            source: [CapitalSource::Local, CapitalSource::Central].into(),
            capital_type: [CapitalType::Recurrent].into(),
            project: [place("DA-2024-017")].into(),
            commune: [place("02710")].into(),
        },
        as_of: day("2025-01-31"),
        measure: Measure::Rate,
        basis: Basis {
            numerator: Numerator::NetOfAdvances,
            certainty: Counted::WithEstimates,
            money: CountedMoney::PlanYear,
            denominator: Denominator::AssignedAndLocal,
        },
        value: "0.7367".parse().unwrap(),
        qualifier: Some(Qualifier::About),
        published_on: day("2025-02-05"),
        publisher: text("Bộ Tài chính"),
    }
}

fn plan_of_all() -> Statement {
    Statement {
        scope: Scope::default(),
        measure: Measure::Plan,
        basis: Basis::default(),
        value: "2419000000000".parse().unwrap(),
        qualifier: None,
        ..rate_of_a_scope()
    }
}
