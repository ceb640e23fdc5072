//! The facts that the golden files say, one of each name, and a bare one where much is optional.

use super::alert_facts::{alerts, policies};
use super::published_facts::{published, registers};
use super::*;
use crate::line::{
    Adjusted, Allocation, AllocationBasis, Certainty, Commitment, CommitmentAdjusted, Detail,
    Disbursement, DisbursementKind, Extension, InKind, InKindKind, LineBody, LineEvent, Paid,
    Recovered, Reversed, Transfer, TransferKind, TransferReclaimed, TransferredIn, Undone,
};
use crate::money::{Amount, Change, Money};

fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).unwrap()
}

fn change(dong: i64) -> Change {
    Change::try_from(Money::dong(dong)).unwrap()
}

fn paid() -> Paid {
    Paid {
        vintage: year(2023),
        project: Some(place("DA-2024-017")),
        commune: Some(place("02710")),
    }
}

fn labour(quantity: &str) -> InKind {
    InKind {
        kind: InKindKind::LabourDays,
        quantity: quantity.parse().unwrap(),
        unit_price: amount(200_000),
    }
}

/// Every golden file, by its name less `.json`, and the fact that it says.
pub(super) fn facts() -> Vec<(&'static str, Event)> {
    let mut facts = capital();
    facts.extend(transfers());
    facts.extend(contracts());
    facts.extend(payments());
    facts.extend(reversals());
    facts.extend(registers());
    facts.extend(published());
    facts.extend(policies());
    facts.extend(alerts());
    facts
}

fn of_line(entry: Entry, body: LineBody) -> Event {
    Event::Line(LineEvent { entry, body })
}

fn capital() -> Vec<(&'static str, Event)> {
    let allocation = |basis, dong| {
        let amount = amount(dong);
        LineBody::Allocated(Allocation { amount, basis })
    };
    let adjusted = Adjusted {
        allocation: named("QD-1"),
        basis: AllocationBasis::Assigned,
        change: change(-40_000_000),
        reason: text("điều chỉnh giảm"),
    };
    let detail = Detail {
        amount: amount(1),
        project: place("DA-2024-017"),
    };
    let extension = Extension {
        until: day("2025-06-30"),
        reason: text("Nghị quyết 111/2024/QH15"),
    };
    vec![
        (
            "line.allocated.v1",
            of_line(
                rich("QD-1", "2024-01-05"),
                allocation(AllocationBasis::LocalIncrease, 1_782_600_000_000),
            ),
        ),
        (
            "line.allocated.v1.minimal",
            of_line(
                bare("QD-2", "2023-12-31"),
                allocation(AllocationBasis::Assigned, Amount::MAX_DONG),
            ),
        ),
        (
            "line.adjusted.v1",
            of_line(rich("DC-1", "2024-02-01"), LineBody::Adjusted(adjusted)),
        ),
        (
            "line.detailed.v1",
            of_line(rich("CT-1", "2024-02-02"), LineBody::Detailed(detail)),
        ),
        (
            "line.extended.v1",
            of_line(rich("GH-1", "2025-01-15"), LineBody::Extended(extension)),
        ),
    ]
}

fn transfers() -> Vec<(&'static str, Event)> {
    let carried = Transfer {
        kind: TransferKind::CarryOver,
        to: Some(line("NTM/10/2025/central/investment")),
        amount: amount(134_600_000_000),
        vintage: Some(year(2023)),
    };
    let recalled = Transfer {
        kind: TransferKind::Recall,
        to: None,
        vintage: None,
        ..carried.clone()
    };
    let arrived = TransferredIn {
        from: line(LINE),
        kind: TransferKind::CarryOver,
        amount: amount(134_600_000_000),
        vintage: Some(year(2023)),
    };
    let moved = TransferredIn {
        kind: TransferKind::Reallocation,
        vintage: None,
        ..arrived.clone()
    };
    let reclaimed = TransferReclaimed {
        from: line(LINE),
        transfer: named("CN-1"),
        kind: TransferKind::CarryOver,
        amount: amount(600_000_000),
        vintage: Some(year(2023)),
        reason: text("nhầm"),
    };
    let moved_back = TransferReclaimed {
        kind: TransferKind::Reallocation,
        vintage: None,
        ..reclaimed.clone()
    };
    let on = "2025-01-31";
    vec![
        (
            "line.transferred_out.v1",
            of_line(rich("CN-1", on), LineBody::TransferredOut(carried)),
        ),
        (
            "line.transferred_out.v1.minimal",
            of_line(bare("TH-1", on), LineBody::TransferredOut(recalled)),
        ),
        (
            "line.transferred_in.v1",
            of_line(rich("CN-1", on), LineBody::TransferredIn(arrived)),
        ),
        (
            "line.transferred_in.v1.minimal",
            of_line(bare("DC-1", on), LineBody::TransferredIn(moved)),
        ),
        (
            "line.transfer_reclaimed.v1",
            of_line(rich("HT-1", on), LineBody::TransferReclaimed(reclaimed)),
        ),
        (
            "line.transfer_reclaimed.v1.minimal",
            of_line(bare("HT-2", on), LineBody::TransferReclaimed(moved_back)),
        ),
    ]
}

