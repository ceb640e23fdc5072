//! What moved, on which line, when effective, at which position.
//!
//! Each event gives its facts by itself, without a look at any other; every figure is a sum of
//! facts.

use events::line::{
    AllocationBasis, Certainty, DisbursementKind, InKind, InKindKind, LineBody, LineEvent, Paid,
    TransferKind, Undone,
};
use events::money::Money;
use events::names::LineId;
use events::text::{Place, Texts};
use events::time::BudgetYear;
use rust_decimal::Decimal;

use crate::columns::Slot;

/// What a fact adds to. Every other measure of a row is made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "the contract's table of measures describes each"
)]
pub enum Part {
    Assigned,
    LocalIncrease,
    CarriedIn,
    Reallocated,
    Recalled,
    CarriedOut,
    InTransit,
    Detailed,
    Committed,
    Disbursed,
    Estimated,
    AdvancesOutstanding,
}

impl Part {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// Every part.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Assigned,
        Self::LocalIncrease,
        Self::CarriedIn,
        Self::Reallocated,
        Self::Recalled,
        Self::CarriedOut,
        Self::InTransit,
        Self::Detailed,
        Self::Committed,
        Self::Disbursed,
        Self::Estimated,
        Self::AdvancesOutstanding,
    ];

    /// Where a fact of this part is summed. Money of the line's own year apart from what was first
    /// assigned in another, where that matters for a rate.
    pub(crate) fn slot(self, own: bool) -> Slot {
        Slot::new(match (self, own) {
            (Self::Assigned, _) => 0,
            (Self::LocalIncrease, _) => 1,
            (Self::CarriedIn, _) => 2,
            (Self::Reallocated, _) => 3,
            (Self::Recalled, _) => 4,
            (Self::CarriedOut, _) => 5,
            (Self::InTransit, _) => 6,
            (Self::Detailed, _) => 7,
            (Self::Committed, _) => 8,
            (Self::Disbursed, true) => 9,
            (Self::Estimated, true) => 10,
            (Self::AdvancesOutstanding, true) => 11,
            (Self::Disbursed, false) => 12,
            (Self::Estimated, false) => 13,
            (Self::AdvancesOutstanding, false) => 14,
        })
    }

    /// The part that is summed in `slot`.
    pub(crate) fn of(slot: Slot) -> Option<Self> {
        let holds = |part: &Self| part.slot(true) == slot || part.slot(false) == slot;
        Self::ALL.into_iter().find(holds)
    }

    /// Whether it adds to the plan (1), takes from it (-1), or is no part of it (0).
    pub(crate) fn in_plan(self) -> i128 {
        match self {
            Self::Assigned | Self::LocalIncrease | Self::CarriedIn | Self::Reallocated => 1,
            Self::Recalled => -1,
            Self::CarriedOut
            | Self::InTransit
            | Self::Detailed
            | Self::Committed
            | Self::Disbursed
            | Self::Estimated
            | Self::AdvancesOutstanding => 0,
        }
    }
}

/// What an event adds to one part of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved<'a> {
    /// The line.
    pub line: LineId,
    /// What it adds to.
    pub part: Part,
    /// How much; negative where it takes away.
    pub amount: Money,
    /// The year the money was first assigned.
    pub vintage: BudgetYear,
    /// The project that bears it.
    pub project: Option<&'a Place>,
    /// The commune that bears it.
    pub commune: Option<&'a Place>,
    /// How much of what was given in kind; negative where it is taken back.
    pub in_kind: Option<(InKindKind, Decimal)>,
}

/// Where capital of an event counts besides its line.
#[derive(Clone, Copy, Default)]
struct Bearer<'a> {
    vintage: Option<BudgetYear>,
    project: Option<&'a Place>,
    commune: Option<&'a Place>,
}

impl<'a> Bearer<'a> {
    fn of(paid: &'a Paid) -> Self {
        let Paid {
            vintage,
            project,
            commune,
        } = paid;
        Self {
            vintage: Some(*vintage),
            project: project.as_ref(),
            commune: commune.as_ref(),
        }
    }
}

/// Collects what one event of `line` moved: two parts at most.
struct Moves<'a> {
    line: LineId,
    first: Option<Moved<'a>>,
    second: Option<Moved<'a>>,
}

impl<'a> Moves<'a> {
    fn add(&mut self, part: Part, amount: Money, bearer: Bearer<'a>) {
        let vintage = bearer.vintage.unwrap_or(self.line.year());
        let Bearer {
            project, commune, ..
        } = bearer;
        let moved = Moved {
            line: self.line,
            part,
            amount,
            vintage,
            project,
            commune,
            in_kind: None,
        };
        if self.first.is_none() {
            self.first = Some(moved);
        } else {
            debug_assert!(self.second.is_none(), "an event moves two parts at most");
            self.second = Some(moved);
        }
    }

