//! How far a redrive has come: a bar on a terminal, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kit::console;

/// A bar with rate and estimate.
pub(super) fn bar(messages: u64, is_wanted: bool) -> ProgressBar {
    if !is_wanted || !console::is_error_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(messages);
    let form = "{wide_bar} {pos}/{len}  {per_sec}  about {eta} left";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
