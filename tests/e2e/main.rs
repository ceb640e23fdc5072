//! End to end: the real binary on a free port over an empty folder, killed and started again.
//!
//! Nothing is shared between tests and nothing sleeps: they wait for the line that announces the
//! address, and ask until the service is ready.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of it is a test"
)]

mod alerts;
mod answers;
mod checkpoints;
mod checks;
mod command_line;
mod days;
mod demo;
mod durability;
mod encodings;
mod lifecycle;
mod logging;
mod outlay;
mod process;
mod proxies;
mod published;
mod questions;
mod reading;
mod recording;
mod records;
mod refused;
mod replay;
mod rollback;
mod strangers;
mod untrusted;
mod workbooks;
