//! Codes and names: what money belongs to. Each has one form, checked when it is parsed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::log::StreamName;
use crate::time::BudgetYear;

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
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
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

/// Whose capital it is (*nguồn vốn*).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapitalSource {
    /// The central budget.
    Central,
    /// The local budgets' counterpart.
    Local,
    /// Money of other programmes that is spent on this one's goals.
    Integrated,
    /// Policy and commercial credit.
    Credit,
    /// Enterprises and other organisations.
    Enterprise,
    /// Communities and people, in cash and in kind.
    Community,
}

impl CapitalSource {
    /// Every source, in the order of the decrees.
    pub const ALL: [Self; 6] = [
        Self::Central,
        Self::Local,
        Self::Integrated,
        Self::Credit,
        Self::Enterprise,
        Self::Community,
    ];
    /// Every source as text.
    pub const KNOWN: [&'static str; 6] = [
        "central",
        "local",
        "integrated",
        "credit",
        "enterprise",
        "community",
    ];

    /// The source written so.
    ///
    /// # Errors
    /// [`NameError::Source`] for any other word.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|source| source.as_str() == text);
        found.ok_or_else(|| NameError::Source(text.to_owned()))
    }

    /// The source as text.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Local => "local",
            Self::Integrated => "integrated",
            Self::Credit => "credit",
            Self::Enterprise => "enterprise",
            Self::Community => "community",
        }
    }

    /// Whether it is money of the state budget, which is under hard control (Decree 254/2025).
    pub fn is_state_budget(self) -> bool {
        matches!(self, Self::Central | Self::Local)
    }
}

spelled!(CapitalSource);

/// What capital is for (*loại vốn*). Only the state budget tells; other sources are unclassified.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapitalType {
    /// Development investment from domestic money.
    Investment,
    /// Development investment from foreign loans and grants.
    ForeignInvestment,
    /// Recurrent spending (*vốn sự nghiệp*).
    Recurrent,
    /// Outside the state budget.
    Unclassified,
}

impl CapitalType {
    /// Every type.
    pub const ALL: [Self; 4] = [
        Self::Investment,
        Self::ForeignInvestment,
        Self::Recurrent,
        Self::Unclassified,
    ];
    /// Every type as text.
    pub const KNOWN: [&'static str; 4] = [
        "investment",
        "foreign_investment",
        "recurrent",
        "unclassified",
    ];

    /// The type written so.
    ///
    /// # Errors
    /// [`NameError::Type`] for any other word.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| NameError::Type(text.to_owned()))
    }

    /// The type as text.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Investment => "investment",
            Self::ForeignInvestment => "foreign_investment",
            Self::Recurrent => "recurrent",
            Self::Unclassified => "unclassified",
        }
    }
}

spelled!(CapitalType);

/// A line: capital of one programme, province, budget year, source and type. One stream, and the
/// boundary within which every rule holds at once.
///
/// Invariant: the type is `unclassified` for sources outside the state budget, and only there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId {
    programme: ProgrammeCode,
    province: ProvinceCode,
    year: BudgetYear,
    source: CapitalSource,
    capital_type: CapitalType,
}

impl LineId {
    /// The category of the streams of lines.
    pub const CATEGORY: &'static str = "line";

    /// The line of these parts.
    ///
    /// # Errors
    /// [`NameError::TypeOfSource`] where the source cannot have that type.
    pub fn of(
        programme: ProgrammeCode,
        province: ProvinceCode,
        year: BudgetYear,
        source: CapitalSource,
        capital_type: CapitalType,
    ) -> Result<Self, NameError> {
        if source.is_state_budget() == (capital_type == CapitalType::Unclassified) {
            let allowed = if source.is_state_budget() {
                "investment, foreign_investment or recurrent"
            } else {
                "unclassified"
            };
            return Err(NameError::TypeOfSource {
                of: source,
                given: capital_type,
                allowed,
            });
        }
        Ok(Self {
            programme,
            province,
            year,
            source,
            capital_type,
        })
    }

