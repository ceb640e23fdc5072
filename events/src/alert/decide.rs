//! The alert aggregate: what a judgement, a person or a delivery adds to it.

use std::collections::BTreeMap;

use super::event::{
    Abandoned, AlertBody, AlertEvent, Delivered, Ended, Evidence, Judged, Requested, Resolved,
    Silenced,
};
use super::{AlertLevel, EndpointName};
use crate::log::{Position, Revision};
use crate::record::Entry;
use crate::text::Text;
use crate::time::EffectiveOn;

/// What is to happen to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertCommand {
    /// Its rule is broken: it is raised, or updated where its level is another one.
    Raise(Judged),
    /// Its rule is not broken, or cannot be.
    Resolve(Ended, Option<Evidence>),
    /// Somebody takes note of it.
    Acknowledge,
    /// Nobody wants to hear of it up to a day.
    Silence(EffectiveOn),
    /// Somebody was told.
    Deliver(Delivered),
    /// Somebody could not be told.
    Abandon(Abandoned),
    /// Somebody who could not be told is to be told again.
    Request(Requested),
}

/// Why that does not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlertRefusal {
    /// There is nothing to take note of.
    #[error("the alert is not open: it was resolved, or never raised")]
    NotOpen,
    /// A silence that is over before it begins.
    #[error("a silence until {until} is over: today is {today}")]
    SilenceIsOver {
        /// Its last day.
        until: EffectiveOn,
        /// The day it is.
        today: EffectiveOn,
    },
    /// Nothing of this alert was abandoned for this endpoint.
    #[error("'{endpoint}' has no dead letter of event {of} of this alert")]
    NoDeadLetter {
        /// The endpoint.
        endpoint: EndpointName,
        /// The revision asked for.
        of: Revision,
    },
}

impl AlertRefusal {
    /// The refusal as a slug.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::NotOpen => "alert-not-open",
            Self::SilenceIsOver { .. } => "silence-is-over",
            Self::NoDeadLetter { .. } => "no-dead-letter",
        }
    }
}

/// What came of telling an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It knows.
    Delivered,
    /// It could not be told, and is not tried again.
    Abandoned,
    /// It is to be told again.
    Requested,
}

/// A fact that others are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// The day it was judged.
    pub on: EffectiveOn,
    /// The last day of the silence that keeps it back.
    pub after: Option<EffectiveOn>,
    /// What came of it, by endpoint.
    pub outcomes: BTreeMap<EndpointName, Outcome>,
}

impl Telling {
    /// Whether `endpoint` is still to be told.
    pub fn is_due(&self, endpoint: &EndpointName) -> bool {
        matches!(self.outcomes.get(endpoint), None | Some(Outcome::Requested))
    }

    /// Whether a silence keeps it back on `day`.
    pub fn is_kept_back(&self, day: EffectiveOn) -> bool {
        self.after.is_some_and(|after| day <= after)
    }
}

/// From when an alert is raised until it is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The fact that raised it.
    pub raised: Revision,
    /// The day it was raised.
    pub raised_on: EffectiveOn,
    /// How bad it is, or was at the end.
    pub level: AlertLevel,
    /// Why it is over, and since when.
    pub ended: Option<(Ended, EffectiveOn)>,
    /// Whether somebody took note of it as bad as it is.
    pub acknowledged: bool,
    /// The last day on which nobody wants to hear of it.
    pub silenced_until: Option<EffectiveOn>,
    /// The last remark of somebody who took note of it or silenced it.
    pub note: Option<Text>,
}

impl Episode {
    /// Whether nobody wants to hear of it on `day`.
    pub fn is_silenced(&self, day: EffectiveOn) -> bool {
        self.silenced_until.is_some_and(|until| day <= until)
    }

    /// Whether `note` says something that was not said last.
    fn is_news(&self, note: Option<&Text>) -> bool {
        note.is_some() && note != self.note.as_ref()
    }
}

/// An alert: what a decision needs of its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    episode: Option<Episode>,
    /// What others are told of in this episode and the one before.
    tellings: BTreeMap<Revision, Telling>,
    /// How many events there are.
    events: u64,
    /// What was known, and the day, when it was raised, updated or resolved last.
    judged: (Position, Option<EffectiveOn>),
}

impl Alert {
    /// An alert before its event `revision`, whatever came before.
    pub fn before(revision: Revision) -> Self {
        Self {
            events: revision.0,
            ..Self::default()
        }
    }

    /// The episode that goes on, or the last one.
    pub fn episode(&self) -> Option<&Episode> {
        self.episode.as_ref()
    }

    /// The episode that goes on.
    pub fn open(&self) -> Option<&Episode> {
        self.episode.as_ref().filter(|it| it.ended.is_none())
    }

    /// What others are told of, in this episode and the one before, and what came of it.
    pub fn tellings(&self) -> &BTreeMap<Revision, Telling> {
        &self.tellings
    }

