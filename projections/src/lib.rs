//! Answers computed from events: pure and deterministic. The same events give the same answer,
//! byte for byte; no clock is read, and nothing is remembered that a replay would not give again.

mod checkpoint;
pub mod compare;
pub mod explain;
pub mod facts;
pub mod figures;
mod lens;
pub mod question;
pub mod rate;
pub mod rates;
pub mod row;
mod schedules;
pub mod series;
pub mod statements;
#[cfg(test)]
mod tests;

use events::Event;
use events::log::Recorded;

pub use checkpoint::FiguresImage;
pub use figures::Figures;
pub use question::{AsOf, Boundaries, Dimension, Question};
pub use rate::Rate;

/// An answer kept up to date by applying events in log order.
pub trait Projection: Default {
    /// Part of the checkpoint; raise it when `apply` changes meaning, and the view is rebuilt.
    const VERSION: u16;
    /// Must not fail: what a decision admitted, every projection can count.
    fn apply(&mut self, recorded: &Recorded<Event>);
}
