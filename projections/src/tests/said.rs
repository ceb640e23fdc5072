//! Random histories: what may be said of a few lines, and what each verb adds, by hand.

use events::line::{
    Adjusted, AllocationBasis, Certainty, Commitment, Detail, Disbursement, DisbursementKind,
    Extension, LineBody, Paid, Recovered, Reversed, Transfer, TransferKind, TransferredIn, Undone,
};
use events::log::Position;
use events::money::Change;
use events::names::LineId;
use events::text::{Reference, Text};
use proptest::prelude::*;

use super::story::*;

/// Lines, and their programmes and provinces on 1 September 2025.
pub(super) const LINES: [(&str, &str, &str); 6] = [
    ("NTM/10/2024/central/investment", "NTM", "15"),
    ("NTM/15/2024/central/recurrent", "NTM", "15"),
    ("SPR/36/2024/local/investment", "SPR", "37"),
    ("NTM/10/2025/central/investment", "NTM", "15"),
    ("EM/37/2025/community/unclassified", "EM", "37"),
    ("PUB/00/2025/central/investment", "PUB", "00"),
];
pub(super) const DAYS: [&str; 5] = [
    "2024-01-10",
    "2024-06-30",
    "2024-12-31",
    "2025-01-31",
    "2025-08-31",
];
pub(super) const PLACES: [Option<&str>; 3] = [None, Some("DA-1"), Some("DA-2")];

/// Something said of a line.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) line: usize,
    pub(super) day: usize,
    pub(super) dong: i64,
    pub(super) vintage: i64,
    pub(super) project: usize,
    pub(super) commune: usize,
    pub(super) verb: usize,
}

/// What each verb adds to which measure, written out by hand: name, sign, whether it has a vintage,
/// a project, a commune of its own.
pub(super) type Adds = (&'static str, i128, bool, bool, bool);
pub(super) const VERBS: [&[Adds]; 13] = [
    &[("assigned", 1, false, false, false)],
    &[("local_increase", 1, false, false, false)],
    &[("assigned", -1, false, false, false)],
    &[
        ("carried_in", 1, true, false, false),
        ("in_transit", -1, false, false, false),
    ],
    &[
        ("carried_out", 1, true, false, false),
        ("in_transit", 1, false, false, false),
    ],
    &[("recalled", 1, false, false, false)],
    &[("detailed", 1, false, true, false)],
    &[("committed", 1, false, true, true)],
    &[("disbursed", 1, true, true, true)],
    &[
        ("disbursed", 1, true, true, true),
        ("advances_outstanding", 1, true, true, true),
    ],
    &[("estimated", 1, true, true, true)],
    &[("advances_outstanding", -1, true, true, true)],
    &[
        ("disbursed", -1, true, true, true),
        ("advances_outstanding", -1, true, true, true),
    ],
];

/// A fact that opens a line and moves nothing.
fn opened() -> LineBody {
    let reason = Text::parse("as decided").unwrap();
    LineBody::Extended(Extension {
        until: day("2025-12-31"),
        reason,
    })
}

fn body(said: &Said) -> LineBody {
    let moved = amount(said.dong);
    let project = PLACES[said.project].map(place);
    let (reason, named) = (
        Text::parse("as decided").unwrap(),
        Reference::parse("R-0").unwrap(),
    );
    match said.verb {
        0 => allocated(said.dong),
        1 => increased(said.dong),
        2 => LineBody::Adjusted(Adjusted {
            allocation: named,
            basis: AllocationBasis::Assigned,
            change: Change::try_from(-moved.money()).unwrap(),
            reason,
        }),
        3 => {
            let from = LineId::parse(LINES[said.line].0).unwrap();
            let (kind, vintage) = (TransferKind::CarryOver, Some(year(said.vintage)));
            LineBody::TransferredIn(TransferredIn {
                from,
                kind,
                amount: moved,
                vintage,
            })
        }
        4 => {
            let to = LineId::parse(LINES[said.line].0).ok();
            let (kind, vintage) = (TransferKind::CarryOver, Some(year(said.vintage)));
            LineBody::TransferredOut(Transfer {
                kind,
                to,
                amount: moved,
                vintage,
            })
        }
        5 => left(TransferKind::Recall, None, said.dong),
        6 => {
            let project = project.unwrap_or_else(|| place("DA-1"));
            LineBody::Detailed(Detail {
                amount: moved,
                project,
            })
        }
        7 => {
            let commune = PLACES[said.commune].map(place);
            LineBody::Committed(Commitment {
                amount: moved,
                project,
                commune,
                payee: None,
            })
        }
        _ => paid(said),
    }
}

/// What is paid, recovered or given back.
fn paid(said: &Said) -> LineBody {
    let moved = amount(said.dong);
    let (project, commune) = (
        PLACES[said.project].map(place),
        PLACES[said.commune].map(place),
    );
    let (reason, named) = (
        Text::parse("as decided").unwrap(),
        Reference::parse("R-0").unwrap(),
    );
    let pay = |kind, certainty| {
        let (project, commune) = (project.clone(), commune.clone());
        let disbursement = disbursement(said.dong, said.vintage);
        LineBody::Disbursed(Disbursement {
            kind,
            certainty,
            project,
            commune,
            ..disbursement
        })
    };
    let vintage = year(said.vintage);
    let paid = Paid {
        vintage,
        project: project.clone(),
        commune: commune.clone(),
    };
    match said.verb {
        8 => pay(DisbursementKind::Payment, Certainty::Confirmed),
        9 => pay(DisbursementKind::Advance, Certainty::Confirmed),
        10 => pay(DisbursementKind::Payment, Certainty::Estimated),
        11 => LineBody::Recovered(Recovered {
            advance: named,
            amount: moved,
            paid,
        }),
        _ => {
            let (kind, certainty) = (DisbursementKind::Advance, Certainty::Confirmed);
            let undone = Undone::Disbursement {
                kind,
                certainty,
                paid,
                in_kind: None,
            };
            LineBody::Reversed(Reversed {
                reverses: named,
                undone,
                amount: moved,
                reason,
            })
        }
    }
}

fn said() -> impl Strategy<Value = Said> {
    let places = (0..PLACES.len(), 0..PLACES.len());
    let moved = (1..1_000_000_i64, 2022..2026_i64, places, 0..VERBS.len());
    (0..LINES.len(), 0..DAYS.len(), moved).prop_map(
        |(line, day, (dong, vintage, (project, commune), verb))| Said {
            line,
            day,
            dong,
            vintage,
            project,
            commune,
            verb,
        },
    )
}

/// What may be said, in any order.
pub(super) fn history() -> impl Strategy<Value = Vec<Said>> {
    proptest::collection::vec(said(), 0..40)
}

/// A story in which `history` was told, and the position before it.
pub(super) fn told(history: &[Said]) -> (Story, Position) {
    let mut story = Story::new();
    for (line, _, _) in LINES {
        story.tell(line, DAYS[0], opened());
    }
    let start = story.figures.applied();
    tell(&mut story, history);
    (story, start)
}

/// Tells more of a history.
pub(super) fn tell(story: &mut Story, history: &[Said]) {
    for said in history {
        story.tell(LINES[said.line].0, DAYS[said.day], body(said));
    }
}
