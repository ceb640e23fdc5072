//! What is said, as the events that say it.

use events::line::{
    Adjusted, AllocationBasis, Certainty, Commitment, CommitmentAdjusted, Detail, Disbursement,
    DisbursementKind, Extension, InKind, LineBody, Paid, Recovered, Reversed, Transfer,
    TransferKind, TransferReclaimed, TransferredIn, Undone,
};
use events::money::{Change, Money};
use events::text::{Reference, Text};
use events::time::BudgetYear;

use super::said::Said;
use super::story::*;
use super::verbs::Verb;

/// What is said of a line, as its event has it; `None` for what is said of anything else.
pub(super) fn body(said: &Said) -> Option<LineBody> {
    use AllocationBasis::{Assigned, LocalIncrease};
    use Certainty::{Confirmed, Estimated};
    use DisbursementKind::{Advance, Contribution, Payment};
    use TransferKind::{CarryOver, Reallocation, Recall};
    let in_kind = || Some(said.in_kind());
    Some(match said.verb {
        Verb::Assign => allocated(said.dong),
        Verb::Increase => increased(said.dong),
        Verb::AdjustUp => changed(said, Assigned, 1),
        Verb::AdjustDown => changed(said, Assigned, -1),
        Verb::IncreaseUp => changed(said, LocalIncrease, 1),
        Verb::IncreaseDown => changed(said, LocalIncrease, -1),
        Verb::CarryOut => sent(said, CarryOver),
        Verb::ReallocateOut => sent(said, Reallocation),
        Verb::Recall => sent(said, Recall),
        Verb::CarryIn => received(said, CarryOver),
        Verb::ReallocateIn => received(said, Reallocation),
        Verb::ReclaimCarried => reclaimed(said, CarryOver),
        Verb::ReclaimReallocated => reclaimed(said, Reallocation),
        Verb::ReverseCarried => undone(said, transfer(said, CarryOver)),
        Verb::ReverseReallocated => undone(said, transfer(said, Reallocation)),
        Verb::ReverseRecall => undone(said, transfer(said, Recall)),
        Verb::Detail => LineBody::Detailed(Detail {
            amount: amount(said.dong),
            project: said.some_project(),
        }),
        Verb::Commit => LineBody::Committed(Commitment {
            amount: amount(said.dong),
            project: said.project(),
            commune: said.commune(),
            payee: None,
        }),
        Verb::CommitUp => commitment_changed(said, 1),
        Verb::CommitDown => commitment_changed(said, -1),
        Verb::Pay => paid(said, Payment, Confirmed, None),
        Verb::Advance => paid(said, Advance, Confirmed, None),
        Verb::Estimate => paid(said, Payment, Estimated, None),
        Verb::Give => paid(said, Contribution, Confirmed, None),
        Verb::GiveInKind => paid(said, Contribution, Confirmed, in_kind()),
        Verb::EstimateInKind => paid(said, Contribution, Estimated, in_kind()),
        Verb::Recover => LineBody::Recovered(Recovered {
            advance: named(),
            amount: amount(said.dong),
            paid: belongs(said),
        }),
        Verb::ReverseAssigned => undone(said, Undone::Allocation { basis: Assigned }),
        Verb::ReverseIncrease => {
            let basis = LocalIncrease;
            undone(said, Undone::Allocation { basis })
        }
        Verb::ReverseDetail => {
            let project = said.some_project();
            undone(said, Undone::Detail { project })
        }
        Verb::ReverseCommitted => {
            let (project, commune) = (said.project(), said.commune());
            undone(said, Undone::Commitment { project, commune })
        }
        Verb::ReversePaid => undone(said, payment(said, Payment, Confirmed, None)),
        Verb::ReverseAdvance => undone(said, payment(said, Advance, Confirmed, None)),
        Verb::ReverseEstimate => undone(said, payment(said, Payment, Estimated, None)),
        Verb::ReverseInKind => undone(said, payment(said, Contribution, Confirmed, in_kind())),
        Verb::ReverseRecovery => {
            let paid = belongs(said);
            undone(said, Undone::Recovery { paid })
        }
        Verb::Extend => opened(),
        Verb::Schedule | Verb::Register | Verb::Merge | Verb::Skip => return None,
    })
}

/// A fact that opens a line and moves nothing.
pub(super) fn opened() -> LineBody {
    LineBody::Extended(Extension {
        until: day("2025-12-31"),
        reason: reason(),
    })
}

fn named() -> Reference {
    Reference::parse("R-0").unwrap()
}

fn reason() -> Text {
    Text::parse("as decided").unwrap()
}

fn change(said: &Said, sign: i64) -> Change {
    Change::try_from(Money::dong(said.dong * sign)).unwrap()
}

fn changed(said: &Said, basis: AllocationBasis, sign: i64) -> LineBody {
    LineBody::Adjusted(Adjusted {
        allocation: named(),
        basis,
        change: change(said, sign),
        reason: reason(),
    })
}

fn commitment_changed(said: &Said, sign: i64) -> LineBody {
    LineBody::CommitmentAdjusted(CommitmentAdjusted {
        commitment: named(),
        change: change(said, sign),
        project: said.project(),
        commune: said.commune(),
        reason: reason(),
    })
}

/// The year that capital was first assigned, which a carry-over alone tells.
fn vintage(said: &Said, kind: TransferKind) -> Option<BudgetYear> {
    (kind == TransferKind::CarryOver).then(|| year(said.vintage()))
}

fn sent(said: &Said, kind: TransferKind) -> LineBody {
    LineBody::TransferredOut(Transfer {
        kind,
        to: Some(said.other()).filter(|_| kind != TransferKind::Recall),
        amount: amount(said.dong),
        vintage: vintage(said, kind),
    })
}

fn received(said: &Said, kind: TransferKind) -> LineBody {
    LineBody::TransferredIn(TransferredIn {
        from: said.other(),
        kind,
        amount: amount(said.dong),
        vintage: vintage(said, kind),
    })
}

fn reclaimed(said: &Said, kind: TransferKind) -> LineBody {
    LineBody::TransferReclaimed(TransferReclaimed {
        from: said.other(),
        transfer: named(),
        kind,
        amount: amount(said.dong),
        vintage: vintage(said, kind),
        reason: reason(),
    })
}

fn transfer(said: &Said, kind: TransferKind) -> Undone {
    Undone::Transfer {
        kind,
        to: Some(said.other()).filter(|_| kind != TransferKind::Recall),
        vintage: vintage(said, kind),
    }
}

fn belongs(said: &Said) -> Paid {
    Paid {
        vintage: year(said.vintage()),
        project: said.project(),
        commune: said.commune(),
    }
}

fn paid(
    said: &Said,
    kind: DisbursementKind,
    certainty: Certainty,
    in_kind: Option<InKind>,
) -> LineBody {
    LineBody::Disbursed(Disbursement {
        kind,
        certainty,
        project: said.project(),
        commune: said.commune(),
        in_kind,
        ..disbursement(said.dong, said.vintage())
    })
}

fn payment(
    said: &Said,
    kind: DisbursementKind,
    certainty: Certainty,
    in_kind: Option<InKind>,
) -> Undone {
    Undone::Disbursement {
        kind,
        certainty,
        paid: belongs(said),
        in_kind,
    }
}

fn undone(said: &Said, undone: Undone) -> LineBody {
    LineBody::Reversed(Reversed {
        reverses: named(),
        undone,
        amount: amount(said.dong),
        reason: reason(),
    })
}
