//! The name of a bucket. Pure.

use std::net::Ipv4Addr;

/// Checks a name by S3's rules for general purpose buckets; the ARN of an access point is accepted
/// too. Buckets of us-east-1 from before 2018, whose names may have upper case letters, are
/// rejected: our choice, for such a name is far more often a mistake.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let expected = "expected a bucket name: 3 to 63 lowercase letters, digits, dots and hyphens, starting and ending \
                    with a letter or a digit";
    let is_arn = text.starts_with("arn:")
        && text.contains(":s3:")
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_arn || is_bucket(text) {
        Ok(text.to_owned())
    } else {
        Err(expected.to_owned())
    }
}

fn is_bucket(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_known = text
        .bytes()
        .all(|byte| is_plain(byte) || b".-".contains(&byte));
    let ends =
        text.bytes().next().is_some_and(is_plain) && text.bytes().next_back().is_some_and(is_plain);
    (3..=63).contains(&text.len())
        && is_known
        && ends
        && !text.contains("..")
        && text.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_s3_takes() {
        let long = "a".repeat(63);
        for text in [
            "donggyu-test-poc",
            "a.b-c",
            "123",
            long.as_str(),
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/events",
        ] {
            assert_eq!(name(text).as_deref(), Ok(text));
        }
        let long = "a".repeat(64);
        for text in [
            "",
            "ab",
            "A B",
            "Bucket",
            "a_b",
            "-ab",
            "ab-",
            ".ab",
            "a..b",
            "192.168.5.4",
            "bücket",
            "a/b",
            &long,
        ] {
            assert!(
                name(text)
                    .unwrap_err()
                    .starts_with("expected a bucket name: 3 to 63"),
                "{text}"
            );
        }
    }
}
