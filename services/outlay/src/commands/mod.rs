//! The commands, one module each.

pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod events;
pub(crate) mod rates;
pub(crate) mod record;
pub(crate) mod serve;
