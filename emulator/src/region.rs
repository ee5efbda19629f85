//! What the name of a region looks like, and where hosts name one. Pure.

/// `us-east-1`, `us-gov-west-1`: letters in front, words between, a number last.
pub(crate) fn is_region(label: &str) -> bool {
    let mut words = label.split('-');
    let first = words.next().unwrap_or_default();
    let last = words.next_back().unwrap_or_default();
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut between = words.peekable();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    is_word(first) && is_number && between.peek().is_some() && between.all(is_word)
}

/// The region of a queue's host: `sqs.{region}.…`, `sqs-fips.{region}.…`, `{region}.queue.…`;
/// `queue.…` is us-east-1. See `docs/aws/sqs.md#queues-and-their-addresses`.
pub(crate) fn of_queue_host(host: &str) -> Option<&str> {
    let mut labels = host.split(['.', ':']);
    match (labels.next()?, labels.next()?) {
        ("sqs" | "sqs-fips", region) if is_region(region) => Some(region),
        (region, "queue") if is_region(region) => Some(region),
        ("queue", _) => Some("us-east-1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_other_labels() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "ap-northeast-2",
            "eusc-de-east-1",
        ] {
            assert!(is_region(region), "{region}");
        }
        for other in [
            "",
            "s3",
            "us-east",
            "my-bucket-1a",
            "us--1",
            "1-a-1",
            "dualstack",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn hosts_of_queues() {
        assert_eq!(
            of_queue_host("sqs.us-west-2.localhost.localstack.cloud:4566"),
            Some("us-west-2")
        );
        assert_eq!(
            of_queue_host("us-west-2.queue.localhost.localstack.cloud:4566"),
            Some("us-west-2")
        );
        assert_eq!(of_queue_host("queue.amazonaws.com"), Some("us-east-1"));
        assert_eq!(of_queue_host("localhost:4566"), None);
        assert_eq!(of_queue_host("sqs.localhost:4566"), None);
    }
}
