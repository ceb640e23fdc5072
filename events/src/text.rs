//! What people write on their papers: references, places, and free text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::DeserializeOwned;
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
        Self::check(text)?;
        Ok(Self(text.into()))
    }

    /// Refuses a text of another form.
    fn check(text: &str) -> Result<(), NameError> {
        let fits = if text.is_ascii() {
            (1..=128).contains(&text.len()) && !text.bytes().any(|byte| byte.is_ascii_control())
        } else {
            text.chars().count() <= 128 && !text.chars().any(char::is_control)
        };
        fits.then_some(()).ok_or(NameError::Reference)
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

spelled!(Reference);

/// The code of a project or a commune, `[A-Za-z0-9._/-]{1,64}`: `DA-2024-017`, `02710`.
///
/// Most events bear two, so that a short one lies where it is kept, and not elsewhere in memory.
#[derive(Clone)]
pub struct Place(Code);

/// The text of a place, of plain characters.
#[derive(Clone)]
enum Code {
    /// Its bytes, zeros behind them, and its length.
    Short([u8; Code::SHORT + 1]),
    Long(Box<str>),
}

impl Code {
    /// Most bytes that lie in the place itself: its size stays three words.
    const SHORT: usize = 22;

    fn new(text: &str) -> Self {
        let mut bytes = [0; Self::SHORT + 1];
        let ([start @ .., last], Ok(length)) = (&mut bytes, u8::try_from(text.len())) else {
            return Self::Long(text.into());
        };
        let Some(start) = start.get_mut(..text.len()) else {
            return Self::Long(text.into());
        };
        start.copy_from_slice(text.as_bytes());
        *last = length;
        Self::Short(bytes)
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => {
                let [text @ .., length] = bytes;
                text.get(..usize::from(*length)).unwrap_or(text)
            }
            Self::Long(text) => text.as_bytes(),
        }
    }
}

impl Place {
    /// The code written so.
    ///
    /// # Errors
    /// [`NameError::Place`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(Code::new(text)))
            .ok_or_else(|| NameError::Place(text.to_owned()))
    }

    /// The code as text.
    ///
    /// # Panics
    /// Never: it was parsed from text, and has plain characters only.
    #[expect(clippy::expect_used, reason = "it has plain characters only")]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_bytes()).expect("plain characters")
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Code::Short(one), Code::Short(other)) => one == other,
            (one, other) => one.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_bytes().cmp(other.0.as_bytes())
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // All at once: no shorter code is the beginning of another's bytes.
        match &self.0 {
            Code::Short(bytes) => state.write(bytes),
            Code::Long(text) => text.hash(state),
        }
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
        Self::check(text)?;
        Ok(Self(text.into()))
    }

    /// Refuses a text of another form.
    fn check(text: &str) -> Result<(), NameError> {
        let fits = (1..=2_000).contains(&text.chars().count());
        fits.then_some(()).ok_or(NameError::Text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

spelled!(Text);

/// What becomes of the texts of a fact when it is decoded. Nothing is counted by a reference, a note
/// or a reason, and a rebuild decodes every fact there is.
pub trait Texts: Clone + fmt::Debug + PartialEq + Eq {
    /// What is left of a reference.
    type Reference: Clone + fmt::Debug + PartialEq + Eq + DeserializeOwned;
    /// What is left of a text.
    type Text: Clone + fmt::Debug + PartialEq + Eq + DeserializeOwned;
}

/// Texts are kept: the fact is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept;

impl Texts for Kept {
    type Reference = Reference;
    type Text = Text;
}

/// Texts are checked for their form, and dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped;

impl Texts for Dropped {
    type Reference = DroppedReference;
    type Text = DroppedText;
}

/// There was a [`Reference`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedReference;

/// There was a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedText;

impl<'de> Deserialize<'de> for DroppedReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| Reference::check(text).map(|()| Self))
    }
}

impl<'de> Deserialize<'de> for DroppedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| Text::check(text).map(|()| Self))
    }
}

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
        for length in 1..=64 {
            let code = "0".repeat(length);
            assert_eq!(Place::parse(&code).unwrap().as_str(), code);
        }
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
    fn places_are_ordered_as_their_codes_are() {
        let codes = [
            "0",
            "00",
            "DA-1",
            "DA-10",
            "DA-2",
            &"E".repeat(22),
            &"E".repeat(23),
        ];
        let places = codes.map(|code| Place::parse(code).unwrap());
        assert!(places.is_sorted());
        assert_eq!(size_of::<Option<Place>>(), 3 * size_of::<usize>());
    }

    #[test]
    fn a_dropped_text_is_held_to_the_form_of_a_kept_one() {
        let texts = ["", "a", "a\u{7}", "\u{85}", "Đ"].map(str::to_owned);
        let longest = [128, 129, 2_000, 2_001].map(|length| "a".repeat(length));
        let wide = [128, 129, 2_000, 2_001].map(|length| "Đ".repeat(length));
        for text in texts.into_iter().chain(longest).chain(wide) {
            let json = serde_json::Value::from(text);
            assert_eq!(
                Reference::deserialize(&json).is_ok(),
                DroppedReference::deserialize(&json).is_ok(),
            );
            assert_eq!(
                Text::deserialize(&json).is_ok(),
                DroppedText::deserialize(&json).is_ok(),
            );
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
