//! Why a line does not take a record: the broken rule, and what would mend it.

use crate::money::Money;
use crate::record::RecordKind;
use crate::text::Reference;
use crate::time::{BudgetYear, EffectiveOn};

/// The rule that a record breaks. Nothing is added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineRefusal {
    /// The reference stands for another record of its kind.
    #[error("the reference '{reference}' is taken: this line has another {record} of that number")]
    ReferenceReused {
        /// The kind of record.
        record: RecordKind,
        /// The reference.
        reference: Reference,
    },
    /// It is said to have happened, on a day that has not come.
    #[error("what happened ({record}) is not dated after today: {effective_on} is after {today}")]
    DatedAhead {
        /// The kind of record.
        record: RecordKind,
        /// Its day.
        effective_on: EffectiveOn,
        /// The day it is.
        today: EffectiveOn,
    },
    /// The day is outside the line's disbursement window.
    #[error("{effective_on} is outside the line's disbursement window, {from} to {until}")]
    OutsideWindow {
        /// The day of the disbursement.
        effective_on: EffectiveOn,
        /// First day of the window.
        from: EffectiveOn,
        /// Last day of the window.
        until: EffectiveOn,
    },
    /// The state budget pays on commitments only.
    #[error("a confirmed disbursement of the state budget names the commitment it is paid on")]
    NeedsCommitment,
    /// It refers to a record that the line does not have.
    #[error("this line has no {record} '{reference}'")]
    UnknownReference {
        /// The field that names it.
        field: &'static str,
        /// The kind that is missing.
        record: RecordKind,
        /// The reference that is missing.
        reference: Reference,
    },
    /// It comes before the record it refers to.
    #[error("{effective_on} is before {referenced_on}, the day of the {record} it refers to")]
    BeforeReferenced {
        /// The kind it refers to.
        record: RecordKind,
        /// Its own day.
        effective_on: EffectiveOn,
        /// The day of the record it refers to.
        referenced_on: EffectiveOn,
    },
    /// A contribution is not money of the state budget.
    #[error("a contribution belongs to a source outside the state budget")]
    ContributionOfStateBudget,
    /// An advance is paid or not paid.
    #[error("an estimate is a payment or a contribution, not an advance")]
    EstimatedAdvance,
    /// What is recovered was not an advance.
    #[error("the disbursement '{reference}' is not a confirmed advance")]
    NotAnAdvance {
        /// The disbursement.
        reference: Reference,
    },
    /// The quantity at its price is not the amount.
    #[error("quantity times unit price is not the amount")]
    InKindWorth,
    /// Money that the line's year does not know yet.
    #[error("vintage {vintage} is after {year}, the line's budget year")]
    VintageAhead {
        /// The vintage given.
        vintage: BudgetYear,
        /// The line's year.
        year: BudgetYear,
    },
    /// The transfer cannot go where it is said to.
    #[error("{why}")]
    TransferTarget {
        /// The rule, in words.
        why: &'static str,
    },
    /// The record is of a kind that is not reversed.
    #[error("records of kind {record} are not reversed: record another one that changes it back")]
    NotReversible {
        /// The kind of record.
        record: RecordKind,
    },
    /// A sum would pass the plan, or the plan would fall below a sum.
    #[error("{measure} would pass the plan; at most {remaining} đồng fits")]
    ExceedsPlan {
        /// The sum that would pass it.
        measure: &'static str,
        /// How much would still fit.
        remaining: Money,
    },
    /// More money of one vintage would leave than came in.
    #[error(
        "disbursed and carried out of vintage {vintage} would pass what came in of it; \
         at most {remaining} đồng fits"
    )]
    ExceedsVintage {
        /// The vintage.
        vintage: BudgetYear,
        /// How much would still fit.
        remaining: Money,
    },
    /// More would leave than is free.
    #[error("only {remaining} đồng are free: neither spent nor committed")]
    ExceedsFree {
        /// How much is free.
        remaining: Money,
    },
    /// More would be paid than is promised.
    #[error("the commitment has {remaining} đồng left to pay")]
    ExceedsCommitment {
        /// What is left of it.
        remaining: Money,
    },
    /// A commitment would fall below what is paid on it.
    #[error("only {remaining} đồng of the commitment are unpaid")]
    BelowPaid {
        /// How much may be taken off it.
        remaining: Money,
    },
    /// An allocation would fall below zero.
    #[error("the allocation has {remaining} đồng")]
    ExceedsAllocation {
        /// How much may be taken off it.
        remaining: Money,
    },
    /// More of an advance would be recovered or undone than is outstanding.
    #[error("{remaining} đồng of the advance are outstanding")]
    ExceedsAdvance {
        /// How much is outstanding.
        remaining: Money,
    },
    /// More would be undone than is left.
    #[error("earlier reversals left {remaining} đồng of it")]
    ExceedsRecord {
        /// What is left.
        remaining: Money,
    },
    /// The window would not end later.
    #[error("the window already lasts until {until}")]
    ExtensionNotLater {
        /// Its present last day.
        until: EffectiveOn,
    },
    /// No window lasts longer than this.
    #[error("a window lasts until {latest} at the latest")]
    ExtensionTooLate {
        /// The last day possible.
        latest: EffectiveOn,
    },
}

