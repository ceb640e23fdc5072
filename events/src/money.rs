//! Money in whole đồng: the signed balances we sum, and the sums that move.
//!
//! `Decimal` and not a float: sources quote millions and billions with decimals, which are read
//! exactly, multiplied, and only then must be whole.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A sum of money that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not written as whole đồng.
    #[error("'{0}' is not whole đồng: write digits only, like \"1500000\"")]
    Form(String),
    /// Past what one record may carry.
    #[error("{0} is more than one record may carry (10^18 đồng)")]
    TooLarge(Decimal),
    /// An amount that moves nothing, or backwards.
    #[error("{0} is not above zero: a mistake is undone by a reversal, not by a negative amount")]
    NotPositive(Decimal),
    /// A change that changes nothing.
    #[error("a change of zero changes nothing")]
    Zero,
}

/// A signed balance, in whole đồng. What a projection sums.
///
/// Invariant: no fractional part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

impl Money {
    /// No đồng.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// So many đồng.
    pub fn dong(dong: i64) -> Self {
        Self(Decimal::from(dong))
    }

    /// So many đồng, as a projection summed them.
    ///
    /// # Panics
    /// Past 7.9 × 10²⁸ đồng, which 7 × 10¹⁰ of the largest records do not reach.
    #[expect(
        clippy::expect_used,
        reason = "the bound of a record keeps sums inside `Decimal`"
    )]
    pub fn from_sum(dong: i128) -> Self {
        Self(Decimal::try_from_i128_with_scale(dong, 0).expect("sums of records fit `Decimal`"))
    }

    /// The balance as a number of đồng.
    pub fn to_dong(self) -> i128 {
        self.0.trunc().mantissa()
    }

    /// The balance as a decimal number of đồng.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The balance of `decimal` đồng.
    ///
    /// # Errors
    /// [`MoneyError::Form`] where it is not whole, [`MoneyError::TooLarge`] past ±10¹⁸.
    pub fn of_decimal(decimal: Decimal) -> Result<Self, MoneyError> {
        if !decimal.is_integer() {
            return Err(MoneyError::Form(decimal.to_string()));
        }
        if decimal.abs() > Decimal::from(Amount::MAX_DONG) {
            return Err(MoneyError::TooLarge(decimal));
        }
        Ok(Self(decimal.trunc()))
    }

    /// The balance written as `-?[1-9][0-9]{0,18}`.
    ///
    /// # Errors
    /// [`MoneyError::Form`] for any other form, [`MoneyError::TooLarge`] past ±10¹⁸.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let well_formed = (1..=19).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        // Nineteen digits are below 10¹⁹, which is in the range of `u64`.
        let dong = well_formed
            .then(|| digits.parse::<u64>().ok())
            .flatten()
            .map(i128::from)
            .ok_or_else(|| MoneyError::Form(text.to_owned()))?;
        let dong = if digits.len() < text.len() {
            -dong
        } else {
            dong
        };
        match i64::try_from(dong) {
            Ok(dong) if dong.unsigned_abs() <= Amount::MAX_DONG.unsigned_abs() => {
                Ok(Self::dong(dong))
            }
            _ => Self::of_decimal(Decimal::from(dong)),
        }
    }

    /// Whether this is less than nothing.
    pub fn is_negative(self) -> bool {
        self < Self::ZERO
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Negating zero leaves a sign that nobody wants to read.
        if self.0.is_zero() {
            f.write_str("0")
        } else {
            self.0.fmt(f)
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer, Self::parse)
    }
}

/// A sum that moves, in whole đồng. What an event carries.
///
/// Invariant: 0 < amount ≤ [`Amount::MAX_DONG`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Money);

impl Amount {
    /// Most đồng one event may move. At this bound a sum needs more than 7 × 10¹⁰ events to leave
    /// the range of `Decimal`, so adding is total.
    pub const MAX_DONG: i64 = 1_000_000_000_000_000_000;

    /// The amount as a balance.
    pub fn money(self) -> Money {
        self.0
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        if money <= Money::ZERO {
            return Err(MoneyError::NotPositive(money.0));
        }
        if money > Money::dong(Self::MAX_DONG) {
            return Err(MoneyError::TooLarge(money.0));
        }
        Ok(Self(money))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Money::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// More or less of something, in whole đồng.
///
/// Invariant: not zero, at most [`Amount::MAX_DONG`] either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change(Money);

impl Change {
    /// The change as a balance.
    pub fn money(self) -> Money {
        self.0
    }
}

impl TryFrom<Money> for Change {
    type Error = MoneyError;

    fn try_from(money: Money) -> Result<Self, MoneyError> {
        if money == Money::ZERO {
            return Err(MoneyError::Zero);
        }
        Money::of_decimal(money.0).map(Self)
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Money::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Other decimal numbers on disk are text, like money.
pub(crate) mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(number: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&number.normalize())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        crate::text::parsed(from, str::parse)
    }
}

/// A share of a whole, as a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fraction(#[serde(with = "decimal_text")] pub Decimal);

/// Sums in payloads: any whole number of đồng, nothing included, which no record may carry.
pub(crate) mod sum_text {
    use rust_decimal::Decimal;
    use serde::{Deserializer, Serialize as _, Serializer, de};

    use super::Money;

    pub(crate) fn serialize<S: Serializer>(sum: &Money, to: S) -> Result<S::Ok, S::Error> {
        sum.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        let sum: Decimal = crate::text::parsed(from, str::parse)?;
        if sum.is_integer() {
            Ok(Money(sum.trunc()))
        } else {
            Err(de::Error::custom(format_args!("{sum} is not whole đồng")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_dong_and_nothing_else() {
        assert_eq!(
            Money::parse("1782000000000"),
            Ok(Money::dong(1_782_000_000_000))
        );
        assert_eq!(Money::parse("-1"), Ok(Money::dong(-1)));
        for wrong in [
            "",
            "-",
            "0",
            "-0",
            "01",
            "1.0",
            "1,000",
            " 1",
            "1e3",
            "+1",
            "12345678901234567890",
        ] {
            assert_eq!(Money::parse(wrong), Err(MoneyError::Form(wrong.to_owned())));
        }
    }

    #[test]
    fn a_record_carries_at_most_a_quintillion() {
        assert!(Money::parse("1000000000000000000").is_ok());
        assert!(matches!(
            Money::parse("1000000000000000001"),
            Err(MoneyError::TooLarge(_))
        ));
        assert!(matches!(
            Money::parse("-1000000000000000001"),
            Err(MoneyError::TooLarge(_))
        ));
    }

    #[test]
    fn an_amount_is_above_zero_and_a_change_is_not_zero() {
        assert_eq!(
            Amount::try_from(Money::ZERO),
            Err(MoneyError::NotPositive(Decimal::ZERO))
        );
        assert!(Amount::try_from(Money::dong(-1)).is_err());
        assert_eq!(Change::try_from(Money::ZERO), Err(MoneyError::Zero));
        assert!(Change::try_from(Money::dong(-1)).is_ok());
    }

    #[test]
    fn sums_survive_the_way_through_numbers() {
        let sum: Money = [Money::dong(i64::MAX), Money::dong(i64::MAX)]
            .into_iter()
            .sum();
        assert_eq!(sum.to_dong(), i128::from(i64::MAX) * 2);
        assert_eq!(Money::from_sum(sum.to_dong()), sum);
        assert_eq!((-Money::ZERO).to_string(), "0");
    }
}
