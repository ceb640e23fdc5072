//! The alerts that go on, the worst first: what is wrong, with whom, by how much, since when, and
//! whether somebody knows. A page without alerts does not speak of them.

use std::cmp::Reverse;

use events::alert::{AlertId, AlertLevel, AlertRule, Evidence};
use events::money::Money;
use events::register::UnitKind;
use events::statement::Scope;
use events::time::EffectiveOn;
use maud::{Markup, html};
use projections::alerts::{AlertState, AlertView, Alerts};

use super::Names;
use super::words::Language;

/// Most alerts on the page; all of them are a link away.
const MOST: usize = 6;

/// An alert that goes on.
pub(crate) struct Notice {
    id: AlertId,
    level: AlertLevel,
    state: AlertState,
    since: EffectiveOn,
    silenced_until: Option<EffectiveOn>,
    evidence: Evidence,
    /// What the programme and the province are called; filled in with the figures.
    programme: String,
    province: Option<String>,
}

/// The alerts that go on `today` in `scope`, the worst first.
pub(crate) fn notices(alerts: &Alerts, scope: &Scope, today: EffectiveOn) -> Vec<Notice> {
    let views = alerts.list().iter().filter(|(id, _)| counts(scope, **id));
    let mut notices: Vec<_> = views
        .filter_map(|(id, view)| Notice::of(*id, view, today))
        .collect();
    notices.sort_by_key(|it| (Reverse(it.level), Reverse(it.money()), it.id));
    notices
}

fn counts(scope: &Scope, id: AlertId) -> bool {
    let of = id.scope;
    let programme = scope.programme.is_empty() || scope.programme.contains(&of.programme);
    let named = of.province.is_some_and(|it| scope.province.contains(&it));
    let year = scope.year.is_empty() || scope.year.contains(&of.year);
    programme && (scope.province.is_empty() || named) && year
}

impl Notice {
    fn of(id: AlertId, view: &AlertView, today: EffectiveOn) -> Option<Self> {
        let open = view.alert.open()?;
        Some(Self {
            id,
            level: open.level,
            state: view.state(today)?,
            since: open.raised_on,
            silenced_until: open.silenced_until,
            evidence: view.evidence()?.clone(),
            programme: id.scope.programme.to_string(),
            province: None,
        })
    }

    /// The alert, whose units are called as `names` calls them on the day of its figures.
    pub(super) fn named(mut self, names: &Names<'_>) -> Self {
        let day = self.evidence.boundaries;
        self.programme = names.on(UnitKind::Programme, self.id.scope.programme.into(), day);
        let province = self.id.scope.province;
        self.province = province.map(|code| names.on(UnitKind::Province, code.into(), day));
        self
    }

    /// The sum that its rule is about, where there is one.
    fn money(&self) -> Option<Money> {
        match self.id.rule {
            AlertRule::AdvancesOverdue => Some(self.evidence.advances_overdue),
            AlertRule::DetailIncomplete => Some(self.evidence.detail_missing),
            AlertRule::BehindPlan | AlertRule::Stalled | AlertRule::PlanUnassigned => {
                self.evidence.due.as_ref().map(|due| due.gap)
            }
        }
    }

    /// How far behind, where its rule is about that.
    fn points(&self, language: Language) -> Option<String> {
        let is_behind = matches!(self.id.rule, AlertRule::BehindPlan | AlertRule::Stalled);
        let due = self.evidence.due.as_ref().filter(|_| is_behind)?;
        Some(language.points(due.behind_by.0))
    }

    fn shown(&self, language: Language) -> Markup {
        let words = language.words();
        let (programme, year) = (self.id.scope.programme, self.id.scope.year.number());
        let silenced = self.silenced_until;
        let until = silenced.filter(|_| self.state == AlertState::Silenced);
        html! {
            li class=(self.level.as_str()) {
                p.what {
                    span.badge { (language.level(self.level)) } " "
                    strong { (language.rule(self.id.rule)) }
                }
                p.who {
                    abbr title=(self.programme) { (programme) } " · "
                    (self.province.as_deref().unwrap_or(words.whole_country)) " · " (year)
                }
                p.how {
                    @if let Some(points) = self.points(language) { strong { (points) } " " }
                    @if let Some(money) = self.money() { (language.money(money)) }
                }
                p.since {
                    (words.since) " " time datetime=(self.since) { (self.since) } " · "
                    (language.state(self.state))
                    @if let Some(until) = until { " " time datetime=(until) { (until) } }
                }
            }
        }
    }
}

/// The section of the alerts; nothing where there are none.
pub(super) fn section(notices: &[Notice], language: Language) -> Markup {
    let words = language.words();
    html! {
        @if !notices.is_empty() {
            section.alerts aria-labelledby="alerts" {
                h2 id="alerts" { (words.behind) " " span.count { (notices.len()) } }
                ul {
                    @for notice in notices.iter().take(MOST) { (notice.shown(language)) }
                }
                p.note { a href="/v1/alerts" { (words.all_alerts) } }
            }
        }
    }
}
