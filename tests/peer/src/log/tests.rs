//! The rules of the log, one by one. Those of repeats are named after the branches of the server.

use prost::bytes::Bytes;
use uuid::Uuid;

use super::{Direction, Expected, Log, Outcome, Presence, Proposed};

const STREAM: &str = "line-1";

/// A log in which the server writes nothing of its own after the first event.
fn log() -> Log {
    Log::new(0, 100)
}

fn proposed(ids: &[u128]) -> Vec<Proposed> {
    let event = |id: &u128| Proposed {
        id: Uuid::from_u128(*id),
        event_type: "noted".to_owned(),
        is_json: false,
        data: Bytes::from_static(b"payload"),
        metadata: Bytes::new(),
    };
    ids.iter().map(event).collect()
}

fn append(log: &mut Log, expected: Expected, ids: &[u128]) -> Outcome {
    log.append(STREAM, expected, proposed(ids))
}

/// The stream with these events, and the log around it.
fn given(ids: &[u128]) -> Log {
    let mut log = log();
    append(&mut log, Expected::NoStream, ids);
    assert_eq!(readable(&log), ids);
    log
}

/// The ids that a reader of the stream finds.
fn readable(log: &Log) -> Vec<u128> {
    let page = log.stream_page(STREAM, Direction::Forwards, 0, 100);
    page.iter().map(|event| event.id.as_u128()).collect()
}

/// Where the last event of the stream stands.
fn position_of(log: &Log, revision: u64) -> u64 {
    let page = log.stream_page(STREAM, Direction::Forwards, revision, 1);
    page.first().expect("the event is there").position
}

/// An append to a stream that holds some events: what is said, and what it holds then.
#[track_caller]
fn check(held: &[u128], (expected, ids): (Expected, &[u128]), says: Says, holds: &[u128]) {
    let mut log = if held.is_empty() { log() } else { given(held) };
    let outcome = append(&mut log, expected, ids);
    let said = match outcome {
        Outcome::Committed { last, .. } => Says::Last(last),
        Outcome::Conflict { current } => Says::Conflict(current),
        Outcome::Deleted => Says::Deleted,
    };
    assert_eq!(said, says);
    assert_eq!(readable(&log), holds);
}

/// An outcome without its position.
#[derive(Debug, PartialEq)]
enum Says {
    Last(Option<u64>),
    Conflict(Option<u64>),
    Deleted,
}

use Says::{Conflict, Last};

#[test]
fn the_first_event_of_a_stream_has_revision_0() {
    check(&[], (Expected::NoStream, &[1]), Last(Some(0)), &[1]);
    check(&[], (Expected::Any, &[1, 2]), Last(Some(1)), &[1, 2]);
}

#[test]
fn what_is_expected_is_written_after() {
    check(&[1], (Expected::Revision(0), &[2]), Last(Some(1)), &[1, 2]);
    check(&[1], (Expected::StreamExists, &[2]), Last(Some(1)), &[1, 2]);
    check(&[1], (Expected::Any, &[2]), Last(Some(1)), &[1, 2]);
}

#[test]
fn a_stream_that_is_not_there_has_no_revision_and_does_not_exist() {
    check(&[], (Expected::Revision(0), &[1]), Conflict(None), &[]);
    check(&[], (Expected::StreamExists, &[1]), Conflict(None), &[]);
}

#[test]
fn a_stream_behind_what_is_expected_is_a_conflict() {
    check(&[1], (Expected::Revision(1), &[2]), Conflict(Some(0)), &[1]);
}

#[test]
fn an_empty_append_says_where_the_stream_is() {
    check(&[], (Expected::NoStream, &[]), Last(None), &[]);
    check(&[1], (Expected::Revision(0), &[]), Last(Some(0)), &[1]);
    check(&[1], (Expected::NoStream, &[]), Conflict(Some(0)), &[1]);
}

