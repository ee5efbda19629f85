//! Door: `--watch` checks again whenever one of the files changes.

use std::path::PathBuf;
use std::process::ExitCode;

use kit::cloudformation::Account;
use kit::console;
use kit::watch::Watch;

use super::args::Args;
use super::checked::check;
use super::report;

/// Checks the files now and after each change, until Ctrl-C ends it.
///
/// # Errors
/// The files cannot be watched, or the output cannot be written. A file that cannot be read is
/// reported, and watched on.
pub(super) async fn run(args: &Args, account: &Account) -> anyhow::Result<ExitCode> {
    let files: Vec<PathBuf> = args.definition().files;
    anyhow::ensure!(!files.is_empty(), "--watch needs a file to watch");
    let mut watch = Watch::new(files)?;
    let stop = kit::serve::stop_on_signal()?;
    // What changes while they are checked for the first time is a change.
    watch.look().await;
    let mut code;
    loop {
        match check(args, account) {
            Ok(checked) => {
                console::print(report::of(args.format(), &checked))?;
                code = checked.exit_code();
            }
            Err(error) => {
                console::error(format_args!("tidegate: {}", kit::aws::one_line(&error)));
                code = ExitCode::from(2);
            }
        }
        tokio::select! {
            _ = watch.changed() => {}
            () = stop.cancelled() => return Ok(code),
        }
    }
}
