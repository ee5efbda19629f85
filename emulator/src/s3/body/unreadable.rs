//! A stored body that cannot be read to its end.

use std::io;

/// A stored body that cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Unreadable(pub(super) io::Error);
