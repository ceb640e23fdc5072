//! Use cases: record what a finance department writes, and answer as of two clocks.
//!
//! One stream decides one record at a time: records for a stream queue up, are decided on the
//! queued state, and share a durable append. Rules are in `events` and figures in `projections`;
//! here is only the order of things.

mod aggregate;
mod alerts;
mod answer;
mod atomic;
mod batch;
mod checkpoint;
mod desk;
mod desks;
mod dry_run;
mod error;
mod founding;
mod ledger;
mod pages;
mod past;
mod record;
mod round;
mod task;
mod transfer;
mod transit;
mod view;

pub use aggregate::Refusal;
pub use alerts::Command;
pub use answer::{Answer, Standing};
pub use batch::{BatchRow, Mode};
pub use checkpoint::Checkpoints;
pub use error::{LedgerError, RecordError, describe};
pub use founding::Register;
pub use ledger::{Ledger, Progress};
pub use record::Request;
// Part of `RecordError`: who tells its kinds apart need not name the store.
pub use store::{AppendError, Ended, ReadOnly, Worker, WorkerState, Workers, panics};
