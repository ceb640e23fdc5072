//! Whatever is asked of a line in whatever order, its rules hold and its refusals tell the truth.
//!
//! References come from small pools, so that records find one another.

use proptest::collection::vec;
use proptest::prelude::*;

use super::model::Model;
use super::*;

/// Something that is asked of a line.
#[derive(Clone, Debug)]
enum Step {
    Ask(LineCommand),
    Receive(Entry, TransferredIn),
    Reclaim(Entry, TransferReclaimed),
}

impl Step {
    fn answer(&self, here: &Line) -> Answer {
        match self.clone() {
            Self::Ask(command) => here.decide(command),
            Self::Receive(entry, arrived) => Ok(here.receive(entry, arrived)),
            Self::Reclaim(entry, reclaimed) => here.reclaim(entry, reclaimed),
        }
    }

    /// The same with another amount.
    fn moving(&self, most: i64) -> Self {
        let mut step = self.clone();
        match &mut step {
            Self::Receive(_, arrived) => arrived.amount = amount(most),
            Self::Reclaim(_, reclaimed) => reclaimed.amount = amount(most),
            Self::Ask(LineCommand { action, .. }) => match action {
                LineAction::Allocate(it) => it.amount = amount(most),
                LineAction::Adjust(it) => it.change = signed(it.change, most),
                LineAction::Transfer(it) => it.amount = amount(most),
                LineAction::Detail(it) => it.amount = amount(most),
                LineAction::Commit(it) => it.amount = amount(most),
                LineAction::AdjustCommitment(it) => it.change = signed(it.change, most),
                LineAction::Disburse(it) => it.amount = amount(most),
                LineAction::Recover(it) => it.amount = amount(most),
                LineAction::Reverse(it) => it.amount = Some(amount(most)),
                LineAction::Extend(_) => {}
            },
        }
        step
    }
}

fn signed(like: Change, most: i64) -> Change {
    change(if like.money().is_negative() {
        -most
    } else {
        most
    })
}

fn some_reference() -> impl Strategy<Value = Reference> {
    let number = prop_oneof![0..4_u8, 4..12_u8];
    number.prop_map(|number| named(&format!("S-{number}")))
}

fn some_amount() -> impl Strategy<Value = Amount> {
    prop_oneof![3 => 1..40_i64, 1 => 1..400_i64].prop_map(amount)
}

fn some_change() -> impl Strategy<Value = Change> {
    (1..60_i64, any::<bool>()).prop_map(|(dong, less)| change(if less { -dong } else { dong }))
}

fn some_vintage() -> impl Strategy<Value = BudgetYear> {
    prop_oneof![5 => Just(2024), 4 => Just(2023), 1 => 2021..=2025_i64].prop_map(year)
}

fn some_day() -> impl Strategy<Value = EffectiveOn> {
    prop_oneof![
        1 => Just("2023-12-10"),
        2 => Just("2024-03-01"),
        8 => Just("2024-06-03"),
        1 => Just("2024-11-01"),
        1 => Just("2025-03-01"),
    ]
    .prop_map(day)
}

fn some_entry() -> impl Strategy<Value = Entry> {
    let parts = (some_reference(), some_day());
    parts.prop_map(|(reference, effective_on)| Entry {
        reference,
        effective_on,
        note: None,
        document: None,
    })
}

fn allocations() -> impl Strategy<Value = LineAction> {
    let basis = prop_oneof![
        Just(AllocationBasis::Assigned),
        Just(AllocationBasis::LocalIncrease)
    ];
    let allocate = (some_amount(), basis)
        .prop_map(|(amount, basis)| LineAction::Allocate(Allocation { amount, basis }));
    let adjust = (some_reference(), some_change()).prop_map(|(allocation, change)| {
        let reason = text("review");
        LineAction::Adjust(Adjust {
            allocation,
            change,
            reason,
        })
    });
    let detail = some_amount().prop_map(|amount| {
        let project = place("DA-1");
        LineAction::Detail(Detail { amount, project })
    });
    prop_oneof![3 => allocate, 1 => adjust, 1 => detail]
}

