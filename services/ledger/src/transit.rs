//! Capital between two lines: what left one and has not arrived in the other.

use std::collections::BTreeMap;

use events::Event;
use events::line::{LineBody, LineEvent, Transfer, TransferReclaimed};
use events::log::{EventId, Position, Recorded};
use events::names::LineId;
use events::record::{Entry, RecordKind};
use events::text::Reference;
use projections::Projection;

/// A transfer, or the reversal of one, that has done its first step only.
#[derive(Clone, Debug)]
pub(crate) enum Pending {
    /// Capital left `from`.
    Left {
        id: EventId,
        from: LineId,
        entry: Entry,
        transfer: Transfer,
    },
    /// Capital was taken back from `to`; `reversal` is the id of the event that gives it back.
    TakenBack {
        reversal: EventId,
        to: LineId,
        entry: Entry,
        reclaimed: TransferReclaimed,
    },
}

/// What is in transit, by the line it left, the kind of record, and the reference.
#[derive(Debug, Default)]
pub(crate) struct Transit {
    pending: BTreeMap<(LineId, RecordKind, Reference), (Position, Pending)>,
}

impl Transit {
    /// What is in transit.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        let pending = self.pending.values();
        pending.map(|(_, pending)| pending.clone()).collect()
    }

    /// The positions of the events that it is in transit by, in the order of the log. Whoever
    /// applies them to nothing has the same in transit.
    pub(crate) fn positions(&self) -> Vec<Position> {
        let mut positions: Vec<_> = self.pending.values().map(|(at, _)| *at).collect();
        positions.sort_unstable();
        positions
    }
}

impl Projection for Transit {
    const VERSION: u16 = 1;

    fn apply(&mut self, recorded: &Recorded<Event>) {
        let Event::Line(LineEvent { entry, body }) = &recorded.event else {
            return;
        };
        let Some(line) = LineId::of_stream(&recorded.stream) else {
            return;
        };
        let position = recorded.position;
        let reference = || entry.reference.clone();
        match body {
            LineBody::TransferredOut(transfer) if transfer.to.is_some() => {
                let (id, entry, transfer) = (recorded.id, entry.clone(), transfer.clone());
                let pending = Pending::Left {
                    id,
                    from: line,
                    entry,
                    transfer,
                };
                let key = (line, RecordKind::Transfer, reference());
                self.pending.insert(key, (position, pending));
            }
            LineBody::TransferredIn(arrived) => {
                self.pending
                    .remove(&(arrived.from, RecordKind::Transfer, reference()));
            }
            LineBody::TransferReclaimed(reclaimed) => {
                if let Some(reversal) = recorded.origin.causation_id {
                    let key = (reclaimed.from, RecordKind::Reversal, reference());
                    let (entry, reclaimed) = (entry.clone(), reclaimed.clone());
                    let pending = Pending::TakenBack {
                        reversal,
                        to: line,
                        entry,
                        reclaimed,
                    };
                    self.pending.insert(key, (position, pending));
                }
            }
            LineBody::Reversed(_) => {
                self.pending
                    .remove(&(line, RecordKind::Reversal, reference()));
            }
            LineBody::TransferredOut(_)
            | LineBody::Allocated(_)
            | LineBody::Adjusted(_)
            | LineBody::Detailed(_)
            | LineBody::Committed(_)
            | LineBody::CommitmentAdjusted(_)
            | LineBody::Disbursed(_)
            | LineBody::Recovered(_)
            | LineBody::Extended(_) => {}
        }
    }
}
