//! The name of a line. Built from its parts or parsed, never half a name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CapitalSource, CapitalType, NameError, ProgrammeCode, ProvinceCode};
use crate::log::StreamName;
use crate::time::BudgetYear;

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
        source.keep(capital_type)?;
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
        stream.line()
    }

    /// The line whose stream is called so.
    pub(crate) fn find_in_stream(name: &str) -> Option<Self> {
        let (category, rest) = name.split_once('-')?;
        (category == Self::CATEGORY)
            .then(|| Self::parse_parted(rest, '.').ok())
            .flatten()
    }

    fn parse_parted(text: &str, sign: char) -> Result<Self, NameError> {
        let refused = || NameError::Line(text.to_owned());
        let mut parts = text.split(sign);
        let mut part = || parts.next().ok_or_else(refused);
        let (programme, province, year) = (part()?, part()?, part()?);
        let (source, capital_type) = (part()?, part()?);
        if parts.next().is_some() {
            return Err(refused());
        }
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
        crate::text::parsed(deserializer, Self::parse)
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
