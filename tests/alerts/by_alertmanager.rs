//! What Prometheus and Alertmanager make of what the service judges, by the files of `deploy/`, and
//! what the same receiver hears from the service itself meanwhile.

use std::time::Instant;

use serde_json::Value;

use crate::by_webhook::{DIRECT, find, ids};
use crate::deployed::{Alertmanager, Prometheus};
use crate::history::{History, PROGRAMME, PROVINCE};
use crate::patience::until;
use crate::receiver::{Call, Receiver};
use crate::service::Service;

/// Where Alertmanager calls about programmes.
const COORDINATION: &str = "/coordination";
/// The alert that is waited for.
const BEHIND_PLAN: &str = "OutlayBehindPlan";

/// What Alertmanager told about the province of the tests, in its order: whether it fires or is
/// resolved, and the group and the alert by what Alertmanager knows them by.
fn told(calls: &[Call]) -> Vec<(String, [Value; 2])> {
    let mut told = Vec::new();
    for message in calls.iter().map(Call::json) {
        for alert in message["alerts"].as_array().unwrap() {
            let labels = &alert["labels"];
            if labels["alertname"] == BEHIND_PLAN && labels["province"] == PROVINCE {
                assert_eq!(labels["programme"], PROGRAMME);
                assert_eq!(labels["severity"], "critical", "0.4 of a plan is much");
                let status = alert["status"].as_str().unwrap().to_owned();
                let known_by = [&message["groupKey"], &alert["fingerprint"]];
                told.push((status, known_by.map(Clone::clone)));
            }
        }
    }
    told
}

/// Waits until Alertmanager told this so many times, and gives what it told by then.
#[track_caller]
fn wait(receiver: &Receiver, status: &str, times: usize) -> Vec<(String, [Value; 2])> {
    receiver.wait(status, COORDINATION, |calls| {
        let told = told(calls);
        let count = told.iter().filter(|it| it.0 == status).count();
        (count >= times).then_some(told)
    })
}

/// Kills the service, and starts it again once Prometheus saw that it was away.
fn crash(service: Service, prometheus: &Prometheus) -> Service {
    let left = service.kill();
    until("a scrape of nobody", || {
        (prometheus.sees_service() == Some(false)).then_some(())
    });
    let service = left.start();
    until("a scrape of the service", || {
        (prometheus.sees_service() == Some(true)).then_some(())
    });
    service
}

#[test]
fn a_province_behind_is_told_by_both_ways_until_it_pays_whoever_is_killed_meanwhile() {
    let history = History::of_today();
    let receiver = Receiver::open();
    let service = Service::telling(&receiver.url(DIRECT), &history.begins());
    let mut alertmanager = Alertmanager::telling(&receiver.url("/"));
    let mut prometheus = Prometheus::between(service.address(), &alertmanager.address);
    service.judged();
    assert!(service.events("alert.raised").is_empty(), "it is on plan");
    until("a scrape", || prometheus.sees_service());

    let fell = Instant::now();
    service.record(&history.falls_behind());
    let raised = receiver.wait("the alert", DIRECT, |calls| find(calls, "alert.raised"));
    println!("told by the service after {:?}", fell.elapsed());
    let raised_id = service.delivery_of("alert.raised").to_string();
    assert_eq!(raised.signed_id(), raised_id);
    let fired = wait(&receiver, "firing", 1);
    println!("told by Alertmanager after {:?}", fell.elapsed());

    let service = crash(service, &prometheus);
    prometheus.crash();
    until("the alert after a crash of Prometheus", || {
        prometheus.fires(BEHIND_PLAN).then_some(())
    });
    assert_eq!(
        told(&receiver.calls(COORDINATION)),
        fired,
        "nothing was told again"
    );
    alertmanager.crash();
    // It forgot that it told, and tells again: the same group and alert, so that nobody counts two.
    let again = wait(&receiver, "firing", 2);
    println!("told by another Alertmanager after {:?}", fell.elapsed());
    assert!(again.iter().all(|it| *it == fired[0]), "{again:?}");
    assert_eq!(ids(&receiver), [raised_id.as_str()], "and nobody else does");

    let paid = Instant::now();
    service.record(&history.is_paid());
    receiver.wait("the end", DIRECT, |calls| find(calls, "alert.resolved"));
    println!("its end told by the service after {:?}", paid.elapsed());
    let resolved = wait(&receiver, "resolved", 1);
    println!("its end told by Alertmanager after {:?}", paid.elapsed());
    let (_, known_by) = resolved.last().unwrap();
    assert_eq!(*known_by, fired[0].1);
    let resolved_id = service.delivery_of("alert.resolved").to_string();
    assert_eq!(ids(&receiver), [raised_id, resolved_id]);
}
