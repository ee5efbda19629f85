//! The pipe of a pipeline, in this process or as one of its own.

use std::process::Child;

use tempfile::NamedTempFile;

use crate::running::Running;

/// A process that runs a pipe.
#[derive(Debug)]
pub struct Program {
    pub(super) child: Child,
    pub(super) admin: u16,
}

/// What runs the pipe.
#[derive(Debug)]
pub(super) enum Pipe {
    Stopped,
    Here(Running),
    Process(Program),
}

/// A file for the output of processes.
pub(super) fn log() -> NamedTempFile {
    tempfile::Builder::new()
        .suffix(".log")
        .append(true)
        .tempfile()
        .expect("a file")
}
