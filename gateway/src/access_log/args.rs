//! The settings of the logs that are files of their own.

use std::path::PathBuf;

use super::destination::AccessLog;

/// Where access log and execution log go.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LogArgs {
    /// The file for the access log, in the format of each stage; - is standard output [default: a
    /// line a request in the program's own log]
    #[arg(long, value_name = "FILE", env = "GATEWAY_ACCESS_LOG")]
    pub access_log: Option<PathBuf>,
    /// The file for the execution log of methods with a LoggingLevel; - is standard output
    /// [default: none; the admin port records single requests on demand]
    #[arg(long, value_name = "FILE", env = "GATEWAY_EXECUTION_LOG")]
    pub execution_log: Option<PathBuf>,
}

impl LogArgs {
    /// Checks that the files can be opened.
    ///
    /// # Errors
    /// One of them cannot.
    pub fn check(&self) -> anyhow::Result<()> {
        self.access_log()?;
        self.execution_log()?;
        Ok(())
    }

    /// The access log.
    ///
    /// # Errors
    /// Its file cannot be opened.
    pub(crate) fn access_log(&self) -> anyhow::Result<Option<AccessLog>> {
        let flag = "--access-log or GATEWAY_ACCESS_LOG";
        AccessLog::open_optional(self.access_log.as_ref(), flag)
    }

    /// The execution log.
    ///
    /// # Errors
    /// Its file cannot be opened.
    pub(crate) fn execution_log(&self) -> anyhow::Result<Option<AccessLog>> {
        let flag = "--execution-log or GATEWAY_EXECUTION_LOG";
        AccessLog::open_optional(self.execution_log.as_ref(), flag)
    }
}
