//! Recognises a call that is a SendMessage to SQS.
//!
//! Both protocols are known: Query (a form, or parameters in the URL) answered in the JSON that API
//! Gateway asks for, and AWS JSON 1.0. A call with anything out of the ordinary in it is not
//! recognised, and goes to SQS as it was planned: then SQS itself is the judge of it. See
//! `docs/aws/api-gateway.md#request-forms`, `docs/aws/sqs.md#json-protocol` and
//! `docs/aws/sqs.md#query-protocol`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use kit::call::Call;
use serde_json::Value as Json;

use super::form::pairs;
use super::message::{Attribute, AttributeValue, Protocol, SendMessage};
use crate::method_request::media_type;

impl SendMessage {
    /// The SendMessage that a call is: `None` for other actions, and for calls with anything
    /// unusual in them.
    pub(crate) fn recognize(call: &Call) -> Option<SendMessage> {
        let region = call
            .url
            .host_str()?
            .strip_prefix("sqs.")?
            .split('.')
            .next()?
            .to_owned();
        let target = call.headers.get("x-amz-target").map(HeaderValue::as_bytes);
        let mut message = match target {
            Some(b"AmazonSQS.SendMessage") => read_json(call)?,
            Some(_) => return None,
            None => read_query(call)?,
        };
        message.region = region;
        message.trace_header = text_header(call, "x-amzn-trace-id").map(ToOwned::to_owned);
        (!message.body.is_empty() && !message.queue_url.is_empty()).then_some(message)
    }
}

fn text_header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.headers.get(name)?.to_str().ok()
}

fn empty(queue_url: String, protocol: Protocol) -> SendMessage {
    SendMessage {
        region: String::new(),
        queue_url,
        body: String::new(),
        delay_seconds: None,
        group_id: None,
        deduplication_id: None,
        attributes: Vec::new(),
        trace_header: None,
        protocol,
    }
}

fn read_query(call: &Call) -> Option<SendMessage> {
    let accepts_json =
        text_header(call, ACCEPT.as_str()).is_none_or(|accept| !accept.contains("xml"));
    let form = text_header(call, CONTENT_TYPE.as_str()).map(media_type);
    let is_form = form.as_deref() == Some("application/x-www-form-urlencoded");
    if !accepts_json || !(call.body.is_empty() || (call.method == Method::POST && is_form)) {
        return None;
    }
    let mut url = call.url.clone();
    url.set_query(None);
    let mut message = empty(url.into(), Protocol::Query);
    let mut attributes = Vec::new();
    let mut action = None;
    let query = call.url.query().unwrap_or_default().as_bytes();
    for (key, value) in pairs(query).chain(pairs(&call.body)) {
        match key.as_str() {
            "Action" => action = Some(value),
            "Version" => {}
            "QueueUrl" => message.queue_url = value,
            "MessageBody" => message.body = value,
            "DelaySeconds" => message.delay_seconds = Some(value.parse().ok()?),
            "MessageGroupId" => message.group_id = Some(value),
            "MessageDeduplicationId" => message.deduplication_id = Some(value),
            key if key.starts_with("MessageAttribute") => {
                attribute_part(&mut attributes, key, value)?;
            }
            key if key.starts_with("MessageSystemAttribute") => return None,
            // SQS ignores names that it does not know; that is how an unescaped body loses all
            // after its first `&`.
            _ => {}
        }
    }
    message.attributes = attributes
        .into_iter()
        .map(|(_, parts)| parts.finish())
        .collect::<Option<_>>()?;
    // SQS reads a body as a form only if it starts with `Action=`:
    // `docs/aws/api-gateway.md#answers-of-sqs`.
    let starts =
        call.body.is_empty() || call.body.starts_with(b"Action=") || call.url.query().is_some();
    (starts && action? == "SendMessage").then_some(message)
}

/// A message attribute, of which a form gives one part after the other.
#[derive(Default)]
struct AttributeParts {
    name: Option<String>,
    data_type: Option<String>,
    value: Option<AttributeValue>,
}

impl AttributeParts {
    fn finish(self) -> Option<Attribute> {
        Some(Attribute {
            name: self.name?,
            data_type: self.data_type?,
            value: self.value?,
        })
    }
}

/// `MessageAttribute.N.Name`, `.Value.DataType`, `.Value.StringValue`, `.Value.BinaryValue`; the
/// plural works too.
fn attribute_part(
    numbered: &mut Vec<(u32, AttributeParts)>,
    key: &str,
    value: String,
) -> Option<()> {
    let rest = key
        .strip_prefix("MessageAttribute.")
        .or_else(|| key.strip_prefix("MessageAttributes."))?;
    let (number, part) = rest.split_once('.')?;
    let number = number.parse().ok()?;
    let index = numbered
        .iter()
        .position(|(n, _)| *n == number)
        .unwrap_or_else(|| {
            numbered.push((number, AttributeParts::default()));
            numbered.len() - 1
        });
    let attribute = &mut numbered[index].1;
    match part {
        "Name" => attribute.name = Some(value),
        "Value.DataType" => attribute.data_type = Some(value),
        "Value.StringValue" => attribute.value = Some(AttributeValue::Text(value)),
        "Value.BinaryValue" => {
            attribute.value = Some(AttributeValue::Binary(STANDARD.decode(value).ok()?));
        }
        _ => return None,
    }
    Some(())
}

fn read_json(call: &Call) -> Option<SendMessage> {
    let Json::Object(fields) = serde_json::from_slice(&call.body).ok()? else {
        return None;
    };
    let mut message = empty(String::new(), Protocol::Json);
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("QueueUrl", Json::String(text)) => message.queue_url = text,
            ("MessageBody", Json::String(text)) => message.body = text,
            ("DelaySeconds", value) => {
                message.delay_seconds = Some(i32::try_from(value.as_i64()?).ok()?);
            }
            ("MessageGroupId", Json::String(text)) => message.group_id = Some(text),
            ("MessageDeduplicationId", Json::String(text)) => message.deduplication_id = Some(text),
            ("MessageAttributes", Json::Object(attributes)) => {
                message.attributes = attributes
                    .into_iter()
                    .map(json_attribute)
                    .collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    Some(message)
}

fn json_attribute((name, value): (String, Json)) -> Option<Attribute> {
    let Json::Object(mut parts) = value else {
        return None;
    };
    let Json::String(data_type) = parts.remove("DataType")? else {
        return None;
    };
    let value = match (parts.remove("StringValue"), parts.remove("BinaryValue")) {
        (Some(Json::String(text)), None) => AttributeValue::Text(text),
        (None, Some(Json::String(text))) => AttributeValue::Binary(STANDARD.decode(text).ok()?),
        _ => return None,
    };
    parts.is_empty().then_some(Attribute {
        name,
        data_type,
        value,
    })
}
