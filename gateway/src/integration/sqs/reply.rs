//! What SQS said, as the reply that it would have given to a caller of either protocol.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use kit::call::Reply;
use serde_json::{Value as Json, json};

use super::message::Protocol;

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

/// Whether a reply to a call that went out as it was planned can be SQS's at all: every answer of
/// an AWS service names its request. Whoever else answers 200 (an ingress, a health page, a wrong
/// endpoint) stored nothing.
pub fn names_its_request(reply: &Reply) -> bool {
    reply.headers.contains_key("x-amzn-requestid")
        || memchr::memmem::find(&reply.body, b"RequestId").is_some()
}

impl Outcome {
    /// The reply that SQS would have given to a caller of this protocol.
    pub fn reply(&self, protocol: Protocol) -> Reply {
        let (status, body, request_id) = match self {
            Outcome::Sent(sent) => (200, sent.body(protocol), &sent.request_id),
            Outcome::Refused(refusal) => {
                (refusal.status, refusal.body(protocol), &refusal.request_id)
            }
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
        Reply {
            status,
            headers,
            body: Bytes::from(body.to_string()),
            complete: true,
        }
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
                present
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), Json::from(value?))))
                    .collect()
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

    /// The one text that differs between the protocols: `docs/aws/sqs.md#answers-in-xml`.
    fn query_message(&self) -> &str {
        match self.code.as_str() {
            "AWS.SimpleQueueService.NonExistentQueue" => {
                "The specified queue does not exist for this wsdl version."
            }
            _ => &self.message,
        }
    }

    /// The JSON protocol's name for the error: `docs/aws/sqs.md#errors`.
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
