//! Panics that are caught, where one part must not take others along.
//!
//! Nothing here says that a panic did no harm: whoever catches one knows what it may have left half
//! changed, and looks at that no more, or makes it anew.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;

use tokio::task::JoinHandle;

/// A panic that was caught, by what it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it panicked: {0}")]
pub struct Panicked(String);

impl Panicked {
    /// What it said.
    pub fn said(self) -> String {
        self.0
    }
}

impl From<Box<dyn Any + Send>> for Panicked {
    fn from(panic: Box<dyn Any + Send>) -> Self {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Self(said.unwrap_or("it did not say why").to_owned())
    }
}

/// What `act` comes to.
///
/// # Errors
/// [`Panicked`] where it panicked.
pub fn caught<T>(act: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(act)).map_err(Panicked::from)
}

/// What `work` comes to, which is not polled again after a panic.
///
/// # Errors
/// [`Panicked`] where it panicked.
pub async fn caught_in<F: Future>(work: F) -> Result<F::Output, Panicked> {
    let mut work = pin!(work);
    poll_fn(|context| match caught(|| work.as_mut().poll(context)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Does what is beside the point: a panic in it is told of by the panic hook alone.
pub fn beside(act: impl FnOnce()) {
    let _ = caught(act);
}

/// What `task` comes to. Its panic goes on in the caller.
pub async fn joined<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // It was cancelled: the runtime ends, and nobody waits.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_by_what_it_said() {
        let number = 7;
        assert_eq!(caught(|| number), Ok(7));
        let plain = caught(|| panic!("plain")).unwrap_err();
        assert_eq!(plain.to_string(), "it panicked: plain");
        let formatted = caught(|| panic!("number {number}")).unwrap_err();
        assert_eq!(formatted.to_string(), "it panicked: number 7");
        let silent = caught(|| std::panic::panic_any(number)).unwrap_err();
        assert_eq!(silent.to_string(), "it panicked: it did not say why");
        beside(|| panic!("nobody hears of it"));
    }

    #[tokio::test]
    async fn what_is_awaited_may_panic_late() {
        assert_eq!(caught_in(async { 7 }).await, Ok(7));
        let late = async {
            tokio::task::yield_now().await;
            panic!("late");
        };
        let late: Result<(), _> = caught_in(late).await;
        assert_eq!(late.unwrap_err().to_string(), "it panicked: late");
        let task = caught_in(joined(tokio::spawn(async { panic!("elsewhere") })));
        let told: Result<(), _> = task.await;
        assert_eq!(told.unwrap_err().to_string(), "it panicked: elsewhere");
    }
}