    /// The line written `NTM/10/2024/central/investment`.
    ///
    /// # Errors
    /// [`NameError`] naming the part that is not of its form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::parse_parted(text, '/')
    }

    /// The line whose stream this is; `None` where it is not the stream of a line.
    pub fn of_stream(stream: &StreamName) -> Option<Self> {
        (stream.category() == Self::CATEGORY)
            .then(|| Self::parse_parted(stream.rest(), '.').ok())
            .flatten()
    }

    fn parse_parted(text: &str, sign: char) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split(sign).collect();
        let &[programme, province, year, source, capital_type] = parts.as_slice() else {
            return Err(NameError::Line(text.to_owned()));
        };
        let refused = || NameError::Line(text.to_owned());
        let plain = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        let year = year
            .parse::<i64>()
            .ok()
            .filter(|_| plain)
            .ok_or_else(refused)?;
        Self::of(
            ProgrammeCode::parse(programme)?,
            ProvinceCode::parse(province)?,
            BudgetYear::try_from(year).map_err(|_| refused())?,
            CapitalSource::parse(source)?,
            CapitalType::parse(capital_type)?,
        )
    }

    /// The stream of this line.
    pub fn stream(&self) -> StreamName {
        let Self {
            programme,
            province,
            year,
            source,
            capital_type,
        } = self;
        StreamName::new(
            Self::CATEGORY,
            format_args!("{programme}.{province}.{year}.{source}.{capital_type}"),
        )
    }

    /// The programme.
    pub fn programme(&self) -> ProgrammeCode {
        self.programme
    }

    /// The province, by its code on the day the line was opened.
    pub fn province(&self) -> ProvinceCode {
        self.province
    }

    /// The budget year of the money.
    pub fn year(&self) -> BudgetYear {
        self.year
    }

    /// Whose capital it is.
    pub fn source(&self) -> CapitalSource {
        self.source
    }

    /// What it is for.
    pub fn capital_type(&self) -> CapitalType {
        self.capital_type
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            programme,
            province,
            year,
            source,
            capital_type,
        } = self;
        write!(f, "{programme}/{province}/{year}/{source}/{capital_type}")
    }
}

impl fmt::Debug for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LineId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for LineId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_it_is_written() {
        let line = LineId::parse("NTM/10/2024/central/investment").unwrap();
        assert_eq!(line.to_string(), "NTM/10/2024/central/investment");
        assert_eq!(
            line.stream().as_str(),
            "line-NTM.10.2024.central.investment"
        );
        assert_eq!(LineId::of_stream(&line.stream()), Some(line));
    }

    #[test]
    fn only_the_state_budget_tells_types() {
        assert!(LineId::parse("NTM/10/2024/community/unclassified").is_ok());
        for wrong in [
            "NTM/10/2024/central/unclassified",
            "NTM/10/2024/credit/investment",
        ] {
            assert!(matches!(
                LineId::parse(wrong),
                Err(NameError::TypeOfSource { .. })
            ));
        }
    }

    #[test]
    fn refuses_parts_that_are_not_of_their_form() {
        for wrong in [
            "N/10/2024/central/investment",
            "ntm/10/2024/central/investment",
            "NTM/1_0/2024/central/investment",
            "NTM/10/24/central/investment",
            "NTM/10/2100/central/investment",
            "NTM/10/2024/state/investment",
            "NTM/10/2024/central/capital",
            "NTM/10/2024/central",
            "NTM/10/2024/central/investment/",
        ] {
            assert!(LineId::parse(wrong).is_err(), "{wrong}");
        }
        assert!(ProgrammeCode::parse("ABCDEFGHIJKLMNOP").is_ok());
        assert!(ProgrammeCode::parse("ABCDEFGHIJKLMNOPQ").is_err());
        assert!(ProvinceCode::parse("ABCDEFGHIJKL").is_ok());
        assert!(ProvinceCode::parse("ABCDEFGHIJKLM").is_err());
        assert!(ProvinceCode::parse("").is_err());
    }
}
