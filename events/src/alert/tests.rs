use super::*;
use crate::basis::Basis;
use crate::log::{EventId, Position, Revision};
use crate::money::Money;
use crate::names::{CapitalSource, ProgrammeCode, ProvinceCode};
use crate::record::Entry;
use crate::text::{Reference, Text};
use crate::time::{BudgetYear, EffectiveOn};
use uuid::Uuid;

const OFFICE: &str = "office";

fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

fn judged(level: AlertLevel) -> Judged {
    let nothing = Money::ZERO;
    let evidence = Evidence {
        known_at: Position(1),
        boundaries: day("2024-06-01"),
        basis: Basis::default(),
        source: CapitalSource::STATE_BUDGET.into(),
        plan: nothing,
        disbursed: nothing,
        rate: None,
        due: None,
        paid_30_days: nothing,
        days_since_payment: None,
        detail_missing: nothing,
        advances_overdue: nothing,
    };
    Judged { level, evidence }
}

fn endpoint() -> EndpointName {
    EndpointName::parse(OFFICE).unwrap()
}

/// The id of an event.
fn event(number: u64) -> EventId {
    EventId(Uuid::from_u128(number.into()))
}

fn delivered(of: u64) -> AlertCommand {
    let (endpoint, of) = (endpoint(), Revision(of));
    AlertCommand::Deliver(Delivered {
        delivery: endpoint.delivery(event(of.0)),
        endpoint,
        of,
        attempts: 1,
    })
}

fn abandoned(of: u64) -> AlertCommand {
    let (endpoint, of) = (endpoint(), Revision(of));
    AlertCommand::Abandon(Abandoned {
        delivery: endpoint.delivery(event(of.0)),
        endpoint,
        of,
        attempts: 1,
        why: Text::parse("no answer").unwrap(),
    })
}

fn again(of: u64) -> AlertCommand {
    let (endpoint, of) = (endpoint(), Revision(of));
    AlertCommand::Request(Requested { endpoint, of })
}

fn raise(level: AlertLevel) -> AlertCommand {
    AlertCommand::Raise(judged(level))
}

fn over() -> AlertCommand {
    AlertCommand::Resolve(Ended::Recovered, None)
}

/// An alert, the events it has, and what it is told next.
#[derive(Default)]
struct Told {
    alert: Alert,
    names: Vec<String>,
}

impl Told {
    /// Tells the alert something on a day.
    #[track_caller]
    fn then(self, on: &str, command: AlertCommand) -> Self {
        self.then_noted(on, None, command)
    }

    /// Tells the alert something on a day, with a remark.
    #[track_caller]
    fn then_noted(self, on: &str, note: Option<&str>, command: AlertCommand) -> Self {
        let entry = Entry {
            reference: Reference::parse("alert").unwrap(),
            effective_on: day(on),
            note: note.map(|note| Text::parse(note).unwrap()),
            document: None,
        };
        let events = self.alert.decide(entry, command).unwrap();
        let mut names = self.names;
        names.extend(events.iter().map(|event| event.encode().name));
        let alert = events.iter().fold(self.alert, Alert::evolve);
        Self { alert, names }
    }

    #[track_caller]
    fn refused(&self, on: &str, command: AlertCommand) -> &'static str {
        let entry = Entry {
            reference: Reference::parse("alert").unwrap(),
            effective_on: day(on),
            note: None,
            document: None,
        };
        self.alert.decide(entry, command).unwrap_err().slug()
    }

    /// The revisions that the office is still to be told of, when no silence holds any more.
    fn due(&self) -> Vec<u64> {
        self.due_on("2099-01-01")
    }

    /// Those that it is to be told of on a day.
    fn due_on(&self, on: &str) -> Vec<u64> {
        let due = self.alert.tellings().iter();
        due.filter(|(_, it)| it.is_due(&endpoint()) && !it.is_kept_back(day(on)))
            .map(|(revision, _)| revision.0)
            .collect()
    }
}

#[test]
fn an_id_is_one_text_and_one_stream() {
    let scope = AlertScope {
        programme: ProgrammeCode::parse("NTM").unwrap(),
        province: Some(ProvinceCode::parse("10").unwrap()),
        year: BudgetYear::try_from(2024).unwrap(),
    };
    let rule = AlertRule::BehindPlan;
    let of_province = AlertId { rule, scope };
    let of_country = AlertId {
        rule,
        scope: AlertScope {
            province: None,
            ..scope
        },
    };
    for (alert, text) in [
        (of_province, "behind_plan.NTM.10.2024"),
        (of_country, "behind_plan.NTM.all.2024"),
    ] {
        assert_eq!(alert.to_string(), text);
        assert_eq!(AlertId::find(text), Some(alert));
        assert_eq!(alert.stream().as_str(), format!("alert-{text}"));
        assert_eq!(AlertId::of_stream(&alert.stream()), Some(alert));
    }
    for wrong in [
        "",
        "behind_plan.NTM.10",
        "behind_plan.NTM.10.2024.x",
        "behind_plan.NTM.10.+2024",
        "late.NTM.10.2024",
        "stalled.NTM.10.1999",
        "stalled.ntm.10.2024",
    ] {
        assert_eq!(AlertId::find(wrong), None, "{wrong}");
    }
}

