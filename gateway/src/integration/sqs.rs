//! SendMessage as API Gateway plans it: recognised in a [`Call`], and its outcome written as the reply that SQS gives.
//!
//! Both protocols are known: Query (a form, or parameters in the URL) answered in the JSON rendering that API Gateway
//! asks for, and AWS JSON 1.0. Whatever is out of the ordinary is not recognised, and goes to SQS as it is: then SQS
//! itself is the judge of it. Fact sheets: `api-gateway.md` section 6, `sqs.md` sections 2 to 4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use kit::call::{Call, Reply};
use serde_json::{Value as Json, json};

use crate::request::media_type;

/// A SendMessage request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// The region in the service's host.
    pub region: String,
    /// The queue's URL at AWS; only its last two path parts matter to a local endpoint.
    pub queue_url: String,
    /// The body.
    pub body: String,
    /// `DelaySeconds`.
    pub delay_seconds: Option<i32>,
    /// `MessageGroupId`.
    pub group_id: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication_id: Option<String>,
    /// Message attributes by number or name, in order.
    pub attributes: Vec<Attribute>,
    /// `AWSTraceHeader`, from the call's `X-Amzn-Trace-Id`. SQS stores it as if it had been sent. `sqs.md` section 10.
    pub trace_header: Option<String>,
    /// How the reply is written.
    pub protocol: Protocol,
}

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `Binary`, or one of them with a label.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// `StringValue`.
    Text(String),
    /// `BinaryValue`, decoded.
    Binary(Vec<u8>),
}

/// The form in which the caller spoke, and is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The Query protocol with `Accept: application/json`.
    Query,
    /// AWS JSON 1.0.
    Json,
}

/// What SQS said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The message is stored.
    Sent(Sent),
    /// SQS refused it.
    Refused(Refusal),
}

/// The result of SendMessage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// `MessageId`.
    pub message_id: String,
    /// `MD5OfMessageBody`.
    pub md5_of_body: String,
    /// `MD5OfMessageAttributes`.
    pub md5_of_attributes: Option<String>,
    /// `SequenceNumber`, FIFO queues only.
    pub sequence_number: Option<String>,
    /// The request's id at SQS.
    pub request_id: String,
}

/// An error answer of SQS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The Query protocol's code: `AWS.SimpleQueueService.NonExistentQueue`.
    pub code: String,
    /// The text.
    pub message: String,
    /// The request's id at SQS.
    pub request_id: String,
}

impl SendMessage {
    /// Recognises a SendMessage. `None` for everything else, and for requests with anything unusual in them.
    pub fn read(call: &Call) -> Option<SendMessage> {
        let region = call.url.host_str()?.strip_prefix("sqs.")?.split('.').next()?.to_owned();
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

    /// Bytes that count towards SQS's limits: body, and name, type and value of each attribute. `sqs.md` section 7.
    pub fn size(&self) -> usize {
        let value = |attribute: &Attribute| match &attribute.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Binary(bytes) => bytes.len(),
        };
        let attributes = self.attributes.iter().map(|a| a.name.len() + a.data_type.len() + value(a));
        self.body.len() + attributes.sum::<usize>()
    }

    /// Whether the queue keeps order.
    pub fn is_fifo(&self) -> bool {
        self.queue_url.ends_with(".fifo")
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
    let accepts_json = text_header(call, ACCEPT.as_str()).is_none_or(|accept| !accept.contains("xml"));
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
    for (key, value) in call.url.query_pairs().chain(form_urlencoded::parse(&call.body)) {
        let value = value.into_owned();
        match key.as_ref() {
            "Action" => action = Some(value),
            "Version" => {}
            "QueueUrl" => message.queue_url = value,
            "MessageBody" => message.body = value,
            "DelaySeconds" => message.delay_seconds = Some(value.parse().ok()?),
            "MessageGroupId" => message.group_id = Some(value),
            "MessageDeduplicationId" => message.deduplication_id = Some(value),
            key if key.starts_with("MessageAttribute") => attribute(&mut attributes, key, value)?,
            key if key.starts_with("MessageSystemAttribute") => return None,
            // SQS passes over names that it does not know; that is how an unescaped body loses all after its first `&`.
            _ => {}
        }
    }
    message.attributes = attributes.into_iter().map(|(_, draft)| draft.finish()).collect::<Option<_>>()?;
    // Only a body that starts with `Action=` is taken for a form by SQS. `api-gateway.md` section 6.2.
    let starts = call.body.is_empty() || call.body.starts_with(b"Action=") || call.url.query().is_some();
    (starts && action? == "SendMessage").then_some(message)
}

/// A message attribute whose parts arrive one by one.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    data_type: Option<String>,
    value: Option<AttributeValue>,
}

impl Draft {
    fn finish(self) -> Option<Attribute> {
        Some(Attribute { name: self.name?, data_type: self.data_type?, value: self.value? })
    }
}

