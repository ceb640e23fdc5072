//! Figures as they are asked for and given.

pub(crate) mod answer;
pub(crate) mod question;
pub(crate) mod series;
