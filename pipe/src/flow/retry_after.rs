//! Reads the `Retry-After` header of an answer. Pure: time is an argument.

use std::time::Duration;

use http::{HeaderMap, header};
use kit::time::Timestamp;

/// The longest time that SQS hides a message.
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);

/// When the target wants to see a message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAfter {
    /// After this time; no more than SQS can hide a message for.
    In(Duration),
    /// Not at all: the header holds a negative number.
    Never,
}

impl RetryAfter {
    /// Reads seconds, or an HTTP date. A date is compared with the answer's own `Date`, so that a
    /// difference between the target's clock and ours does not count.
    pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Option<RetryAfter> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        let delay = match text.parse::<i64>() {
            Ok(seconds) => match u64::try_from(seconds) {
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => return Some(RetryAfter::Never),
            },
            Err(_) => http_date(text)?.since(answered_at(headers).unwrap_or(now)),
        };
        Some(RetryAfter::In(delay.min(TWELVE_HOURS)))
    }
}

/// When the target answered, by its own clock; `None` for an answer from a cache, whose date is
/// old.
fn answered_at(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers
        .get(header::DATE)
        .filter(|_| !headers.contains_key(header::AGE))?;
    http_date(date.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(text, format)
        .ok()?
        .assume_utc();
    let seconds = u64::try_from(date.unix_timestamp()).ok()?;
    Some(Timestamp::from_millis(seconds.saturating_mul(1000)))
}
