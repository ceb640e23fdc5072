//! Transfers and their reversals: two events in two streams, the second of which follows by
//! itself, after a crash too.

use std::sync::Arc;

use events::Event;
use events::line::{
    LineBody, LineEvent, Reversed, Transfer, TransferReclaimed, TransferredIn, Undone,
};
use events::log::{EventId, Origin, Position, StreamName};
use events::names::LineId;
use events::record::Entry;
use events::text::Reference;

use crate::aggregate::Refusal;
use crate::answer::Answer;
use crate::error::{LedgerError, RecordError};
use crate::ledger::{Inner, own_origin};
use crate::past::Past;
use crate::record::{Request, leaving};
use crate::task::{Done, Step, Task};
use crate::transit::{Pending, pending};

impl Inner {
    /// Lets the capital that `event` sent off arrive; gives where, if it sent any.
    pub(crate) async fn arrive(
        &self,
        id: EventId,
        origin: &Origin,
        stream: &StreamName,
        event: &Event,
    ) -> Result<Option<Position>, RecordError> {
        let (Some(transfer), Event::Line(LineEvent { entry, .. })) = (leaving(event), event) else {
            return Ok(None);
        };
        let Some(from) = LineId::of_stream(stream) else {
            return Ok(None);
        };
        self.receive(Cause { id, origin }, from, entry, transfer)
            .await
    }

    async fn receive(
        &self,
        cause: Cause<'_>,
        from: LineId,
        entry: &Entry,
        transfer: &Transfer,
    ) -> Result<Option<Position>, RecordError> {
        let Transfer {
            kind,
            to,
            amount,
            vintage,
            ..
        } = transfer;
        let Some(to) = to else { return Ok(None) };
        let arrived = TransferredIn {
            from,
            kind: *kind,
            amount: *amount,
            vintage: *vintage,
        };
        let step = Step::Receive(entry.clone(), arrived);
        self.follow_up(to, arrival_of(cause.id), cause.origin(), step)
            .await
    }

    /// Takes capital back from the line it went to, as far as it is free there, and gives it back
    /// to the line it came from. Nothing else is decided there meanwhile.
    pub(crate) async fn reverse_transfer(
        self: &Arc<Self>,
        id: EventId,
        request: Request,
    ) -> Result<Answer, RecordError> {
        let _alone = self.reversing.lock().await;
        let stream = request.record.stream();
        let desk = self.desks.desk(stream.clone());
        let mut kept = desk.keep().await;
        let Request {
            record,
            origin,
            if_match,
        } = request.clone();
        let step = Step::Judge(record.clone());
        let judge = Task {
            id,
            origin: origin.clone(),
            if_match,
            step,
        };
        let done = match self.desks.settle_one(&desk, &mut kept, judge).await? {
            Done::Judged(Event::Line(event)) => {
                let from = LineId::of_stream(&stream);
                if let (LineBody::Reversed(reversed), Some(from)) = (&event.body, from) {
                    // What is still on its way arrives before it is taken back.
                    self.complete_transfer_of(from, &reversed.reverses).await?;
                    let cause = Cause {
                        id,
                        origin: &origin,
                    };
                    self.reclaim(cause, from, &event.entry, reversed).await?;
                }
                let bounded = takes_back(&stream, &event);
                let step = if bounded {
                    Step::Conclude(event)
                } else {
                    // Nothing but this line bounds it, and another process may have been first.
                    Step::Decide {
                        record,
                        window_until: None,
                    }
                };
                let conclude = Task {
                    id,
                    origin,
                    if_match: None,
                    step,
                };
                self.desks.settle_one(&desk, &mut kept, conclude).await?
            }
            repeated @ (Done::Repeated | Done::Added { .. } | Done::Judged(_)) => repeated,
        };
        drop(kept);
        let mut past = Past::new(stream);
        self.conclude(id, request, Ok(done), &mut past).await
    }

    async fn reclaim(
        &self,
        cause: Cause<'_>,
        from: LineId,
        entry: &Entry,
        reversed: &Reversed,
    ) -> Result<(), RecordError> {
        let Some((to, reclaimed)) = reclaimed(from, reversed) else {
            return Ok(());
        };
        let step = Step::Reclaim(entry.clone(), reclaimed);
        let reclaim = cause.id.following("line.transfer_reclaimed");
        self.follow_up(&to, reclaim, cause.origin(), step)
            .await
            .map(|_| ())
    }

