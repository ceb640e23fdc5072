//! The store over the protocol peer, and over a real cluster where `KURRENTDB_URL` names one.
//!
//! The peer is no server: it proves nothing of durability, replication, elections or speed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it is wrong"
)]

mod copies;
mod equals;
mod faults;
mod given;
mod refusals;
mod suite;
