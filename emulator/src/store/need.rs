//! What a request writes, and whether the log has room for it.

/// What a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// New messages, of so many bytes.
    Messages(usize),
    /// That messages were received.
    Receives,
    /// A queue: every file of the log begins with all of them.
    Definition,
    /// Anything else: a few records, which make room in the end when they say that messages are
    /// gone.
    Records,
}

/// Whether there is room for what a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is.
    Enough,
    /// There will be in a moment: see [`Store::more_room`](super::Store::more_room).
    Soon,
    /// The disk is full.
    None,
}
