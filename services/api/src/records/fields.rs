//! The fields of a JSON object, taken one by one, each of its form or refused with its path.

use events::line::InKind;
use events::money::{Amount, Change, Money, MoneyError};
use events::text::{Reference, Text};
use events::time::{BudgetYear, EffectiveOn};
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization as _;

use super::node::Node;
use super::unreadable::Unreadable;

/// Integers at and above this lose digits in programs that read JSON numbers as floats.
const EXACT: i128 = 1 << 53;

/// An object being read.
pub(crate) struct Fields<'a> {
    path: String,
    members: &'a [(String, Node)],
}

impl<'a> Fields<'a> {
    /// The fields of the object at `path`, none of them unknown or repeated.
    pub(crate) fn of(path: &str, node: &'a Node, known: &[&[&str]]) -> Result<Self, Unreadable> {
        let Node::Object(members) = node else {
            let why = format!("{} is {} and not an object", named(path), node.what());
            return Err(Unreadable::form(path, why));
        };
        let fields = Self {
            path: path.to_owned(),
            members,
        };
        let known = || known.iter().flat_map(|names| names.iter().copied());
        for (number, (name, _)) in members.iter().enumerate() {
            if !known().any(|it| it == name) {
                let (field, known) = (fields.at(name), known().map(str::to_owned).collect());
                return Err(Unreadable::UnknownField { field, known });
            }
            if members
                .iter()
                .take(number)
                .any(|(earlier, _)| earlier == name)
            {
                let field = fields.at(name);
                return Err(Unreadable::RepeatedField { field });
            }
        }
        Ok(fields)
    }

    /// The path of one of its fields.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A field, where it is written and not null.
    pub(crate) fn find(&self, name: &str) -> Option<&'a Node> {
        let found = self.members.iter().find(|(key, _)| key == name);
        found
            .map(|(_, node)| node)
            .filter(|node| **node != Node::Null)
    }

    /// A field that must be there.
    pub(crate) fn node(&self, name: &str) -> Result<&'a Node, Unreadable> {
        self.find(name).ok_or_else(|| Unreadable::MissingField {
            field: self.at(name),
        })
    }

    /// What `read` makes of a field that must be there.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, &Node) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        read(&self.at(name), self.node(name)?)
    }

    /// What `read` makes of a field, where it is there.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, &Node) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        let found = self.find(name);
        found.map(|node| read(&self.at(name), node)).transpose()
    }
}

fn named(path: &str) -> String {
    if path.is_empty() {
        "the record".to_owned()
    } else {
        format!("'{path}'")
    }
}

/// A string in the one Unicode form that equal texts share.
pub(crate) fn text(path: &str, node: &Node) -> Result<String, Unreadable> {
    let written = node.text().ok_or_else(|| {
        let why = format!("{} is {} and not a string", named(path), node.what());
        Unreadable::form(path, why)
    })?;
    Ok(written.nfc().collect())
}

/// A string that `parse` reads.
pub(crate) fn parsed<T, E: ToString>(
    parse: impl Fn(&str) -> Result<T, E>,
) -> impl Fn(&str, &Node) -> Result<T, Unreadable> {
    move |path, node| parse(&text(path, node)?).map_err(|error| Unreadable::form(path, error))
}

/// One of these words.
pub(crate) fn word<T>(
    known: &'static [&'static str],
    find: impl Fn(&str) -> Option<T>,
) -> impl Fn(&str, &Node) -> Result<T, Unreadable> {
    move |path, node| {
        let word = text(path, node)?;
        find(&word).ok_or_else(|| Unreadable::Form {
            field: path.to_owned(),
            why: format!("'{word}' is none of {}", known.join(", ")),
            known: known.iter().map(|word| (*word).to_owned()).collect(),
        })
    }
}

/// A day.
pub(crate) fn day(path: &str, node: &Node) -> Result<EffectiveOn, Unreadable> {
    parsed(EffectiveOn::parse)(path, node)
}

/// A reference.
pub(crate) fn reference(path: &str, node: &Node) -> Result<Reference, Unreadable> {
    parsed(Reference::parse)(path, node)
}

/// A free text.
pub(crate) fn free_text(path: &str, node: &Node) -> Result<Text, Unreadable> {
    parsed(Text::parse)(path, node)
}

