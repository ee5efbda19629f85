//! The state of the store, and how much the log takes.

/// The state of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Everything works.
    Sound,
    /// The disk is full: new messages are refused until there is room.
    Full,
    /// Writing or syncing failed: everything is refused until the records that may not be durable
    /// have been written again.
    Failed,
}

/// How much the log on disk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStats {
    /// The number of files.
    pub segments: usize,
    /// The bytes that the files take.
    pub bytes: u64,
    /// The bytes of them that messages need.
    pub live: u64,
}