/// `MessageAttribute.N.Name`, `.Value.DataType`, `.Value.StringValue`, `.Value.BinaryValue`; the plural works too.
fn attribute(drafts: &mut Vec<(u32, Draft)>, key: &str, value: String) -> Option<()> {
    let rest = key.strip_prefix("MessageAttribute.").or_else(|| key.strip_prefix("MessageAttributes."))?;
    let (number, part) = rest.split_once('.')?;
    let number = number.parse().ok()?;
    let index = drafts.iter().position(|(n, _)| *n == number).unwrap_or_else(|| {
        drafts.push((number, Draft::default()));
        drafts.len() - 1
    });
    let draft = &mut drafts[index].1;
    match part {
        "Name" => draft.name = Some(value),
        "Value.DataType" => draft.data_type = Some(value),
        "Value.StringValue" => draft.value = Some(AttributeValue::Text(value)),
        "Value.BinaryValue" => draft.value = Some(AttributeValue::Binary(STANDARD.decode(value).ok()?)),
        _ => return None,
    }
    Some(())
}

fn read_json(call: &Call) -> Option<SendMessage> {
    let Json::Object(fields) = serde_json::from_slice(&call.body).ok()? else { return None };
    let mut message = empty(String::new(), Protocol::Json);
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("QueueUrl", Json::String(text)) => message.queue_url = text,
            ("MessageBody", Json::String(text)) => message.body = text,
            ("DelaySeconds", value) => message.delay_seconds = Some(i32::try_from(value.as_i64()?).ok()?),
            ("MessageGroupId", Json::String(text)) => message.group_id = Some(text),
            ("MessageDeduplicationId", Json::String(text)) => message.deduplication_id = Some(text),
            ("MessageAttributes", Json::Object(attributes)) => {
                message.attributes = attributes.into_iter().map(json_attribute).collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    Some(message)
}

fn json_attribute((name, value): (String, Json)) -> Option<Attribute> {
    let Json::Object(mut parts) = value else { return None };
    let Json::String(data_type) = parts.remove("DataType")? else { return None };
    let value = match (parts.remove("StringValue"), parts.remove("BinaryValue")) {
        (Some(Json::String(text)), None) => AttributeValue::Text(text),
        (None, Some(Json::String(text))) => AttributeValue::Binary(STANDARD.decode(text).ok()?),
        _ => return None,
    };
    parts.is_empty().then_some(Attribute { name, data_type, value })
}

impl Outcome {
    /// The reply that SQS would have given to a caller of this protocol.
    pub fn reply(&self, protocol: Protocol) -> Reply {
        let (status, body, request_id) = match self {
            Outcome::Sent(sent) => (200, sent.body(protocol), &sent.request_id),
            Outcome::Refused(refusal) => (refusal.status, refusal.body(protocol), &refusal.request_id),
        };
        let content_type = match protocol {
            Protocol::Query => "application/json",
            Protocol::Json => "application/x-amz-json-1.0",
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-amzn-requestid", id);
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Reply { status, headers, body: Bytes::from(body.to_string()), complete: true }
    }
}

impl Sent {
    fn body(&self, protocol: Protocol) -> Json {
        match protocol {
            Protocol::Query => json!({"SendMessageResponse": {
                "ResponseMetadata": {"RequestId": self.request_id},
                "SendMessageResult": {
                    "MD5OfMessageAttributes": self.md5_of_attributes,
                    "MD5OfMessageBody": self.md5_of_body,
                    "MD5OfMessageSystemAttributes": null,
                    "MessageId": self.message_id,
                    "SequenceNumber": self.sequence_number,
                },
            }}),
            Protocol::Json => {
                let present = [
                    ("MD5OfMessageAttributes", self.md5_of_attributes.as_deref()),
                    ("MD5OfMessageBody", Some(self.md5_of_body.as_str())),
                    ("MessageId", Some(self.message_id.as_str())),
                    ("SequenceNumber", self.sequence_number.as_deref()),
                ];
                present.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Json::from(value?)))).collect()
            }
        }
    }
}

impl Refusal {
    fn body(&self, protocol: Protocol) -> Json {
        match protocol {
            Protocol::Query => json!({
                "Error": {"Code": self.code, "Message": self.query_message(), "Type": "Sender"},
                "RequestId": self.request_id,
            }),
            Protocol::Json => {
                json!({"__type": format!("com.amazonaws.sqs#{}", self.json_name()), "message": self.message})
            }
        }
    }

    /// The one text that differs between the protocols. `sqs.md` section 3.2.
    fn query_message(&self) -> &str {
        match self.code.as_str() {
            "AWS.SimpleQueueService.NonExistentQueue" => "The specified queue does not exist for this wsdl version.",
            _ => &self.message,
        }
    }

