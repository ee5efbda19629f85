//! The first byte of a record says what it is. See `docs/store-format.md#records`.

pub(super) const COUNTERS: u8 = 1;
pub(super) const QUEUE: u8 = 2;
pub(super) const QUEUE_DELETED: u8 = 3;
pub(super) const STORED: u8 = 4;
pub(super) const RECEIVED: u8 = 5;
pub(super) const HIDDEN: u8 = 6;
pub(super) const MOVED: u8 = 7;
pub(super) const RENEWED: u8 = 8;
pub(super) const DELETED: u8 = 9;
pub(super) const REMEMBERED: u8 = 10;
pub(super) const BEGIN: u8 = 11;
pub(super) const PURGED: u8 = 12;
pub(super) const TASK: u8 = 13;

/// What a record is to the segment that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// What every segment begins with: queues, move tasks and counts. They may come later too.
    Checkpoint,
    /// A deduplication id without its message.
    Id,
    /// Anything else.
    Record,
}

/// What a payload is.
pub(crate) fn kind(payload: &[u8]) -> RecordKind {
    match payload.first() {
        Some(&(BEGIN | COUNTERS | QUEUE | TASK)) => RecordKind::Checkpoint,
        Some(&REMEMBERED) => RecordKind::Id,
        _ => RecordKind::Record,
    }
}
