//! The histories that benchmarks run on: they are what the service would have recorded, or the
//! figures taken on them mean nothing.

#![expect(clippy::expect_used, reason = "all of it is a test")]

#[expect(dead_code, reason = "benchmarks use the rest")]
#[path = "benches/figures/history/mod.rs"]
mod history;
#[expect(dead_code, reason = "benchmarks use the rest")]
#[path = "benches/measure.rs"]
mod measure;
#[path = "benches/random.rs"]
mod random;

use std::collections::{BTreeMap, BTreeSet};

use events::Event;
use events::line::{
    Adjust, AdjustCommitment, Line, LineAction, LineBody, LineCommand, LineEvent, Recover, Reverse,
};
use events::log::{Recorded, Revision};
use events::names::LineId;
use events::record::RecordKind;
use events::register::Registers;
use events::time::EffectiveOn;
use history::{History, Variant};
use projections::facts::moved;

const FACTS: usize = 40_000;

fn drawn(variant: Variant) -> Vec<Recorded<Event>> {
    let history = History::draw(7, FACTS).expect("a history");
    history.events(variant).collect()
}

fn line_events(log: &[Recorded<Event>]) -> impl Iterator<Item = (LineId, &LineEvent)> {
    log.iter().filter_map(|recorded| match &recorded.event {
        Event::Line(event) => Some((LineId::of_stream(&recorded.stream)?, event)),
        Event::Register(_)
        | Event::Schedule(_)
        | Event::Statement(_)
        | Event::Policy(_)
        | Event::Alert(_) => None,
    })
}

/// What was asked of the line for it to answer with this event; none where it was not asked.
fn asked(event: &LineEvent) -> Option<LineAction> {
    Some(match event.body.clone() {
        LineBody::Allocated(it) => LineAction::Allocate(it),
        LineBody::Adjusted(it) => LineAction::Adjust(Adjust {
            allocation: it.allocation,
            change: it.change,
            reason: it.reason,
        }),
        LineBody::TransferredOut(it) => LineAction::Transfer(it),
        LineBody::Detailed(it) => LineAction::Detail(it),
        LineBody::Committed(it) => LineAction::Commit(it),
        LineBody::CommitmentAdjusted(it) => LineAction::AdjustCommitment(AdjustCommitment {
            commitment: it.commitment,
            change: it.change,
            reason: it.reason,
        }),
        LineBody::Disbursed(it) => LineAction::Disburse(it),
        LineBody::Recovered(it) => LineAction::Recover(Recover {
            advance: it.advance,
            amount: it.amount,
        }),
        LineBody::Reversed(it) => LineAction::Reverse(Reverse {
            record: it.undone.record(),
            reference: it.reverses,
            amount: Some(it.amount),
            reason: it.reason,
        }),
        LineBody::Extended(it) => LineAction::Extend(it),
        LineBody::TransferredIn(_) | LineBody::TransferReclaimed(_) => return None,
    })
}

#[test]
fn the_rules_of_a_line_admit_every_event() {
    let mut lines = BTreeMap::<LineId, Line>::new();
    for recorded in &drawn(Variant::Realistic) {
        let (Event::Line(event), Some(id)) = (&recorded.event, LineId::of_stream(&recorded.stream))
        else {
            continue;
        };
        let line = lines.remove(&id).unwrap_or_else(|| Line::new(id));
        let entry = event.entry.clone();
        let answered = match (asked(event), &event.body) {
            (Some(action), _) => {
                let today = EffectiveOn::at(recorded.recorded_at);
                line.decide(LineCommand {
                    today,
                    entry,
                    action,
                })
                .expect("it is admitted")
            }
            (None, LineBody::TransferredIn(it)) => line.receive(entry, it.clone()),
            (None, _) => panic!("nothing is reclaimed here"),
        };
        assert_eq!(
            answered,
            std::slice::from_ref(event),
            "position {}",
            recorded.position
        );
        lines.insert(id, line.evolve(event));
    }
    assert!(lines.len() > 100, "{}", lines.len());
}

