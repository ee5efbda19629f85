//! Door: where the lines of the access log go.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::console::{self, LogFile};

/// How long the last lines may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The destination of a log that `--access-log` or `--execution-log` names. It never waits for a
/// disk or a reader.
#[derive(Debug)]
pub(crate) enum AccessLog {
    /// `-`
    Output,
    /// A file, which is opened again on SIGHUP.
    File(LogFile),
}

impl AccessLog {
    /// Opens the destination.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open(path: &Path, flag: &str) -> anyhow::Result<AccessLog> {
        if path == Path::new("-") {
            return Ok(AccessLog::Output);
        }
        let file = LogFile::open(path, report);
        let file = file.map_err(|error| {
            anyhow::anyhow!("{flag}: {} cannot be opened: {error}", path.display())
        })?;
        Ok(AccessLog::File(file))
    }

    /// The destination, where there is one.
    ///
    /// # Errors
    /// See [`AccessLog::open`].
    pub(crate) fn open_optional(
        path: Option<&PathBuf>,
        flag: &str,
    ) -> anyhow::Result<Option<AccessLog>> {
        path.map(|path| AccessLog::open(path, flag)).transpose()
    }

    /// Writes whole lines. Never waits.
    pub(crate) fn write(&self, lines: &str) {
        match self {
            AccessLog::Output => console::announce(lines),
            AccessLog::File(file) => file.push(lines.as_bytes()),
        }
    }

    /// Opens the file again, which somebody may have moved away.
    pub(crate) fn reopen(&self) {
        if let AccessLog::File(file) = self {
            file.reopen();
        }
    }

    /// Waits a moment for what is not written yet.
    pub(crate) fn flush(&self) {
        if let AccessLog::File(file) = self {
            file.flush(PATIENCE);
        }
    }
}

fn report(lines: u64) {
    metrics::counter!("gateway_access_log_lines_dropped_total").increment(lines);
    tracing::warn!(
        lines,
        "lines of the access log were dropped: its disk or reader is too slow"
    );
}
