//! Hà Tĩnh, new rural development, 2023: what organisations, enterprises and people gave.
//!
//! Both parts are published; the vouchers are illustrative.

use events::line::{Disbursement, DisbursementKind, LineAction};
use events::statement::Measure;

use super::Step;
use super::script::{Script, payment};
use super::stated::{Figure, Publication};
use super::works::Curve;
use super::written::{MILLION, billions, day, illustrated, line, split, workday_before};

const ORGANISATIONS: &Curve = &[
    ("2023-03-16", 9),
    ("2023-05-11", 14),
    ("2023-06-29", 17),
    ("2023-08-24", 16),
    ("2023-10-19", 21),
    ("2023-12-14", 23),
];
const PEOPLE: &Curve = &[
    ("2023-02-16", 4),
    ("2023-03-23", 6),
    ("2023-04-20", 6),
    ("2023-05-25", 8),
    ("2023-06-22", 9),
    ("2023-07-20", 7),
    ("2023-08-17", 8),
    ("2023-09-21", 9),
    ("2023-10-26", 12),
    ("2023-11-16", 11),
    ("2023-12-07", 9),
    ("2023-12-27", 11),
];

/// The story.
pub(super) fn story() -> Vec<Step> {
    let mut script = Script::new("HT");
    let parts = [
        ("enterprise", "15.739", ORGANISATIONS),
        ("community", "79.800", PEOPLE),
    ];
    for (source, given, curve) in parts {
        let line = line(&format!("NTM/42/2023/{source}/unclassified"));
        let weights: Vec<i64> = curve.iter().map(|(_, weight)| *weight).collect();
        for ((on, _), dong) in curve.iter().zip(split(billions(given), &weights, MILLION)) {
            let entry = illustrated(&script.voucher(), workday_before(day(on)));
            let contribution = Disbursement {
                kind: DisbursementKind::Contribution,
                ..payment(dong, line.year())
            };
            script.act(line, entry, LineAction::Disburse(contribution));
        }
    }
    figures(&mut script);
    script.into_steps()
}

fn figures(script: &mut Script) {
    let publication = Publication {
        name: "HT 2023",
        publisher: "press report on new rural development in Hà Tĩnh in 2023",
        on: ("2024-01-15", false),
        as_of: "2023-12-31",
        scope: ("NTM", "42", "2023"),
    };
    let part = |name, sources, value| Figure {
        of: (sources, ""),
        ..Figure::of(name, Measure::Disbursed, value)
    };
    let figures = [
        part("sponsorship", "enterprise,community", "95.539"),
        part("organisations", "enterprise", "15.739"),
        part("enterprises and people", "community", "79.800"),
    ];
    publication.write(script, &figures);
}
