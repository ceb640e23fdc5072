//! A way out of a loop of the client's that never yields.
//!
//! When a server ends a subscription well, the client polls the ended stream for ever: no timeout
//! on that thread fires, and no task is dropped. All that it does each time is to log a warning.
//! On the thread of a subscription, and there alone, those warnings come here: enough of them
//! without a message in between unwind the thread.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Warnings in a row that no server can cause as fast as this: a message without content is one.
const MOST: u32 = 10_000;

thread_local! {
    static WARNINGS: Cell<u32> = const { Cell::new(0) };
}

/// What unwinds the thread.
struct Spinning;

/// Says that the client on this thread has handed something out, and so does not spin.
pub(crate) fn moved() {
    WARNINGS.set(0);
}

/// Runs `work`, which drives the client; `None` where the client had to be stopped.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    moved();
    let watched = || tracing::subscriber::with_default(Listener, work);
    match catch_unwind(AssertUnwindSafe(watched)) {
        Ok(done) => Some(done),
        Err(cause) if cause.is::<Spinning>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        let warnings = WARNINGS.get() + 1;
        WARNINGS.set(warnings);
        if warnings > MOST {
            // Without the panic hook: nothing is wrong with this program.
            resume_unwind(Box::new(Spinning));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_warns_for_ever_is_stopped() {
        let stopped = guarded(|| {
            loop {
                tracing::warn!("nothing came");
            }
        });
        assert_eq!(stopped, None::<()>);
    }

    #[test]
    fn who_moves_on_may_warn() {
        let done = guarded(|| {
            for _ in 0..3 {
                for _ in 0..MOST {
                    tracing::warn!("nothing came");
                }
                moved();
            }
            7
        });
        assert_eq!(done, Some(7));
    }

    #[test]
    fn another_panic_goes_on() {
        let panicked = catch_unwind(|| guarded(|| resume_unwind(Box::new("another"))));
        assert!(panicked.err().unwrap().is::<&str>());
    }
}
