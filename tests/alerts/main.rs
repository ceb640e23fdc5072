//! Alerts end to end: the real binary, Prometheus and Alertmanager over the files of `deploy/`, and
//! a receiver that hears of a province behind its plan by both ways, whoever is killed in between.
//!
//! Nothing sleeps for a time that it guessed: tests ask until it is so, and fail when it takes too
//! long. Ports, folders and processes are a test's own, and end with it.

#[cfg(test)]
mod by_alertmanager;
#[cfg(test)]
mod by_webhook;
#[cfg(test)]
mod deployed;
#[cfg(test)]
mod history;
#[cfg(test)]
mod patience;
#[cfg(test)]
#[expect(dead_code, reason = "the other end-to-end tests need more of it")]
#[path = "../e2e/process.rs"]
mod process;
#[cfg(test)]
mod receiver;
#[cfg(test)]
#[path = "../deploy/running.rs"]
mod running;
#[cfg(test)]
mod service;
#[cfg(test)]
#[expect(dead_code, reason = "the tests of deploy/ need more of it")]
#[path = "../deploy/tools.rs"]
mod tools;
