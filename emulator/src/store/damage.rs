//! What can be wrong with the files of the log, and how the process reports it.

use std::path::Path;

use kit::counted::counted;

/// What is wrong with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The record at this offset.
    Record(u32),
    /// The record at this offset holds something that this version does not know.
    Unknown(u32),
    /// Records are missing at its end.
    Cut {
        /// Where reading stopped.
        from: u32,
        /// Where the last record ended.
        to: u32,
    },
    /// There is no such file, or nothing in it.
    Missing {
        /// How many messages were sent while it was written, it and others that are missing beside
        /// it; unknown when there is nothing before or behind it.
        messages: Option<u64>,
    },
    /// The last write of all was not finished.
    Torn(u32),
    /// The manifest is gone: files at both ends of the log may be missing too, unnoticed.
    Unlisted,
}

/// Takes a report of damage: the file, and what is wrong with it.
pub(super) type Report<'a> = &'a mut dyn FnMut(&Path, Damage);

/// Reports damage in the log of the process.
pub(super) fn log(file: &Path, damage: Damage) {
    let file = file.display();
    if !matches!(damage, Damage::Torn(_) | Damage::Unlisted) {
        metrics::counter!("emulator_log_damaged_total").increment(1);
    }
    match damage {
        Damage::Record(offset) => {
            tracing::error!("{file}: the record at offset {offset} is damaged and lost");
        }
        Damage::Unknown(offset) => {
            tracing::error!(
                "{file}: the record at offset {offset} has a form unknown to this version and is skipped"
            );
        }
        Damage::Cut { from, to } => {
            tracing::error!("{file}: all records from offset {from} to {to} are lost");
        }
        Damage::Missing { messages } => {
            let messages = match messages {
                Some(messages) => format!("at most {}", counted(messages, "message")),
                None => "an unknown number of messages".to_owned(),
            };
            tracing::error!(
                "{file}: the file is missing or empty. Its content is lost: {messages}, and the record of what was received, \
                 deleted or changed meanwhile, so older messages may be delivered again. Everything else was read. \
                 If you have a copy of the file, stop the emulator at once, put it back and start again"
            );
        }
        Damage::Torn(offset) => {
            tracing::warn!(
                "{file}: the last write, at offset {offset}, was unfinished and is skipped"
            );
        }
        Damage::Unlisted => tracing::warn!(
            "{file}: the file was removed or emptied. It lists the files of the log, so a lost file at the beginning or the \
             end of the log cannot be noticed this time"
        ),
    }
}