/// A budget year: an integer.
pub(crate) fn year(path: &str, node: &Node) -> Result<BudgetYear, Unreadable> {
    let Node::Integer(year) = node else {
        let why = format!(
            "{} is {} and not an integer like 2024",
            named(path),
            node.what()
        );
        return Err(Unreadable::form(path, why));
    };
    let year = i64::try_from(*year).unwrap_or(i64::MAX);
    BudgetYear::try_from(year).map_err(|error| Unreadable::form(path, error))
}

/// A number of days.
pub(crate) fn days(path: &str, node: &Node) -> Result<u16, Unreadable> {
    let days = match node {
        Node::Integer(days) => u16::try_from(*days).ok(),
        Node::Null
        | Node::Bool
        | Node::Fraction
        | Node::String(_)
        | Node::Array(_)
        | Node::Object(_) => None,
    };
    let why = || format!("{} is not a number of days like 60", named(path));
    days.ok_or_else(|| Unreadable::form(path, why()))
}

/// Whole đồng: a string of digits, or an integer that every reader of JSON reads exactly.
pub(crate) fn money(path: &str, node: &Node) -> Result<Money, Unreadable> {
    match node {
        Node::String(text) => Money::parse(text).map_err(|error| of_money(path, error)),
        Node::Integer(dong) if dong.abs() < EXACT => {
            let dong = i64::try_from(*dong).unwrap_or_default();
            Ok(Money::dong(dong))
        }
        Node::Integer(_) => {
            let why = format!(
                "{} is 2^53 or more: write it as a string of digits",
                named(path)
            );
            Err(Unreadable::form(path, why))
        }
        Node::Null | Node::Bool | Node::Fraction | Node::Array(_) | Node::Object(_) => {
            let why = format!(
                "{} is {}: money is whole đồng, as a string like \"1500000\"",
                named(path),
                node.what()
            );
            Err(Unreadable::form(path, why))
        }
    }
}

/// Money that moves: above zero.
pub(crate) fn amount(path: &str, node: &Node) -> Result<Amount, Unreadable> {
    Amount::try_from(money(path, node)?).map_err(|error| of_money(path, error))
}

/// More or less of something: not zero.
pub(crate) fn change(path: &str, node: &Node) -> Result<Change, Unreadable> {
    Change::try_from(money(path, node)?).map_err(|error| of_money(path, error))
}

fn of_money(path: &str, error: MoneyError) -> Unreadable {
    if let MoneyError::Form(_) = error {
        return Unreadable::form(path, error);
    }
    let field = path.to_owned();
    Unreadable::Refused {
        field,
        source: error,
    }
}

/// A decimal number, as a string or an integer, with at most `places` decimal places.
pub(crate) fn decimal(path: &str, node: &Node, places: u32) -> Result<Decimal, Unreadable> {
    let digits = match node {
        Node::String(text) => text.clone(),
        Node::Integer(number) if number.abs() < EXACT => number.to_string(),
        Node::Integer(_)
        | Node::Null
        | Node::Bool
        | Node::Fraction
        | Node::Array(_)
        | Node::Object(_) => {
            let why = format!(
                "{} is {}: write it as a string like \"12.5\"",
                named(path),
                node.what()
            );
            return Err(Unreadable::form(path, why));
        }
    };
    let refused = || {
        let why = format!("'{digits}' is not a decimal number with at most {places} places");
        Unreadable::form(path, why)
    };
    let unsigned = digits.strip_prefix('-').unwrap_or(&digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let plain =
        |part: &str| (1..=19).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
    let leads = whole.len() > 1 && whole.starts_with('0');
    if !plain(whole) || !plain(fraction) || leads {
        return Err(refused());
    }
    let number = digits
        .parse::<Decimal>()
        .map_err(|_| refused())?
        .normalize();
    if number.scale() > places {
        return Err(refused());
    }
    Ok(number)
}

/// How much was given in kind: above zero.
pub(crate) fn quantity(path: &str, node: &Node) -> Result<Decimal, Unreadable> {
    let quantity = decimal(path, node, InKind::PLACES)?;
    if quantity <= Decimal::ZERO {
        let (field, source) = (path.to_owned(), MoneyError::NotPositive(quantity));
        return Err(Unreadable::Refused { field, source });
    }
    Ok(quantity)
}
