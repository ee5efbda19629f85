//! What the demo prints: sentences, and below them a line with counts that moves on a terminal.

use std::cell::Cell;

use kit::console;

use super::counts::Counts;

/// Standard output of the demo.
#[derive(Debug)]
pub(super) struct Screen {
    is_terminal: bool,
    /// Whether the cursor is at the end of a line of counts.
    is_open: Cell<bool>,
}

impl Screen {
    pub(super) fn new() -> Screen {
        Screen {
            is_terminal: console::is_output_terminal(),
            is_open: Cell::new(false),
        }
    }

    /// Prints a sentence, below whatever stands there.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        let begin = if self.is_open.replace(false) {
            "\n"
        } else {
            ""
        };
        Ok(console::print(format_args!("{begin}{text}\n"))?)
    }

    /// Shows the counts of this moment on a terminal, in place of those before.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn counts(&self, published: u32, counts: &Counts) -> anyhow::Result<()> {
        if self.is_terminal {
            self.is_open.set(true);
            console::print(format_args!("\r\x1b[K{}", shown(published, counts)))?;
        }
        Ok(())
    }

    /// Prints the counts at the end of a step, to stay.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn result(&self, published: u32, counts: &Counts) -> anyhow::Result<()> {
        self.counts(published, counts)?;
        if self.is_terminal {
            self.line("")
        } else {
            self.line(&format!("{}\n", shown(published, counts)))
        }
    }
}

/// `   published 500, stored 420, waiting 80, dead 0`.
fn shown(published: u32, counts: &Counts) -> String {
    let Counts {
        stored,
        waiting,
        dead,
    } = counts;
    format!(
        "   published {published:>5}   in S3 {stored:>5}   in the queue {waiting:>5}   dead {dead}"
    )
}