fn commitments() -> impl Strategy<Value = LineAction> {
    let commit = some_amount().prop_map(|amount| {
        LineAction::Commit(Commitment {
            amount,
            ..contract(1)
        })
    });
    let adjust = (some_reference(), some_change()).prop_map(|(commitment, change)| {
        let reason = text("review");
        LineAction::AdjustCommitment(AdjustCommitment {
            commitment,
            change,
            reason,
        })
    });
    prop_oneof![3 => commit, 1 => adjust]
}

fn payments() -> impl Strategy<Value = LineAction> {
    let kind = prop_oneof![
        3 => Just(DisbursementKind::Payment),
        3 => Just(DisbursementKind::Advance),
        1 => Just(DisbursementKind::Contribution),
    ];
    let certainty = prop_oneof![4 => Just(Certainty::Confirmed), 1 => Just(Certainty::Estimated)];
    let commitment = proptest::option::weighted(0.9, some_reference());
    let pay = (some_amount(), kind, certainty, some_vintage(), commitment).prop_map(
        |(amount, kind, certainty, vintage, commitment)| {
            LineAction::Disburse(Disbursement {
                amount,
                kind,
                certainty,
                vintage,
                commitment,
                ..payment(None, 1)
            })
        },
    );
    let recover = (some_reference(), some_amount())
        .prop_map(|(advance, amount)| LineAction::Recover(Recover { advance, amount }));
    prop_oneof![4 => pay, 1 => recover]
}

fn departures() -> impl Strategy<Value = LineAction> {
    let to = prop_oneof![
        Just((TransferKind::CarryOver, Some(line(NEXT)))),
        Just((TransferKind::Reallocation, Some(line(OTHER)))),
        Just((TransferKind::Recall, None)),
    ];
    let vintage = proptest::option::weighted(0.6, some_vintage());
    (to, some_amount(), vintage).prop_map(|((kind, to), amount, vintage)| {
        let vintage = vintage.filter(|_| kind == TransferKind::CarryOver);
        LineAction::Transfer(Transfer {
            kind,
            to,
            amount,
            vintage,
        })
    })
}

fn reversals() -> impl Strategy<Value = LineAction> {
    let record = prop_oneof![
        Just(RecordKind::Allocation),
        Just(RecordKind::Detail),
        Just(RecordKind::Commitment),
        Just(RecordKind::Disbursement),
        Just(RecordKind::Recovery),
        Just(RecordKind::Transfer),
    ];
    let amount = proptest::option::of(some_amount());
    (record, some_reference(), amount).prop_map(|(record, reference, amount)| {
        let reason = text("mistake");
        LineAction::Reverse(Reverse {
            record,
            reference,
            amount,
            reason,
        })
    })
}

fn some_command() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        3 => allocations(),
        3 => commitments(),
        5 => payments(),
        2 => departures(),
        3 => reversals(),
    ];
    (some_entry(), action).prop_map(|(entry, action)| {
        let today = day("2024-12-31");
        Step::Ask(LineCommand {
            today,
            entry,
            action,
        })
    })
}

fn some_origin() -> impl Strategy<Value = (LineId, TransferKind, Option<BudgetYear>)> {
    let carried =
        (2021..=2023_i64).prop_map(|of| (line(BEFORE), TransferKind::CarryOver, Some(year(of))));
    prop_oneof![
        carried,
        Just((line(OTHER), TransferKind::Reallocation, None))
    ]
}

fn some_arrival() -> impl Strategy<Value = Step> {
    (some_entry(), some_origin(), some_amount()).prop_map(|(entry, origin, amount)| {
        let (from, kind, vintage) = origin;
        Step::Receive(
            entry,
            TransferredIn {
                from,
                kind,
                amount,
                vintage,
            },
        )
    })
}

/// What follows an earlier fact, whichever there will be.
#[derive(Clone, Debug)]
struct Following {
    entry: Entry,
    which: usize,
    amount: Option<Amount>,
    recovers: bool,
}

