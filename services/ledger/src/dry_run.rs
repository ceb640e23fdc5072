//! A batch that is judged as if earlier rows stood, and of which nothing is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::Event;
use events::line::{LineBody, LineEvent, TransferredIn};
use events::log::{EventId, Position, Revision, StreamName};
use events::names::LineId;
use events::register::Registers;
use events::time::{EffectiveOn, RecordedAt};
use store::ReadOnly;

use crate::aggregate::{Refusal, World};
use crate::answer::Answer;
use crate::atomic::{groups, refused_together, requests, stand_apart};
use crate::batch::{Numbered, Told};
use crate::desk::State;
use crate::error::RecordError;
use crate::ledger::Inner;
use crate::record::{Request, event_id, leaving};
use crate::transfer::reclaimed;

/// What the rows judged so far would have left.
#[derive(Clone)]
struct Pretence {
    streams: BTreeMap<StreamName, State>,
    registers: Registers,
    known: BTreeSet<EventId>,
}

impl Inner {
    /// Judges every row; the answers bear the places and ids that would be given, at position 0.
    pub(crate) async fn dry_run(self: &Arc<Self>, rows: Vec<Numbered>, atomic: bool) -> Vec<Told> {
        let mut pretence = Pretence {
            streams: BTreeMap::new(),
            registers: self.view.opened().registers.clone(),
            known: BTreeSet::new(),
        };
        let mut told = Vec::new();
        if !atomic {
            for (number, request) in requests(rows) {
                told.push((number, self.pretend(&mut pretence, request).await));
            }
            return told;
        }
        for (_, rows) in groups(rows) {
            told.extend(if stand_apart(&rows) {
                refused_together(rows)
            } else {
                self.pretend_together(&mut pretence, requests(rows)).await
            });
        }
        told
    }

    async fn pretend_together(
        self: &Arc<Self>,
        pretence: &mut Pretence,
        requests: Vec<(usize, Request)>,
    ) -> Vec<Told> {
        let before = pretence.clone();
        let mut outcomes = Vec::with_capacity(requests.len());
        for (number, request) in requests {
            outcomes.push((number, self.pretend(pretence, request).await));
        }
        if outcomes.iter().any(|(_, outcome)| outcome.is_err()) {
            *pretence = before;
            for (_, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
                *outcome = Err(RecordError::FellTogether);
            }
        }
        outcomes
    }

    async fn pretend(
        self: &Arc<Self>,
        pretence: &mut Pretence,
        request: Request,
    ) -> Result<Answer, RecordError> {
        let id = event_id(&request.record);
        let stream = request.record.stream();
        let window_until = self.window_for(&request.record).await?;
        let (from, to) = request.record.lines();
        for line in from.into_iter().chain(to) {
            self.pretend_open(pretence, line.stream()).await?;
        }
        self.pretend_open(pretence, stream.clone()).await?;
        let state = pretence.streams.get(&stream).ok_or(RecordError::Conflict)?;
        if pretence.known.contains(&id) {
            return Ok(pretended(id, stream, state, true));
        }
        match self.store.read_only() {
            // Who only looks may ask what would be.
            None | Some(ReadOnly::ForReading) => {}
            Some(why) => return Err(RecordError::Append(why.into())),
        }
        if request
            .if_match
            .is_some_and(|expected| Some(expected) != state.revision)
        {
            return Err(RecordError::OtherRevision {
                current: state.revision,
            });
        }
        let event = {
            let opened = self.view.opened();
            let is_open = |line: LineId| {
                let pretended = pretence.streams.get(&line.stream());
                let pretended = pretended.and_then(|state| state.aggregate.line());
                pretended.is_some_and(|line| line.judged_on().is_some())
                    || opened.lines.contains(&line)
            };
            let today = EffectiveOn::at(self.store.now());
            let registers = &pretence.registers;
            let world = World {
                today,
                registers,
                is_open: &is_open,
                window_until,
            };
            state
                .aggregate
                .decide(request.record, &world)
                .map_err(RecordError::Refused)?
                .pop()
        };
        let event = event.ok_or(RecordError::Conflict)?;
        self.pretend_elsewhere(pretence, &stream, &event).await?;
        pretence.apply(&stream, &event);
        pretence.known.insert(id);
        let state = pretence.streams.get(&stream).ok_or(RecordError::Conflict)?;
        Ok(pretended(id, stream, state, false))
    }

    /// What a transfer or its reversal does to the other line.
    async fn pretend_elsewhere(
        self: &Arc<Self>,
        pretence: &mut Pretence,
        stream: &StreamName,
        event: &Event,
    ) -> Result<(), RecordError> {
        let (Event::Line(LineEvent { entry, body }), Some(from)) =
            (event, LineId::of_stream(stream))
        else {
            return Ok(());
        };
        if let Some(transfer) = leaving(event)
            && let Some(to) = transfer.to
        {
            let (kind, amount, vintage) = (transfer.kind, transfer.amount, transfer.vintage);
            let body = LineBody::TransferredIn(TransferredIn {
                from,
                kind,
                amount,
                vintage,
            });
            let arrived = Event::Line(LineEvent {
                entry: entry.clone(),
                body,
            });
            pretence.apply(&to.stream(), &arrived);
        }
        if let LineBody::Reversed(reversed) = body
            && let Some((to, reclaimed)) = reclaimed(from, reversed)
        {
            self.pretend_open(pretence, to.stream()).await?;
            let state = pretence.streams.get(&to.stream()).cloned();
            let taken_back = state
                .as_ref()
                .and_then(|state| state.aggregate.line())
                .map(|line| {
                    line.reclaim(entry.clone(), reclaimed)
                        .map_err(Refusal::Line)
                });
            for event in taken_back
                .transpose()
                .map_err(RecordError::Refused)?
                .unwrap_or_default()
            {
                pretence.apply(&to.stream(), &Event::Line(event));
            }
        }
        Ok(())
    }

    async fn pretend_open(
        &self,
        pretence: &mut Pretence,
        stream: StreamName,
    ) -> Result<(), RecordError> {
        if !pretence.streams.contains_key(&stream)
            && let Some(state) = self.desks.state(stream.clone()).await?
        {
            pretence.streams.insert(stream, state);
        }
        Ok(())
    }
}

impl Pretence {
    fn apply(&mut self, stream: &StreamName, event: &Event) {
        if let Event::Register(event) = event {
            self.registers.evolve(event);
        }
        if let Some(State {
            aggregate,
            revision,
        }) = self.streams.remove(stream)
        {
            let aggregate = Arc::new(Arc::unwrap_or_clone(aggregate).evolve(event));
            let revision = Some(revision.map_or(Revision::FIRST, Revision::next));
            self.streams.insert(
                stream.clone(),
                State {
                    aggregate,
                    revision,
                },
            );
        }
    }
}

/// The answer to a record that is not kept: it has no place in the log.
fn pretended(id: EventId, stream: StreamName, state: &State, replayed: bool) -> Answer {
    let standing = state.aggregate.standing();
    let revision = state.revision.unwrap_or(Revision::FIRST);
    let (position, recorded_at, arrived) = (Position::START, RecordedAt::EPOCH, None);
    Answer {
        id,
        position,
        stream,
        revision,
        recorded_at,
        standing,
        arrived,
        replayed,
    }
}
