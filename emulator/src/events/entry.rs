//! One entry of PutEvents, and the event that it becomes.

use std::collections::HashMap;

use kit::time::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::failure::Failure;
use crate::action::Caller;

/// The bus of entries that name none.
const DEFAULT_BUS: &str = "default";

/// What `Time` counts, in bytes.
const TIME: usize = 14;

/// An entry as it comes. Members that are not known are ignored, as in AWS JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutEvent {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    resources: Option<Vec<String>>,
    time: Option<Value>,
    trace_header: Option<String>,
}

/// An event bus: region, account and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bus {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) name: String,
}

/// An event that is ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadyEvent {
    /// Its id.
    pub(crate) id: String,
    /// The bus that it was put on.
    pub(crate) bus: Bus,
    /// The event as rules see it.
    pub(crate) body: String,
    /// `TraceHeader`.
    pub(crate) trace_header: Option<String>,
}

impl PutEvent {
    /// What the entry counts against the limit of a request:
    /// `docs/aws/events.md#putevents`.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let resources = self.resources.iter().flatten().map(String::len);
        texts + resources.sum::<usize>() + self.time.as_ref().map_or(0, |_| TIME)
    }

    /// The event that the entry becomes at `now`.
    ///
    /// # Errors
    /// The entry is refused.
    pub(crate) fn ready(self, now: Timestamp, caller: &Caller) -> Result<ReadyEvent, Failure> {
        let bus = bus(self.event_bus_name.as_deref(), caller);
        let source = required("Source", self.source)?;
        let detail_type = required("DetailType", self.detail_type)?;
        let detail = required("Detail", self.detail)?;
        if source.starts_with("aws.") {
            return Err(Failure {
                code: "NotAuthorizedForSourceException",
                message: "Not authorized for the source.".to_owned(),
            });
        }
        // Only an object will do; its members stay as they were sent.
        if serde_json::from_str::<HashMap<String, IgnoredAny>>(&detail).is_err() {
            return Err(Failure {
                code: "MalformedDetail",
                message: "Detail is malformed.".to_owned(),
            });
        }
        let id = Uuid::new_v4().to_string();
        let time = time(self.time.as_ref(), now)?;
        let body = format!(
            r#"{{"version":"0","id":"{id}","detail-type":{},"source":{},"account":{},"time":"{time}","region":{},"resources":{},"detail":{}}}"#,
            json!(detail_type),
            json!(source),
            json!(caller.account),
            json!(caller.region),
            json!(self.resources.unwrap_or_default()),
            detail.trim(),
        );
        let trace_header = self.trace_header.or_else(|| caller.trace_header.clone());
        Ok(ReadyEvent {
            id,
            bus,
            body,
            trace_header,
        })
    }
}

fn required(name: &str, value: Option<String>) -> Result<String, Failure> {
    let reason = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
    let failure = Failure {
        code: "InvalidArgument",
        message: reason,
    };
    value.filter(|value| !value.is_empty()).ok_or(failure)
}

/// The bus that an entry names, by its name or its ARN.
fn bus(named: Option<&str>, caller: &Caller) -> Bus {
    let named = named.filter(|name| !name.is_empty()).unwrap_or(DEFAULT_BUS);
    let parts: Vec<&str> = named.splitn(6, ':').collect();
    if let ["arn", _, "events", region, account, rest] = parts[..]
        && let Some(name) = rest.strip_prefix("event-bus/")
    {
        return Bus {
            region: region.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
        };
    }
    Bus {
        region: caller.region.clone(),
        account: caller.account.clone(),
        name: named.to_owned(),
    }
}

/// `Time` as events show it, in seconds. Clients send seconds since 1970; templates of API Gateway
/// send a date.
fn time(given: Option<&Value>, now: Timestamp) -> Result<String, Failure> {
    let wrong = || Failure {
        code: "InvalidArgument",
        message: "Parameter Time is not valid. Reason: Time must be a timestamp.".to_owned(),
    };
    let at = match given {
        None | Some(Value::Null) => {
            let seconds = i64::try_from(now.as_secs()).unwrap_or_default();
            OffsetDateTime::from_unix_timestamp(seconds).ok()
        }
        Some(Value::String(text)) => OffsetDateTime::parse(text, &Rfc3339).ok(),
        Some(Value::Number(seconds)) => {
            let seconds = seconds.as_f64().map(f64::floor).ok_or_else(wrong)?;
            let whole = (seconds.abs() < 1e15).then_some(seconds as i64);
            whole.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        }
        Some(_) => None,
    };
    let at = at.ok_or_else(wrong)?.to_offset(time::UtcOffset::UTC);
    let whole = at.replace_nanosecond(0).map_err(|_| wrong())?;
    whole.format(&Rfc3339).map_err(|_| wrong())
}
