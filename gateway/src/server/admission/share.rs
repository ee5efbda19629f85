//! Core: a payload's share of a budget of bytes.

use tokio::sync::SemaphorePermit;

use crate::gateway_responses::Fault;

/// The bytes of every payload that do not count.
pub(super) const FREE: usize = 8 * 1024;

/// Budgets are taken in steps of this many bytes.
pub(super) const STEP: usize = 64 * 1024;

/// How many more steps a payload of `length` bytes needs; none if it has enough.
pub(super) fn missing(
    held: Option<&SemaphorePermit<'_>>,
    length: usize,
) -> Result<Option<u32>, Fault> {
    let held = held.map_or(0, SemaphorePermit::num_permits);
    let needed = length.saturating_sub(FREE).div_ceil(STEP);
    if needed <= held {
        return Ok(None);
    }
    let more = u32::try_from(needed - held).map_err(|_| Fault::RequestTooLarge)?;
    Ok(Some(more))
}

/// Adds to what is held.
pub(super) fn merge<'a>(held: &mut Option<SemaphorePermit<'a>>, more: SemaphorePermit<'a>) {
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
}
