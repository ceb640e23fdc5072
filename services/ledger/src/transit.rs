//! Capital between two lines: what left one and has not arrived in the other.

use std::collections::BTreeMap;

use events::Event;
use events::line::{LineBody, LineEvent, Transfer, TransferReclaimed};
use events::log::{EventId, Position, Recorded};
use events::names::LineId;
use events::record::{Entry, RecordKind};
use events::text::{Reference, Texts};
use store::EventStore;

use crate::error::LedgerError;
use crate::pages::decode;

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

impl Pending {
    /// What the first step in `recorded` leaves to be done; `None` where it is no first step.
    fn of(recorded: Recorded<Event>) -> Option<Self> {
        let line = LineId::of_stream(&recorded.stream)?;
        let Event::Line(LineEvent { entry, body }) = recorded.event else {
            return None;
        };
        match body {
            LineBody::TransferredOut(transfer) => Some(Self::Left {
                id: recorded.id,
                from: line,
                entry,
                transfer,
            }),
            LineBody::TransferReclaimed(reclaimed) => Some(Self::TakenBack {
                reversal: recorded.origin.causation_id?,
                to: line,
                entry,
                reclaimed,
            }),
            LineBody::Allocated(_)
            | LineBody::Adjusted(_)
            | LineBody::TransferredIn(_)
            | LineBody::Detailed(_)
            | LineBody::Committed(_)
            | LineBody::CommitmentAdjusted(_)
            | LineBody::Disbursed(_)
            | LineBody::Recovered(_)
            | LineBody::Reversed(_)
            | LineBody::Extended(_) => None,
        }
    }
}

/// Where in the log the first steps of what is in transit are, by the line it left, the kind of
/// record, and the reference.
#[derive(Debug, Default)]
pub(crate) struct Transit {
    pending: BTreeMap<(LineId, RecordKind, Reference), Position>,
}

impl Transit {
    /// Part of the checkpoint.
    pub(crate) const VERSION: u16 = 1;

    /// The positions of the first steps, in the order of the log. Whoever applies those events to
    /// nothing has the same in transit.
    pub(crate) fn positions(&self) -> Vec<Position> {
        let mut positions: Vec<_> = self.pending.values().copied().collect();
        positions.sort_unstable();
        positions
    }

    /// Whether facts like this one begin or end something here; all others are not to be applied.
    pub(crate) fn counts<T: Texts>(body: &LineBody<T>) -> bool {
        match body {
            LineBody::TransferredOut(_)
            | LineBody::TransferredIn(_)
            | LineBody::TransferReclaimed(_)
            | LineBody::Reversed(_) => true,
            LineBody::Allocated(_)
            | LineBody::Adjusted(_)
            | LineBody::Detailed(_)
            | LineBody::Committed(_)
            | LineBody::CommitmentAdjusted(_)
            | LineBody::Disbursed(_)
            | LineBody::Recovered(_)
            | LineBody::Extended(_) => false,
        }
    }

    /// Applies a fact of `line`.
    pub(crate) fn apply(&mut self, position: Position, line: LineId, event: &LineEvent) {
        let key = |line, kind| (line, kind, event.entry.reference.clone());
        match &event.body {
            LineBody::TransferredOut(transfer) => {
                if transfer.to.is_some() {
                    self.pending
                        .insert(key(line, RecordKind::Transfer), position);
                }
            }
            LineBody::TransferredIn(arrived) => {
                self.pending
                    .remove(&key(arrived.from, RecordKind::Transfer));
            }
            LineBody::TransferReclaimed(reclaimed) => {
                let key = key(reclaimed.from, RecordKind::Reversal);
                self.pending.insert(key, position);
            }
            LineBody::Reversed(_) => {
                self.pending.remove(&key(line, RecordKind::Reversal));
            }
            LineBody::Allocated(_)
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

/// What the first steps at `positions` leave to be done.
///
/// # Errors
/// [`LedgerError`] where one of them cannot be read.
pub(crate) async fn pending(
    store: &dyn EventStore,
    positions: Vec<Position>,
) -> Result<Vec<Pending>, LedgerError> {
    let mut pending = Vec::with_capacity(positions.len());
    for position in positions {
        if let Some(recorded) = store.at(position).await? {
            pending.extend(Pending::of(decode(&recorded)?));
        }
    }
    Ok(pending)
}