    fn last(&mut self) -> Option<&mut Moved<'a>> {
        self.second.as_mut().or(self.first.as_mut())
    }

    fn in_transit(&mut self, from: LineId, amount: Money) {
        self.add(Part::InTransit, amount, Bearer::default());
        if let Some(moved) = self.last() {
            (moved.line, moved.vintage) = (from, from.year());
        }
    }

    fn leave(
        &mut self,
        kind: TransferKind,
        to: Option<LineId>,
        vintage: Option<BudgetYear>,
        amount: Money,
    ) {
        let bearer = Bearer {
            vintage,
            ..Bearer::default()
        };
        match kind {
            TransferKind::CarryOver => self.add(Part::CarriedOut, amount, bearer),
            TransferKind::Reallocation => self.add(Part::Reallocated, -amount, bearer),
            TransferKind::Recall => self.add(Part::Recalled, amount, bearer),
        }
        if to.is_some() {
            self.in_transit(self.line, amount);
        }
    }

    fn arrive(
        &mut self,
        from: LineId,
        kind: TransferKind,
        vintage: Option<BudgetYear>,
        amount: Money,
    ) {
        let bearer = Bearer {
            vintage,
            ..Bearer::default()
        };
        let part = match kind {
            TransferKind::CarryOver => Part::CarriedIn,
            TransferKind::Reallocation | TransferKind::Recall => Part::Reallocated,
        };
        self.add(part, amount, bearer);
        self.in_transit(from, -amount);
    }

    fn pay(
        &mut self,
        kind: DisbursementKind,
        certainty: Certainty,
        amount: Money,
        bearer: Bearer<'a>,
    ) {
        match certainty {
            Certainty::Estimated => self.add(Part::Estimated, amount, bearer),
            Certainty::Confirmed => {
                if kind == DisbursementKind::Advance {
                    self.add(Part::AdvancesOutstanding, amount, bearer);
                }
                self.add(Part::Disbursed, amount, bearer);
            }
        }
    }

    /// Says what the last move was in kind.
    fn given(&mut self, in_kind: Option<&InKind>, sign: Decimal) {
        if let (Some(moved), Some(given)) = (self.last(), in_kind) {
            moved.in_kind = Some((given.kind, given.quantity * sign));
        }
    }

    fn undo(&mut self, undone: &'a Undone, amount: Money) {
        match undone {
            Undone::Allocation { basis } => self.add(allocated(*basis), -amount, Bearer::default()),
            Undone::Detail { project } => {
                let bearer = Bearer {
                    project: Some(project),
                    ..Bearer::default()
                };
                self.add(Part::Detailed, -amount, bearer);
            }
            Undone::Commitment { project, commune } => {
                self.add(
                    Part::Committed,
                    -amount,
                    borne(project.as_ref(), commune.as_ref()),
                );
            }
            Undone::Disbursement {
                kind,
                certainty,
                paid,
                in_kind,
            } => {
                self.pay(*kind, *certainty, -amount, Bearer::of(paid));
                self.given(in_kind.as_ref(), Decimal::NEGATIVE_ONE);
            }
            Undone::Recovery { paid } => {
                self.add(Part::AdvancesOutstanding, amount, Bearer::of(paid));
            }
            Undone::Transfer { kind, to, vintage } => self.leave(*kind, *to, *vintage, -amount),
        }
    }
}

/// What `event` of `line` moved, part by part. Empty for facts that move no money.
pub fn moved<T: Texts>(
    line: LineId,
    event: &LineEvent<T>,
) -> impl Iterator<Item = Moved<'_>> + use<'_, T> {
    let mut moves = Moves {
        line,
        first: None,
        second: None,
    };
    let none = Bearer::default();
    match &event.body {
        LineBody::Allocated(it) => moves.add(allocated(it.basis), it.amount.money(), none),
        LineBody::Adjusted(it) => moves.add(allocated(it.basis), it.change.money(), none),
        LineBody::TransferredOut(it) => moves.leave(it.kind, it.to, it.vintage, it.amount.money()),
        LineBody::TransferredIn(it) => {
            moves.arrive(it.from, it.kind, it.vintage, it.amount.money());
        }
        LineBody::TransferReclaimed(it) => {
            moves.arrive(it.from, it.kind, it.vintage, -it.amount.money());
        }
        LineBody::Detailed(it) => {
            moves.add(
                Part::Detailed,
                it.amount.money(),
                borne(Some(&it.project), None),
            );
        }
        LineBody::Committed(it) => {
            let bearer = borne(it.project.as_ref(), it.commune.as_ref());
            moves.add(Part::Committed, it.amount.money(), bearer);
        }
        LineBody::CommitmentAdjusted(it) => {
            let bearer = borne(it.project.as_ref(), it.commune.as_ref());
            moves.add(Part::Committed, it.change.money(), bearer);
        }
        LineBody::Disbursed(it) => {
            let vintage = Some(it.vintage);
            let bearer = Bearer {
                vintage,
                ..borne(it.project.as_ref(), it.commune.as_ref())
            };
            moves.pay(it.kind, it.certainty, it.amount.money(), bearer);
            moves.given(it.in_kind.as_ref(), Decimal::ONE);
        }
        LineBody::Recovered(it) => {
            moves.add(
                Part::AdvancesOutstanding,
                -it.amount.money(),
                Bearer::of(&it.paid),
            );
        }
        LineBody::Reversed(it) => moves.undo(&it.undone, it.amount.money()),
        LineBody::Extended(_) => {}
    }
    moves.first.into_iter().chain(moves.second)
}

fn allocated(basis: AllocationBasis) -> Part {
    match basis {
        AllocationBasis::Assigned => Part::Assigned,
        AllocationBasis::LocalIncrease => Part::LocalIncrease,
    }
}

fn borne<'a>(project: Option<&'a Place>, commune: Option<&'a Place>) -> Bearer<'a> {
    Bearer {
        vintage: None,
        project,
        commune,
    }
}
