//! Which queue: region, account and name. Knows ARNs and the rules for names, nothing of URLs.

use std::fmt;
use std::str::FromStr;

use kit::arn::Arn;
use serde::{Deserialize, Serialize};

use super::limits;

/// The identity of a queue. Prints and parses as its ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueueArn {
    /// Such as `eu-west-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// Case-sensitive; FIFO queues end in `.fifo`.
    pub name: String,
}

impl QueueArn {
    /// Whether the name is that of a FIFO queue.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// Whether the name keeps the rules: 1 to 80 letters, digits, hyphens and underscores, then
    /// perhaps `.fifo`.
    pub fn has_valid_name(&self) -> bool {
        let stem = self.name.strip_suffix(".fifo").unwrap_or(&self.name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !stem.is_empty() && self.name.len() <= limits::QUEUE_NAME && stem.bytes().all(plain)
    }
}

impl fmt::Display for QueueArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:aws:sqs:{}:{}:{}",
            self.region, self.account, self.name
        )
    }
}

impl FromStr for QueueArn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<QueueArn, NotAnArn> {
        match Arn::parse(text) {
            Some(Arn {
                partition,
                service: "sqs",
                region,
                account,
                resource: name,
                ..
            }) if partition.starts_with("aws")
                && !region.is_empty()
                && !account.is_empty()
                && !name.contains(':') =>
            {
                Ok(QueueArn {
                    region: region.to_owned(),
                    account: account.to_owned(),
                    name: name.to_owned(),
                })
            }
            _ => Err(NotAnArn),
        }
    }
}

/// The text is not the ARN of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of an SQS queue")]
pub struct NotAnArn;

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(name: &str) -> QueueArn {
        QueueArn {
            region: "eu-west-1".into(),
            account: "000000000000".into(),
            name: name.into(),
        }
    }

    #[test]
    fn names() {
        let (fits, too_long) = ("a".repeat(75) + ".fifo", "a".repeat(76) + ".fifo");
        for (name, valid) in [
            ("a", true),
            ("Q-_9", true),
            ("", false),
            (".fifo", false),
            ("a.b", false),
            (&fits, true),
            (&too_long, false),
        ] {
            assert_eq!(arn(name).has_valid_name(), valid, "{name}");
        }
    }

    #[test]
    fn prints_and_parses() {
        assert_eq!(
            arn("a.fifo").to_string(),
            "arn:aws:sqs:eu-west-1:000000000000:a.fifo"
        );
        assert_eq!(
            "arn:aws-cn:sqs:eu-west-1:000000000000:a.fifo".parse(),
            Ok(arn("a.fifo"))
        );
        for bad in [
            "",
            "dlq",
            "arn:aws:sns:eu-west-1:000000000000:a",
            "arn:aws:sqs:eu-west-1::a",
        ] {
            assert_eq!(bad.parse::<QueueArn>(), Err(NotAnArn), "{bad}");
        }
    }
}
