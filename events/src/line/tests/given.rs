//! Facts of a line, as its history has them.

use super::*;

pub(super) fn allocated(reference: &str, dong: i64) -> LineEvent {
    let allocation = allocation(AllocationBasis::Assigned, dong);
    fact(reference, LineBody::Allocated(allocation))
}

pub(super) fn increased(reference: &str, dong: i64) -> LineEvent {
    let allocation = allocation(AllocationBasis::LocalIncrease, dong);
    fact(reference, LineBody::Allocated(allocation))
}

pub(super) fn adjusted(reference: &str, allocation: &str, by: i64) -> LineEvent {
    let adjusted = Adjusted {
        allocation: named(allocation),
        basis: AllocationBasis::Assigned,
        change: change(by),
        reason: text("review"),
    };
    fact(reference, LineBody::Adjusted(adjusted))
}

pub(super) fn detailed(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Detailed(for_project(dong)))
}

pub(super) fn committed(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Committed(contract(dong)))
}

pub(super) fn commitment_adjusted(reference: &str, commitment: &str, by: i64) -> LineEvent {
    let adjusted = CommitmentAdjusted {
        commitment: named(commitment),
        change: change(by),
        project: None,
        commune: None,
        reason: text("review"),
    };
    fact(reference, LineBody::CommitmentAdjusted(adjusted))
}

pub(super) fn disbursed(reference: &str, commitment: &str, dong: i64) -> LineEvent {
    fact(
        reference,
        LineBody::Disbursed(payment(Some(commitment), dong)),
    )
}

/// Paid without a commitment, as outside the state budget.
pub(super) fn spent(reference: &str, dong: i64) -> LineEvent {
    fact(reference, LineBody::Disbursed(payment(None, dong)))
}

pub(super) fn advanced(reference: &str, commitment: &str, dong: i64) -> LineEvent {
    let kind = DisbursementKind::Advance;
    let advance = Disbursement {
        kind,
        ..payment(Some(commitment), dong)
    };
    fact(reference, LineBody::Disbursed(advance))
}

pub(super) fn estimated(reference: &str, dong: i64) -> LineEvent {
    let certainty = Certainty::Estimated;
    let estimate = Disbursement {
        certainty,
        ..payment(None, dong)
    };
    fact(reference, LineBody::Disbursed(estimate))
}

pub(super) fn recovered(reference: &str, advance: &str, dong: i64) -> LineEvent {
    let recovered = Recovered {
        advance: named(advance),
        amount: amount(dong),
        paid: paid(2024),
    };
    fact(reference, LineBody::Recovered(recovered))
}

pub(super) fn reversed(reference: &str, of: &str, undone: Undone, dong: i64) -> LineEvent {
    let reversed = Reversed {
        reverses: named(of),
        undone,
        amount: amount(dong),
        reason: text("mistake"),
    };
    fact(reference, LineBody::Reversed(reversed))
}

pub(super) fn extended(reference: &str, until: &str) -> LineEvent {
    fact(reference, LineBody::Extended(extension(until)))
}

pub(super) fn carried_out(reference: &str, vintage: i64, dong: i64) -> LineEvent {
    let mut transfer = transfer(TransferKind::CarryOver, Some(NEXT), dong);
    transfer.vintage = Some(year(vintage));
    fact(reference, LineBody::TransferredOut(transfer))
}

pub(super) fn reallocated_out(reference: &str, dong: i64) -> LineEvent {
    let transfer = transfer(TransferKind::Reallocation, Some(OTHER), dong);
    fact(reference, LineBody::TransferredOut(transfer))
}

pub(super) fn recalled(reference: &str, dong: i64) -> LineEvent {
    let transfer = transfer(TransferKind::Recall, None, dong);
    fact(reference, LineBody::TransferredOut(transfer))
}

pub(super) fn carried_in(reference: &str, vintage: i64, dong: i64) -> LineEvent {
    fact(
        reference,
        LineBody::TransferredIn(from_before(vintage, dong)),
    )
}

pub(super) fn reallocated_in(reference: &str, dong: i64) -> LineEvent {
    let arrived = TransferredIn {
        from: line(OTHER),
        kind: TransferKind::Reallocation,
        amount: amount(dong),
        vintage: None,
    };
    fact(reference, LineBody::TransferredIn(arrived))
}