#[test]
fn every_line_is_opened_by_codes_that_hold() {
    let (mut registers, mut opened) = (Registers::default(), BTreeSet::new());
    for recorded in &drawn(Variant::Realistic) {
        match (&recorded.event, LineId::of_stream(&recorded.stream)) {
            (Event::Register(event), _) => registers.evolve(event),
            (Event::Line(event), Some(line)) => {
                let day = event.judged_on(line.year());
                if opened.insert(line) {
                    registers.open(line, day).expect("its codes hold");
                }
            }
            _ => panic!("nothing else is drawn"),
        }
    }
    let provinces = |year: u16| {
        let lines = opened.iter().filter(|line| line.year().number() == year);
        lines.map(LineId::province).collect::<BTreeSet<_>>()
    };
    assert!(provinces(2024).len() > provinces(2026).len());
}

#[test]
fn positions_revisions_and_stamps_grow_as_a_store_gives_them() {
    let (log, mut revisions) = (drawn(Variant::Realistic), BTreeMap::new());
    for (number, recorded) in (1..).zip(&log) {
        assert_eq!(recorded.position.0, number);
        let next = revisions
            .entry(recorded.stream.clone())
            .or_insert(Revision::FIRST);
        assert_eq!(recorded.revision, *next);
        *next = next.next();
    }
    let grows = |pair: &[Recorded<Event>]| pair[0].recorded_at < pair[1].recorded_at;
    assert!(log.windows(2).all(grows));
    let ids: BTreeSet<_> = log.iter().map(|recorded| recorded.id).collect();
    assert_eq!(ids.len(), log.len());
}

#[test]
fn a_history_has_as_many_facts_as_were_asked_for() {
    let history = History::draw(7, FACTS).expect("a history");
    let log: Vec<_> = history.events(Variant::Realistic).collect();
    let facts: usize = line_events(&log)
        .map(|(line, event)| moved(line, event).count())
        .sum();
    assert_eq!(
        (facts, history.facts(), history.len()),
        (FACTS, FACTS, log.len())
    );
}

#[test]
fn a_seed_gives_one_history_and_another_seed_another() {
    assert_eq!(drawn(Variant::Realistic), drawn(Variant::Realistic));
    let other = History::draw(8, FACTS).expect("a history");
    assert_ne!(
        drawn(Variant::Realistic),
        other.events(Variant::Realistic).collect::<Vec<_>>()
    );
}

#[test]
fn what_is_late_is_mostly_days_late_and_some_is_dated_ahead() {
    let (mut late, mut ahead, mut much, mut all) = (0, 0, 0, 0);
    for recorded in &drawn(Variant::Realistic) {
        let Event::Line(event) = &recorded.event else {
            continue;
        };
        let days = EffectiveOn::at(recorded.recorded_at).days_since(event.entry.effective_on);
        all += 1;
        late += usize::from(days > 0);
        ahead += usize::from(days < 0);
        much += usize::from(days > 60);
    }
    assert!(late * 2 > all, "{late} of {all} are late");
    assert!(ahead > 0 && ahead * 10 < all, "{ahead} of {all} are ahead");
    assert!(
        much > 0 && much * 50 < all,
        "{much} of {all} are more than 60 days late"
    );
}

#[test]
fn most_is_paid_in_december_and_january() {
    let mut months = [0; 13];
    for (_, event) in line_events(&drawn(Variant::Realistic)) {
        let on = event.entry.effective_on.to_string();
        let month: usize = on[5..7].parse().expect("a month");
        months[month] += usize::from(event.body.kind() == RecordKind::Disbursement);
    }
    let heavy = months[12] + months[1];
    assert!(heavy * 10 > months.iter().sum::<usize>() * 3, "{months:?}");
}

#[test]
fn variants_move_days_and_nothing_else() {
    let undated = |variant| {
        let mut log = drawn(variant);
        for recorded in &mut log {
            if let Event::Line(event) = &mut recorded.event {
                event.entry.effective_on = event
                    .entry
                    .effective_on
                    .max(EffectiveOn::parse("2099-12-31").expect("a day"));
            }
        }
        log.into_iter()
            .map(|it| (it.stream, it.event))
            .collect::<Vec<_>>()
    };
    let realistic = undated(Variant::Realistic);
    for variant in [Variant::Shuffled, Variant::FarOff] {
        assert_eq!(undated(variant), realistic, "{}", variant.as_str());
        assert_ne!(
            drawn(variant),
            drawn(Variant::Realistic),
            "{}",
            variant.as_str()
        );
    }
}
