//! Alerts: that a scope fell behind its schedule, or that something else about it is wrong, is a
//! fact like any other. One alert stands for one rule and scope, however often it is raised.
//!
//! Whether a rule is broken is judged by `projections`; here is only what follows from it.

mod codec;
mod decide;
mod event;
mod id;
#[cfg(test)]
mod tests;

pub use decide::{Alert, AlertCommand, AlertRefusal, Episode, Outcome, Telling};
pub use event::{
    Abandoned, AlertBody, AlertEvent, Delivered, DueThen, Ended, Evidence, Judged, Requested,
    Resolved, Silenced, TargetFrom,
};
pub use id::{AlertId, AlertLevel, AlertRule, AlertScope, EndpointName};
