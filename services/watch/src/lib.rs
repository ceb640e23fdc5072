//! Behind plan: alerts as events, and the webhooks that hear of them.
//!
//! What is said to a webhook is decided elsewhere: [`webhook`] sends texts and knows no alert.

pub mod webhook;
