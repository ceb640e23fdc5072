//! The commands, one module each.

pub(crate) mod alerts;
pub(crate) mod behind;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod lines;
pub(crate) mod migrate;
pub(crate) mod rates;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod series;
pub(crate) mod serve;
