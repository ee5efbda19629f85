//! `tidegate lint`: what is lossy, dangerous or different from AWS in a definition, found before it
//! runs.
//!
//! `rules` has the table of rules, which are pure functions over a [`Subject`]: a definition that
//! gateway and pipe have read. `load` (door) reads it, `report` prints, `fix` (door) writes.

mod access;
mod args;
mod checked;
mod corrections;
mod definition;
mod differences;
mod fifo;
mod finding;
mod fix;
mod forms;
mod load;
mod pipes;
mod places;
mod probe;
#[cfg(test)]
mod properties;
mod queues;
mod report;
mod responses;
mod rules;
mod stand_ins;
mod subject;
mod suppressions;
mod templates;
mod watch;

use std::process::ExitCode;

use kit::{aws, console, program};

pub(crate) use args::Args;
use checked::check;

/// Runs the verb.
///
/// # Errors
/// A file cannot be read, a setting is wrong, or the output cannot be written.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    program::install_tls();
    let runtime = tokio::runtime::Runtime::new()?;
    let account = aws::account_unasked(&runtime.block_on(aws::config())?)?;
    if args.watch {
        return runtime.block_on(watch::run(args, &account));
    }
    let mut checked = check(args, &account)?;
    if args.fix {
        checked = fix::apply(args, &account, &checked)?;
    }
    console::print(report::of(args.format(), &checked))?;
    Ok(checked.exit_code())
}