#[test]
fn the_name_of_an_endpoint_is_short_and_plain() {
    let longest = "a".repeat(32);
    for name in ["a", "0", "-", "chat-of-the-ministry-2", &longest] {
        assert_eq!(EndpointName::parse(name).unwrap().as_str(), name);
    }
    let too_long = "a".repeat(33);
    for name in ["", "A", "a b", "a_b", "tỉnh", "a\n", &too_long] {
        assert!(EndpointName::parse(name).is_err(), "{name}");
    }
}

#[test]
fn a_delivery_is_known_by_the_id_of_its_event_and_endpoint() {
    let (office, other) = (endpoint(), EndpointName::parse("else").unwrap());
    let delivery = office.delivery(event(1));
    assert_eq!(
        delivery.to_string(),
        Uuid::new_v5(&Uuid::from_u128(1), b"office").to_string()
    );
    assert_eq!(delivery, office.delivery(event(1)));
    assert_ne!(delivery, office.delivery(event(2)));
    assert_ne!(delivery, other.delivery(event(1)));
}

#[test]
fn an_alert_is_raised_once_and_updated_where_its_level_changes() {
    let told = Told::default()
        .then("2024-06-01", raise(AlertLevel::Watch))
        .then("2024-06-02", raise(AlertLevel::Watch))
        .then("2024-06-03", raise(AlertLevel::Critical))
        .then("2024-06-04", raise(AlertLevel::Behind))
        .then("2024-06-05", over())
        .then("2024-06-06", over())
        .then("2024-06-07", raise(AlertLevel::Behind));
    let expected = ["raised", "updated", "updated", "resolved", "raised"];
    assert_eq!(told.names, expected.map(|name| format!("alert.{name}")));
    let episode = told.alert.open().unwrap();
    assert_eq!(episode.raised, Revision(4));
    assert_eq!(episode.raised_on, day("2024-06-07"));
    assert_eq!(episode.level, AlertLevel::Behind);
}

#[test]
fn who_took_note_of_less_did_not_take_note_of_more() {
    let told = Told::default()
        .then("2024-06-01", raise(AlertLevel::Behind))
        .then("2024-06-01", AlertCommand::Acknowledge)
        .then("2024-06-01", AlertCommand::Acknowledge);
    assert_eq!(told.names.len(), 2);
    let better = told.then("2024-06-02", raise(AlertLevel::Watch));
    assert!(better.alert.open().unwrap().acknowledged);
    let worse = better.then("2024-06-03", raise(AlertLevel::Critical));
    assert!(!worse.alert.open().unwrap().acknowledged);
}

#[test]
fn only_what_is_open_is_acknowledged_or_silenced() {
    let silence = || AlertCommand::Silence(day("2024-07-01"));
    let never = Told::default();
    assert_eq!(
        never.refused("2024-06-01", AlertCommand::Acknowledge),
        "alert-not-open"
    );
    let resolved = never
        .then("2024-06-01", raise(AlertLevel::Watch))
        .then("2024-06-02", over());
    assert_eq!(resolved.refused("2024-06-03", silence()), "alert-not-open");
    let open = resolved.then("2024-06-04", raise(AlertLevel::Watch));
    assert_eq!(open.refused("2024-07-02", silence()), "silence-is-over");
    let silenced = open.then("2024-07-01", silence());
    let episode = silenced.alert.open().unwrap();
    assert!(episode.is_silenced(day("2024-07-01")));
    assert!(!episode.is_silenced(day("2024-07-02")));
}

#[test]
fn a_silence_keeps_updates_back_until_it_is_over() {
    let silenced = Told::default()
        .then("2024-06-01", raise(AlertLevel::Watch))
        .then("2024-06-01", AlertCommand::Silence(day("2024-06-10")))
        .then("2024-06-05", raise(AlertLevel::Behind))
        .then("2024-06-06", raise(AlertLevel::Critical));
    assert_eq!(silenced.due_on("2024-06-10"), [0]);
    // Of what was kept back, the last is told.
    assert_eq!(silenced.due_on("2024-06-11"), [0, 3]);
    let longer = silenced.then("2024-06-10", AlertCommand::Silence(day("2024-06-20")));
    assert_eq!(longer.due_on("2024-06-20"), [0]);
    assert_eq!(longer.due_on("2024-06-21"), [0, 3]);
    // What is over is told at once, and what was kept back is of no interest then.
    let over = longer.then("2024-06-12", over());
    assert_eq!(over.due_on("2024-06-12"), [0, 5]);
    assert_eq!(over.due_on("2024-06-21"), [0, 5]);
}

