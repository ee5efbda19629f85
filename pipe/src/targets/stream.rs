//! A Kinesis data stream: `PutRecords`, with the event as `Data`. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::dynamic::{DynamicValue, PlanError};
use super::entry::{FeedEntry, RequestLimits};
use super::service::{ServiceEndpoint, ServiceRequest};
use crate::event::Event;
use kit::arn::Arn;

/// The longest `PartitionKey`, in characters.
pub(crate) const LONGEST_KEY: usize = 256;

/// A data stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    site: ServiceEndpoint,
    arn: String,
    partition_key: DynamicValue,
}

impl Stream {
    /// 500 records of 5 MiB together, with their keys.
    pub(super) const LIMITS: RequestLimits = RequestLimits {
        entries: 500,
        bytes: 5 * 1024 * 1024,
    };

    /// The stream with this ARN.
    ///
    /// # Errors
    /// The ARN is not that of a stream.
    pub(crate) fn new(arn: &Arn<'_>, partition_key: DynamicValue) -> Result<Stream, String> {
        if !arn.resource.starts_with("stream/") {
            return Err(format!("{} is not the ARN of a stream", arn.text));
        }
        Ok(Stream {
            site: ServiceEndpoint::new(arn, "kinesis", "kinesis")?,
            arn: arn.text.to_owned(),
            partition_key,
        })
    }

    pub(super) fn entry(&self, event: &Event, body: &str) -> Result<FeedEntry, PlanError> {
        let key = self.partition_key.required(event, "PartitionKey")?;
        if key.chars().count() > LONGEST_KEY {
            return Err(PlanError(format!(
                "the value for PartitionKey has more than {LONGEST_KEY} characters"
            )));
        }
        let value = json!({"Data": STANDARD.encode(body), "PartitionKey": &key});
        Ok(FeedEntry::new(value, body.len() + key.len()))
    }

    pub(super) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        let records: Vec<&Value> = entries.iter().map(|entry| &entry.value).collect();
        self.site.json(
            "1.1",
            "Kinesis_20131202.PutRecords",
            &json!({"StreamARN": self.arn, "Records": records}),
        )
    }
}
