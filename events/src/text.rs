//! What people write on their papers: references, places, and free text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::names::{NameError, spelled};

/// The document's own number: 1 to 128 characters, no control characters. Unique in its stream
/// for its kind of record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(Box<str>);

impl Reference {
    /// The reference written so.
    ///
    /// # Errors
    /// [`NameError::Reference`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.into())).ok_or(NameError::Reference)
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

spelled!(Reference);

/// The code of a project or a commune, `[A-Za-z0-9._/-]{1,64}`: `DA-2024-017`, `02710`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(Box<str>);

impl Place {
    /// The code written so.
    ///
    /// # Errors
    /// [`NameError::Place`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.into()))
            .ok_or_else(|| NameError::Place(text.to_owned()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

spelled!(Place);

/// Free text of 1 to 2,000 characters: a note, a reason, a payee.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<str>);

impl Text {
    /// The text written so.
    ///
    /// # Errors
    /// [`NameError::Text`] where it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = (1..=2_000).contains(&text.chars().count());
        fits.then(|| Self(text.into())).ok_or(NameError::Text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

spelled!(Text);

/// What `parse` makes of a text that is deserialized, without a copy of it.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Parse(parse, PhantomData))
}

/// Parses the text it sees.
struct Parse<P, T>(P, PhantomData<T>);

impl<T, E: fmt::Display, P: FnOnce(&str) -> Result<T, E>> de::Visitor<'_> for Parse<P, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<X: de::Error>(self, text: &str) -> Result<T, X> {
        (self.0)(text).map_err(X::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_up_to_128_characters_and_no_control_characters() {
        assert!(Reference::parse(&"Đ".repeat(128)).is_ok());
        for wrong in [String::new(), "Đ".repeat(129), "KB\t1".to_owned()] {
            assert_eq!(Reference::parse(&wrong), Err(NameError::Reference));
        }
    }

    #[test]
    fn a_place_has_up_to_64_plain_characters() {
        assert!(Place::parse("DA-2024_017/a.b").is_ok());
        assert!(Place::parse(&"0".repeat(64)).is_ok());
        for wrong in [
            String::new(),
            "0".repeat(65),
            "DA 1".to_owned(),
            "ĐA".to_owned(),
        ] {
            assert_eq!(Place::parse(&wrong), Err(NameError::Place(wrong.clone())));
        }
    }

    #[test]
    fn a_text_has_up_to_2000_characters() {
        assert!(Text::parse(&"ă".repeat(2_000)).is_ok());
        for wrong in [String::new(), "ă".repeat(2_001)] {
            assert_eq!(Text::parse(&wrong), Err(NameError::Text));
        }
    }
}