impl LineRefusal {
    /// The refusal as a slug: `exceeds-commitment`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
            Self::DatedAhead { .. } => "dated-ahead",
            Self::OutsideWindow { .. } => "outside-window",
            Self::NeedsCommitment => "needs-commitment",
            Self::UnknownReference { .. } => "unknown-reference",
            Self::BeforeReferenced { .. } => "before-referenced",
            Self::ContributionOfStateBudget => "contribution-of-state-budget",
            Self::EstimatedAdvance => "estimated-advance",
            Self::NotAnAdvance { .. } => "not-an-advance",
            Self::InKindWorth => "in-kind-worth",
            Self::VintageAhead { .. } => "vintage-ahead",
            Self::TransferTarget { .. } => "transfer-target",
            Self::NotReversible { .. } => "not-reversible",
            Self::ExceedsPlan { .. } => "exceeds-plan",
            Self::ExceedsVintage { .. } => "exceeds-vintage",
            Self::ExceedsFree { .. } => "exceeds-free",
            Self::ExceedsCommitment { .. } => "exceeds-commitment",
            Self::BelowPaid { .. } => "below-paid",
            Self::ExceedsAllocation { .. } => "exceeds-allocation",
            Self::ExceedsAdvance { .. } => "exceeds-advance",
            Self::ExceedsRecord { .. } => "exceeds-record",
            Self::ExtensionNotLater { .. } => "extension-not-later",
            Self::ExtensionTooLate { .. } => "extension-too-late",
        }
    }

    /// How much would still have fitted, where the rule is about a sum.
    pub fn remaining(&self) -> Option<Money> {
        match self {
            Self::ExceedsPlan { remaining, .. }
            | Self::ExceedsVintage { remaining, .. }
            | Self::ExceedsFree { remaining }
            | Self::ExceedsCommitment { remaining }
            | Self::BelowPaid { remaining }
            | Self::ExceedsAllocation { remaining }
            | Self::ExceedsAdvance { remaining }
            | Self::ExceedsRecord { remaining } => Some(*remaining),
            Self::ReferenceReused { .. }
            | Self::DatedAhead { .. }
            | Self::OutsideWindow { .. }
            | Self::NeedsCommitment
            | Self::UnknownReference { .. }
            | Self::BeforeReferenced { .. }
            | Self::ContributionOfStateBudget
            | Self::EstimatedAdvance
            | Self::NotAnAdvance { .. }
            | Self::InKindWorth
            | Self::VintageAhead { .. }
            | Self::TransferTarget { .. }
            | Self::NotReversible { .. }
            | Self::ExtensionNotLater { .. }
            | Self::ExtensionTooLate { .. } => None,
        }
    }

    /// The field of the record that breaks the rule, where it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::ReferenceReused { .. } => Some("reference"),
            Self::DatedAhead { .. }
            | Self::OutsideWindow { .. }
            | Self::BeforeReferenced { .. } => Some("effective_on"),
            Self::NeedsCommitment => Some("commitment"),
            Self::UnknownReference { field, .. } => Some(field),
            Self::NotAnAdvance { .. } => Some("advance"),
            Self::NotReversible { .. } => Some("reverses"),
            Self::ContributionOfStateBudget | Self::EstimatedAdvance => Some("kind"),
            Self::InKindWorth => Some("in_kind"),
            Self::VintageAhead { .. } => Some("vintage"),
            Self::TransferTarget { .. } => Some("to"),
            Self::ExtensionNotLater { .. } | Self::ExtensionTooLate { .. } => Some("until"),
            Self::ExceedsPlan { .. }
            | Self::ExceedsVintage { .. }
            | Self::ExceedsFree { .. }
            | Self::ExceedsCommitment { .. }
            | Self::BelowPaid { .. }
            | Self::ExceedsAllocation { .. }
            | Self::ExceedsAdvance { .. }
            | Self::ExceedsRecord { .. } => None,
        }
    }
}
