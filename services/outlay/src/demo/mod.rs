//! The demo: a scripted history out of which the published figures are computed.
//!
//! Each story is a place or a year that the press and the Ministry of Finance wrote about. What
//! they published is recorded as it stands; a split that they did not publish bears the note
//! [`written::SPLIT`], and a document's number that we made up says so. No clock, no chance: the
//! same history every time.

mod ha_tinh;
mod lao_cai;
mod ninh_binh;
mod public_investment;
mod rural_2022;
mod script;
mod stated;
#[cfg(test)]
mod tests;
mod works;
mod written;

use events::record::Record;
use events::time::RecordedAt;

/// One step of the scripted history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// When our clock says that it is recorded.
    pub(crate) at: RecordedAt,
    /// What is recorded.
    pub(crate) record: Record,
}

/// The whole history, by strictly growing `at`, for a store that has the built-in register. What
/// is said to have happened is dated on or before the civil day of its `at`.
pub(crate) fn history() -> Vec<Step> {
    let stories = [
        ninh_binh::story(),
        rural_2022::story(),
        lao_cai::story(),
        ha_tinh::story(),
        public_investment::story(),
    ];
    let mut steps: Vec<Step> = stories.into_iter().flatten().collect();
    steps.sort_by_key(|step| step.at);
    let mut previous = None;
    for step in &mut steps {
        step.at = previous.map_or(step.at, |previous| step.at.after(previous));
        previous = Some(step.at);
    }
    steps
}
