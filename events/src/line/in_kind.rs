//! What is given in kind, and what it is worth. No market prices: the unit price comes with it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Amount, Money};

/// A contribution that is not cash, valued at a unit price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InKind {
    /// What was given.
    pub kind: InKindKind,
    /// How much of it, in the kind's unit.
    #[serde(with = "crate::money::decimal_text")]
    pub quantity: Decimal,
    /// What one unit is worth. Quantity times price is the amount.
    pub unit_price: Amount,
}

/// What is given in kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InKindKind {
    /// Days of work.
    LabourDays,
    /// Land, in square metres.
    LandM2,
    /// Materials, in the unit the price is for.
    Materials,
}

impl InKindKind {
    /// The kind as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LabourDays => "labour_days",
            Self::LandM2 => "land_m2",
            Self::Materials => "materials",
        }
    }
}

impl InKind {
    /// Quantities have at most six decimal places.
    pub const PLACES: u32 = 6;

    /// What the whole of it is worth, where that is whole đồng within a record's bound.
    pub fn worth(&self) -> Option<Amount> {
        let worth = self
            .quantity
            .checked_mul(self.unit_price.money().decimal())?;
        Money::of_decimal(worth)
            .ok()
            .and_then(|worth| Amount::try_from(worth).ok())
    }

    /// How much of it `part` of its worth is, to six places, half away from zero.
    ///
    /// # Panics
    /// Never within the bounds of a record: at most 10¹⁸ over at least 1.
    pub fn quantity_of(&self, part: Money) -> Decimal {
        let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        let quantity = part.decimal() / self.unit_price.money().decimal();
        quantity
            .round_dp_with_strategy(Self::PLACES, strategy)
            .normalize()
    }
}
