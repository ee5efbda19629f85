//! Why a data folder cannot be opened.

use std::io;
use std::path::PathBuf;

use crate::memory::{TooMany, TooSmall};

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the folder.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// MemoryStore is too small for any messages.
    #[error(transparent)]
    TooSmall(#[from] TooSmall),
    /// MemoryStore is too small for the messages in the folder.
    #[error("{}: {cause}", path.display())]
    TooMany {
        /// The log.
        path: PathBuf,
        /// The limit.
        cause: TooMany,
    },
    /// The folder or a file in it cannot be read or made.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
}
