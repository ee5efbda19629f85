//! Error codes that AWS services have in common. Pure.

/// Parts of codes by which a service asks for fewer requests.
const THROTTLING: [&str; 5] = [
    "LimitExceeded",
    "ProvisionedThroughputExceeded",
    "SlowDown",
    "Throttl",
    "TooManyRequests",
];

/// Whether an error code asks for fewer requests.
pub fn is_throttling_code(code: &str) -> bool {
    THROTTLING.iter().any(|part| code.contains(part))
}

/// Whether the same request may succeed when it is sent again, by the code of its error.
pub fn is_transient_code(code: &str) -> bool {
    is_throttling_code(code) || code.contains("RequestTimeout")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_ask_for_patience_are_known() {
        for code in [
            "RequestThrottled",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "ProvisionedThroughputExceededException",
            "TooManyRequestsException",
        ] {
            assert!(
                is_throttling_code(code) && is_transient_code(code),
                "{code}"
            );
        }
        assert!(is_transient_code("RequestTimeoutException"));
        assert!(!is_throttling_code("RequestTimeoutException"));
        assert!(!is_transient_code("RequestTimeTooSkewed"));
    }
}
