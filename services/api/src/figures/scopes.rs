//! Which scopes a question is about: a programme in a budget year, in one province or in the whole
//! country. No code is looked up here: one that means nothing lets nothing through.

use std::collections::BTreeSet;

use events::alert::AlertScope;
use events::names::{NameError, ProgrammeCode, ProvinceCode};
use events::time::BudgetYear;

use crate::error::ApiError;
use crate::figures::question::year;
use crate::openapi::Operation;
use crate::query::Parameters;

/// What narrows scopes.
pub(crate) const SCOPES: &[&str] = &["programme", "province", "year"];

/// Which scopes count. An empty set lets everything through.
#[derive(Clone, Debug)]
pub(crate) struct Scopes {
    programme: BTreeSet<ProgrammeCode>,
    /// `None` is the whole country.
    province: BTreeSet<Option<ProvinceCode>>,
    pub(crate) year: BTreeSet<BudgetYear>,
}

impl Scopes {
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            programme: parameters.set("programme", ProgrammeCode::parse)?,
            province: parameters.set("province", province)?,
            year: parameters.set("year", year)?,
        })
    }

    pub(crate) fn lets(&self, scope: AlertScope) -> bool {
        let programme = self.programme.is_empty() || self.programme.contains(&scope.programme);
        let province = self.province.is_empty() || self.province.contains(&scope.province);
        let year = self.year.is_empty() || self.year.contains(&scope.year);
        programme && province && year
    }
}

fn province(text: &str) -> Result<Option<ProvinceCode>, NameError> {
    if text == AlertScope::ALL {
        Ok(None)
    } else {
        ProvinceCode::parse(text).map(Some)
    }
}

/// Tells of the parameters that narrow scopes.
pub(crate) fn with_scopes(operation: Operation) -> Operation {
    operation
        .query("programme", "Programmes; a comma makes a list.")
        .query(
            "province",
            "Provinces, by their codes of the day; `all` is the whole country.",
        )
        .query("year", "Budget years.")
}
