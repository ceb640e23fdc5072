//! Lào Cai, what communities gave to the three programmes in 2024.
//!
//! Published are more than 237 billion in cash and in kind, about 209,000 days of work and more
//! than 400,000 m² of land. The prices, the split by programme and the vouchers are illustrative.

use events::line::{Disbursement, DisbursementKind, InKind, InKindKind, LineAction};
use events::names::LineId;
use rust_decimal::Decimal;

use crate::demo::script::{Script, payment};
use crate::demo::works::Curve;
use crate::demo::written::{
    MILLION, SPLIT, amount, billions, day, illustrated, later, line, noted, place, split,
    workday_before,
};

/// What a day of work is valued at, in đồng.
const LABOUR_DAY: i64 = 200_000;
/// What a square metre is valued at, in đồng.
const SQUARE_METRE: i64 = 150_000;

/// What was given to one programme.
struct Given {
    programme: &'static str,
    /// Billions in cash.
    cash: &'static str,
    labour_days: i64,
    land_m2: i64,
}

const GIVEN: [Given; 3] = [
    Given {
        programme: "NTM",
        cash: "96.5",
        labour_days: 140_000,
        land_m2: 290_000,
    },
    Given {
        programme: "EM",
        cash: "26.75",
        labour_days: 55_000,
        land_m2: 95_000,
    },
    Given {
        programme: "SPR",
        cash: "11.95",
        labour_days: 14_000,
        land_m2: 15_000,
    },
];

const CASH: &Curve = &[
    ("2024-03-28", 8),
    ("2024-05-23", 12),
    ("2024-07-11", 14),
    ("2024-09-26", 18),
    ("2024-11-07", 21),
    ("2024-12-26", 27),
];
const LABOUR: &Curve = &[
    ("2024-04-16", 15),
    ("2024-06-13", 19),
    ("2024-10-10", 31),
    ("2024-12-12", 35),
];
const LAND: &Curve = &[("2024-05-09", 30), ("2024-08-22", 25), ("2024-11-21", 45)];
const COMMUNES: [&str; 6] = ["02710", "02731", "02764", "02809", "02842", "02926"];

/// Writes the contributions down.
pub(super) fn write(script: &mut Script) {
    for (offset, given) in (0..).zip(&GIVEN) {
        let line = line(&format!(
            "{}/10/2024/community/unclassified",
            given.programme
        ));
        give(script, line, (CASH, offset), cash(line, given));
        let labour = (InKindKind::LabourDays, given.labour_days, LABOUR_DAY);
        give(
            script,
            line,
            (LABOUR, offset),
            in_kind(line, labour, LABOUR),
        );
        let land = (InKindKind::LandM2, given.land_m2, SQUARE_METRE);
        give(script, line, (LAND, offset), in_kind(line, land, LAND));
    }
}

fn give(
    script: &mut Script,
    line: LineId,
    (curve, offset): (&Curve, i64),
    vouchers: Vec<Disbursement>,
) {
    let communes = COMMUNES.iter().cycle();
    for (((on, _), voucher), commune) in curve.iter().zip(vouchers).zip(communes) {
        let on = workday_before(later(day(on), offset));
        let mut entry = illustrated(&script.voucher(), on);
        if voucher.in_kind.is_some() {
            entry = noted(entry, &format!("{SPLIT}; valued at an illustrative price"));
        }
        let commune = Some(place(commune));
        let voucher = Disbursement { commune, ..voucher };
        script.act(line, entry, LineAction::Disburse(voucher));
    }
}

fn cash(line: LineId, given: &Given) -> Vec<Disbursement> {
    split(billions(given.cash), &weights(CASH), MILLION)
        .into_iter()
        .map(|dong| contribution(dong, line))
        .collect()
}

fn in_kind(
    line: LineId,
    (kind, quantity, price): (InKindKind, i64, i64),
    curve: &Curve,
) -> Vec<Disbursement> {
    let worth = |quantity| Disbursement {
        in_kind: Some(InKind {
            kind,
            quantity: Decimal::from(quantity),
            unit_price: amount(price),
        }),
        ..contribution(quantity * price, line)
    };
    split(quantity, &weights(curve), 10)
        .into_iter()
        .map(worth)
        .collect()
}

fn contribution(dong: i64, line: LineId) -> Disbursement {
    Disbursement {
        kind: DisbursementKind::Contribution,
        ..payment(dong, line.year())
    }
}

fn weights(curve: &Curve) -> Vec<i64> {
    curve.iter().map(|(_, weight)| *weight).collect()
}