#[test]
fn repeat_a_all_ids_after_the_expected_revision_are_equal_so_it_succeeds_again() {
    let held = [1, 2, 3];
    check(&held, (Expected::NoStream, &[1, 2]), Last(Some(1)), &held);
    check(
        &held,
        (Expected::Revision(0), &[2, 3]),
        Last(Some(2)),
        &held,
    );
    check(&held, (Expected::Revision(1), &[3]), Last(Some(2)), &held);
}

#[test]
fn repeat_a_holds_however_long_ago_it_was() {
    let mut log = Log::new(0, 1);
    append(&mut log, Expected::NoStream, &[1, 2, 3]);
    let repeated = append(&mut log, Expected::NoStream, &[1]);
    assert!(matches!(repeated, Outcome::Committed { last: Some(0), .. }));
    assert_eq!(readable(&log), [1, 2, 3]);
}

#[test]
fn repeat_a_the_first_id_differs_so_it_is_a_conflict() {
    let held = [1, 2, 3];
    check(&held, (Expected::NoStream, &[9]), Conflict(Some(2)), &held);
    let shifted = (Expected::Revision(0), [3].as_slice());
    check(&held, shifted, Conflict(Some(2)), &held);
}

#[test]
fn repeat_a_a_later_id_differs_so_it_is_a_conflict() {
    let held = [1, 2, 3];
    let differs = (Expected::NoStream, [1, 9].as_slice());
    check(&held, differs, Conflict(Some(2)), &held);
}

#[test]
fn repeat_a_goes_past_the_end_so_it_is_a_conflict() {
    let held = [1, 2];
    let longer = (Expected::NoStream, [1, 2, 3].as_slice());
    check(&held, longer, Conflict(Some(1)), &held);
}

#[test]
fn repeat_b_recent_ids_are_known_where_no_revision_is_expected() {
    let held = [1, 2, 3];
    check(&held, (Expected::Any, &[1, 2]), Last(Some(1)), &held);
    check(&held, (Expected::StreamExists, &[3]), Last(Some(2)), &held);
}

#[test]
fn repeat_b_an_id_that_was_forgotten_is_written_again() {
    let mut log = Log::new(0, 2);
    append(&mut log, Expected::Any, &[1]);
    append(&mut log, Expected::Any, &[2]);
    append(&mut log, Expected::Any, &[3]);
    append(&mut log, Expected::Any, &[1]);
    assert_eq!(readable(&log), [1, 2, 3, 1]);
}

#[test]
fn repeat_b_a_new_id_after_a_known_one_is_a_conflict() {
    let held = [1, 2];
    check(&held, (Expected::Any, &[2, 3]), Conflict(Some(1)), &held);
}

#[test]
fn repeat_b_a_known_id_after_a_new_one_is_written_again() {
    let held = [1, 2];
    check(
        &held,
        (Expected::Any, &[3, 1]),
        Last(Some(3)),
        &[1, 2, 3, 1],
    );
}

#[test]
fn repeat_b_an_id_of_two_streams_is_known_in_the_first_one_only() {
    let mut log = given(&[1]);
    log.append("line-2", Expected::Any, proposed(&[1]));
    append(&mut log, Expected::Any, &[1]);
    log.append("line-2", Expected::Any, proposed(&[1]));
    assert_eq!(readable(&log), [1]);
    assert_eq!(log.last_of("line-2"), Some(1), "it was written twice");
}

#[test]
fn repeat_c_an_id_is_not_looked_at_where_the_revision_is_the_current_one() {
    let again = (Expected::Revision(0), [1].as_slice());
    check(&[1], again, Last(Some(1)), &[1, 1]);
}

#[test]
fn a_repeat_gives_the_position_that_it_had() {
    let mut log = given(&[1, 2, 3]);
    let expected = Outcome::Committed {
        last: Some(1),
        position: Some(position_of(&log, 1)),
    };
    assert_eq!(append(&mut log, Expected::NoStream, &[1, 2]), expected);
    assert_eq!(append(&mut log, Expected::Any, &[1, 2]), expected);
}

