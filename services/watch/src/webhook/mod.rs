//! Texts to the endpoints that others run.
//!
//! [`Backoff`] says when the next attempt is due. Nothing here keeps a delivery, reads a clock,
//! draws a random number or knows what the text says.

mod backoff;

pub use backoff::Backoff;
