//! Codes and names: what money belongs to. Each has one form, checked when it is parsed.

mod capital;
mod line_id;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use capital::{CapitalSource, CapitalType};
pub use line_id::LineId;

/// A code, line or text that is not of its form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not of the form of a programme's code.
    #[error("'{0}' is not a programme code: a capital letter, then 1 to 15 capitals or digits")]
    Programme(String),
    /// Not of the form of a province's code.
    #[error("'{0}' is not a province code: 1 to 12 digits, capitals or hyphens")]
    Province(String),
    /// Not a source.
    #[error("'{0}' is not a source: {known}", known = CapitalSource::KNOWN.join(", "))]
    Source(String),
    /// Not a capital type.
    #[error("'{0}' is not a capital type: {known}", known = CapitalType::KNOWN.join(", "))]
    Type(String),
    /// Not a line.
    #[error("'{0}' is not a line: programme/province/year/source/type")]
    Line(String),
    /// A source with a capital type it cannot have.
    #[error("{of} capital cannot be {given}: it is {allowed}")]
    TypeOfSource {
        /// The source.
        of: CapitalSource,
        /// The type it was given.
        given: CapitalType,
        /// The types it may have, in words.
        allowed: &'static str,
    },
    /// Not of the form of a project or commune.
    #[error("'{0}' is not a code of 1 to 64 letters, digits or . _ / -")]
    Place(String),
    /// Not the name of an endpoint.
    #[error("'{0}' is not a name of 1 to 32 small letters, digits or -")]
    Endpoint(String),
    /// Not a reference.
    #[error("a reference has 1 to 128 characters and no control characters")]
    Reference,
    /// Not a text.
    #[error("a text here has 1 to 2,000 characters")]
    Text,
}

/// Bytes of a code, kept inline so that lines are cheap to copy and compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Code([u8; 16]);

impl Code {
    fn parse(text: &str, longest: usize, allowed: impl Fn(u8) -> bool) -> Option<Self> {
        let mut bytes = [0; 16];
        let fits = (1..=longest).contains(&text.len()) && text.bytes().all(allowed);
        bytes
            .get_mut(..text.len())
            .filter(|_| fits)?
            .copy_from_slice(text.as_bytes());
        Some(Self(bytes))
    }

    fn as_str(&self) -> &str {
        let length = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(self.0.len());
        self.0
            .get(..length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// Gives a parsed name its text, its display and its JSON form.
macro_rules! spelled {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parsed(deserializer, Self::parse)
            }
        }
    };
}

pub(crate) use spelled;

/// The code of a programme, `[A-Z][A-Z0-9]{1,15}`: `NTM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgrammeCode(Code);

impl ProgrammeCode {
    /// The code written so.
    ///
    /// # Errors
    /// [`NameError::Programme`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Code::parse(text, 16, |byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit()
        })
        .filter(|_| text.len() > 1 && text.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(Self)
        .ok_or_else(|| NameError::Programme(text.to_owned()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

spelled!(ProgrammeCode);

/// The code of a province, `[0-9A-Z-]{1,12}`: `10`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProvinceCode(Code);

impl ProvinceCode {
    /// The code written so.
    ///
    /// # Errors
    /// [`NameError::Province`] for any other form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        Code::parse(text, 12, allowed)
            .map(Self)
            .ok_or_else(|| NameError::Province(text.to_owned()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

spelled!(ProvinceCode);
