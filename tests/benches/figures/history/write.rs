//! Planned events as the log has them: with position, revision, and stamps that grow.

use events::Event;
use events::line::{
    Adjusted, Allocation, AllocationBasis, Certainty, Commitment, CommitmentAdjusted, Detail,
    Disbursement, DisbursementKind, InKind, InKindKind, LineBody, LineEvent, Paid, Recovered,
    Reversed, Transfer, TransferKind, TransferredIn, Undone,
};
use events::log::{EventId, Origin, Position, Recorded, Revision};
use events::money::{Amount, Change, Money};
use events::record::Entry;
use events::text::{Place, Reference, Text};
use events::time::{BudgetYear, EffectiveOn, RecordedAt};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::draw::LABOUR_DAY;
use super::lines::Line;
use super::{History, Kind, Planned, Variant};
use crate::random::Sequence;

/// How many events there are to one whose year is mistyped.
const MISTYPED: usize = 10_000;

/// Writes out the events of a history.
pub(super) struct Writer<'a> {
    history: &'a History,
    variant: Variant,
    planned: std::slice::Iter<'a, Planned>,
    /// The next revision of each line.
    revisions: Vec<u64>,
    position: Position,
    recorded_at: RecordedAt,
    random: Sequence,
    reason: Text,
}

impl<'a> Writer<'a> {
    pub(super) fn new(history: &'a History, variant: Variant) -> Self {
        let last = history.registers.last();
        Self {
            history,
            variant,
            planned: history.planned.iter(),
            revisions: vec![0; history.lines.len()],
            position: last.map_or(Position::START, |last| last.position),
            recorded_at: last.map_or(RecordedAt::EPOCH, |last| last.recorded_at),
            random: Sequence::new(history.seed + 1),
            reason: text("theo quyet dinh dieu chinh"),
        }
    }

    fn day(&mut self, planned: &Planned) -> EffectiveOn {
        match self.variant {
            Variant::Shuffled => self.history.some_day(self.random.next()),
            Variant::FarOff if self.random.below(MISTYPED) == 0 => {
                let number = u16::try_from(self.random.below(36_525)).unwrap_or_default();
                self.history.calendar.day(number)
            }
            Variant::Realistic | Variant::FarOff => self.history.calendar.day(planned.day),
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "lines are planned by their numbers"
    )]
    fn line(&self, number: u32) -> &'a Line {
        &self.history.lines[index(number)]
    }

    fn other(&self, planned: &Planned) -> &'a Line {
        self.line(planned.of.unwrap_or(planned.line))
    }

    fn project(&self, planned: &Planned) -> Option<Place> {
        self.history.projects.get(index(planned.project?)).cloned()
    }

    fn commune(&self, planned: &Planned) -> Option<Place> {
        self.history.communes.get(index(planned.commune?)).cloned()
    }

    fn paid(&self, planned: &Planned) -> Paid {
        Paid {
            vintage: year(planned.vintage),
            project: self.project(planned),
            commune: self.commune(planned),
        }
    }

    fn body(&self, planned: &Planned) -> LineBody {
        match planned.kind {
            Kind::Assigned => allocated(planned, AllocationBasis::Assigned),
            Kind::LocalIncrease => allocated(planned, AllocationBasis::LocalIncrease),
            Kind::Adjusted => LineBody::Adjusted(Adjusted {
                allocation: reference(b'A', planned.of),
                basis: AllocationBasis::Assigned,
                change: change(planned.amount),
                reason: self.reason.clone(),
            }),
            Kind::CarriedOut => self.leave(planned, TransferKind::CarryOver),
            Kind::ReallocatedOut => self.leave(planned, TransferKind::Reallocation),
            Kind::Recalled => self.leave(planned, TransferKind::Recall),
            Kind::CarriedIn => self.arrive(planned, TransferKind::CarryOver),
            Kind::ReallocatedIn => self.arrive(planned, TransferKind::Reallocation),
            Kind::Detailed => self.detailed(planned),
            Kind::Committed => LineBody::Committed(Commitment {
                amount: amount(planned.amount),
                project: self.project(planned),
                commune: self.commune(planned),
                payee: None,
            }),
            Kind::CommitmentAdjusted => LineBody::CommitmentAdjusted(CommitmentAdjusted {
                commitment: reference(b'C', planned.of),
                change: change(planned.amount),
                project: self.project(planned),
                commune: self.commune(planned),
                reason: self.reason.clone(),
            }),
            Kind::Paid | Kind::Advanced | Kind::Contributed | Kind::Given | Kind::Estimated => {
                self.disbursed(planned)
            }
            Kind::Recovered => LineBody::Recovered(Recovered {
                advance: reference(b'D', planned.of),
                amount: amount(planned.amount),
                paid: self.paid(planned),
            }),
            Kind::PaymentReversed => LineBody::Reversed(Reversed {
                reverses: reference(b'D', planned.of),
                undone: Undone::Disbursement {
                    kind: DisbursementKind::Payment,
                    certainty: Certainty::Confirmed,
                    paid: self.paid(planned),
                    in_kind: None,
                },
                amount: amount(planned.amount),
                reason: self.reason.clone(),
            }),
        }
    }

    #[expect(clippy::expect_used, reason = "details are planned for projects")]
    fn detailed(&self, planned: &Planned) -> LineBody {
        LineBody::Detailed(Detail {
            amount: amount(planned.amount),
            project: self.project(planned).expect("a project"),
        })
    }

    fn disbursed(&self, planned: &Planned) -> LineBody {
        let is_given = matches!(planned.kind, Kind::Contributed | Kind::Given);
        let kind = if is_given {
            DisbursementKind::Contribution
        } else if planned.kind == Kind::Advanced {
            DisbursementKind::Advance
        } else {
            DisbursementKind::Payment
        };
        let certainty = if planned.kind == Kind::Estimated {
            Certainty::Estimated
        } else {
            Certainty::Confirmed
        };
        let in_kind = (planned.kind == Kind::Given).then(|| InKind {
            kind: InKindKind::LabourDays,
            quantity: Decimal::from(planned.amount / LABOUR_DAY),
            unit_price: amount(LABOUR_DAY),
        });
        LineBody::Disbursed(Disbursement {
            amount: amount(planned.amount),
            kind,
            certainty,
            vintage: year(planned.vintage),
            commitment: planned.of.map(|of| reference(b'C', Some(of))),
            project: self.project(planned),
            commune: self.commune(planned),
            in_kind,
        })
    }

    fn leave(&self, planned: &Planned, kind: TransferKind) -> LineBody {
        LineBody::TransferredOut(Transfer {
            kind,
            to: planned.of.map(|to| self.line(to).id),
            amount: amount(planned.amount),
            vintage: vintage(planned, kind),
        })
    }

    fn arrive(&self, planned: &Planned, kind: TransferKind) -> LineBody {
        LineBody::TransferredIn(TransferredIn {
            from: self.other(planned).id,
            kind,
            amount: amount(planned.amount),
            vintage: vintage(planned, kind),
        })
    }
}

