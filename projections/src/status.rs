//! What the thresholds of a policy make of how far a scope is behind its schedule.

use events::policy::AlertPolicy;

use crate::rate::Rate;

/// How a scope does beside its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// As its schedule asks, or nearly.
    OnPlan,
    /// Behind enough to be watched.
    Watch,
    /// Behind.
    Behind,
    /// Behind so far that its year is in danger.
    Critical,
    /// Behind, and nothing was paid for long.
    Stalled,
}

impl Status {
    /// Every status as a word.
    pub const KNOWN: [&'static str; 5] = ["on_plan", "watch", "behind", "critical", "stalled"];

    /// The status of a scope that is behind by so much, and still pays.
    pub(crate) fn of(behind_by: Rate, policy: &AlertPolicy) -> Self {
        let behind_by = behind_by.decimal();
        if behind_by >= policy.critical {
            Self::Critical
        } else if behind_by >= policy.behind {
            Self::Behind
        } else if behind_by >= policy.watch {
            Self::Watch
        } else {
            Self::OnPlan
        }
    }

    /// The status of the same scope, where it does not pay any more.
    pub(crate) fn unpaid(self) -> Self {
        match self {
            Self::Behind | Self::Critical | Self::Stalled => Self::Stalled,
            Self::OnPlan | Self::Watch => self,
        }
    }

    /// Whether it depends on payments.
    pub(crate) fn may_stall(self) -> bool {
        self.unpaid() == Self::Stalled
    }

    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnPlan => "on_plan",
            Self::Watch => "watch",
            Self::Behind => "behind",
            Self::Critical => "critical",
            Self::Stalled => "stalled",
        }
    }
}
