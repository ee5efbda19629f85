//! The attributes of a queue as the engine obeys them. The names and the text form of each live in
//! `action`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::arn::QueueArn;
use super::limits;

/// Everything that CreateQueue and SetQueueAttributes can set; numbers are in SQS's units (seconds
/// and bytes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// DelaySeconds.
    pub delay: u32,
    /// MaximumMessageSize.
    pub message_size: u32,
    /// MessageRetentionPeriod.
    pub retention: u32,
    /// ReceiveMessageWaitTimeSeconds.
    pub receive_wait: u32,
    /// VisibilityTimeout.
    pub visibility: u32,
    /// RedrivePolicy.
    pub redrive: Option<Redrive>,
    /// RedriveAllowPolicy.
    pub redrive_allow: Option<RedriveAllow>,
    /// Policy, as it was given. Kept and shown, not enforced.
    pub policy: Option<String>,
    /// KmsMasterKeyId. Kept and shown; nothing is encrypted.
    pub kms_key: Option<String>,
    /// KmsDataKeyReusePeriodSeconds.
    pub kms_reuse: u32,
    /// SqsManagedSseEnabled.
    pub managed_sse: bool,
    /// The settings of a FIFO queue; none on a standard queue.
    pub fifo: Option<FifoAttributes>,
}

/// What only FIFO queues have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoAttributes {
    /// ContentBasedDeduplication.
    pub content_deduplication: bool,
    /// DeduplicationScope `messageGroup`, instead of `queue`.
    pub scope_is_group: bool,
    /// FifoThroughputLimit `perMessageGroupId`, instead of `perQueue`. Kept and shown; there is no
    /// throttling here.
    pub limit_is_per_group: bool,
}

/// After how many receives a message goes where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrive {
    /// deadLetterTargetArn.
    pub target: QueueArn,
    /// maxReceiveCount.
    pub max_receives: u32,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedriveAllow {
    /// `allowAll`.
    All,
    /// `denyAll`.
    None,
    /// `byQueue`, with the ARNs of the sources.
    Sources(Vec<QueueArn>),
}

impl Attributes {
    /// What a new queue has when nothing is asked for.
    pub fn new(fifo: bool) -> Attributes {
        let standard_fifo = || FifoAttributes {
            content_deduplication: false,
            scope_is_group: false,
            limit_is_per_group: false,
        };
        Attributes {
            delay: limits::DELAY.default,
            message_size: limits::MESSAGE_SIZE.default,
            retention: limits::RETENTION.default,
            receive_wait: limits::RECEIVE_WAIT.default,
            visibility: limits::VISIBILITY.default,
            redrive: None,
            redrive_allow: None,
            policy: None,
            kms_key: None,
            kms_reuse: limits::KMS_REUSE.default,
            managed_sse: true,
            fifo: fifo.then(standard_fifo),
        }
    }

    /// How long a message is kept.
    pub fn retention(&self) -> Duration {
        Duration::from_secs(self.retention.into())
    }

    /// How long a received message is hidden unless the receive says otherwise.
    pub fn visibility(&self) -> Duration {
        Duration::from_secs(self.visibility.into())
    }

    /// How long a new message is hidden unless the send says otherwise.
    pub fn delay(&self) -> Duration {
        Duration::from_secs(self.delay.into())
    }

    /// Whether a queue `source` may send its dead letters here.
    pub fn allows_source(&self, source: &QueueArn) -> bool {
        match &self.redrive_allow {
            None | Some(RedriveAllow::All) => true,
            Some(RedriveAllow::None) => false,
            Some(RedriveAllow::Sources(sources)) => sources.contains(source),
        }
    }
}
