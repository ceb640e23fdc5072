//! A stand-in that speaks the protocol of EventStoreDB and KurrentDB, with faults on demand.
//!
//! Tests and people without a cluster connect to it with any client and the connection string it
//! gives. It says what a server says: about expected revisions, repeats, positions, filters,
//! subscriptions, elections and refusals. Where the server's source was read for it, the module
//! says so.
//!
//! It is no server, and a test against it is no proof of what it does not have. Nothing is
//! durable: events are in memory and gone with the cluster. Nothing is replicated: all nodes
//! share one log, so followers never lag and no election loses what was acknowledged. Nobody is
//! elected: who leads is what a test says. Its speed says nothing of a server's.

mod calls;
mod cluster;
mod faults;
mod listener;
mod log;
mod protocol;
mod service;
mod site;
mod tls;

pub use calls::{Calls, Rpc};
pub use cluster::{Cluster, Options};
pub use faults::Faults;
pub use log::LoggedEvent;