    /// The JSON protocol's name for the error. `sqs.md` section 4.
    fn json_name(&self) -> &str {
        match self.code.as_str() {
            "AWS.SimpleQueueService.NonExistentQueue" => "QueueDoesNotExist",
            "InvalidParameterValue" => "InvalidParameterValueException",
            "MissingParameter" => "MissingRequiredParameterException",
            "AccessDenied" => "AccessDeniedException",
            code => code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(url: &str, headers: &[(&str, &str)], body: &str) -> Call {
        let header = |(name, value): &(&str, &str)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        Call {
            method: Method::POST,
            url: url.parse().unwrap(),
            headers: headers.iter().map(header).collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    #[test]
    fn a_form_is_recognised_and_decoded() {
        let body = "Action=SendMessage&MessageBody=a%26b+c%25&DelaySeconds=3&MessageGroupId=g\
                    &MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String&MessageAttributes.1.Value.StringValue=v";
        let message = SendMessage::read(&call(QUEUE, &[FORM, ("x-amzn-trace-id", "Root=1-x")], body)).unwrap();
        assert_eq!((message.region.as_str(), message.queue_url.as_str()), ("eu-west-1", QUEUE));
        assert_eq!((message.body.as_str(), message.delay_seconds), ("a&b c%", Some(3)));
        assert_eq!((message.group_id.as_deref(), message.trace_header.as_deref()), (Some("g"), Some("Root=1-x")));
        let value = AttributeValue::Text("v".into());
        assert_eq!(message.attributes, [Attribute { name: "k".into(), data_type: "String".into(), value }]);
        assert_eq!(message.size(), 6 + 1 + 6 + 1);
    }

    #[test]
    fn a_raw_body_is_cut_where_aws_cuts_it() {
        let message =
            SendMessage::read(&call(QUEUE, &[FORM], "Action=SendMessage&MessageBody={\"a\":\"x&y+z\"}")).unwrap();
        assert_eq!(message.body, "{\"a\":\"x");
        let message = SendMessage::read(&call(QUEUE, &[FORM], "Action=SendMessage&MessageBody=1+1%3D2")).unwrap();
        assert_eq!(message.body, "1 1=2");
    }

    #[test]
    fn the_query_string_and_json_are_recognised_too() {
        let url = format!("{QUEUE}?Action=SendMessage&MessageBody=hi");
        assert_eq!(SendMessage::read(&call(&url, &[], "")).unwrap().body, "hi");
        let root = "https://sqs.eu-west-1.amazonaws.com/";
        let target = ("x-amz-target", "AmazonSQS.SendMessage");
        let json = r#"{"QueueUrl":"q","MessageBody":"hi","MessageAttributes":{"b":{"DataType":"Binary","BinaryValue":"aGk="}}}"#;
        let message = SendMessage::read(&call(root, &[target], json)).unwrap();
        assert_eq!((message.queue_url.as_str(), message.protocol), ("q", Protocol::Json));
        assert_eq!(message.attributes[0].value, AttributeValue::Binary(b"hi".to_vec()));
    }

    #[test]
    fn everything_else_is_left_to_sqs() {
        for (headers, body) in [
            (vec![FORM], "Action=DeleteQueue"),
            (vec![FORM], "\nAction=SendMessage&MessageBody=x"),
            (vec![FORM], "Action=SendMessage&MessageBody="),
            (vec![FORM, ("accept", "application/xml")], "Action=SendMessage&MessageBody=x"),
            (vec![("content-type", "text/plain")], "Action=SendMessage&MessageBody=x"),
            (vec![FORM], "MessageBody=x"),
        ] {
            assert_eq!(SendMessage::read(&call(QUEUE, &headers, body)), None, "{body}");
        }
    }

    /// `api-gateway.md` section 6.2, recorded.
    #[test]
    fn replies_are_written_as_sqs_writes_them() {
        let sent = Sent { message_id: "m".into(), md5_of_body: "d".into(), request_id: "r".into(), ..Sent::default() };
        let reply = Outcome::Sent(sent).reply(Protocol::Query);
        let expected = r#"{"SendMessageResponse":{"ResponseMetadata":{"RequestId":"r"},"SendMessageResult":{"MD5OfMessageAttributes":null,"MD5OfMessageBody":"d","MD5OfMessageSystemAttributes":null,"MessageId":"m","SequenceNumber":null}}}"#;
        assert_eq!(reply.body, expected);
        let refusal = Refusal {
            status: 400,
            code: "AWS.SimpleQueueService.NonExistentQueue".into(),
            message: "The specified queue does not exist.".into(),
            request_id: "r".into(),
        };
        let refused = Outcome::Refused(refusal);
        let expected = r#"{"Error":{"Code":"AWS.SimpleQueueService.NonExistentQueue","Message":"The specified queue does not exist for this wsdl version.","Type":"Sender"},"RequestId":"r"}"#;
        assert_eq!(refused.reply(Protocol::Query).body, expected);
        let expected =
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
        assert_eq!(refused.reply(Protocol::Json).body, expected);
    }
}
