//! The settings of `tidegate redrive`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use pipe::event::filter::Filter;
use pipe::transform::Transform;

use super::plan::Plan;
use crate::cases::read;

/// Send dead letters again: to the queue in which they died, or to another one
///
/// Each message is sent first and deleted from the dead-letter queue afterwards, so that nothing is
/// lost whenever this ends; run it again to go on. A FIFO queue takes no message twice for that
/// (its deduplication id is the message's id); a standard queue may, where a run was killed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    tidegate redrive ex-queue-dlq --dry-run\n  \
    tidegate redrive ex-queue-dlq --rate 50\n  \
    tidegate redrive ex-queue-dlq --pattern only-orders.json --edit corrected.tpl --to ex-queue\n\n\
    Exit code: 0 everything that was wanted was sent; 1 some could not be edited or sent, or Ctrl-C ended it; 2 \
    wrong usage, or SQS does not answer.")]
pub(crate) struct Args {
    /// The dead-letter queue: its name, its URL or its ARN
    #[arg(value_name = "DLQ")]
    pub queue: String,
    /// Send to this queue (name, URL or ARN) instead of the one in which each message died
    #[arg(long, value_name = "QUEUE")]
    pub to: Option<String>,
    /// Only messages that match this event pattern, a JSON file; it sees what the filter of a pipe
    /// sees: {"body": …, "attributes": …}. Repeatable: one of them is enough
    #[arg(long, value_name = "FILE")]
    pub pattern: Vec<PathBuf>,
    /// Send the text that this input template makes of each message instead of its body
    #[arg(long, value_name = "FILE")]
    pub edit: Option<PathBuf>,
    /// Send at most so many a second
    #[arg(long, value_name = "N", value_parser = kit::cli::number(1u32..=100_000, "messages a second"))]
    pub rate: Option<u32>,
    /// Stop after so many were sent
    #[arg(long, value_name = "N")]
    pub max: Option<usize>,
    /// For how many seconds a message is hidden from others while it is on its way. After a run was
    /// killed, its last ten messages can be sent again when this is over
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = kit::cli::number(1u16..=240, "seconds")
    )]
    pub visibility_timeout: u16,
    /// Send nothing: show what would go where
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: agree that messages are received where they cannot be shown otherwise
    #[arg(long, requires = "dry_run")]
    pub receive: bool,
    /// Print one JSON object a message and line
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// Reads the pattern and the template.
    ///
    /// # Errors
    /// A file cannot be read, or is no pattern or template.
    pub(super) fn plan(&self, queue_arn: String) -> Result<Plan> {
        let mut filter = Filter::default();
        for file in &self.pattern {
            let refused = |reason| anyhow::anyhow!("{}: {reason}", file.display());
            filter.add(&read(file)?).map_err(refused)?;
        }
        let edit = self.edit.as_ref().map(|file| {
            let text = read(file)?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            Transform::parse(text).with_context(|| file.display().to_string())
        });
        Ok(Plan {
            filter,
            edit: edit.transpose()?,
            queue_arn,
        })
    }
}
