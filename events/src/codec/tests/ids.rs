//! The id of an event is the same on every node, for ever: its record's content is pinned here.

use super::facts::facts;
use super::*;
use crate::line::{LineAction, LineBody, LineEvent, Recover, Reverse, Transfer, TransferKind};
use crate::money::{Amount, Money};
use crate::record::{Record, RecordBody, RecordKind};
use crate::register::RegisterBody;

/// Stands for the SHA-256 of a content; hashing is not done here.
const DIGEST: [u8; 32] = [7; 32];

/// The record that the golden fact came from.
fn record_of(file: &str) -> Record {
    let (_, event) = facts().into_iter().find(|(name, _)| *name == file).unwrap();
    let entry = event.entry().clone();
    let of_line = |action| RecordBody::Line(line(LINE), action);
    let body = match event {
        Event::Line(LineEvent { body, .. }) => {
            if let LineBody::Allocated(it) = body {
                of_line(LineAction::Allocate(it))
            } else if let LineBody::Disbursed(it) = body {
                of_line(LineAction::Disburse(it))
            } else {
                panic!("{file} is not a record as it stands")
            }
        }
        Event::Register(event) => match event.body {
            RegisterBody::Registered(it) => RecordBody::Registration(it),
            RegisterBody::Merged(it) => RecordBody::Merger(it),
        },
        Event::Schedule(it) => RecordBody::Schedule(it.schedule),
        Event::Statement(it) => RecordBody::Statement(it.statement),
        Event::Policy(it) => RecordBody::Policy(it.policy),
        Event::Alert(_) => panic!("{file} is not a record"),
    };
    Record { entry, body }
}

/// A record's content is its entry and its body, and its id stays what it is.
#[track_caller]
fn check(record: Record, entry: &str, body: &str, id: &str) {
    let content = String::from_utf8(record.content()).unwrap();
    assert_eq!(content.split_once('\0'), Some((entry, body)));
    assert_eq!(record.event_id(&DIGEST).to_string(), id);
}

fn of_line(reference: &str, action: LineAction) -> Record {
    Record {
        entry: bare(reference, "2024-06-30"),
        body: RecordBody::Line(line(LINE), action),
    }
}

#[test]
fn an_allocation_keeps_its_id() {
    check(
        record_of("line.allocated.v1.minimal"),
        r#"{"reference":"QD-2","effective_on":"2023-12-31"}"#,
        r#"{"amount":"1000000000000000000","basis":"assigned"}"#,
        "17513f76-9577-51bb-947d-3592589f6841",
    );
}

#[test]
fn a_disbursement_keeps_its_id() {
    check(
        record_of("line.disbursed.v1.minimal"),
        r#"{"reference":"UT-1","effective_on":"2024-12-31"}"#,
        r#"{"amount":"500000","kind":"payment","certainty":"estimated","vintage":2024}"#,
        "9bee708f-7077-5af0-8ff3-a5bb016b80ab",
    );
}

#[test]
fn a_rich_record_keeps_its_id() {
    check(
        record_of("line.disbursed.v1"),
        concat!(
            r#"{"reference":"KB-1","effective_on":"2024-05-01","#,
            r#""note":"ghi chú \"quoted\"\nsecond line","document":{"number":"1234/QĐ-UBND","#,
            r#""issued_on":"2024-01-02","authority":"UBND tỉnh Lào Cai","#,
            r#""uri":"https://example.org/1234"}}"#,
        ),
        concat!(
            r#"{"amount":"500000","kind":"contribution","certainty":"confirmed","vintage":2024,"#,
            r#""commitment":"HD-1","project":"DA-2024-017","commune":"02710","#,
            r#""in_kind":{"kind":"labour_days","quantity":"2.5","unit_price":"200000"}}"#,
        ),
        "8574d75f-9c7b-5fa4-b76d-3f63e6d331ff",
    );
}

#[test]
fn a_recovery_and_a_reversal_keep_their_ids() {
    let amount = Amount::try_from(Money::dong(5)).unwrap();
    let (reference, reason) = (named("TU-1"), text("nhầm"));
    let recover = Recover {
        advance: reference.clone(),
        amount,
    };
    let reverse = Reverse {
        record: RecordKind::Disbursement,
        reference,
        amount: None,
        reason,
    };
    check(
        of_line("TH-1", LineAction::Recover(recover)),
        r#"{"reference":"TH-1","effective_on":"2024-06-30"}"#,
        r#"{"advance":"TU-1","amount":"5"}"#,
        "ab628bb5-b8f9-53b5-8eec-a7a9d95ae5f5",
    );
    check(
        of_line("HT-1", LineAction::Reverse(reverse)),
        r#"{"reference":"HT-1","effective_on":"2024-06-30"}"#,
        r#"{"record":"disbursement","reference":"TU-1","reason":"nhầm"}"#,
        "a580fa0e-cf7f-5982-afff-f07fe5a1689a",
    );
}

