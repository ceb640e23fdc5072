//! One append of a desk: what its tasks add to the state, decided one after the other.

use std::collections::BTreeSet;

use events::Event;
use events::line::LineEvent;
use events::log::{EventId, Revision};
use store::{Appended, NewEvent, ReadOnly};

use std::sync::Arc;

use crate::aggregate::{Aggregate, Refusal, World};
use crate::answer::Standing;
use crate::desk::{Job, State};
use crate::error::RecordError;
use crate::task::{Done, Step, Task};

/// An append while it is decided: the state with everything that is queued.
pub(crate) struct Round {
    aggregate: Aggregate,
    revision: Option<Revision>,
    queued: BTreeSet<EventId>,
    /// Why nothing is taken, where that is so: the state may lack what was acknowledged, and no
    /// rule is to be told as broken by it.
    read_only: Option<ReadOnly>,
    decided: Decided,
}

/// What an append adds, and what each task came to.
#[derive(Default)]
pub(crate) struct Decided {
    pub(crate) events: Vec<NewEvent>,
    outcomes: Vec<Vec<Outcome>>,
}

/// What a task came to before the append.
enum Outcome {
    /// It adds the event of this number of the append.
    Adds {
        number: usize,
        standing: Option<Standing>,
        event: Event,
    },
    /// It repeats what the append adds for another task.
    Repeats,
    /// It adds nothing.
    Settled(Result<Done, RecordError>),
}

impl Round {
    pub(crate) fn new(base: State, read_only: Option<ReadOnly>) -> Self {
        let State {
            aggregate,
            revision,
        } = base;
        let aggregate = Arc::unwrap_or_clone(aggregate);
        Self {
            aggregate,
            revision,
            queued: BTreeSet::new(),
            read_only,
            decided: Decided::default(),
        }
    }

    /// What was decided, and the state it leads to.
    pub(crate) fn finish(self) -> (Decided, State) {
        let Self {
            aggregate,
            revision,
            decided,
            ..
        } = self;
        (
            decided,
            State {
                aggregate: Arc::new(aggregate),
                revision,
            },
        )
    }

    pub(crate) fn take(&mut self, job: &Job, known: &BTreeSet<EventId>, world: &World<'_>) {
        // Only what stands or falls together may have to be taken back.
        let before = job.atomic.then(|| {
            (
                self.aggregate.clone(),
                self.revision,
                self.queued.clone(),
                self.decided.events.len(),
            )
        });
        let mut outcomes: Vec<Outcome> = job
            .tasks
            .iter()
            .map(|task| self.judge(task, known, world))
            .collect();
        let refused = |outcome: &Outcome| matches!(outcome, Outcome::Settled(Err(_)));
        if let Some((aggregate, revision, queued, events)) =
            before.filter(|_| outcomes.iter().any(refused))
        {
            (self.aggregate, self.revision, self.queued) = (aggregate, revision, queued);
            self.decided.events.truncate(events);
            for (task, outcome) in job.tasks.iter().zip(&mut outcomes) {
                let falls = match outcome {
                    Outcome::Adds { .. } => true,
                    Outcome::Repeats => !self.queued.contains(&task.id),
                    // What is recorded already falls with nobody.
                    Outcome::Settled(_) => false,
                };
                if falls {
                    *outcome = Outcome::Settled(Err(RecordError::FellTogether));
                }
            }
        }
        self.decided.outcomes.push(outcomes);
    }

    fn judge(&mut self, task: &Task, known: &BTreeSet<EventId>, world: &World<'_>) -> Outcome {
        if known.contains(&task.id) {
            return Outcome::Settled(Ok(Done::Repeated));
        }
        if self.queued.contains(&task.id) {
            return Outcome::Repeats;
        }
        if let Some(why) = &self.read_only {
            return Outcome::Settled(Err(RecordError::Append(why.clone().into())));
        }
        let current = self.revision;
        if task
            .if_match
            .is_some_and(|expected| Some(expected) != current)
        {
            return Outcome::Settled(Err(RecordError::OtherRevision { current }));
        }
        match self.facts(&task.step, world).map(|mut events| events.pop()) {
            Err(refusal) => Outcome::Settled(Err(RecordError::Refused(refusal))),
            Ok(None) => Outcome::Settled(Ok(Done::Repeated)),
            Ok(Some(event)) if matches!(task.step, Step::Judge(_)) => {
                Outcome::Settled(Ok(Done::Judged(event)))
            }
            Ok(Some(event)) => self.add(task, event),
        }
    }

