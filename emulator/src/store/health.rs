//! The state of the store, and how much the log takes.

/// How a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Sound,
    /// The disk is full: no messages are taken until there is room.
    Full,
    /// Writing or syncing failed: nothing is taken until what is not known to be durable could be
    /// written again.
    Failed,
}

/// How the log on disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStats {
    /// Files.
    pub segments: usize,
    /// Bytes that they take.
    pub bytes: u64,
    /// Bytes of them that messages need.
    pub live: u64,
}
