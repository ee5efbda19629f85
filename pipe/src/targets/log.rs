//! A CloudWatch Logs group: `PutLogEvents`, with the event as the message of a log event.
//! Pure.

use kit::call::Reply;
use kit::time::Timestamp;
use serde_json::{Value, json};

use super::dynamic::{DynamicValue, PlanError};
use super::entry::{FeedEntry, RequestLimits};
use super::refusal::Refusal;
use super::service::{ServiceEndpoint, ServiceRequest};
use crate::event::Event;
use kit::arn::Arn;

/// What each log event counts in addition to its message, in bytes.
const OVERHEAD: usize = 26;

/// The longest `LogStreamName`, in characters.
pub(crate) const LONGEST_NAME: usize = 256;

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    site: ServiceEndpoint,
    name: String,
    stream: DynamicValue,
    timestamp: Option<DynamicValue>,
}

impl LogGroup {
    /// 10,000 log events, 1 MiB.
    pub(super) const LIMITS: RequestLimits = RequestLimits {
        entries: 10_000,
        bytes: 1_048_576,
    };

    /// The group with this ARN. `timestamp` is where the event has the time at which it happened.
    ///
    /// # Errors
    /// The ARN is not that of a log group.
    pub(crate) fn new(
        arn: &Arn<'_>,
        stream: DynamicValue,
        timestamp: Option<DynamicValue>,
    ) -> Result<LogGroup, String> {
        let name = arn
            .resource
            .strip_prefix("log-group:")
            .map(|rest| rest.trim_end_matches(":*"));
        let name = name.filter(|name| !name.is_empty() && !name.contains(':'));
        let name = name.ok_or_else(|| format!("{} is not the ARN of a log group", arn.text))?;
        Ok(LogGroup {
            site: ServiceEndpoint::new(arn, "logs", "logs")?,
            name: name.to_owned(),
            stream,
            timestamp,
        })
    }

    pub(super) fn entry(
        &self,
        event: &Event,
        body: &str,
        now: Timestamp,
    ) -> Result<FeedEntry, PlanError> {
        if body.is_empty() {
            return Err(PlanError(
                "CloudWatch Logs does not accept an empty message".into(),
            ));
        }
        let stream = self.stream.required(event, "LogStreamName")?;
        let at = match &self.timestamp {
            None => now.as_millis(),
            Some(path) => {
                let milliseconds = path.text(event).and_then(|text| text.parse().ok());
                milliseconds.ok_or_else(|| {
                    PlanError("the value for Timestamp is not a number of milliseconds".into())
                })?
            }
        };
        let size = body.len() + OVERHEAD;
        Ok(FeedEntry {
            value: json!({"timestamp": at, "message": body}),
            size,
            group: stream.into_owned(),
            at,
        })
    }

    pub(super) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        let stream = entries.first().map_or("", |entry| entry.group.as_str());
        let events: Vec<&Value> = entries.iter().map(|entry| &entry.value).collect();
        let body = json!({"logGroupName": self.name, "logStreamName": stream, "logEvents": events});
        self.site.json("1.1", "Logs_20140328.PutLogEvents", &body)
    }

    /// What became of each of `count` log events. They are refused by their time only, and so from
    /// one end of the list.
    pub(super) fn read(reply: &Reply, count: usize, who: &str) -> Vec<Result<(), Refusal>> {
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let index = |name: &str| {
            answer
                .get("rejectedLogEventsInfo")?
                .get(name)?
                .as_u64()
                .map(|at| at as usize)
        };
        let (too_old, expired) = (
            index("tooOldLogEventEndIndex"),
            index("expiredLogEventEndIndex"),
        );
        let too_new = index("tooNewLogEventStartIndex").unwrap_or(usize::MAX);
        let judge = |at: usize| match at {
            at if expired.is_some_and(|end| at < end) => {
                Err(Refusal::of_entry("older than the group keeps", who))
            }
            at if too_old.is_some_and(|end| at < end) => Err(Refusal::of_entry("too old", who)),
            at if at >= too_new => Err(Refusal::of_entry("too new", who)),
            _ => Ok(()),
        };
        (0..count).map(judge).collect()
    }
}
