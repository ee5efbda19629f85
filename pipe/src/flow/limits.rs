//! Limits that several parts of the flow share.

/// The most messages that SQS hands out, or settles, in one request.
pub(crate) const BATCH: usize = 10;

/// When the leased messages have so many bytes together, no more are received, however few messages
/// they are.
pub(super) const MOST_BYTES: usize = 64 * 1024 * 1024;
