//! The event log on an EventStoreDB or KurrentDB cluster, followed into a copy on this machine.
//!
//! The cluster orders and keeps events; every node folds the same log into a copy of its own, from
//! which it reads, and which may be thrown away at any time. Positions count our events in the
//! order of the cluster's log; the cluster's own positions do not leave this crate, and neither do
//! the faults of its client. It keeps nothing on disk, and knows no payload.

mod bookmark;
mod call;
mod codec;
mod copier;
mod fold;
mod health;
mod link;
mod open;
mod outcome;
mod port;
mod reads;
mod settings;
mod spin;
mod store;
mod streams;
mod subscription;
mod tickets;
mod wait;

pub use open::OpenError;
pub use settings::{Address, Settings, SettingsError, StreamPrefix};
pub use store::EventStoreDb;
