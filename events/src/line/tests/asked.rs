//! Records, as they are asked of a line.

use super::*;

pub(super) fn allocate(reference: &str, dong: i64) -> LineCommand {
    let allocation = allocation(AllocationBasis::Assigned, dong);
    ask(reference, LineAction::Allocate(allocation))
}

pub(super) fn increase(reference: &str, dong: i64) -> LineCommand {
    let allocation = allocation(AllocationBasis::LocalIncrease, dong);
    ask(reference, LineAction::Allocate(allocation))
}

pub(super) fn adjust(reference: &str, allocation: &str, by: i64) -> LineCommand {
    let adjust = Adjust {
        allocation: named(allocation),
        change: change(by),
        reason: text("review"),
    };
    ask(reference, LineAction::Adjust(adjust))
}

pub(super) fn detail(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Detail(for_project(dong)))
}

pub(super) fn commit(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Commit(contract(dong)))
}

pub(super) fn adjust_commitment(reference: &str, commitment: &str, by: i64) -> LineCommand {
    let adjust = AdjustCommitment {
        commitment: named(commitment),
        change: change(by),
        reason: text("review"),
    };
    ask(reference, LineAction::AdjustCommitment(adjust))
}

pub(super) fn disburse(reference: &str, commitment: &str, dong: i64) -> LineCommand {
    ask(
        reference,
        LineAction::Disburse(payment(Some(commitment), dong)),
    )
}

pub(super) fn spend(reference: &str, dong: i64) -> LineCommand {
    ask(reference, LineAction::Disburse(payment(None, dong)))
}

pub(super) fn advance(reference: &str, commitment: &str, dong: i64) -> LineCommand {
    disburse(reference, commitment, dong).but(|it| it.kind = DisbursementKind::Advance)
}

pub(super) fn estimate(reference: &str, dong: i64) -> LineCommand {
    spend(reference, dong).but(|it| it.certainty = Certainty::Estimated)
}

pub(super) fn recover(reference: &str, advance: &str, dong: i64) -> LineCommand {
    let recover = Recover {
        advance: named(advance),
        amount: amount(dong),
    };
    ask(reference, LineAction::Recover(recover))
}

pub(super) fn reverse_part(record: RecordKind, of: &str, dong: i64) -> LineCommand {
    reversal(record, of, Some(amount(dong)))
}

/// Reverses what is left.
pub(super) fn reverse(record: RecordKind, of: &str) -> LineCommand {
    reversal(record, of, None)
}

fn reversal(record: RecordKind, of: &str, amount: Option<Amount>) -> LineCommand {
    let reverse = Reverse {
        record,
        reference: named(of),
        amount,
        reason: text("mistake"),
    };
    ask("HT-9", LineAction::Reverse(reverse))
}

pub(super) fn extend(reference: &str, until: &str) -> LineCommand {
    ask(reference, LineAction::Extend(extension(until)))
}

pub(super) fn leave(reference: &str, transfer: Transfer) -> LineCommand {
    ask(reference, LineAction::Transfer(transfer))
}

pub(super) fn carry_over(reference: &str, dong: i64) -> LineCommand {
    let transfer = transfer(TransferKind::CarryOver, Some(NEXT), dong);
    leave(reference, transfer)
}

pub(super) fn reallocate(reference: &str, dong: i64) -> LineCommand {
    let transfer = transfer(TransferKind::Reallocation, Some(OTHER), dong);
    leave(reference, transfer)
}

pub(super) fn recall(reference: &str, dong: i64) -> LineCommand {
    leave(reference, transfer(TransferKind::Recall, None, dong))
}
