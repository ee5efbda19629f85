//! An EventBridge event bus: `PutEvents`, with the event as `Detail`.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::feed::{FeedEntry, Limits};
use super::program::check_json;
use super::site::{ServiceEndpoint, ServiceRequest};
use super::{DynamicValue, PlanError};
use crate::arn::Arn;
use crate::event::Event;

/// What a bus is told beside the event: `EventBridgeEventBusParameters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusParameters {
    /// `Source`.
    pub source: DynamicValue,
    /// `DetailType`.
    pub detail_type: DynamicValue,
    /// `Resources`.
    pub resources: Vec<DynamicValue>,
    /// `Time`: where the event says when it happened.
    pub time: Option<DynamicValue>,
}

/// An event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bus {
    site: ServiceEndpoint,
    arn: String,
    parameters: BusParameters,
}

impl BusParameters {
    /// What the events of a pipe have when nothing is said. AWS does not document its own words.
    pub fn of_pipe(name: &str) -> BusParameters {
        BusParameters {
            source: DynamicValue::Literal(format!("Pipe {name}")),
            detail_type: DynamicValue::Literal("Event from aws:sqs".to_owned()),
            resources: Vec::new(),
            time: None,
        }
    }
}

impl Bus {
    /// Ten entries of 256 KiB together, as every implementation has it.
    pub(super) const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 256 * 1024,
    };

    /// The bus of an ARN.
    ///
    /// # Errors
    /// The ARN names no region.
    pub fn new(arn: &Arn<'_>, parameters: BusParameters) -> Result<Bus, String> {
        Ok(Bus {
            site: ServiceEndpoint::new(arn, "events", "events")?,
            arn: arn.text.to_owned(),
            parameters,
        })
    }

    pub(super) fn entry(&self, event: &Event, body: String) -> Result<FeedEntry, PlanError> {
        check_json(&body)?;
        let BusParameters {
            source,
            detail_type,
            resources,
            time,
        } = &self.parameters;
        let required = |name: &str, value: &DynamicValue| match value
            .text(event)
            .filter(|text| !text.is_empty())
        {
            Some(text) => Ok(text.into_owned()),
            None => Err(PlanError(format!("the event has no value for {name}"))),
        };
        let (source, detail_type) = (
            required("Source", source)?,
            required("DetailType", detail_type)?,
        );
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
        if !resources.is_empty() {
            let resources = resources
                .iter()
                .map(|value| required("Resources", value))
                .collect::<Result<Vec<_>, _>>()?;
            entry.insert("Resources".to_owned(), resources.into());
        }
        if let Some(time) = time {
            entry.insert("Time".to_owned(), read_time(&required("Time", time)?)?);
        }
        Ok(FeedEntry {
            value: Value::Object(entry),
            size,
            group: String::new(),
            at: 0,
        })
    }

    pub(super) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        let entries: Vec<&Value> = entries.iter().map(|entry| &entry.value).collect();
        self.site
            .json("1.1", "AWSEvents.PutEvents", &json!({"Entries": entries}))
    }
}

/// Seconds since 1970, or a date of RFC 3339, as the seconds that the protocol has.
fn read_time(text: &str) -> Result<Value, PlanError> {
    if let Ok(seconds @ Value::Number(_)) = serde_json::from_str(text) {
        return Ok(seconds);
    }
    let wrong =
        |_| PlanError("the value for Time is neither a date of RFC 3339 nor seconds".into());
    Ok(OffsetDateTime::parse(text, &Rfc3339)
        .map_err(wrong)?
        .unix_timestamp()
        .into())
}
