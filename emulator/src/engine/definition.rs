//! What a queue is, apart from its messages: the part of it that is stored as JSON.

use std::collections::BTreeMap;

use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::arn::QueueArn;
use super::attributes::Attributes;
use super::ids::{QueueId, Serial};

/// All of a queue except its messages: what a change of the queue writes to the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDefinition {
    /// The queue's number.
    pub id: QueueId,
    /// Region, account and name.
    pub arn: QueueArn,
    /// The queue's attributes.
    pub attributes: Attributes,
    /// The queue's tags.
    pub tags: BTreeMap<String, String>,
    /// CreatedTimestamp.
    #[serde(with = "millis")]
    pub created: Timestamp,
    /// LastModifiedTimestamp.
    #[serde(with = "millis")]
    pub modified: Timestamp,
    /// The last PurgeQueue, if there was one.
    pub purge: Option<Purge>,
}

/// A purge: when, and the serial below which no message survived it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// When the purge was requested.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Every message of the queue with a smaller serial was dropped.
    pub below: Serial,
}

/// Stores a [`Timestamp`] as milliseconds.
pub(super) mod millis {
    use kit::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        at.as_millis().serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp::from_millis)
    }
}
