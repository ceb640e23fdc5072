//! A naive model: a list of what was said and a loop over it, written without a look at the
//! projection, compared with it over random histories and questions.

use std::collections::BTreeMap;

use events::basis::{Basis, Counted, CountedMoney, Denominator, Numerator};
use events::log::Position;
use events::money::Money;
use proptest::prelude::*;

use super::said::{DAYS, LINES, PLACES, Said, VERBS, history, tell, told};
use super::story::*;
use crate::figures::Figures;
use crate::question::{Boundaries, Dimension, Question};
use crate::rates::{Value, rates};
use crate::row::Row;

/// A question in small numbers.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    by: Vec<usize>,
    day: usize,
    known: usize,
    restated: bool,
    basis: (bool, bool, bool, usize),
    province: Option<usize>,
    project: Option<usize>,
    commune: bool,
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let by = proptest::sample::subsequence((0..8).collect::<Vec<_>>(), 0..=3);
    let basis = (any::<bool>(), any::<bool>(), any::<bool>(), 0..4_usize);
    let filters = (
        proptest::option::weighted(0.3, 0..4_usize),
        proptest::option::weighted(0.2, 1..3_usize),
        proptest::bool::weighted(0.1),
    );
    (
        by,
        0..DAYS.len(),
        0..40_usize,
        any::<bool>(),
        basis,
        filters,
    )
        .prop_map(
            |(by, day, known, restated, basis, (province, project, commune))| Asked {
                by,
                day,
                known,
                restated,
                basis,
                province,
                project,
                commune,
            },
        )
}

/// Provinces that filters ask for.
const ASKED_PROVINCES: [&str; 4] = ["10", "15", "37", "00"];

/// Sums by group and measure, those of the plan year under a name of their own.
type Sums = BTreeMap<Vec<Value>, BTreeMap<String, i128>>;

fn sum_up(history: &[Said], asked: &Asked) -> Sums {
    let mut sums = Sums::new();
    for said in history
        .iter()
        .take(asked.known)
        .filter(|said| said.day <= asked.day)
    {
        let (line, programme, province) = LINES[said.line];
        let parts: Vec<&str> = line.split('/').collect();
        let programme = if asked.restated { programme } else { parts[0] };
        let province = if asked.restated { province } else { parts[1] };
        if asked
            .province
            .is_some_and(|asked| ASKED_PROVINCES[asked] != province)
        {
            continue;
        }
        let plan_year: i64 = parts[2].parse().unwrap();
        for (measure, sign, has_vintage, has_project, has_commune) in VERBS[said.verb] {
            let project = match PLACES[said.project] {
                None if said.verb == 6 => Some("DA-1"),
                project => project.filter(|_| *has_project),
            };
            let commune = PLACES[said.commune].filter(|_| *has_commune);
            if asked.project.is_some_and(|asked| PLACES[asked] != project)
                || (asked.commune && commune != Some("DA-1"))
            {
                continue;
            }
            let vintage = if *has_vintage {
                said.vintage
            } else {
                plan_year
            };
            let text = |text: &str| Value::Text(text.to_owned());
            let number = |number: i64| Value::Number(u16::try_from(number).unwrap());
            let optional = |place: Option<&str>| place.map_or(Value::None, text);
            let value = |by: &usize| match by {
                0 => text(programme),
                1 => text(province),
                2 => number(plan_year),
                3 => text(parts[3]),
                4 => text(parts[4]),
                5 => optional(project),
                6 => optional(commune),
                _ => number(vintage),
            };
            let group = sums
                .entry(asked.by.iter().map(value).collect())
                .or_default();
            *group.entry((*measure).to_owned()).or_default() += sign * i128::from(said.dong);
            if vintage == plan_year {
                let own = format!("own {measure}");
                *group.entry(own).or_default() += sign * i128::from(said.dong);
            }
        }
    }
    sums
}

pub(super) fn question(asked: &Asked, story: &Story, start: Position) -> Question {
    let (net, estimates, own, denominator) = asked.basis;
    let by: Vec<_> = asked.by.iter().map(|by| Dimension::ALL[*by]).collect();
    let mut question = story.ask(DAYS[asked.day], &by);
    question.as_of.known = Position(start.0 + u64::try_from(asked.known).unwrap());
    if asked.restated {
        question.boundaries = Boundaries::Day(day("2025-09-01"));
    }
    question.basis = Basis {
        numerator: if net {
            Numerator::NetOfAdvances
        } else {
            Numerator::Gross
        },
        certainty: if estimates {
            Counted::WithEstimates
        } else {
            Counted::Confirmed
        },
        money: if own {
            CountedMoney::PlanYear
        } else {
            CountedMoney::All
        },
        denominator: [
            Denominator::Total,
            Denominator::Assigned,
            Denominator::AssignedAndLocal,
            Denominator::Detailed,
        ][denominator],
    };
    if let Some(province) = asked.province {
        question
            .scope
            .province
            .insert(ASKED_PROVINCES[province].parse().unwrap());
    }
    if let Some(project) = asked.project.and_then(|project| PLACES[project]) {
        question.scope.project.insert(place(project));
    }
    if asked.commune {
        question.scope.commune.insert(place("DA-1"));
    }
    question
}