    /// What a step adds; at most one fact.
    fn facts(&self, step: &Step, world: &World<'_>) -> Result<Vec<Event>, Refusal> {
        let line = self.aggregate.line();
        let facts = |events: Vec<LineEvent>| events.into_iter().map(Event::Line).collect();
        match (step, line) {
            (
                Step::Decide {
                    record,
                    window_until,
                },
                _,
            ) => {
                let world = World {
                    window_until: *window_until,
                    ..*world
                };
                self.aggregate.decide(record.clone(), &world)
            }
            (Step::Judge(record), _) => self.aggregate.decide(record.clone(), world),
            (Step::Receive(entry, arrived), Some(line)) => {
                Ok(facts(line.receive(entry.clone(), arrived.clone())))
            }
            (Step::Reclaim(entry, reclaimed), Some(line)) => {
                Ok(facts(line.reclaim(entry.clone(), reclaimed.clone())?))
            }
            (Step::Alert(entry, command), _) => {
                self.aggregate.alert(entry.clone(), command.clone())
            }
            (Step::Conclude(event), _) => Ok(vec![Event::Line(event.clone())]),
            (Step::Receive(..) | Step::Reclaim(..), None) => Ok(Vec::new()),
        }
    }

    fn add(&mut self, task: &Task, event: Event) -> Outcome {
        let aggregate = std::mem::replace(&mut self.aggregate, Aggregate::nothing());
        self.aggregate = aggregate.evolve(&event);
        self.revision = Some(self.revision.map_or(Revision::FIRST, Revision::next));
        self.queued.insert(task.id);
        let new = NewEvent {
            id: task.id,
            origin: task.origin.clone(),
            event: event.encode(),
        };
        self.decided.events.push(new);
        let (number, standing) = (self.decided.events.len() - 1, self.aggregate.standing());
        Outcome::Adds {
            number,
            standing,
            event,
        }
    }
}

impl Decided {
    /// Whether something was refused by what is known, and not because nothing is taken.
    pub(crate) fn refuses(&self) -> bool {
        let mut outcomes = self.outcomes.iter().flatten();
        outcomes.any(|outcome| match outcome {
            Outcome::Settled(Err(error)) => !matches!(error, RecordError::Append(_)),
            Outcome::Settled(Ok(_)) | Outcome::Adds { .. } | Outcome::Repeats => false,
        })
    }

    /// Answers what was appended; of what another process had recorded first, that it repeats.
    pub(crate) fn answer(self, jobs: Vec<Job>, appended: &Appended) {
        for (job, outcomes) in jobs.into_iter().zip(self.outcomes) {
            let done = |outcome| match outcome {
                Outcome::Settled(settled) => settled,
                Outcome::Repeats => Ok(Done::Repeated),
                Outcome::Adds { .. } if appended.repeated => Ok(Done::Repeated),
                Outcome::Adds {
                    number,
                    standing,
                    event,
                } => match appended.places.get(number) {
                    Some(place) => Ok(Done::Added {
                        place: *place,
                        standing,
                        event,
                    }),
                    None => Err(RecordError::Conflict),
                },
            };
            // Who asked may have gone away.
            let _ = job.reply.send(outcomes.into_iter().map(done).collect());
        }
    }

    /// Answers what was to be appended with `error`.
    pub(crate) fn fail(self, jobs: Vec<Job>, error: &RecordError) {
        for (job, outcomes) in jobs.into_iter().zip(self.outcomes) {
            let done = |outcome| match outcome {
                Outcome::Settled(settled) => settled,
                Outcome::Adds { .. } | Outcome::Repeats => Err(error.clone()),
            };
            let _ = job.reply.send(outcomes.into_iter().map(done).collect());
        }
    }
}
