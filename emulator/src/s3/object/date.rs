//! Conversions of the library's times, which have no arithmetic. Pure.

use std::time::Duration;

use kit::time::Timestamp;
use s3s::dto::Timestamp as Date;

/// A date in seconds since the epoch.
pub(crate) fn seconds(date: &Date) -> i64 {
    let date: time::OffsetDateTime = date.clone().into();
    date.unix_timestamp()
}

/// A time in the library's type.
pub(crate) fn date(at: Timestamp) -> Date {
    (std::time::UNIX_EPOCH + Duration::from_millis(at.as_millis())).into()
}