/// Plan, denominator, numerator and remaining of a group, as the contract has them.
fn figures(sums: &BTreeMap<String, i128>, asked: &Asked) -> [Option<i128>; 4] {
    let of = |name: &str| sums.get(name).copied().unwrap_or_default();
    let (net, estimates, own, denominator) = asked.basis;
    let counted = |name: &str| {
        if own {
            of(&format!("own {name}"))
        } else {
            of(name)
        }
    };
    let mut numerator = counted("disbursed");
    if estimates {
        numerator += counted("estimated");
    }
    if net {
        numerator -= counted("advances_outstanding");
    }
    let line_plan = of("assigned") + of("local_increase") + of("carried_in") - of("recalled");
    let (plan, denominator) = if asked.commune || asked.by.contains(&6) {
        (None, None)
    } else if asked.project.is_some() || asked.by.contains(&5) {
        (Some(of("detailed")), Some(of("detailed")))
    } else {
        let local = of("assigned") + of("local_increase");
        let over = [line_plan, of("assigned"), local, of("detailed")][denominator];
        (Some(line_plan), Some(over))
    };
    let remaining = plan.map(|plan| plan - of("carried_out") - of("disbursed"));
    [plan, denominator, Some(numerator), remaining]
}

fn compare(row: &Row, sums: &BTreeMap<String, i128>, asked: &Asked) -> Result<(), TestCaseError> {
    let shown = [
        row.plan,
        row.denominator,
        Some(row.numerator),
        row.remaining,
    ];
    prop_assert_eq!(
        shown.map(|money| money.map(Money::to_dong)),
        figures(sums, asked)
    );
    let of = |name: &str| sums.get(name).copied().unwrap_or_default();
    let parts = [
        ("assigned", row.assigned),
        ("local_increase", row.local_increase),
        ("carried_in", row.carried_in),
        ("recalled", row.recalled),
        ("carried_out", row.carried_out),
        ("in_transit", row.in_transit),
        ("detailed", row.detailed),
        ("committed", row.committed),
        ("disbursed", row.disbursed),
        ("estimated", row.estimated),
        ("advances_outstanding", row.advances_outstanding),
    ];
    for (name, money) in parts {
        prop_assert_eq!((name, money.to_dong()), (name, of(name)));
    }
    Ok(())
}

proptest! {
    #[test]
    fn figures_go_on_from_a_checkpoint_as_if_there_was_none(
        (history, asked, cut) in (history(), asked(), 0..40_usize),
    ) {
        let cut = cut.min(history.len());
        let (mut story, start) = told(&history[..cut]);
        let mut bytes = Vec::new();
        story.figures.save().encode(&mut bytes);
        story.figures = Figures::shaped(SMALL).restored(&bytes).unwrap();
        tell(&mut story, &history[cut..]);
        let question = question(&asked, &story, start);
        let (whole, _) = told(&history);
        prop_assert_eq!(rates(&story.figures, &question), rates(&whole.figures, &question));
        prop_assert_eq!(story.figures.applied(), whole.figures.applied());
        let (mut again, mut same) = (Vec::new(), Vec::new());
        story.figures.save().encode(&mut again);
        whole.figures.save().encode(&mut same);
        prop_assert_eq!(again, same);
    }

    #[test]
    fn a_torn_checkpoint_is_not_read(history in history(), cut in 0..10_000_usize) {
        let (story, _) = told(&history);
        let mut bytes = Vec::new();
        story.figures.save().encode(&mut bytes);
        prop_assert!(Figures::decode(&bytes[..cut % bytes.len()]).is_none());
    }
}

proptest! {
    #[test]
    fn every_question_has_the_answer_of_a_list_and_a_loop(history in history(), asked in asked()) {
        let (story, start) = told(&history);
        let answer = rates(&story.figures, &question(&asked, &story, start));
        let sums = sum_up(&history, &asked);
        let values: Vec<_> = answer.groups.iter().map(|group| group.values.clone()).collect();
        prop_assert_eq!(values, sums.keys().cloned().collect::<Vec<_>>());
        let mut total = BTreeMap::new();
        for (group, sums) in answer.groups.iter().zip(sums.values()) {
            compare(&group.row, sums, &asked)?;
            for (name, sum) in sums {
                *total.entry(name.clone()).or_default() += sum;
            }
        }
        compare(&answer.total, &total, &asked)?;
    }
}
