//! Rates: pairs of sums, divided and rounded only to be shown.

use std::fmt;

use events::money::{Fraction, Money};
use rust_decimal::{Decimal, RoundingStrategy};

/// A fraction with six decimal places, rounded half away from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i128);

impl Rate {
    const ONE: i128 = 1_000_000;

    /// `numerator` over `denominator`; `None` where the denominator is not above zero.
    pub fn of(numerator: Money, denominator: Money) -> Option<Self> {
        let (numerator, denominator) = (numerator.to_dong(), denominator.to_dong());
        (denominator > 0).then(|| {
            let doubled = numerator.abs() * Self::ONE * 2 + denominator;
            Self(doubled / (denominator * 2) * numerator.signum())
        })
    }

    /// The rate closest to `number`.
    pub(crate) fn of_decimal(number: Decimal) -> Self {
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        let mut rounded = number.round_dp_with_strategy(6, strategy);
        rounded.rescale(6);
        Self(rounded.mantissa())
    }

    /// The rate that was kept as a share.
    pub fn fraction(self) -> Fraction {
        Fraction(self.decimal().normalize())
    }

    /// This rate less another.
    pub(crate) fn less(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    /// The rate as a decimal number.
    ///
    /// # Panics
    /// Never: a rate of sums of money has at most 35 digits less those of its denominator.
    pub fn decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(self.0, 6)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / Self::ONE, self.0.abs() % Self::ONE);
        write!(f, "{sign}{whole}.{part:06}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(numerator: i64, denominator: i64) -> Option<String> {
        Rate::of(Money::dong(numerator), Money::dong(denominator)).map(|rate| rate.to_string())
    }

    #[test]
    fn rounds_half_away_from_zero_at_six_places() {
        assert_eq!(
            shown(1_782_000_000_000, 2_419_000_000_000),
            Some("0.736668".to_owned())
        );
        assert_eq!(shown(1, 2_000_000), Some("0.000001".to_owned()));
        assert_eq!(shown(-1, 2_000_000), Some("-0.000001".to_owned()));
        assert_eq!(shown(1, 2_000_001), Some("0.000000".to_owned()));
        assert_eq!(shown(3, 2), Some("1.500000".to_owned()));
    }

    #[test]
    fn has_no_value_over_nothing() {
        assert_eq!(shown(1, 0), None);
        assert_eq!(shown(1, -1), None);
    }
}
