//! A line counted from first principles: every record with what is left of it, in plain numbers.
//! It shares no sum with the balance that it is compared with.

use std::collections::BTreeMap;

use super::*;

type Left<T> = BTreeMap<Reference, (T, i128)>;

/// A line, naively.
#[derive(Default)]
pub(super) struct Model {
    allocations: Left<AllocationBasis>,
    details: Left<()>,
    commitments: Left<()>,
    disbursements: Left<Disbursement>,
    recoveries: Left<Reference>,
    transfers: Left<Transfer>,
    arrivals: BTreeMap<(LineId, Reference), (TransferredIn, i128)>,
}

fn change<T>(left: &mut Left<T>, reference: &Reference, by: Money) {
    left.get_mut(reference).unwrap().1 += by.to_dong();
}

fn sum<T>(left: &Left<T>, counts: impl Fn(&T) -> bool) -> i128 {
    let counted = left.values().filter(|(what, _)| counts(what));
    counted.map(|(_, left)| left).sum()
}

impl Model {
    pub(super) fn replay(history: &[LineEvent]) -> Self {
        let mut model = Self::default();
        for fact in history {
            model.count(fact.entry.reference.clone(), &fact.body);
        }
        model
    }

    fn count(&mut self, reference: Reference, body: &LineBody) {
        match body {
            LineBody::Allocated(it) => {
                let left = (it.basis, it.amount.money().to_dong());
                assert_eq!(self.allocations.insert(reference, left), None);
            }
            LineBody::Adjusted(it) => {
                change(&mut self.allocations, &it.allocation, it.change.money());
            }
            LineBody::TransferredOut(it) => {
                let left = (it.clone(), it.amount.money().to_dong());
                assert_eq!(self.transfers.insert(reference, left), None);
            }
            LineBody::TransferredIn(it) => {
                let left = (it.clone(), it.amount.money().to_dong());
                assert_eq!(self.arrivals.insert((it.from, reference), left), None);
            }
            LineBody::TransferReclaimed(it) => {
                let arrival = self.arrivals.get_mut(&(it.from, it.transfer.clone()));
                arrival.unwrap().1 -= it.amount.money().to_dong();
            }
            LineBody::Detailed(it) => {
                let left = ((), it.amount.money().to_dong());
                assert_eq!(self.details.insert(reference, left), None);
            }
            LineBody::Committed(it) => {
                let left = ((), it.amount.money().to_dong());
                assert_eq!(self.commitments.insert(reference, left), None);
            }
            LineBody::CommitmentAdjusted(it) => {
                change(&mut self.commitments, &it.commitment, it.change.money());
            }
            LineBody::Disbursed(it) => {
                let left = (it.clone(), it.amount.money().to_dong());
                assert_eq!(self.disbursements.insert(reference, left), None);
            }
            LineBody::Recovered(it) => {
                let left = (it.advance.clone(), it.amount.money().to_dong());
                assert_eq!(self.recoveries.insert(reference, left), None);
            }
            LineBody::Reversed(it) => self.undo(it),
            LineBody::Extended(_) => {}
        }
    }

    fn undo(&mut self, reversed: &Reversed) {
        let (named, less) = (&reversed.reverses, -reversed.amount.money());
        match reversed.undone {
            Undone::Allocation { .. } => change(&mut self.allocations, named, less),
            Undone::Detail { .. } => change(&mut self.details, named, less),
            Undone::Commitment { .. } => change(&mut self.commitments, named, less),
            Undone::Disbursement { .. } => change(&mut self.disbursements, named, less),
            Undone::Recovery { .. } => change(&mut self.recoveries, named, less),
            Undone::Transfer { .. } => change(&mut self.transfers, named, less),
        }
    }

    fn left(&self, kind: TransferKind) -> i128 {
        sum(&self.transfers, |it| it.kind == kind)
    }

    fn arrived(&self, counts: impl Fn(&TransferredIn) -> bool) -> i128 {
        let counted = self.arrivals.values().filter(|(what, _)| counts(what));
        counted.map(|(_, left)| left).sum()
    }

    fn carried_in(&self) -> i128 {
        self.arrived(|it| it.kind == TransferKind::CarryOver)
    }

    fn reallocated(&self) -> i128 {
        self.arrived(|it| it.kind == TransferKind::Reallocation)
            - self.left(TransferKind::Reallocation)
    }

    fn plan(&self) -> i128 {
        let allocated = sum(&self.allocations, |_| true);
        allocated + self.carried_in() + self.reallocated() - self.left(TransferKind::Recall)
    }

    fn confirmed(&self, counts: impl Fn(&Disbursement) -> bool) -> i128 {
        let confirmed = |it: &Disbursement| it.certainty == Certainty::Confirmed && counts(it);
        sum(&self.disbursements, confirmed)
    }

