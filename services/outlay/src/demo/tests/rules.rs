//! What the history keeps to as a whole.

use std::collections::BTreeSet;

use events::line::{Certainty, LineAction};
use events::record::{Record, RecordBody};
use events::time::EffectiveOn;

use super::{feed, history};
use crate::demo::written::{billions, day, split, workday_after, workday_before};

#[test]
fn no_record_is_refused() {
    let fed = feed();
    assert!(fed.events.len() >= history().len() - fed.statements.len() - fed.schedules.len());
    for line in fed.lines.values() {
        assert!(line.judged_on().is_some(), "{} is never opened", line.id());
    }
}

#[test]
fn the_history_is_always_the_same_and_of_a_size_that_fills_in_at_once() {
    assert_eq!(history(), history());
    assert!(
        (400..=1_500).contains(&history().len()),
        "{}",
        history().len()
    );
}

#[test]
fn the_clock_grows_and_nothing_has_happened_after_it() {
    let history = history();
    for pair in history.windows(2) {
        assert!(pair[0].at < pair[1].at);
    }
    for step in &history {
        let Record { entry, body } = &step.record;
        let estimate = matches!(body, RecordBody::Line(_, LineAction::Disburse(it))
            if it.certainty == Certainty::Estimated);
        let decision = step.record.kind().is_decision();
        let today = EffectiveOn::at(step.at);
        assert!(
            decision || estimate || entry.effective_on <= today,
            "{step:?}"
        );
    }
}

#[test]
fn a_line_never_has_two_records_of_one_kind_and_reference() {
    let history = history();
    let names: BTreeSet<_> = history
        .iter()
        .map(|step| {
            (
                step.record.stream(),
                step.record.kind(),
                &step.record.entry.reference,
            )
        })
        .collect();
    assert_eq!(names.len(), history.len());
}

#[test]
fn what_no_source_published_says_so() {
    for step in history() {
        let Record { entry, body } = step.record;
        let RecordBody::Line(_, action) = body else {
            continue;
        };
        let split = entry
            .note
            .is_some_and(|note| note.as_str().starts_with("illustrative split"));
        let published = matches!(action, LineAction::Allocate(_) | LineAction::Extend(_));
        assert!(split || published, "{}", entry.reference);
    }
}

#[test]
fn advances_recoveries_and_corrections_are_there_to_be_seen() {
    let fed = feed();
    let lao_cai = fed.row(
        |line| super::is_of("*/10/2024/central/*", line),
        "2025-01-31",
        "2030-01-01",
    );
    assert!(lao_cai.of("advances_outstanding") > 0.into());
    let kinds: BTreeSet<&str> = history()
        .iter()
        .map(|step| step.record.kind().as_str())
        .collect();
    for kind in [
        "adjustment",
        "transfer",
        "recovery",
        "reversal",
        "extension",
        "schedule",
    ] {
        assert!(kinds.contains(kind), "no {kind}");
    }
}

#[test]
fn a_sum_is_cut_without_loss() {
    let parts = split(billions("916.9625"), &[43, 33, 24], 1_000);
    assert_eq!(parts.iter().sum::<i64>(), 916_962_500_000);
    assert_eq!(split(7, &[1, 1], 1), [3, 4]);
    assert_eq!(split(0, &[1, 1], 1), [0, 0]);
}

#[test]
fn nobody_works_at_the_weekend() {
    assert_eq!(workday_before(day("2025-08-31")), day("2025-08-29"));
    assert_eq!(workday_before(day("2025-08-28")), day("2025-08-28"));
    assert_eq!(workday_after(day("2025-08-30")), day("2025-09-01"));
    assert_eq!(workday_after(day("2025-08-29")), day("2025-08-29"));
}

#[test]
fn vouchers_are_numbered_by_their_day() {
    let mut numbered: Vec<(String, EffectiveOn)> = Vec::new();
    for step in history() {
        let Record { entry, body } = step.record;
        let RecordBody::Line(_, LineAction::Disburse(_)) = body else {
            continue;
        };
        let name = entry.reference.to_string();
        if name.starts_with("KB-") {
            numbered.push((name, entry.effective_on));
        }
    }
    numbered.sort();
    for pair in numbered.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{pair:?}");
        // `KB-2024-LC-` and then the number.
        let same = pair[0].0.get(..11) == pair[1].0.get(..11);
        assert!(!same || pair[0].1 <= pair[1].1, "{pair:?}");
    }
    let references = history()
        .into_iter()
        .map(|step| step.record.entry.reference);
    assert!(
        references
            .into_iter()
            .all(|it| !it.as_str().contains("draft"))
    );
}