    /// The facts that `command` adds; none where nothing changes.
    ///
    /// # Errors
    /// An [`AlertRefusal`] where a person asks for what cannot be.
    pub fn decide(
        &self,
        entry: Entry,
        command: AlertCommand,
    ) -> Result<Vec<AlertEvent>, AlertRefusal> {
        let body = match command {
            // Whoever judged on less than what changed it last is late, and finds it changed.
            AlertCommand::Raise(Judged { evidence, .. })
            | AlertCommand::Resolve(_, Some(evidence))
                if (evidence.known_at, Some(entry.effective_on)) < self.judged =>
            {
                None
            }
            AlertCommand::Raise(judged) => match self.open() {
                None => Some(AlertBody::Raised(judged)),
                Some(open) if open.level != judged.level => Some(AlertBody::Updated(judged)),
                Some(_) => None,
            },
            AlertCommand::Resolve(why, evidence) => self
                .open()
                .map(|_| AlertBody::Resolved(Resolved { why, evidence })),
            AlertCommand::Acknowledge => {
                let open = self.open().ok_or(AlertRefusal::NotOpen)?;
                let is_news = open.is_news(entry.note.as_ref());
                (!open.acknowledged || is_news).then_some(AlertBody::Acknowledged)
            }
            AlertCommand::Silence(until) => {
                let open = self.open().ok_or(AlertRefusal::NotOpen)?;
                let today = entry.effective_on;
                if until < today {
                    return Err(AlertRefusal::SilenceIsOver { until, today });
                }
                let is_news = open.is_news(entry.note.as_ref());
                let changes = open.silenced_until != Some(until) || is_news;
                changes.then_some(AlertBody::Silenced(Silenced { until }))
            }
            AlertCommand::Deliver(it) => {
                let due = self.is_due(it.of, &it.endpoint);
                due.then_some(AlertBody::Delivered(it))
            }
            AlertCommand::Abandon(it) => {
                let due = self.is_due(it.of, &it.endpoint);
                due.then_some(AlertBody::Abandoned(it))
            }
            AlertCommand::Request(it) => self.request(&it)?.then_some(AlertBody::Requested(it)),
        };
        Ok(body
            .map(|body| AlertEvent { entry, body })
            .into_iter()
            .collect())
    }

    fn is_due(&self, of: Revision, endpoint: &EndpointName) -> bool {
        self.tellings
            .get(&of)
            .is_some_and(|telling| telling.is_due(endpoint))
    }

    /// Whether a dead letter is to be sent again that is not yet.
    fn request(&self, request: &Requested) -> Result<bool, AlertRefusal> {
        let Requested { endpoint, of } = request;
        let telling = self.tellings.get(of);
        match telling.and_then(|it| it.outcomes.get(endpoint)) {
            Some(Outcome::Abandoned) => Ok(true),
            Some(Outcome::Requested) => Ok(false),
            Some(Outcome::Delivered) | None => Err(AlertRefusal::NoDeadLetter {
                endpoint: endpoint.clone(),
                of: *of,
            }),
        }
    }

    /// Applies a fact. Never fails: history is not refused.
    #[must_use]
    pub fn evolve(mut self, event: &AlertEvent) -> Self {
        let (revision, on) = (Revision(self.events), event.entry.effective_on);
        self.events += 1;
        let silence = self.open().and_then(|open| open.silenced_until);
        let silence = silence.filter(|until| on <= *until);
        if let Some(evidence) = event.body.evidence() {
            self.judged = (evidence.known_at, Some(on));
        }
        match &event.body {
            AlertBody::Raised(judged) => {
                // Who could not be told of the episode before still can be.
                let before = self.episode.as_ref().map(|episode| episode.raised);
                self.tellings
                    .retain(|revision, _| before.is_some_and(|raised| *revision >= raised));
                self.episode = Some(Episode {
                    raised: revision,
                    raised_on: on,
                    level: judged.level,
                    ended: None,
                    acknowledged: false,
                    silenced_until: None,
                    note: None,
                });
            }
            AlertBody::Updated(judged) => {
                if let Some(episode) = &mut self.episode {
                    // Who took note of less did not take note of this.
                    episode.acknowledged &= judged.level <= episode.level;
                    episode.level = judged.level;
                }
            }
            AlertBody::Resolved(resolved) => {
                if let Some(episode) = &mut self.episode {
                    episode.ended = Some((resolved.why, on));
                }
            }
            AlertBody::Acknowledged => {
                if let Some(episode) = &mut self.episode {
                    episode.acknowledged = true;
                    episode.note.clone_from(&event.entry.note);
                }
            }
            AlertBody::Silenced(it) => {
                if let Some(episode) = &mut self.episode {
                    episode.silenced_until = Some(it.until);
                    episode.note.clone_from(&event.entry.note);
                }
                for telling in self.kept_back() {
                    telling.after = Some(it.until);
                }
            }
            AlertBody::Delivered(it) => self.came(it.of, &it.endpoint, Outcome::Delivered),
            AlertBody::Abandoned(it) => self.came(it.of, &it.endpoint, Outcome::Abandoned),
            AlertBody::Requested(it) => self.came(it.of, &it.endpoint, Outcome::Requested),
        }
        if event.body.is_told() {
            self.tell(revision, on, silence.filter(|_| is_update(&event.body)));
        }
        self
    }

    /// Has others told of a fact. A silence keeps updates back until it is over, and of those only
    /// the last; that an alert began and that it is over is told in any case.
    fn tell(&mut self, revision: Revision, on: EffectiveOn, after: Option<EffectiveOn>) {
        self.tellings
            .retain(|_, it| it.after.is_none() || !it.outcomes.is_empty());
        let outcomes = BTreeMap::new();
        let telling = Telling {
            on,
            after,
            outcomes,
        };
        self.tellings.insert(revision, telling);
    }

    /// What a silence keeps back.
    fn kept_back(&mut self) -> impl Iterator<Item = &mut Telling> {
        let tellings = self.tellings.values_mut();
        tellings.filter(|it| it.after.is_some() && it.outcomes.is_empty())
    }

    fn came(&mut self, of: Revision, endpoint: &EndpointName, outcome: Outcome) {
        if let Some(telling) = self.tellings.get_mut(&of) {
            telling.outcomes.insert(endpoint.clone(), outcome);
        }
    }
}

fn is_update(body: &AlertBody) -> bool {
    matches!(body, AlertBody::Updated(_))
}