#[test]
fn another_remark_is_kept_and_the_same_is_not() {
    let note = |note| Some(note);
    let told = Told::default()
        .then("2024-06-01", raise(AlertLevel::Watch))
        .then("2024-06-02", AlertCommand::Acknowledge)
        .then("2024-06-02", AlertCommand::Acknowledge)
        .then_noted("2024-06-02", note("one"), AlertCommand::Acknowledge)
        .then_noted("2024-06-02", note("one"), AlertCommand::Acknowledge);
    assert_eq!(told.names.len(), 3);
    let until = || AlertCommand::Silence(day("2024-06-10"));
    let silenced = told
        .then_noted("2024-06-02", note("two"), until())
        .then_noted("2024-06-02", note("two"), until())
        .then_noted("2024-06-02", note("three"), until());
    assert_eq!(silenced.names.len(), 5);
}

#[test]
fn each_endpoint_is_told_once() {
    let told = Told::default()
        .then("2024-06-01", raise(AlertLevel::Watch))
        .then("2024-06-01", delivered(0))
        .then("2024-06-01", delivered(0))
        // What is no telling, and what there is not yet.
        .then("2024-06-01", delivered(1))
        .then("2024-06-01", delivered(9));
    assert_eq!(told.names, ["alert.raised", "alert.delivered"]);
    assert!(told.due().is_empty());
    let other = EndpointName::parse("other").unwrap();
    assert!(told.alert.tellings()[&Revision(0)].is_due(&other));
}

#[test]
fn a_dead_letter_is_sent_again_when_somebody_asks() {
    let told = Told::default().then("2024-06-01", raise(AlertLevel::Watch));
    assert_eq!(told.refused("2024-06-01", again(0)), "no-dead-letter");
    let dead = told.then("2024-06-02", abandoned(0));
    assert!(dead.due().is_empty());
    let asked = dead
        .then("2024-06-03", again(0))
        .then("2024-06-03", again(0));
    assert_eq!(asked.due(), [0]);
    let done = asked.then("2024-06-03", delivered(0));
    assert!(done.due().is_empty());
    assert_eq!(done.refused("2024-06-04", again(0)), "no-dead-letter");
    assert_eq!(done.names.len(), 4);
}

#[test]
fn what_was_not_told_of_an_episode_is_told_in_the_next() {
    let episode = |told: Told| {
        told.then("2024-06-01", raise(AlertLevel::Watch))
            .then("2024-06-02", over())
    };
    let told = episode(episode(Told::default()));
    assert_eq!(told.due(), [0, 1, 2, 3]);
    // The one before the last is kept, and no other.
    assert_eq!(episode(told).due(), [2, 3, 4, 5]);
}

#[test]
fn an_alert_begun_later_counts_its_revisions_on() {
    let event = |body| AlertEvent {
        entry: Entry {
            reference: Reference::parse("alert").unwrap(),
            effective_on: day("2024-06-01"),
            note: None,
            document: None,
        },
        body,
    };
    let raised = event(AlertBody::Raised(judged(AlertLevel::Watch)));
    let alert = Alert::before(Revision(7)).evolve(&raised);
    assert_eq!(alert.open().unwrap().raised, Revision(7));
}

/// Two judge at once, and one of them is slow to say what it found.
#[test]
fn who_judged_on_less_than_what_changed_an_alert_changes_nothing() {
    let known = |position| Judged {
        evidence: Evidence {
            known_at: Position(position),
            ..judged(AlertLevel::Critical).evidence
        },
        ..judged(AlertLevel::Critical)
    };
    let on = |on: &str| Entry {
        reference: Reference::parse("judged").unwrap(),
        effective_on: day(on),
        note: None,
        document: None,
    };
    let raised = |position| AlertCommand::Raise(known(position));
    let ended = |position| AlertCommand::Resolve(Ended::Recovered, Some(known(position).evidence));
    let mut alert = Alert::default();
    for (at, command, adds) in [
        ("2024-06-02", raised(3), true),
        ("2024-06-02", ended(2), false),
        ("2024-06-02", ended(5), true),
        // What it was raised on before the payment does not raise it again after it.
        ("2024-06-02", raised(4), false),
        ("2024-06-01", raised(5), false),
        ("2024-06-03", raised(5), true),
    ] {
        let events = alert.decide(on(at), command.clone()).unwrap();
        assert_eq!(!events.is_empty(), adds, "{at} {command:?}");
        alert = events.iter().fold(alert, Alert::evolve);
    }
}
