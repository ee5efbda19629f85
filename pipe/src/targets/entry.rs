//! One event as an entry of a request to a service that takes many. Pure.

use serde_json::Value;

use super::refusal::Refusal;

/// One event as a service takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedEntry {
    /// The entry as it stands in the request.
    pub(super) value: Value,
    /// What the entry counts against the size limit of a request, in bytes.
    pub(super) size: usize,
    /// What all entries of a request must share: a log stream.
    pub(super) group: String,
    /// When the event happened, in milliseconds: log events are sent in this order.
    pub(super) at: u64,
}

impl FeedEntry {
    /// An entry that can share a request with any other.
    pub(super) fn new(value: Value, size: usize) -> FeedEntry {
        FeedEntry {
            value,
            size,
            group: String::new(),
            at: 0,
        }
    }
}

/// What one request may hold.
pub(super) struct RequestLimits {
    /// The most entries.
    pub(super) entries: usize,
    /// The most bytes.
    pub(super) bytes: usize,
}

/// The refusal of an entry that the answer does not mention.
pub(super) fn unmentioned(who: &str) -> Refusal {
    Refusal::of_entry("InternalFailure: the answer does not mention it", who)
}
