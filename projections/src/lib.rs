//! Answers computed from events: pure and deterministic. The same events give the same answer,
//! byte for byte; no clock is read, and nothing is remembered that a replay would not give again.

pub mod alarm;
pub mod alerts;
mod bearers;
pub mod behind;
mod checkpoint;
mod columns;
pub mod compare;
mod due;
pub mod explain;
pub mod facts;
pub mod figures;
mod lately;
mod lens;
mod lines;
pub mod plain;
mod policies;
pub mod question;
pub mod rate;
pub mod rates;
pub mod row;
mod schedules;
pub mod series;
pub mod statements;
pub mod status;
pub mod table;
#[cfg(test)]
mod tests;
mod totals;

use events::Event;
use events::log::Recorded;

pub use checkpoint::FiguresImage;
pub use figures::Figures;
pub use question::{AsOf, Boundaries, Dimension, Question};
pub use rate::Rate;
pub use status::Status;
pub use table::{Table, table};

/// An answer kept up to date by applying events in log order.
pub trait Projection: Default {
    /// Part of the checkpoint; raise it when `apply` changes meaning, and the view is rebuilt.
    const VERSION: u16;
    /// Must not fail: what a decision admitted, every projection can count.
    fn apply(&mut self, recorded: &Recorded<Event>);
}