impl Iterator for Writer<'_> {
    type Item = Recorded<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        let planned = self.planned.next()?;
        let line = self.line(planned.line);
        let effective_on = self.day(planned);
        let event = Event::Line(LineEvent {
            entry: Entry {
                reference: reference(letter(planned.kind), Some(planned.number)),
                effective_on,
                note: None,
                document: None,
            },
            body: self.body(planned),
        });
        self.position = self.position.next();
        let at = self.history.calendar.instant(planned.at);
        self.recorded_at = at.after(self.recorded_at);
        let revision = self.revisions.get_mut(index(planned.line))?;
        let recorded = Recorded {
            position: self.position,
            id: EventId(Uuid::from_u64_pair(self.random.next(), self.position.0)),
            stream: line.stream.clone(),
            revision: Revision(*revision),
            recorded_at: self.recorded_at,
            origin: Origin {
                actor: "treasury".to_owned(),
                correlation_id: Uuid::from_u64_pair(2, self.position.0),
                causation_id: None,
            },
            event,
        };
        *revision += 1;
        Some(recorded)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.planned.size_hint()
    }
}

/// The kind of record that a reference is of.
fn letter(kind: Kind) -> u8 {
    match kind {
        Kind::Assigned | Kind::LocalIncrease => b'A',
        Kind::Adjusted | Kind::CommitmentAdjusted => b'B',
        Kind::CarriedOut
        | Kind::CarriedIn
        | Kind::ReallocatedOut
        | Kind::ReallocatedIn
        | Kind::Recalled => b'T',
        Kind::Detailed => b'P',
        Kind::Committed => b'C',
        Kind::Paid | Kind::Advanced | Kind::Contributed | Kind::Given | Kind::Estimated => b'D',
        Kind::Recovered => b'R',
        Kind::PaymentReversed => b'U',
    }
}

/// A carry-over bears the year the money was first assigned, nothing else does.
fn vintage(planned: &Planned, kind: TransferKind) -> Option<BudgetYear> {
    (kind == TransferKind::CarryOver).then(|| year(planned.vintage))
}

fn allocated(planned: &Planned, basis: AllocationBasis) -> LineBody {
    LineBody::Allocated(Allocation {
        amount: amount(planned.amount),
        basis,
    })
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[expect(clippy::expect_used, reason = "a letter and digits")]
fn reference(letter: u8, number: Option<u32>) -> Reference {
    // Digits by hand: formatting would be most of the work.
    let mut text = [b'0'; 12];
    let mut rest = number.unwrap_or_default();
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let [first, dash, ..] = &mut text;
    (*first, *dash) = (letter, b'-');
    let text = std::str::from_utf8(&text).expect("ASCII");
    Reference::parse(text).expect("a reference")
}

#[expect(clippy::expect_used, reason = "amounts are planned above nothing")]
fn amount(dong: i64) -> Amount {
    Amount::try_from(Money::dong(dong)).expect("an amount")
}

#[expect(clippy::expect_used, reason = "changes are planned")]
fn change(dong: i64) -> Change {
    Change::try_from(Money::dong(dong)).expect("a change")
}

#[expect(clippy::expect_used, reason = "vintages are budget years")]
fn year(number: u16) -> BudgetYear {
    BudgetYear::try_from(i64::from(number)).expect("a budget year")
}

#[expect(clippy::expect_used, reason = "callers give a plain text")]
fn text(text: &str) -> Text {
    Text::parse(text).expect("a text")
}
