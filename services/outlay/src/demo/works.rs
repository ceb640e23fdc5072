//! Works under way on a line: details, contracts and the vouchers paid on them along a curve.

use events::line::{AdjustCommitment, Disbursement, DisbursementKind, LineAction, Recover};
use events::names::LineId;
use events::text::Reference;
use events::time::{BudgetYear, EffectiveOn};

use super::script::{Script, payment};
use super::written::{
    amount, change, commitment, day, detail, illustrated, later, reference, split, text,
    workday_before,
};

/// Vouchers are cut to this many đồng.
const VOUCHER_UNIT: i64 = 1_000;

/// Days and the share of a year's payments that falls on each; little in spring, most at the end.
pub(super) type Curve = [(&'static str, i64)];

/// What a line has done with the money of one vintage: one contract for each share.
pub(super) struct Works<'a> {
    /// The line.
    pub(super) line: LineId,
    /// What its papers' numbers have in common.
    pub(super) tag: &'a str,
    /// The year its money was first assigned.
    pub(super) vintage: BudgetYear,
    /// Allocated in detail, and when; nothing where it is zero.
    pub(super) detailed: (i64, &'a str),
    /// Promised, and when the first contract is signed.
    pub(super) committed: (i64, &'a str),
    /// Paid.
    pub(super) paid: i64,
    /// How the sums are shared out among the contracts.
    pub(super) shares: &'a [i64],
    /// When it is paid.
    pub(super) curve: &'a Curve,
    /// How many days after the curve this line pays.
    pub(super) behind: i64,
    /// Whether the first voucher of each contract is an advance, recovered later.
    pub(super) advances: bool,
}

/// A contract with what is unpaid of it.
pub(super) struct Contract {
    line: LineId,
    reference: Reference,
    unpaid: i64,
}

impl Works<'_> {
    /// Writes all of it down. What is left of the contracts is for the caller to pay or release.
    pub(super) fn write(&self, script: &mut Script) -> Vec<Contract> {
        let details = split(self.detailed.0, self.shares, VOUCHER_UNIT);
        let promised = split(self.committed.0, self.shares, VOUCHER_UNIT);
        let paid = split(self.paid, self.shares, VOUCHER_UNIT);
        let sums = details.into_iter().zip(promised).zip(paid);
        let mut contracts = Vec::new();
        for (number, ((detailed, promised), paid)) in (1..).zip(sums) {
            let project = format!("DA-{}-{number:02}", self.tag);
            if detailed > 0 {
                let entry = illustrated(
                    &format!("PB-{}-{number:02}", self.tag),
                    day(self.detailed.1),
                );
                script.act(self.line, entry, detail(detailed, &project));
            }
            let name = format!("HD-{}-{number:02}", self.tag);
            let signed_on = workday_before(later(day(self.committed.1), 4 * (number - 1)));
            let entry = illustrated(&name, signed_on);
            script.act(self.line, entry, commitment(promised, &project, number));
            let mut contract = Contract {
                line: self.line,
                reference: reference(&name),
                unpaid: promised,
            };
            self.pay(script, &mut contract, (number, paid));
            contracts.push(contract);
        }
        contracts
    }

    /// Pays `paid` on the contract of this number, along the curve.
    fn pay(&self, script: &mut Script, contract: &mut Contract, (number, paid): (i64, i64)) {
        let weights: Vec<i64> = self.curve.iter().map(|(_, weight)| *weight).collect();
        let days: Vec<EffectiveOn> = self
            .curve
            .iter()
            .map(|(on, _)| workday_before(later(day(on), self.behind + 3 * (number - 1))))
            .collect();
        let mut advance = None;
        let vouchers = days
            .iter()
            .zip(split(paid, &weights, VOUCHER_UNIT))
            .filter(|(_, dong)| *dong > 0);
        for (on, dong) in vouchers {
            let mut voucher = payment(dong, self.vintage);
            let first = self.advances && advance.is_none();
            if first {
                voucher.kind = DisbursementKind::Advance;
            }
            let name = contract.pay(script, *on, voucher);
            if first {
                advance = Some((name, dong));
            }
        }
        if let Some(advance) = advance {
            self.recover(script, &advance, (number, &days));
        }
    }

    /// Turns an advance into payments half-way and near the end. The last of several contracts
    /// leaves its second half outstanding.
    fn recover(
        &self,
        script: &mut Script,
        (voucher, dong): &(String, i64),
        (number, days): (i64, &[EffectiveOn]),
    ) {
        let halves = split(*dong, &[1, 1], VOUCHER_UNIT);
        let due = [days.len() / 2, days.len().saturating_sub(2)];
        let last = i64::try_from(self.shares.len()) == Ok(number) && number > 1;
        let parts = (1..).zip(halves.into_iter().zip(due));
        for (part, (dong, due)) in parts.take(if last { 1 } else { 2 }) {
            let Some(on) = days.get(due) else { continue };
            let entry = illustrated(&format!("TH-{voucher}-{part}"), *on);
            let recover = Recover {
                advance: reference(voucher),
                amount: amount(dong),
            };
            script.act(self.line, entry, LineAction::Recover(recover));
        }
    }
}

impl Contract {
    /// Pays `voucher` on it; the voucher's number.
    pub(super) fn pay(
        &mut self,
        script: &mut Script,
        on: EffectiveOn,
        voucher: Disbursement,
    ) -> String {
        self.pay_typed(script, (on, later(on, 2)), voucher, None)
    }

    /// Pays `voucher` on it, which is typed on another day and may bear another note; the
    /// voucher's number.
    pub(super) fn pay_typed(
        &mut self,
        script: &mut Script,
        (on, typed_on): (EffectiveOn, EffectiveOn),
        voucher: Disbursement,
        note: Option<&str>,
    ) -> String {
        let name = script.voucher();
        let mut entry = illustrated(&name, on);
        entry.note = note.map(text).or(entry.note);
        let dong = voucher.amount.money();
        self.restore(-i64::try_from(dong.to_dong()).unwrap_or_default());
        let commitment = Some(self.reference.clone());
        let voucher = Disbursement {
            commitment,
            ..voucher
        };
        script.act_on(typed_on, self.line, entry, LineAction::Disburse(voucher));
        name
    }

    /// Adds to what is unpaid what a reversal gave back.
    pub(super) fn restore(&mut self, dong: i64) {
        self.unpaid += dong;
    }

    /// Releases what is unpaid on `on`: nothing more will be paid on it.
    pub(super) fn release(self, script: &mut Script, on: EffectiveOn) {
        if self.unpaid <= 0 {
            return;
        }
        let entry = illustrated(&format!("GT-{}", self.reference), on);
        let adjust = AdjustCommitment {
            commitment: self.reference,
            change: change(-self.unpaid),
            reason: text("closed at the end of the window: reduced to what is paid"),
        };
        script.act(self.line, entry, LineAction::AdjustCommitment(adjust));
    }
}
