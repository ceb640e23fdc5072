//! Bars for who waits: on standard error, and none where nobody looks at it.

use std::fmt::Display;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::text::escaped;

/// How often what turns by itself turns.
const TURN: Duration = Duration::from_millis(100);

/// How far something is. What it says is shown as every text for people is.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar over `count` of `what`.
    pub(crate) fn over(count: u64, what: &str) -> Self {
        let bar = ProgressBar::new(count);
        let template =
            format!("{{bar:32}} {{human_pos}}/{{human_len}} {what}, {{eta}} left {{msg}}");
        Self(match ProgressStyle::with_template(&template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// What turns whenever something is said, where nobody knows how much there is to do.
    pub(crate) fn of_unknown() -> Self {
        Self(ProgressBar::new_spinner())
    }

    /// What turns by itself while `what` goes on.
    pub(crate) fn while_going_on(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(TURN);
        Self(bar)
    }

    /// So many more are done.
    pub(crate) fn add(&self, count: u64) {
        self.0.inc(count);
    }

    /// So many are done.
    pub(crate) fn to(&self, count: u64) {
        self.0.set_position(count);
    }

    /// Says something beside it.
    pub(crate) fn say(&self, what: impl Display) {
        self.0.set_message(escaped(&what.to_string()).into_owned());
        self.0.tick();
    }

    /// Steps aside for what `print` prints.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    /// Goes away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