    /// Adds a step of a transfer to the other line; gives where, or where it was added before.
    async fn follow_up(
        &self,
        line: &LineId,
        id: EventId,
        origin: Origin,
        step: Step,
    ) -> Result<Option<Position>, RecordError> {
        let reused = step.reused();
        let task = Task {
            id,
            origin,
            if_match: None,
            step,
        };
        match self.desks.submit_one(line.stream(), task).await? {
            Done::Added { place, .. } => Ok(Some(place.position)),
            Done::Repeated | Done::Judged(_) => match self.find(id).await? {
                Some(recorded) => Ok(Some(recorded.position)),
                // The other line knows the reference from a record with other content.
                None => Err(reused.map_or(RecordError::Conflict, |reused| {
                    RecordError::Refused(Refusal::Line(reused))
                })),
            },
        }
    }

    /// Takes every transfer that a crash left in transit to its end; gives how many there were.
    pub(crate) async fn complete_transfers(self: &Arc<Self>) -> Result<usize, RecordError> {
        let pending = pending(&*self.store, self.view.pending()).await?;
        let count = pending.len();
        self.complete(pending).await?;
        Ok(count)
    }

    /// Takes one transfer out of `from` to its end, if it is in transit.
    async fn complete_transfer_of(
        self: &Arc<Self>,
        from: LineId,
        reference: &Reference,
    ) -> Result<(), RecordError> {
        // The view follows the log: what left just now is known there once it has caught up.
        self.view
            .reach(self.store.head().await.map_err(LedgerError::from)?.position)
            .await?;
        let mut pending = pending(&*self.store, self.view.pending()).await?;
        pending.retain(|pending| match pending {
            Pending::Left {
                from: left, entry, ..
            } => (*left, &entry.reference) == (from, reference),
            Pending::TakenBack { .. } => false,
        });
        self.complete(pending).await
    }

    async fn complete(self: &Arc<Self>, pending: Vec<Pending>) -> Result<(), RecordError> {
        for pending in pending {
            match pending {
                Pending::Left {
                    id,
                    from,
                    entry,
                    transfer,
                } => {
                    self.receive(
                        Cause {
                            id,
                            origin: &own_origin(),
                        },
                        from,
                        &entry,
                        &transfer,
                    )
                    .await?;
                }
                Pending::TakenBack {
                    reversal,
                    to,
                    entry,
                    reclaimed,
                } => {
                    let stream = reclaimed.from.stream();
                    let body = LineBody::Reversed(given_back(to, reclaimed));
                    let step = Step::Conclude(LineEvent { entry, body });
                    let origin = own_origin();
                    let task = Task {
                        id: reversal,
                        origin,
                        if_match: None,
                        step,
                    };
                    self.desks.submit_one(stream, task).await?;
                }
            }
        }
        Ok(())
    }
}

/// The id of the event by which capital arrives that the event `out` let leave.
pub(crate) fn arrival_of(out: EventId) -> EventId {
    out.following("line.transferred_in")
}

/// Whether what `event` reverses is taken back from another line, which judges it as well.
fn takes_back(stream: &StreamName, event: &LineEvent) -> bool {
    let from = LineId::of_stream(stream);
    matches!((&event.body, from), (LineBody::Reversed(reversed), Some(from))
        if reclaimed(from, reversed).is_some())
}

/// What a reversal of a transfer takes back, and from which line; none for a recall.
pub(crate) fn reclaimed(from: LineId, reversed: &Reversed) -> Option<(LineId, TransferReclaimed)> {
    let Reversed {
        reverses,
        undone,
        amount,
        reason,
    } = reversed;
    let Undone::Transfer {
        kind,
        to: Some(to),
        vintage,
    } = undone
    else {
        return None;
    };
    let reclaimed = TransferReclaimed {
        from,
        transfer: reverses.clone(),
        kind: *kind,
        amount: *amount,
        vintage: *vintage,
        reason: reason.clone(),
    };
    Some((*to, reclaimed))
}

/// The reversal that gives back what was taken back from `to`.
fn given_back(to: LineId, reclaimed: TransferReclaimed) -> Reversed {
    let TransferReclaimed {
        transfer,
        kind,
        amount,
        vintage,
        reason,
        ..
    } = reclaimed;
    let undone = Undone::Transfer {
        kind,
        to: Some(to),
        vintage,
    };
    Reversed {
        reverses: transfer,
        undone,
        amount,
        reason,
    }
}

/// The event that brings a step in another line about, and where it comes from.
struct Cause<'a> {
    id: EventId,
    origin: &'a Origin,
}

impl Cause<'_> {
    fn origin(&self) -> Origin {
        Origin {
            causation_id: Some(self.id),
            ..self.origin.clone()
        }
    }
}
