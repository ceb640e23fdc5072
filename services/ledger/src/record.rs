//! Recording one record: its identity, its decision, and the second step of a transfer.

use std::sync::Arc;

use events::Event;
use events::line::{LineAction, LineBody, LineEvent, Reverse, Transfer};
use events::log::{EventId, Origin, Position, Recorded, Revision, Stored};
use events::record::{Record, RecordBody, RecordKind};
use events::time::EffectiveOn;
use projections::figures::LineFigures;
use sha2::{Digest as _, Sha256};
use store::ReadOnly;

use crate::answer::Answer;
use crate::error::{LedgerError, RecordError};
use crate::ledger::Inner;
use crate::pages::decode;
use crate::past::Past;
use crate::task::{Done, Step, Task};
use crate::transfer::arrival_of;

/// A record and who asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The record.
    pub record: Record,
    /// Who asks, and in which request.
    pub origin: Origin,
    /// The revision its stream must be at.
    pub if_match: Option<Revision>,
}

/// The id of the event that `record` adds: the same on every node.
pub(crate) fn event_id(record: &Record) -> EventId {
    record.event_id(&Sha256::digest(record.content()).into())
}

/// Whether a record takes capital back from another line before it can be recorded.
pub(crate) fn is_reversal_of_transfer(record: &Record) -> bool {
    let reverses = |reverse: &Reverse| reverse.record == RecordKind::Transfer;
    matches!(&record.body, RecordBody::Line(_, LineAction::Reverse(it)) if reverses(it))
}

/// Whether a record adds to another line as well; the desk sees any other one to its end alone.
pub(crate) fn has_two_steps(record: &Record) -> bool {
    record.lines().1.is_some() || is_reversal_of_transfer(record)
}

impl Inner {
    /// Records `request`, with every step that belongs to it.
    pub(crate) async fn record(self: &Arc<Self>, request: Request) -> Result<Answer, RecordError> {
        self.vouch().await?;
        let id = event_id(&request.record);
        let mut past = Past::new(request.record.stream());
        if let Some(recorded) = self.find(id).await? {
            return self.replay(recorded, &mut past).await;
        }
        if is_reversal_of_transfer(&request.record) {
            return self.reverse_transfer(id, request).await;
        }
        let task = self.task(id, &request).await?;
        let stream = request.record.stream();
        let done = self.desks.submit_one(stream, task).await;
        self.conclude(id, request, done, &mut past).await
    }

    /// Sees to it that the store can say what is recorded.
    ///
    /// # Errors
    /// [`RecordError::Append`] where its files were replaced: what it knows may not be on disk.
    pub(crate) async fn vouch(&self) -> Result<(), RecordError> {
        self.store.check().await;
        match self.store.read_only() {
            Some(why @ ReadOnly::Replaced { .. }) => Err(RecordError::Append(why.into())),
            _ => Ok(()),
        }
    }

    /// The task that decides `request`.
    pub(crate) async fn task(&self, id: EventId, request: &Request) -> Result<Task, LedgerError> {
        let window_until = self.window_for(&request.record).await?;
        let step = Step::Decide {
            record: request.record.clone(),
            window_until,
        };
        let (origin, if_match) = (request.origin.clone(), request.if_match);
        Ok(Task {
            id,
            origin,
            if_match,
            step,
        })
    }

    /// Takes what a desk made of `request` to its end: the second step of a transfer, and the
    /// figures that count it.
    pub(crate) async fn conclude(
        self: &Arc<Self>,
        id: EventId,
        request: Request,
        done: Result<Done, RecordError>,
        past: &mut Past,
    ) -> Result<Answer, RecordError> {
        let stream = request.record.stream();
        match done? {
            Done::Repeated | Done::Judged(_) => {
                let recorded = self.find(id).await?.ok_or(RecordError::Conflict)?;
                self.replay(recorded, past).await
            }
            Done::Added {
                place,
                standing,
                event,
            } => {
                let arrived = self.arrive(id, &request.origin, &stream, &event).await?;
                let last = arrived.map_or(place.position, |arrived| arrived.max(place.position));
                self.view.reach(last).await?;
                Ok(Answer {
                    id,
                    position: place.position,
                    stream,
                    revision: place.revision,
                    recorded_at: place.recorded_at,
                    standing,
                    arrived,
                    replayed: false,
                })
            }
        }
    }

    /// The first answer again to a record that is recorded, once its second step is done too.
    pub(crate) async fn replay(
        self: &Arc<Self>,
        recorded: Recorded<Stored>,
        past: &mut Past,
    ) -> Result<Answer, RecordError> {
        let recorded = decode(&recorded)?;
        let Recorded {
            id,
            position,
            ref origin,
            ref stream,
            ref event,
            ..
        } = recorded;
        let arrived = self.arrive(id, origin, stream, event).await?;
        self.view
            .reach(arrived.map_or(position, |arrived| arrived.max(position)))
            .await?;
        self.first_answer(recorded, arrived, past).await
    }

    /// The first answer again to a record that is recorded, as far as it came until now.
    pub(crate) async fn look_back(
        &self,
        recorded: Recorded<Stored>,
        past: &mut Past,
    ) -> Result<Answer, RecordError> {
        let arrived = self.find(arrival_of(recorded.id)).await?;
        let arrived = arrived.map(|arrived| arrived.position);
        self.first_answer(decode(&recorded)?, arrived, past).await
    }

    async fn first_answer(
        &self,
        recorded: Recorded<Event>,
        arrived: Option<Position>,
        past: &mut Past,
    ) -> Result<Answer, RecordError> {
        let Recorded {
            id,
            position,
            stream,
            revision,
            recorded_at,
            ..
        } = recorded;
        let standing = past.standing_at(&*self.store, revision).await?;
        let replayed = true;
        Ok(Answer {
            id,
            position,
            stream,
            revision,
            recorded_at,
            standing,
            arrived,
            replayed,
        })
    }

    pub(crate) async fn find(&self, id: EventId) -> Result<Option<Recorded<Stored>>, LedgerError> {
        Ok(self.store.find(id).await?)
    }

    /// The last day of the latest window among the lines that a schedule is for.
    pub(crate) async fn window_for(
        &self,
        record: &Record,
    ) -> Result<Option<EffectiveOn>, LedgerError> {
        let RecordBody::Schedule(schedule) = &record.body else {
            return Ok(None);
        };
        let set_on = record.entry.effective_on;
        let lines: Vec<_> = {
            let figures = self.view.figures();
            let lines = figures.lines_after(None);
            let is_for = |line: &&LineFigures| {
                let judged = (line.id, line.judged_on);
                figures.registers().schedules(schedule, set_on, judged)
            };
            lines.filter(is_for).map(|line| line.id).collect()
        };
        let mut latest = None;
        for line in lines {
            if let Some(state) = self.desks.state(line.stream()).await? {
                latest = latest.max(state.aggregate.line().map(|line| line.window().1));
            }
        }
        Ok(latest)
    }
}

/// The capital that `event` lets leave for another line.
pub(crate) fn leaving(event: &Event) -> Option<&Transfer> {
    if let Event::Line(LineEvent {
        body: LineBody::TransferredOut(transfer),
        ..
    }) = event
    {
        return Some(transfer).filter(|transfer| transfer.to.is_some());
    }
    None
}
