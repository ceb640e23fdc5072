//! The questions about figures, as flags: what they say goes to the service as it stands.
//!
//! The service judges it, so that every client is told the same.

#![expect(clippy::doc_markdown, reason = "the docs of a flag are its help")]

use std::fmt::Write as _;

use clap::Args;
use reports::Table;

/// The parameters of a path, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    /// Adds `name`, where it has a value.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// A table of the answer, which says what was asked.
    pub(crate) fn beside(&self, table: Table) -> Table {
        let asked = self.0.iter();
        asked.fold(table, |table, (name, value)| table.asked(name, value))
    }

    /// `path` with the parameters.
    pub(crate) fn path(&self, path: &str) -> String {
        let mut text = path.to_owned();
        for (at, (name, value)) in self.0.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.push_str(&escaped(value));
        }
        text
    }
}

/// A text that stands in a path as it is.
pub(crate) fn escaped(text: &str) -> String {
    let mut written = String::new();
    text.bytes().for_each(|byte| escape(byte, &mut written));
    written
}

/// A byte of a parameter, as RFC 3986 wants it.
fn escape(byte: u8, text: &mut String) {
    match byte {
        b'A'..=b'Z'
        | b'a'..=b'z'
        | b'0'..=b'9'
        | b'-'
        | b'.'
        | b'_'
        | b'~'
        | b','
        | b':'
        | b'/' => {
            text.push(char::from(byte));
        }
        _ => {
            let _ = write!(text, "%{byte:02X}");
        }
    }
}

/// Which lines, by their codes.
#[derive(Debug, Args)]
pub(crate) struct LineFilterFlags {
    /// Only these programmes, such as NTM,SPR
    #[arg(long, value_name = "LIST")]
    programme: Option<String>,
    /// Only these provinces, such as 10,15
    #[arg(long, value_name = "LIST")]
    province: Option<String>,
    /// Only these budget years, such as 2024
    #[arg(long, value_name = "LIST")]
    year: Option<String>,
    /// Only these sources: central, local, integrated, credit, enterprise, community
    #[arg(long, value_name = "LIST")]
    source: Option<String>,
    /// Only these capital types: investment, foreign_investment, recurrent, unclassified
    #[arg(long = "type", value_name = "LIST")]
    capital_type: Option<String>,
}

impl LineFilterFlags {
    /// The filters as parameters of a path.
    pub(crate) fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("programme", self.programme.as_ref())
            .with("province", self.province.as_ref())
            .with("year", self.year.as_ref())
            .with("source", self.source.as_ref())
            .with("type", self.capital_type.as_ref())
    }
}

/// Which scopes: programmes in budget years, by province and for the whole country.
#[derive(Debug, Args)]
pub(crate) struct ScopeFlags {
    /// Only these programmes, such as NTM,SPR
    #[arg(long, value_name = "LIST")]
    programme: Option<String>,
    /// Only these provinces, such as 10,15; all is the whole country
    #[arg(long, value_name = "LIST")]
    province: Option<String>,
    /// Only these budget years, such as 2024
    #[arg(long, value_name = "LIST")]
    year: Option<String>,
}

impl ScopeFlags {
    /// The scopes as parameters of a path.
    pub(crate) fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("programme", self.programme.as_ref())
            .with("province", self.province.as_ref())
            .with("year", self.year.as_ref())
    }
}

/// Which figures, by whose codes, on what basis.
#[derive(Debug, Args)]
pub(crate) struct QuestionFlags {
    #[command(flatten)]
    lines: LineFilterFlags,
    /// Only these projects
    #[arg(long, value_name = "LIST")]
    project: Option<String>,
    /// Only these communes
    #[arg(long, value_name = "LIST")]
    commune: Option<String>,
    /// Whose codes: recorded, now, or a day to restate to [default: recorded]
    #[arg(long, value_name = "recorded|now|DAY")]
    boundaries: Option<String>,
    /// What is over the line: gross or net_of_advances [default: gross]
    #[arg(long, value_name = "WORD")]
    numerator: Option<String>,
    /// confirmed or with_estimates [default: confirmed]
    #[arg(long, value_name = "WORD")]
    certainty: Option<String>,
    /// all or plan_year [default: all]
    #[arg(long, value_name = "WORD")]
    money: Option<String>,
    /// What is under the line: total, assigned, assigned_and_local or detailed [default: total]
    #[arg(long, value_name = "WORD")]
    denominator: Option<String>,
}

impl QuestionFlags {
    /// The question as parameters of a path.
    pub(crate) fn parameters(&self) -> Parameters {
        self.lines
            .parameters()
            .with("project", self.project.as_ref())
            .with("commune", self.commune.as_ref())
            .with("boundaries", self.boundaries.as_ref())
            .with("numerator", self.numerator.as_ref())
            .with("certainty", self.certainty.as_ref())
            .with("money", self.money.as_ref())
            .with("denominator", self.denominator.as_ref())
    }
}

/// How rows are grouped.
#[derive(Debug, Args)]
pub(crate) struct GroupingFlags {
    /// Group by these, in order: programme, province, year, source, type, project, commune,
    /// vintage
    #[arg(long, value_name = "LIST")]
    pub(crate) by: Option<String>,
}

impl GroupingFlags {
    /// The dimensions, in order.
    pub(crate) fn dimensions(&self) -> Vec<&str> {
        self.by.iter().flat_map(|by| by.split(',')).collect()
    }
}

/// As of which day, as known when.
#[derive(Debug, Args)]
pub(crate) struct ClockFlags {
    /// Effective on or before this day, such as 2025-01-31 [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
    /// As known at this position, or at this instant [default: now]
    #[arg(long, value_name = "POSITION|INSTANT")]
    pub(crate) known_at: Option<String>,
}

/// Which page, and how long.
#[derive(Debug, Args)]
pub(crate) struct PageFlags {
    /// Go on after this one: a position, or the id of a line [default: the start]
    #[arg(long, value_name = "PLACE")]
    pub(crate) after: Option<String>,
    /// One page of so many, up to 1000 [default: all pages]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reaches_the_service_as_it_was_typed() {
        let none: Option<&str> = None;
        let path = Parameters::default()
            .with("by", Some("programme,province"))
            .with("year", none)
            .with("project", Some("DA 1&2=ê"))
            .path("/v1/rates");
        assert_eq!(
            path,
            "/v1/rates?by=programme,province&project=DA%201%262%3D%C3%AA"
        );
    }
}
