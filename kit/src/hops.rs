//! Hops: one log line, at INFO, for each thing that happens to a message on its way. `--quiet`
//! turns them off for the whole process; problems are still logged.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli;

static QUIET: AtomicBool = AtomicBool::new(false);

/// The setting of every program that has hops.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct HopArgs {
    /// Do not log a line for every message; problems are still logged
    #[arg(long, env = "QUIET", value_parser = cli::boolean)]
    pub quiet: bool,
}

impl HopArgs {
    /// Puts the setting into force.
    pub fn apply(self) {
        QUIET.store(self.quiet, Ordering::Relaxed);
    }
}

/// Whether hops are logged.
pub fn are_logged() -> bool {
    !QUIET.load(Ordering::Relaxed)
}
