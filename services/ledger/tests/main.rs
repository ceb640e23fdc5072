//! The ledger over a store in memory.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod batches;
mod common;
mod records;
mod transfers;
