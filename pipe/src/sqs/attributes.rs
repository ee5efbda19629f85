//! The attributes of the source queue that a pipe goes by.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::error::QueueError;

/// `VisibilityTimeout` of a queue that is created without one.
const DEFAULT_VISIBILITY: Duration = Duration::from_secs(30);

/// The attributes of a queue that may change while the pipe runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueAttributes {
    /// `VisibilityTimeout`.
    pub(crate) visibility: Duration,
    /// `RedrivePolicy`, if there is one.
    pub(crate) redrive: Option<RedrivePolicy>,
}

/// Where SQS moves messages that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedrivePolicy {
    /// `maxReceiveCount`.
    pub(crate) max_receive_count: u32,
    /// The name of the dead-letter queue.
    pub(crate) dead_letter_queue: String,
}

impl QueueAttributes {
    /// Reads the attributes of the queue with this URL.
    ///
    /// # Errors
    /// SQS does not answer, or refuses.
    pub(crate) async fn read(client: &Client, url: &str) -> Result<QueueAttributes, QueueError> {
        let attributes = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::All);
        let attributes = attributes.send().await?.attributes.unwrap_or_default();
        let visibility = attributes
            .get(&QueueAttributeName::VisibilityTimeout)
            .and_then(|text| text.parse().ok());
        let redrive = attributes
            .get(&QueueAttributeName::RedrivePolicy)
            .and_then(|policy| RedrivePolicy::read(policy));
        Ok(QueueAttributes {
            visibility: visibility.map_or(DEFAULT_VISIBILITY, Duration::from_secs),
            redrive,
        })
    }

    /// `maxReceiveCount`, if there is a redrive policy.
    pub(crate) fn max_receive_count(&self) -> Option<u32> {
        self.redrive
            .as_ref()
            .map(|redrive| redrive.max_receive_count)
    }
}

impl RedrivePolicy {
    /// Reads a `RedrivePolicy`. One that cannot be read counts as none: nothing but a line of the
    /// log rests on it.
    fn read(policy: &str) -> Option<RedrivePolicy> {
        let policy: Value = serde_json::from_str(policy).ok()?;
        let most = &policy["maxReceiveCount"];
        let most = most.as_u64().or_else(|| most.as_str()?.parse().ok())?;
        let queue = policy["deadLetterTargetArn"].as_str()?.rsplit(':').next()?;
        Some(RedrivePolicy {
            max_receive_count: u32::try_from(most).ok()?,
            dead_letter_queue: queue.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redrive_policy_is_read_in_either_spelling() {
        let read = |count: &str| {
            RedrivePolicy::read(&format!(
                r#"{{"deadLetterTargetArn":"arn:aws:sqs:r:1:dead","maxReceiveCount":{count}}}"#
            ))
        };
        assert_eq!(
            read("3"),
            Some(RedrivePolicy {
                max_receive_count: 3,
                dead_letter_queue: "dead".into()
            })
        );
        assert_eq!((read("\"3\""), read("null")), (read("3"), None));
        assert_eq!(RedrivePolicy::read("nonsense"), None);
    }
}
