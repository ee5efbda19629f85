//! How much memory messages and objects take, counted now and then.

/// Memory is counted once in so many requests with messages.
pub(super) const COUNT_MEMORY: u32 = 32;

/// The memory that messages and objects take, as last counted.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes at the last count, plus those of the requests since then.
    pub(super) used: u64,
    /// Requests since the last count.
    pub(super) requests: u32,
    pub(super) is_full: bool,
}
