//! The ledger over a store in memory.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where it is wrong"
)]

mod batches;
mod checkpoints;
mod common;
mod founding;
mod nodes;
mod records;
mod simulation;
mod transfers;
mod workers;
