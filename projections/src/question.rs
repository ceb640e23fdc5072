//! What is asked: which figures, as of which day, as known at which position, on which basis.

use events::basis::Basis;
use events::log::Position;
use events::statement::Scope;
use events::time::EffectiveOn;

/// A point of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf {
    /// What is effective on or before this day counts.
    pub effective: EffectiveOn,
    /// What was recorded up to this position counts.
    pub known: Position,
}

/// By whose codes units are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundaries {
    /// The lines' own.
    Recorded,
    /// Those of this day, forward from the lines' own.
    Day(EffectiveOn),
}

/// What figures are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named like the filters")]
pub enum Dimension {
    Programme,
    Province,
    Year,
    Source,
    Type,
    Project,
    Commune,
    Vintage,
}

impl Dimension {
    /// Every dimension as a word.
    pub const KNOWN: [&'static str; 8] = [
        "programme",
        "province",
        "year",
        "source",
        "type",
        "project",
        "commune",
        "vintage",
    ];
    /// Every dimension.
    pub const ALL: [Self; 8] = [
        Self::Programme,
        Self::Province,
        Self::Year,
        Self::Source,
        Self::Type,
        Self::Project,
        Self::Commune,
        Self::Vintage,
    ];

    /// The dimension as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Province => "province",
            Self::Year => "year",
            Self::Source => "source",
            Self::Type => "type",
            Self::Project => "project",
            Self::Commune => "commune",
            Self::Vintage => "vintage",
        }
    }

    /// The dimension that this word names; `None` where it names none.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.as_str() == word)
    }
}

/// A question about rates. Every default is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What counts. Its codes are those of `boundaries`.
    pub scope: Scope,
    /// What is grouped by, in order. No dimension is named twice.
    pub by: Vec<Dimension>,
    /// At which point of both clocks.
    pub as_of: AsOf,
    /// By whose codes.
    pub boundaries: Boundaries,
    /// On which basis.
    pub basis: Basis,
}
