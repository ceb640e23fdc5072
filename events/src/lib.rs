//! The language of the domain: facts about public money, and the rules that admit them.
//!
//! Pure: no I/O, no clock, no randomness. Records come in parsed, with everything they need;
//! decisions come out as facts; the codecs are the one place that knows how facts look on disk.

pub mod alert;
pub mod basis;
pub mod codec;
pub mod line;
pub mod log;
pub mod money;
pub mod names;
pub mod policy;
pub mod record;
pub mod register;
pub mod schedule;
pub mod statement;
pub mod text;
pub mod time;

pub use codec::{DecodeError, Event};
