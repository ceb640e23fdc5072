//! Bars for who waits: on standard error, and none where nobody looks at it.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `count` of `what`.
pub(crate) fn bar(count: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(count);
    let template = format!("{{bar:32}} {{human_pos}}/{{human_len}} {what}, {{eta}} left {{msg}}");
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
