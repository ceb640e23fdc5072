//! What a refusal tells: its slug, its field, and how much would still fit.

use super::*;

fn refusals() -> Vec<LineRefusal> {
    let (remaining, effective_on) = (dong(1), day("2024-06-03"));
    let (record, reference) = (RecordKind::Commitment, named("HD-1"));
    let (today, from, until) = (effective_on, effective_on, effective_on);
    let vintage = year(2023);
    vec![
        LineRefusal::ReferenceReused {
            record,
            reference: reference.clone(),
        },
        LineRefusal::DatedAhead {
            record,
            effective_on,
            today,
        },
        LineRefusal::OutsideWindow {
            effective_on,
            from,
            until,
        },
        LineRefusal::NeedsCommitment,
        LineRefusal::UnknownReference {
            field: "commitment",
            record,
            reference: reference.clone(),
        },
        LineRefusal::BeforeReferenced {
            record,
            effective_on,
            referenced_on: from,
        },
        LineRefusal::ContributionOfStateBudget,
        LineRefusal::EstimatedAdvance,
        LineRefusal::NotAnAdvance { reference },
        LineRefusal::InKindWorth,
        LineRefusal::VintageAhead {
            vintage,
            year: year(2024),
        },
        LineRefusal::TransferTarget {
            why: "a transfer goes to another line",
        },
        LineRefusal::NotReversible { record },
        LineRefusal::ExceedsPlan {
            measure: "detailed",
            remaining,
        },
        LineRefusal::ExceedsVintage { vintage, remaining },
        LineRefusal::ExceedsFree { remaining },
        LineRefusal::ExceedsCommitment { remaining },
        LineRefusal::BelowPaid { remaining },
        LineRefusal::ExceedsAllocation { remaining },
        LineRefusal::ExceedsAdvance { remaining },
        LineRefusal::ExceedsRecord { remaining },
        LineRefusal::ExtensionNotLater { until },
        LineRefusal::ExtensionTooLate { latest: until },
    ]
}

fn kebab(name: &str) -> String {
    let lower = |letter: char| {
        let hyphen = letter.is_uppercase().then_some('-');
        hyphen.into_iter().chain(letter.to_lowercase())
    };
    let kebab: String = name.chars().flat_map(lower).collect();
    kebab.trim_start_matches('-').to_owned()
}

#[test]
fn a_slug_is_the_refusal_s_name_in_kebab_case() {
    for refusal in refusals() {
        let shown = format!("{refusal:?}");
        let name = shown.split(' ').next().unwrap();
        assert_eq!(refusal.slug(), kebab(name));
    }
}

#[test]
fn a_refusal_names_a_sum_or_a_field() {
    for refusal in refusals() {
        assert_ne!(
            refusal.remaining().is_some(),
            refusal.field().is_some(),
            "{refusal}"
        );
    }
}

#[test]
fn a_message_is_one_line_without_a_full_stop() {
    for refusal in refusals() {
        let message = refusal.to_string();
        assert!(
            !message.ends_with('.') && !message.contains('\n'),
            "{message}"
        );
    }
}