#[test]
fn positions_grow_by_bytes() {
    let mut log = given(&[1]);
    let first = position_of(&log, 0);
    append(&mut log, Expected::Any, &[2]);
    let record = u64::try_from("line-1".len() + "noted".len() + "payload".len());
    assert_eq!(position_of(&log, 1), first + 75 + record.expect("small"));
    assert_eq!(
        log.place(first),
        Ok(1),
        "the server's own event comes first"
    );
    assert_eq!(log.place(first + 1), Err(2));
}

#[test]
fn the_server_writes_an_event_of_its_own_now_and_then() {
    let mut log = Log::new(2, 100);
    for id in 1..=4 {
        append(&mut log, Expected::Any, &[id]);
    }
    let streams: Vec<&str> = log.events().iter().map(|it| it.stream.as_str()).collect();
    let stats = "$stats-127.0.0.1:2113";
    let expected = ["$settings", STREAM, STREAM, stats, STREAM, STREAM, stats];
    assert_eq!(streams, expected);
}

#[test]
fn a_deleted_stream_is_not_found_and_goes_on_where_it_was() {
    let mut log = given(&[1, 2]);
    log.delete(STREAM, Expected::Revision(1));
    assert_eq!(log.presence(STREAM), Presence::Absent);
    assert_eq!(
        append(&mut log, Expected::StreamExists, &[3]),
        Outcome::Deleted
    );

    append(&mut log, Expected::NoStream, &[3]);
    assert_eq!(readable(&log), [3]);
    assert_eq!(
        log.presence(STREAM),
        Presence::Present { first: 2, last: 2 }
    );
}

#[test]
fn a_deletion_is_metadata_in_the_log() {
    let mut log = given(&[1]);
    log.delete(STREAM, Expected::Any);
    append(&mut log, Expected::Any, &[2]);
    let metadata = log.stream_page("$$line-1", Direction::Forwards, 0, 10);
    let payloads: Vec<&[u8]> = metadata.iter().map(|it| it.data.as_ref()).collect();
    let hides: [&[u8]; 2] = [br#"{"$tb":9223372036854775807}"#, br#"{"$tb":1}"#];
    assert_eq!(payloads, hides);
}

#[test]
fn a_tombstone_is_for_ever() {
    let mut log = given(&[1]);
    log.tombstone(STREAM, Expected::Any);
    assert_eq!(log.presence(STREAM), Presence::Tombstone);
    for expected in [Expected::Any, Expected::NoStream, Expected::Revision(0)] {
        assert_eq!(append(&mut log, expected, &[2]), Outcome::Deleted);
    }
    assert_eq!(log.delete(STREAM, Expected::Any), Outcome::Deleted);
}

#[test]
fn a_deletion_expects_a_revision_too() {
    let mut log = given(&[1, 2]);
    let refused = Outcome::Conflict { current: Some(1) };
    assert_eq!(log.delete(STREAM, Expected::Revision(0)), refused);
    assert_eq!(log.tombstone(STREAM, Expected::Revision(7)), refused);
    assert_eq!(readable(&log), [1, 2]);
}

#[test]
fn backwards_comes_the_latest_first() {
    let log = given(&[1, 2, 3]);
    let page = log.stream_page(STREAM, Direction::Backwards, u64::MAX, 2);
    let ids: Vec<u128> = page.iter().map(|event| event.id.as_u128()).collect();
    assert_eq!(ids, [3, 2]);
}

#[test]
fn what_counts_against_the_limit_is_data_metadata_and_the_type_in_utf_16() {
    let event = Proposed {
        id: Uuid::nil(),
        event_type: "đ".to_owned(),
        is_json: true,
        data: Bytes::from_static(b"12345"),
        metadata: Bytes::from_static(b"123"),
    };
    assert_eq!(event.size(), 5 + 3 + 2);
}
