//! What the service tells by itself: whoever is away in between, nothing is lost, and what may have
//! arrived comes again as what it was.

use crate::history::History;
use crate::receiver::{Call, Receiver};
use crate::service::Service;

/// Where the service calls.
pub(crate) const DIRECT: &str = "/direct";

/// The first call that tells this.
pub(crate) fn find(calls: &[Call], what: &str) -> Option<Call> {
    let mut calls = calls.iter();
    calls.find(|call| call.json()["type"] == what).cloned()
}

/// The ids of all deliveries to a receiver, signatures checked, in their order.
pub(crate) fn ids(receiver: &Receiver) -> Vec<String> {
    let calls = receiver.calls(DIRECT);
    calls.iter().map(|it| it.signed_id().to_owned()).collect()
}

/// A service that tells `receiver`, whose province just fell behind.
fn falls_behind(history: &History, receiver: &Receiver) -> Service {
    let service = Service::telling(&receiver.url(DIRECT), &history.begins());
    service.record(&history.falls_behind());
    service
}

/// Everything that was told until the province recovered. Deliveries come in the order of the log,
/// so what was sent again after a start was sent before that.
fn told_until_recovered(history: &History, service: &Service, receiver: &Receiver) -> Vec<String> {
    service.record(&history.is_paid());
    let what = "the end of the alert";
    receiver.wait(what, DIRECT, |calls| find(calls, "alert.resolved"));
    ids(receiver)
}

#[test]
fn what_a_receiver_missed_comes_after_a_crash_under_the_id_of_the_log() {
    let history = History::of_today();
    let mut receiver = Receiver::open();
    receiver.close();
    let service = falls_behind(&history, &receiver);
    service.failed_to_tell(2);
    // It waits before the third attempt.
    let left = service.kill();
    receiver.reopen();
    let service = left.start();
    let raised = receiver.wait("the alert", DIRECT, |calls| find(calls, "alert.raised"));
    let id = service.delivery_of("alert.raised").to_string();
    assert_eq!(raised.signed_id(), id);
    assert_eq!(raised.json()["data"]["id"], history.alert().to_string());
    assert_eq!(service.delivered(1), [id.as_str()]);
    // What the log says is delivered is not sent again.
    let service = service.kill().start();
    let told = told_until_recovered(&history, &service, &receiver);
    let end = service.delivery_of("alert.resolved").to_string();
    assert_eq!(told, [id, end]);
}

#[test]
fn a_delivery_that_was_taken_and_not_noted_is_repeated_with_its_id_and_text() {
    let history = History::of_today();
    let receiver = Receiver::open();
    receiver.hold();
    let service = falls_behind(&history, &receiver);
    let first = receiver.wait("the alert", DIRECT, |calls| find(calls, "alert.raised"));
    // The receiver has taken it, and answers so to somebody who is not there any more.
    let left = service.kill();
    receiver.release();
    let service = left.start();
    let second = receiver.wait("a repeat", DIRECT, |calls| calls.get(1).cloned());
    let id = service.delivery_of("alert.raised").to_string();
    assert_eq!([first.signed_id(), second.signed_id()], [&id, &id]);
    assert_eq!(second.body, first.body);
    assert_eq!(service.delivered(1), [id.as_str()]);
    let told = told_until_recovered(&history, &service, &receiver);
    let end = service.delivery_of("alert.resolved").to_string();
    assert_eq!(told, [id.clone(), id, end]);
}
