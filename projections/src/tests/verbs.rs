//! What may be said of a line, and what it adds to which measure: written out by hand from the
//! contract, without a look at what the projection takes from the same event.

use events::statement::Measure;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Assign,
    Increase,
    AdjustUp,
    AdjustDown,
    IncreaseUp,
    IncreaseDown,
    CarryOut,
    ReallocateOut,
    Recall,
    CarryIn,
    ReallocateIn,
    ReclaimCarried,
    ReclaimReallocated,
    ReverseCarried,
    ReverseReallocated,
    ReverseRecall,
    Detail,
    Commit,
    CommitUp,
    CommitDown,
    Pay,
    Advance,
    Estimate,
    Give,
    GiveInKind,
    EstimateInKind,
    Recover,
    ReverseAssigned,
    ReverseIncrease,
    ReverseDetail,
    ReverseCommitted,
    ReversePaid,
    ReverseAdvance,
    ReverseEstimate,
    ReverseInKind,
    ReverseRecovery,
    Extend,
    Schedule,
    Register,
    Merge,
    Skip,
}

/// What is said of lines.
pub(super) const MONEY: [Verb; 37] = [
    Verb::Assign,
    Verb::Increase,
    Verb::AdjustUp,
    Verb::AdjustDown,
    Verb::IncreaseUp,
    Verb::IncreaseDown,
    Verb::CarryOut,
    Verb::ReallocateOut,
    Verb::Recall,
    Verb::CarryIn,
    Verb::ReallocateIn,
    Verb::ReclaimCarried,
    Verb::ReclaimReallocated,
    Verb::ReverseCarried,
    Verb::ReverseReallocated,
    Verb::ReverseRecall,
    Verb::Detail,
    Verb::Commit,
    Verb::CommitUp,
    Verb::CommitDown,
    Verb::Pay,
    Verb::Advance,
    Verb::Estimate,
    Verb::Give,
    Verb::GiveInKind,
    Verb::EstimateInKind,
    Verb::Recover,
    Verb::ReverseAssigned,
    Verb::ReverseIncrease,
    Verb::ReverseDetail,
    Verb::ReverseCommitted,
    Verb::ReversePaid,
    Verb::ReverseAdvance,
    Verb::ReverseEstimate,
    Verb::ReverseInKind,
    Verb::ReverseRecovery,
    Verb::Extend,
];

/// What is said of anything else.
pub(super) const DECISIONS: [Verb; 4] = [Verb::Schedule, Verb::Register, Verb::Merge, Verb::Skip];

/// Where what is added counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// On the line, as money of its own year.
    Line,
    /// On the line that it came from.
    Origin,
    /// On the line, under the vintage that is carried.
    Carried,
    /// With a project.
    Project,
    /// With a project and a commune, where they are named.
    Place,
    /// With both, under a vintage.
    Paid,
}

impl Verb {
    /// What it adds to which measure, and where.
    pub(super) fn adds(self) -> &'static [(Measure, i128, At)] {
        use At::{Carried, Line, Origin, Paid, Place, Project};
        use Measure::{
            AdvancesOutstanding, Assigned, CarriedIn, CarriedOut, Committed, Detailed, Disbursed,
            Estimated, InTransit, LocalIncrease, Reallocated, Recalled,
        };
        match self {
            Self::Assign | Self::AdjustUp => &[(Assigned, 1, Line)],
            Self::AdjustDown | Self::ReverseAssigned => &[(Assigned, -1, Line)],
            Self::Increase | Self::IncreaseUp => &[(LocalIncrease, 1, Line)],
            Self::IncreaseDown | Self::ReverseIncrease => &[(LocalIncrease, -1, Line)],
            Self::CarryOut => &[(CarriedOut, 1, Carried), (InTransit, 1, Line)],
            Self::ReallocateOut => &[(Reallocated, -1, Line), (InTransit, 1, Line)],
            Self::Recall => &[(Recalled, 1, Line)],
            Self::CarryIn => &[(CarriedIn, 1, Carried), (InTransit, -1, Origin)],
            Self::ReallocateIn => &[(Reallocated, 1, Line), (InTransit, -1, Origin)],
            Self::ReclaimCarried => &[(CarriedIn, -1, Carried), (InTransit, 1, Origin)],
            Self::ReclaimReallocated => &[(Reallocated, -1, Line), (InTransit, 1, Origin)],
            Self::ReverseCarried => &[(CarriedOut, -1, Carried), (InTransit, -1, Line)],
            Self::ReverseReallocated => &[(Reallocated, 1, Line), (InTransit, -1, Line)],
            Self::ReverseRecall => &[(Recalled, -1, Line)],
            Self::Detail => &[(Detailed, 1, Project)],
            Self::ReverseDetail => &[(Detailed, -1, Project)],
            Self::Commit | Self::CommitUp => &[(Committed, 1, Place)],
            Self::CommitDown | Self::ReverseCommitted => &[(Committed, -1, Place)],
            Self::Pay | Self::Give | Self::GiveInKind => &[(Disbursed, 1, Paid)],
            Self::ReversePaid | Self::ReverseInKind => &[(Disbursed, -1, Paid)],
            Self::Advance => &[(Disbursed, 1, Paid), (AdvancesOutstanding, 1, Paid)],
            Self::ReverseAdvance => &[(Disbursed, -1, Paid), (AdvancesOutstanding, -1, Paid)],
            Self::Recover => &[(AdvancesOutstanding, -1, Paid)],
            Self::ReverseRecovery => &[(AdvancesOutstanding, 1, Paid)],
            Self::Estimate | Self::EstimateInKind => &[(Estimated, 1, Paid)],
            Self::ReverseEstimate => &[(Estimated, -1, Paid)],
            Self::Extend | Self::Schedule | Self::Register | Self::Merge | Self::Skip => &[],
        }
    }

    /// Whether it adds to what is given in kind (1) or takes from it (-1).
    pub(super) fn given(self) -> i128 {
        i128::from(self == Self::GiveInKind) - i128::from(self == Self::ReverseInKind)
    }

    /// Whether it decides something, and so may open a line before its budget year under the codes
    /// of 1 January; what happened opens it under the codes of its own day.
    pub(super) fn is_decision(self) -> bool {
        use Verb::*;
        let happened = [
            Commit,
            Pay,
            Advance,
            Estimate,
            Give,
            GiveInKind,
            EstimateInKind,
            Recover,
            ReclaimCarried,
            ReclaimReallocated,
            ReverseCarried,
            ReverseReallocated,
            ReverseRecall,
            ReverseAssigned,
            ReverseIncrease,
            ReverseDetail,
            ReverseCommitted,
            ReversePaid,
            ReverseAdvance,
            ReverseEstimate,
            ReverseInKind,
            ReverseRecovery,
        ];
        !happened.contains(&self)
    }

    /// Whether it names another line as the one that capital came from.
    pub(super) fn names_origin(self) -> bool {
        self.adds().iter().any(|(_, _, at)| *at == At::Origin)
    }
}