#[test]
fn a_schedule_and_a_merger_keep_their_ids() {
    check(
        record_of("schedule.set.v1.minimal"),
        r#"{"reference":"KH-2","effective_on":"2024-01-15"}"#,
        concat!(
            r#"{"programme":"NTM","province":"10","year":2024,"milestones":["#,
            r#"{"by":"2024-06-30","rate":"0.3"},{"by":"2025-01-31","rate":"1"}]}"#,
        ),
        "ce4a3e45-3bcf-55a2-8694-2effb7a23389",
    );
    let mut merger = record_of("province.merged.v1");
    merger.entry = bare("SN-1", "2025-07-01");
    check(
        merger,
        r#"{"reference":"SN-1","effective_on":"2025-07-01"}"#,
        concat!(
            r#"{"kind":"province","from":["10","15"],"#,
            r#""into":{"code":"15","names":{"vi":"Lào Cai","en":"Lao Cai"}}}"#,
        ),
        "d3d5d7da-95c5-562c-b745-4627ddee3ec5",
    );
}

#[test]
fn a_statement_keeps_its_id() {
    check(
        record_of("statement.published.v1.minimal"),
        r#"{"reference":"BC-2","effective_on":"2025-02-10"}"#,
        concat!(
            r#"{"scope":{},"as_of":"2025-01-31","measure":"plan","basis":{"numerator":"gross","#,
            r#""certainty":"confirmed","money":"all","denominator":"total"},"#,
            r#""value":"2419000000000","published_on":"2025-02-05","publisher":"Bộ Tài chính"}"#,
        ),
        "66dd8446-f179-585e-afd2-af193c23c849",
    );
}

fn carry_over(vintage: Option<i64>) -> Record {
    let transfer = Transfer {
        kind: TransferKind::CarryOver,
        to: Some(line("NTM/10/2025/central/investment")),
        amount: Amount::try_from(Money::dong(5)).unwrap(),
        vintage: vintage.map(year),
    };
    of_line("CN-1", LineAction::Transfer(transfer))
}

#[test]
fn a_vintage_that_is_written_out_is_the_same_record() {
    assert_eq!(carry_over(None).content(), carry_over(Some(2024)).content());
    assert_ne!(carry_over(None).content(), carry_over(Some(2023)).content());
    check(
        carry_over(None),
        r#"{"reference":"CN-1","effective_on":"2024-06-30"}"#,
        concat!(
            r#"{"reason":"carry_over","to":"NTM/10/2025/central/investment","amount":"5","#,
            r#""vintage":2024}"#,
        ),
        "4817ffda-18f5-52ce-9311-6da72fc4f299",
    );
}

#[test]
fn the_form_of_a_number_makes_no_other_record() {
    let quantity = |quantity: &str| {
        let mut record = record_of("line.disbursed.v1");
        if let RecordBody::Line(_, LineAction::Disburse(it)) = &mut record.body
            && let Some(in_kind) = &mut it.in_kind
        {
            in_kind.quantity = quantity.parse().unwrap();
        }
        record.content()
    };
    assert_eq!(quantity("2.5"), quantity("2.500"));
    assert_ne!(quantity("2.5"), quantity("2.501"));
}

#[test]
fn stream_kind_reference_and_content_make_another_id() {
    let id = |record: &Record, digest| record.event_id(&digest);
    let first = record_of("line.allocated.v1");
    let mut elsewhere = first.clone();
    let mut renumbered = first.clone();
    if let RecordBody::Line(on, _) = &mut elsewhere.body {
        *on = line("NTM/15/2024/central/investment");
    }
    renumbered.entry.reference = named("QD-9");
    let mut ids = vec![
        id(&first, DIGEST),
        id(&first, [8; 32]),
        id(&elsewhere, DIGEST),
        id(&renumbered, DIGEST),
        id(&first, DIGEST).following("line.transferred_in"),
    ];
    ids.sort_by_key(|id| id.0);
    ids.dedup();
    assert_eq!(ids.len(), 5);
}
