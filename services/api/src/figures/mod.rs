//! Figures as they are asked for and given.

pub(crate) mod answer;
pub(crate) mod behind;
pub(crate) mod question;
pub(crate) mod scopes;
pub(crate) mod series;
