//! What a request writes, and whether the log has room for it.

/// What a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// New messages, of this many bytes.
    Messages(usize),
    /// Receives of messages.
    Receives,
    /// The definition of a queue: every file of the log begins with all of them.
    Definition,
    /// Anything else: a few records. Deletes are among them, which make room in the end.
    Records,
}

/// Whether there is room for what a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is room.
    Enough,
    /// There will be room in a moment: see [`Store::more_room`](super::Store::more_room).
    Soon,
    /// The disk is full.
    None,
}