    fn paid_on(&self, commitment: &Reference) -> i128 {
        self.confirmed(|it| it.commitment.as_ref() == Some(commitment))
    }

    fn outstanding(&self, advance: &Reference) -> i128 {
        let (_, left) = self.disbursements[advance];
        left - sum(&self.recoveries, |of| of == advance)
    }

    fn advances(&self) -> impl Iterator<Item = &Reference> {
        let advance = |it: &Disbursement| it.kind == DisbursementKind::Advance;
        self.disbursements
            .iter()
            .filter(move |(_, (it, _))| advance(it))
            .map(|(named, _)| named)
    }

    /// The measures, in the order of [`measures`].
    fn measures(&self) -> [i128; 13] {
        let basis = |basis| sum(&self.allocations, |of| *of == basis);
        let estimated = |it: &Disbursement| it.certainty == Certainty::Estimated;
        let unpaid = |(named, ((), left)): (&Reference, &((), i128))| left - self.paid_on(named);
        [
            basis(AllocationBasis::Assigned),
            basis(AllocationBasis::LocalIncrease),
            self.carried_in(),
            self.reallocated(),
            self.left(TransferKind::Recall),
            self.left(TransferKind::CarryOver),
            self.plan(),
            sum(&self.details, |()| true),
            sum(&self.commitments, |()| true),
            self.commitments.iter().map(unpaid).sum(),
            self.confirmed(|_| true),
            sum(&self.disbursements, estimated),
            self.advances().map(|it| self.outstanding(it)).sum(),
        ]
    }

    /// The line has the same sums, as a whole and of each commitment and advance.
    pub(super) fn agrees_with(&self, here: &Line) {
        assert_eq!(measures(here.balance()), self.measures());
        let commitments = here.commitments().iter();
        let commitments =
            commitments.map(|(named, it)| (named, it.amount.to_dong(), it.paid.to_dong()));
        let counted = self.commitments.iter();
        let counted = counted.map(|(named, ((), left))| (named, *left, self.paid_on(named)));
        assert!(commitments.eq(counted));
        let advances = here
            .advances()
            .map(|(named, it)| (named, it.outstanding.to_dong()));
        let counted = self
            .advances()
            .map(|named| (named, self.outstanding(named)))
            .filter(|(_, outstanding)| *outstanding > 0);
        assert!(advances.eq(counted));
    }

    /// Rule 3: what leaves is free.
    pub(super) fn left_enough(&self, added: &[LineEvent]) {
        let leaves = |fact: &LineEvent| {
            let body = &fact.body;
            matches!(
                body,
                LineBody::TransferredOut(_) | LineBody::TransferReclaimed(_)
            )
        };
        let [.., plan, _, _, unpaid, disbursed, _, _] = self.measures();
        let free = plan - self.left(TransferKind::CarryOver) - disbursed - unpaid;
        assert!(free >= 0 || !added.iter().any(leaves), "{free} are free");
    }

    /// Rules 1 and 2 of the contract, as they stand after every record.
    pub(super) fn keep_rules(&self, on: LineId) {
        let [.., plan, detailed, committed, _, _, _, _] = self.measures();
        for (which, measure) in self.measures().into_iter().enumerate() {
            assert!(which == 3 || measure >= 0, "measure {which} is {measure}");
        }
        let singles = self.allocations.values().map(|(_, left)| left);
        assert!(
            singles
                .chain(self.transfers.values().map(|(_, left)| left))
                .all(|it| *it >= 0)
        );
        for (named, ((), left)) in &self.commitments {
            assert!((0..=*left).contains(&self.paid_on(named)), "{named}");
        }
        for advance in self.advances() {
            assert!(self.outstanding(advance) >= 0, "{advance}");
        }
        if !on.source().is_state_budget() {
            return;
        }
        let out = self.left(TransferKind::CarryOver);
        assert!(detailed <= plan && committed <= plan - out);
        assert!(plan - out - self.confirmed(|_| true) >= 0);
        assert_eq!(self.confirmed(|it| it.commitment.is_none()), 0);
        for of in (2020..=2030).map(year) {
            let came_in = if of == on.year() {
                plan - self.carried_in()
            } else {
                self.arrived(|it| it.vintage == Some(of))
            };
            let left = sum(&self.transfers, |it| it.vintage == Some(of));
            assert!(
                self.confirmed(|it| it.vintage == of) + left <= came_in,
                "{of}"
            );
        }
    }
}

/// The measures of a balance, in the order of the model's.
fn measures(balance: &Balance) -> [i128; 13] {
    [
        balance.assigned,
        balance.local_increase,
        balance.carried_in,
        balance.reallocated,
        balance.recalled,
        balance.carried_out,
        balance.plan(),
        balance.detailed,
        balance.committed,
        balance.unpaid,
        balance.disbursed,
        balance.estimated,
        balance.advances_outstanding,
    ]
    .map(Money::to_dong)
}