impl Following {
    /// What of a line's history it follows; `None` where that is nothing to follow.
    fn step(self, history: &[LineEvent]) -> Option<Step> {
        let which = self.which.checked_rem(history.len())?;
        let LineEvent { entry, body } = history.get(which)?.clone();
        match body {
            LineBody::TransferredIn(arrived) => Some(self.reclaim(entry.reference, arrived)),
            LineBody::Disbursed(it) if self.recovers && it.kind == DisbursementKind::Advance => {
                let (advance, amount) = (entry.reference, self.amount.unwrap_or(it.amount));
                Some(self.ask(LineAction::Recover(Recover { advance, amount })))
            }
            LineBody::Allocated(_)
            | LineBody::Adjusted(_)
            | LineBody::TransferredOut(_)
            | LineBody::TransferReclaimed(_)
            | LineBody::Detailed(_)
            | LineBody::Committed(_)
            | LineBody::CommitmentAdjusted(_)
            | LineBody::Disbursed(_)
            | LineBody::Recovered(_)
            | LineBody::Reversed(_)
            | LineBody::Extended(_) => {
                let (record, amount) = (body.kind(), self.amount);
                let (reference, reason) = (entry.reference, text("mistake"));
                let reverse = Reverse {
                    record,
                    reference,
                    amount,
                    reason,
                };
                Some(self.ask(LineAction::Reverse(reverse)))
            }
        }
    }

    fn ask(self, action: LineAction) -> Step {
        let today = day("2024-12-31");
        let entry = self.entry;
        Step::Ask(LineCommand {
            today,
            entry,
            action,
        })
    }

    /// What the two lines say of a transfer agrees.
    fn reclaim(self, transfer: Reference, arrived: TransferredIn) -> Step {
        let TransferredIn {
            from,
            kind,
            vintage,
            amount,
        } = arrived;
        let amount = self.amount.unwrap_or(amount);
        let reason = text("mistake");
        let reclaimed = TransferReclaimed {
            from,
            transfer,
            kind,
            amount,
            vintage,
            reason,
        };
        Step::Reclaim(self.entry, reclaimed)
    }
}

fn some_following() -> impl Strategy<Value = Following> {
    let amount = proptest::option::of(some_amount());
    let parts = (some_entry(), any::<usize>(), amount, any::<bool>());
    parts.prop_map(|(entry, which, amount, recovers)| Following {
        entry,
        which,
        amount,
        recovers,
    })
}

fn some_step() -> impl Strategy<Value = Result<Step, Following>> {
    prop_oneof![
        8 => some_command().prop_map(Ok),
        2 => some_arrival().prop_map(Ok),
        4 => some_following().prop_map(Err),
    ]
}

/// What a refusal says would still fit does fit, and one đồng more does not.
fn tells_the_truth(here: &Line, step: &Step, refusal: &LineRefusal) {
    let Some(remaining) = refusal.remaining() else {
        return;
    };
    let most = i64::try_from(remaining.to_dong()).unwrap();
    assert!(most >= 0, "{refusal}");
    if most > 0 {
        let fits = step.moving(most).answer(here);
        assert!(fits.is_ok(), "{refusal} but {:?}", fits.err());
    }
    let more = step.moving(most + 1).answer(here);
    assert!(more.is_err(), "{refusal} but one more fits");
}

fn play(on: LineId, steps: Vec<Result<Step, Following>>) {
    let mut here = Line::new(on);
    let mut history = Vec::new();
    for step in steps {
        let following = |following: Following| following.step(&history);
        let Some(step) = step.map_or_else(following, Some) else {
            continue;
        };
        match step.answer(&here) {
            Ok(added) => {
                here = added.iter().fold(here, Line::evolve);
                history.extend(added.iter().cloned());
                let model = Model::replay(&history);
                model.left_enough(&added);
                model.keep_rules(on);
                model.agrees_with(&here);
            }
            Err(refusal) => tells_the_truth(&here, &step, &refusal),
        }
    }
    assert_eq!(Line::replay(on, &history), here);
    let stored: Vec<_> = history
        .iter()
        .map(|fact| LineEvent::decode(&fact.encode()).unwrap())
        .collect();
    assert_eq!(Line::replay(on, &stored), here);
}

proptest! {
    #[test]
    fn no_order_of_records_breaks_a_rule_of_the_state_budget(
        steps in vec(some_step(), 0..100),
    ) {
        play(line(LINE), steps);
    }

    #[test]
    fn no_order_of_records_breaks_a_rule_outside_the_state_budget(
        steps in vec(some_step(), 0..100),
    ) {
        play(line(OUTSIDE), steps);
    }
}
