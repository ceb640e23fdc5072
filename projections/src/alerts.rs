//! Alerts as they are: folded from their own events, beside the figures and never part of them.

use std::collections::BTreeMap;

use events::alert::{
    Alert, AlertBody, AlertEvent, AlertId, AlertLevel, Ended, EndpointName, Evidence, Outcome,
    Resolved,
};
use events::log::{Position, Revision};
use events::time::EffectiveOn;

/// What an alert is doing on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// It goes on, and nobody took note of it.
    Open,
    /// It goes on, and somebody took note.
    Acknowledged,
    /// It goes on, and nobody wants to hear of it.
    Silenced,
    /// It is over.
    Resolved,
}

impl AlertState {
    /// Every state as a word.
    pub const KNOWN: [&'static str; 4] = ["open", "acknowledged", "silenced", "resolved"];

    /// The state as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Resolved => "resolved",
        }
    }

    /// The state that this word names; `None` where it names none.
    pub fn find(word: &str) -> Option<Self> {
        let all = [
            Self::Open,
            Self::Acknowledged,
            Self::Silenced,
            Self::Resolved,
        ];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

/// A fact of an alert, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where in the log.
    pub position: Position,
    /// Where in its stream.
    pub revision: Revision,
    /// The fact.
    pub event: AlertEvent,
}

/// An alert with the facts of its last two episodes.
#[derive(Clone, Debug, Default)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// Its facts, in log order.
    pub told: Vec<Told>,
}

impl AlertView {
    fn apply(&mut self, told: Told) {
        if self.told.is_empty() {
            self.alert = Alert::before(told.revision);
        }
        if matches!(told.event.body, AlertBody::Raised(_)) {
            let before = self.alert.episode().map(|episode| episode.raised);
            self.told
                .retain(|it| before.is_some_and(|raised| it.revision >= raised));
        }
        self.alert = std::mem::take(&mut self.alert).evolve(&told.event);
        self.told.push(told);
    }

    /// What it is doing on `day`; `None` where it was never raised.
    pub fn state(&self, day: EffectiveOn) -> Option<AlertState> {
        let episode = self.alert.episode()?;
        Some(if episode.ended.is_some() {
            AlertState::Resolved
        } else if episode.is_silenced(day) {
            AlertState::Silenced
        } else if episode.acknowledged {
            AlertState::Acknowledged
        } else {
            AlertState::Open
        })
    }

    /// The facts of its last episode, in log order.
    pub fn episode(&self) -> impl DoubleEndedIterator<Item = &Told> {
        let raised = self.alert.episode().map(|episode| episode.raised);
        let of_episode = move |it: &&Told| raised.is_some_and(|raised| it.revision >= raised);
        self.told.iter().filter(of_episode)
    }

    /// How its scope stood when that was last told.
    pub fn evidence(&self) -> Option<&Evidence> {
        let mut last = self.episode().rev();
        last.find_map(|told| told.event.body.evidence())
    }
}

/// What others are told of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It began.
    Raised,
    /// It got worse or better.
    Updated,
    /// It is over.
    Resolved,
}

impl Change {
    /// The change as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
        }
    }
}

/// Something to tell an endpoint, and where the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Of which alert.
    pub id: AlertId,
    /// Where in the log.
    pub position: Position,
    /// Which fact of its stream.
    pub revision: Revision,
    /// The day it was judged.
    pub on: EffectiveOn,
    /// What happened to it.
    pub change: Change,
    /// How bad it is or was.
    pub level: AlertLevel,
    /// Why it is over, where it is.
    pub ended: Option<Ended>,
    /// How the scope stood.
    pub evidence: Option<Evidence>,
}

/// Every alert there ever was.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    views: BTreeMap<AlertId, AlertView>,
}

impl Alerts {
    /// Applies a fact of the alert `id`.
    pub fn apply(&mut self, id: AlertId, told: Told) {
        self.views.entry(id).or_default().apply(told);
    }

    /// Every alert, by its id.
    pub fn list(&self) -> &BTreeMap<AlertId, AlertView> {
        &self.views
    }

    /// The alert `id`.
    pub fn find(&self, id: AlertId) -> Option<&AlertView> {
        self.views.get(&id)
    }

    /// The alerts that go on, each with its level.
    pub fn open(&self) -> BTreeMap<AlertId, AlertLevel> {
        crate::alarm::open(self.views.iter().map(|(id, view)| (*id, &view.alert)))
    }

    /// Where in the log the facts are that make this up, in log order: applied to nothing, they
    /// give it again.
    pub fn positions(&self) -> Vec<Position> {
        let told = self.views.values().flat_map(|view| &view.told);
        let mut positions: Vec<_> = told.map(|told| told.position).collect();
        positions.sort_unstable();
        positions
    }

    /// What `endpoint` is still to be told of on `today`, in log order. One that was never told of
    /// anything is new, and hears of nothing that was judged before `since`.
    pub fn due(
        &self,
        endpoint: &EndpointName,
        since: EffectiveOn,
        today: EffectiveOn,
    ) -> Vec<Letter> {
        let mut tellings = self.views.values().flat_map(|view| view.alert.tellings());
        let is_new = !tellings.any(|(_, it)| it.outcomes.contains_key(endpoint));
        self.letters(|view, revision| {
            let telling = view.alert.tellings().get(&revision);
            telling.is_some_and(|it| {
                let counts = !is_new || it.on >= since;
                it.is_due(endpoint) && !it.is_kept_back(today) && counts
            })
        })
    }

    /// The dead letters of `endpoint`, in log order.
    pub fn dead(&self, endpoint: &EndpointName) -> Vec<Letter> {
        self.letters(|view, revision| {
            let telling = view.alert.tellings().get(&revision);
            telling.and_then(|it| it.outcomes.get(endpoint)) == Some(&Outcome::Abandoned)
        })
    }

    fn letters(&self, counts: impl Fn(&AlertView, Revision) -> bool) -> Vec<Letter> {
        let mut letters = Vec::new();
        for (id, view) in &self.views {
            let mut level = AlertLevel::Watch;
            for told in &view.told {
                let (change, ended, evidence) = match &told.event.body {
                    AlertBody::Raised(judged) => {
                        level = judged.level;
                        (Change::Raised, None, Some(&judged.evidence))
                    }
                    AlertBody::Updated(judged) => {
                        level = judged.level;
                        (Change::Updated, None, Some(&judged.evidence))
                    }
                    AlertBody::Resolved(Resolved { why, evidence }) => {
                        (Change::Resolved, Some(*why), evidence.as_ref())
                    }
                    AlertBody::Acknowledged
                    | AlertBody::Silenced(_)
                    | AlertBody::Delivered(_)
                    | AlertBody::Abandoned(_)
                    | AlertBody::Requested(_) => continue,
                };
                if counts(view, told.revision) {
                    letters.push(Letter {
                        id: *id,
                        position: told.position,
                        revision: told.revision,
                        on: told.event.entry.effective_on,
                        change,
                        level,
                        ended,
                        evidence: evidence.cloned(),
                    });
                }
            }
        }
        letters.sort_by_key(|letter| letter.position);
        letters
    }
}
