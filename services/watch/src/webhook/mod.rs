//! Texts to the endpoints that others run, signed so that they know who sent them.
//!
//! One call is one attempt: [`Sender::send`] says what came of it, [`Backoff`] when the next one is
//! due, and whoever keeps the deliveries counts the attempts and keeps their order. Nothing here
//! keeps a delivery, reads a clock, draws a random number or knows what the text says.

mod address;
mod backoff;
mod endpoint;
mod lookup;
mod secret;
mod send_error;
mod sender;
mod settings;
mod signature;

pub use backoff::Backoff;
pub use endpoint::{Endpoint, EndpointError, EndpointUrl};
pub use secret::{Secret, SecretError};
pub use send_error::SendError;
pub use sender::{Delivery, Sender, Sent};
pub use settings::{EndpointSettings, SettingsError, open};
