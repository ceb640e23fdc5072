//! The language of the domain: facts about public money, and the rules that admit them.
//!
//! Pure: no I/O, no clock, no randomness. Commands come in with everything they need, decisions
//! come out as events, and the codecs are the one place that knows how events look on disk.

pub mod log;
pub mod time;
