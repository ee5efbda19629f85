//! An EventBridge event bus: `PutEvents`, with the event as `Detail`. Pure.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::dynamic::{DynamicValue, PlanError};
use super::entry::{FeedEntry, RequestLimits};
use super::json::check_json;
use super::service::{ServiceEndpoint, ServiceRequest};
use crate::event::Event;
use kit::arn::Arn;

/// `EventBridgeEventBusParameters`: what an entry has beside the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BusParameters {
    /// `Source`.
    pub(crate) source: DynamicValue,
    /// `DetailType`.
    pub(crate) detail_type: DynamicValue,
    /// `Resources`.
    pub(crate) resources: Vec<DynamicValue>,
    /// `Time`: where the event has the time at which it happened.
    pub(crate) time: Option<DynamicValue>,
}

/// An event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bus {
    site: ServiceEndpoint,
    arn: String,
    parameters: BusParameters,
}

impl BusParameters {
    /// The default values for the events of a pipe. AWS does not document the ones that it uses.
    pub(crate) fn of_pipe(name: &str) -> BusParameters {
        BusParameters {
            source: DynamicValue::Literal(format!("Pipe {name}")),
            detail_type: DynamicValue::Literal("Event from aws:sqs".to_owned()),
            resources: Vec::new(),
            time: None,
        }
    }
}

impl Bus {
    /// Ten entries of 256 KiB together, as other implementations have it.
    pub(super) const LIMITS: RequestLimits = RequestLimits {
        entries: 10,
        bytes: 256 * 1024,
    };

    /// The bus with this ARN.
    ///
    /// # Errors
    /// The ARN has no region.
    pub(crate) fn new(arn: &Arn<'_>, parameters: BusParameters) -> Result<Bus, String> {
        Ok(Bus {
            site: ServiceEndpoint::new(arn, "events", "events")?,
            arn: arn.text.to_owned(),
            parameters,
        })
    }

    pub(super) fn entry(&self, event: &Event, body: String) -> Result<FeedEntry, PlanError> {
        check_json(&body)?;
        let parameters = &self.parameters;
        let source = parameters.source.required(event, "Source")?;
        let detail_type = parameters.detail_type.required(event, "DetailType")?;
        if source.starts_with("aws.") {
            return Err(PlanError("the value for Source begins with aws.".into()));
        }
        let size = body.len() + source.len() + detail_type.len();
        let mut entry = Map::from_iter([
            ("EventBusName".to_owned(), Value::from(self.arn.as_str())),
            ("Source".to_owned(), source.into()),
            ("DetailType".to_owned(), detail_type.into()),
            ("Detail".to_owned(), body.into()),
        ]);
        if !parameters.resources.is_empty() {
            let mut resources = Vec::new();
            for value in &parameters.resources {
                match value.list(event) {
                    Some(list) => resources.extend(list.iter().cloned()),
                    None => resources.push(Value::from(value.required(event, "Resources")?)),
                }
            }
            entry.insert("Resources".to_owned(), resources.into());
        }
        if let Some(time) = &parameters.time {
            let time = time.required(event, "Time")?;
            entry.insert("Time".to_owned(), read_time(&time)?);
        }
        Ok(FeedEntry::new(Value::Object(entry), size))
    }

    pub(super) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        let entries: Vec<&Value> = entries.iter().map(|entry| &entry.value).collect();
        self.site
            .json("1.1", "AWSEvents.PutEvents", &json!({"Entries": entries}))
    }
}

/// Reads seconds since 1970, or a date of RFC 3339, into the seconds of the protocol.
fn read_time(text: &str) -> Result<Value, PlanError> {
    if let Ok(seconds @ Value::Number(_)) = serde_json::from_str(text) {
        return Ok(seconds);
    }
    let wrong = |_| {
        PlanError("the value for Time is neither an RFC 3339 date nor a number of seconds".into())
    };
    Ok(OffsetDateTime::parse(text, &Rfc3339)
        .map_err(wrong)?
        .unix_timestamp()
        .into())
}