fn contracts() -> Vec<(&'static str, Event)> {
    let contract = Commitment {
        amount: amount(950_000_000),
        project: Some(place("DA-2024-017")),
        commune: Some(place("02710")),
        payee: Some(text("Công ty TNHH Xây dựng 9")),
    };
    let promise = Commitment {
        amount: amount(1),
        project: None,
        commune: None,
        payee: None,
    };
    let adjusted = CommitmentAdjusted {
        commitment: named("HD-1"),
        change: change(50_000_000),
        project: Some(place("DA-2024-017")),
        commune: Some(place("02710")),
        reason: text("phụ lục 1"),
    };
    vec![
        (
            "line.committed.v1",
            of_line(rich("HD-1", "2024-03-01"), LineBody::Committed(contract)),
        ),
        (
            "line.committed.v1.minimal",
            of_line(bare("HD-2", "2024-03-01"), LineBody::Committed(promise)),
        ),
        (
            "line.commitment_adjusted.v1",
            of_line(
                rich("PL-1", "2024-04-01"),
                LineBody::CommitmentAdjusted(adjusted),
            ),
        ),
    ]
}

fn payments() -> Vec<(&'static str, Event)> {
    let given = Disbursement {
        amount: amount(500_000),
        kind: DisbursementKind::Contribution,
        certainty: Certainty::Confirmed,
        vintage: year(2024),
        commitment: Some(named("HD-1")),
        project: Some(place("DA-2024-017")),
        commune: Some(place("02710")),
        in_kind: Some(labour("2.5")),
    };
    let expected = Disbursement {
        kind: DisbursementKind::Payment,
        certainty: Certainty::Estimated,
        commitment: None,
        project: None,
        commune: None,
        in_kind: None,
        ..given.clone()
    };
    let recovered = Recovered {
        advance: named("TU-1"),
        amount: amount(120_000_000),
        paid: paid(),
    };
    vec![
        (
            "line.disbursed.v1",
            of_line(rich("KB-1", "2024-05-01"), LineBody::Disbursed(given)),
        ),
        (
            "line.disbursed.v1.minimal",
            of_line(bare("UT-1", "2024-12-31"), LineBody::Disbursed(expected)),
        ),
        (
            "line.recovered.v1",
            of_line(rich("TH-1", "2024-06-01"), LineBody::Recovered(recovered)),
        ),
    ]
}

fn reversals() -> Vec<(&'static str, Event)> {
    let reversed = |entry, undone| {
        let reversed = Reversed {
            reverses: named("S-1"),
            undone,
            amount: amount(250_000),
            reason: text("nhập nhầm"),
        };
        of_line(entry, LineBody::Reversed(reversed))
    };
    let on = "2024-06-30";
    let basis = AllocationBasis::LocalIncrease;
    let (project, commune) = (place("DA-2024-017"), place("02710"));
    let disbursement = Undone::Disbursement {
        kind: DisbursementKind::Contribution,
        certainty: Certainty::Confirmed,
        paid: paid(),
        in_kind: Some(labour("1.25")),
    };
    let contract = Undone::Commitment {
        project: Some(project.clone()),
        commune: Some(commune),
    };
    let transfer = Undone::Transfer {
        kind: TransferKind::CarryOver,
        to: Some(line("NTM/10/2025/central/investment")),
        vintage: Some(year(2023)),
    };
    vec![
        ("line.reversed.v1", reversed(rich("HT-1", on), disbursement)),
        (
            "line.reversed.v1.allocation",
            reversed(bare("HT-2", on), Undone::Allocation { basis }),
        ),
        (
            "line.reversed.v1.detail",
            reversed(bare("HT-3", on), Undone::Detail { project }),
        ),
        (
            "line.reversed.v1.commitment",
            reversed(bare("HT-4", on), contract),
        ),
        (
            "line.reversed.v1.recovery",
            reversed(bare("HT-5", on), Undone::Recovery { paid: paid() }),
        ),
        (
            "line.reversed.v1.transfer",
            reversed(bare("HT-6", on), transfer),
        ),
    ]
}
