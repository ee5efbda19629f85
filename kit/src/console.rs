//! Standard output and standard error: the only place that writes to them.
//!
//! A reader that ends (`| head -1`) or stops reading must not stop a program. Programs that serve
//! hand their text to a [`BackgroundWriter`], which never waits; tools wait for their
//! reader, and end quietly when it is gone.

#![allow(clippy::disallowed_methods, reason = "what stands in for them is here")]

mod background_writer;
mod log_file;

pub use background_writer::BackgroundWriter;
pub use log_file::LogFile;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::os::fd::AsFd;
use std::sync::LazyLock;
use std::time::Duration;

use crate::env;
use background_writer::Report;

/// How long a program that ends waits for a reader of its last lines.
const PATIENCE: Duration = Duration::from_secs(1);

static OUTPUT: LazyLock<BackgroundWriter> =
    LazyLock::new(|| BackgroundWriter::new("stdout", file(&io::stdout()), Report::Here(|_| {})));
static ERRORS: LazyLock<BackgroundWriter> =
    LazyLock::new(|| BackgroundWriter::new("stderr", file(&io::stderr()), Report::Here(report)));

/// Writes past the standard library's own lock, whose holder may wait for a reader for ever.
fn file(stream: &impl AsFd) -> Option<File> {
    stream.as_fd().try_clone_to_owned().ok().map(File::from)
}

fn report(lines: u64) {
    metrics::counter!("log_lines_dropped_total").increment(lines);
    tracing::warn!(
        lines,
        "log lines were dropped: the reader of the log is too slow or gone"
    );
}

/// Standard error as the log has it: takes whole lines and never waits.
pub fn errors() -> &'static BackgroundWriter {
    &ERRORS
}

/// One line on standard error, for a person. Never waits, never fails.
pub fn error(line: impl std::fmt::Display) {
    ERRORS.push(format!("{line}\n").as_bytes());
}

/// Text on standard output of a program that goes on whether anybody reads it or not.
pub fn announce(text: impl std::fmt::Display) {
    OUTPUT.push(text.to_string().as_bytes());
}

/// Waits until everything is written, for a second at most: the reader may be gone. Each program
/// ends with this call.
pub fn flush() {
    OUTPUT.flush(PATIENCE);
    ERRORS.flush(PATIENCE);
}

/// Text on standard output of a tool. A reader that is gone wanted no more, which is no error.
///
/// # Errors
/// It cannot be written for another reason, such as a full disk.
pub fn print(text: impl std::fmt::Display) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output
        .write_all(text.to_string().as_bytes())
        .and_then(|()| output.flush());
    written.or_else(|error| {
        if error.kind() == ErrorKind::BrokenPipe {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// Standard output of a tool that writes as long as there is a reader; see [`is_reader_gone`].
pub fn output() -> impl Write {
    Output(io::stdout().lock())
}

/// Whether standard output is a terminal.
pub fn is_output_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub fn is_error_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether standard error is coloured: on a terminal, unless `NO_COLOR` or `TERM=dumb` is set
/// (<https://no-color.org>).
pub(crate) fn has_colours() -> bool {
    is_error_terminal() && is_coloured(&|name| env::var_os(name))
}

/// Whether the environment allows colours.
fn is_coloured(variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|kind| kind != "dumb")
}

/// Whether a tool ended because the reader of its [`output`] did.
pub fn is_reader_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let Some(inner) = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        else {
            return false;
        };
        inner.is::<ReaderGone>()
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the reader of the output is gone")]
struct ReaderGone;

struct Output<W>(W);

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(marked)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(marked)
    }
}

fn marked(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::BrokenPipe {
        io::Error::new(ErrorKind::BrokenPipe, ReaderGone)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn colours_are_off_where_somebody_says_so() {
        for (set, colours) in [
            (None, true),
            (Some(("TERM", "xterm-256color")), true),
            (Some(("TERM", "dumb")), false),
            (Some(("NO_COLOR", "1")), false),
        ] {
            let variable = |name: &str| {
                set.filter(|(known, _)| *known == name)
                    .map(|(_, value)| value.into())
            };
            assert_eq!(is_coloured(&variable), colours, "{set:?}");
        }
    }

    #[test]
    fn a_reader_that_is_gone_is_known_from_other_errors() {
        let broken = |kind| {
            Output(Broken(kind))
                .write_all(b"x")
                .context("standard output")
                .unwrap_err()
        };
        assert!(is_reader_gone(&broken(ErrorKind::BrokenPipe)));
        assert!(!is_reader_gone(&broken(ErrorKind::StorageFull)));
        assert!(
            !is_reader_gone(&io::Error::from(ErrorKind::BrokenPipe).into()),
            "of a connection, for example"
        );
    }
}
