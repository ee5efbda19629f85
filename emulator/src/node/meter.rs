//! How much memory messages and objects take, counted now and then.

/// Memory is counted once in so many requests with messages.
pub(super) const COUNT_MEMORY: u32 = 32;

/// What messages and objects take, looked at now and then.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes, those of requests since then included, as they came.
    pub(super) used: u64,
    /// Requests since then.
    pub(super) requests: u32,
    pub(super) is_full: bool,
}
