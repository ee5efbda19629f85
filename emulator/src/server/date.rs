//! The `Date` of every answer, by the clock that signatures are checked with. The HTTP library
//! writes one of its own, which it keeps until the wall clock is later: after the clock was set
//! back, that one stands still.

use std::time::{Duration, UNIX_EPOCH};

use axum::response::Response;
use http::HeaderValue;
use http::header::DATE;
use kit::time::Timestamp;

/// The answer with the time at which it leaves.
pub(super) async fn dated(response: Response) -> Response {
    with_date(response, Timestamp::wall())
}

fn with_date(mut response: Response, now: Timestamp) -> Response {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now.as_secs()));
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn the_date_follows_a_clock_that_is_set_back() {
        let date = |now: u64| {
            let response = with_date(Response::new(Body::empty()), Timestamp::from_millis(now));
            response.headers()[DATE].to_str().unwrap().to_owned()
        };
        assert_eq!(date(1_767_225_600_000), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(date(1_767_139_200_999), "Wed, 31 Dec 2025 00:00:00 GMT");
    }
}
