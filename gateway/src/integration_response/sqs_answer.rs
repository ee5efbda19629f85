//! SQS's answer to a SendMessage as a value, and as the reply that a caller of either protocol
//! gets. See `docs/aws/api-gateway.md#answers-of-sqs` and `docs/aws/sqs.md#errors`.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use kit::call::Reply;
use serde::Serialize;
use serde_json::json;

use crate::integration_request::Protocol;

/// SQS's answer to a SendMessage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SqsAnswer {
    /// The message is stored.
    Stored(SendMessageResult),
    /// SQS refused the message.
    Refused(SqsError),
}

/// Why SQS gave no answer: whether the message is stored is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// No connection, a broken one, or an answer that is not from SQS.
    Unreachable(String),
    /// No answer within the time limit.
    TimedOut,
    /// SQS was not called at all: there are no credentials to sign with.
    NoCredentials(String),
}

/// What a sender of messages gets for each of them.
pub(crate) type Answer = Result<SqsAnswer, NoAnswer>;

/// The result of SendMessage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SendMessageResult {
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
pub(crate) struct SqsError {
    /// The HTTP status.
    pub status: u16,
    /// The Query protocol's code: `AWS.SimpleQueueService.NonExistentQueue`.
    pub code: String,
    /// The message, for people.
    pub message: String,
    /// The request's id at SQS.
    pub request_id: String,
}

impl SqsAnswer {
    /// The reply that SQS would have given to a caller of this protocol.
    pub(crate) fn to_reply(&self, protocol: Protocol) -> Reply {
        let (status, body, request_id) = match self {
            SqsAnswer::Stored(result) => (200, result.body(protocol), &result.request_id),
            SqsAnswer::Refused(error) => (error.status, error.body(protocol), &error.request_id),
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
            body: Bytes::from(body),
            complete: true,
        }
    }
}

impl SendMessageResult {
    /// The members stand in the order of their names, as SQS has them.
    fn body(&self, protocol: Protocol) -> Vec<u8> {
        let of_attributes = self.md5_of_attributes.as_deref();
        let sequence_number = self.sequence_number.as_deref();
        let written = match protocol {
            Protocol::Query => serde_json::to_vec(&SendMessageResponse {
                send_message_response: Wrapped {
                    response_metadata: Metadata {
                        request_id: &self.request_id,
                    },
                    send_message_result: QueryResult {
                        md5_of_message_attributes: of_attributes,
                        md5_of_message_body: &self.md5_of_body,
                        md5_of_message_system_attributes: None,
                        message_id: &self.message_id,
                        sequence_number,
                    },
                },
            }),
            Protocol::Json => serde_json::to_vec(&JsonResult {
                md5_of_message_attributes: of_attributes,
                md5_of_message_body: &self.md5_of_body,
                message_id: &self.message_id,
                sequence_number,
            }),
        };
        written.expect("texts can be written")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageResponse<'r> {
    send_message_response: Wrapped<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped<'r> {
    response_metadata: Metadata<'r>,
    send_message_result: QueryResult<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'r> {
    request_id: &'r str,
}

/// Everything is there, also what is null.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct QueryResult<'r> {
    #[serde(rename = "MD5OfMessageAttributes")]
    md5_of_message_attributes: Option<&'r str>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: &'r str,
    #[serde(rename = "MD5OfMessageSystemAttributes")]
    md5_of_message_system_attributes: Option<&'r str>,
    message_id: &'r str,
    sequence_number: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonResult<'r> {
    #[serde(rename = "MD5OfMessageAttributes")]
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<&'r str>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: &'r str,
    message_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'r str>,
}

impl SqsError {
    fn body(&self, protocol: Protocol) -> Vec<u8> {
        let body = match protocol {
            Protocol::Query => json!({
                "Error": {"Code": self.code, "Message": self.query_message(), "Type": self.side()},
                "RequestId": self.request_id,
            }),
            Protocol::Json => {
                json!({"__type": format!("com.amazonaws.sqs#{}", self.json_name()), "message": self.message})
            }
        };
        body.to_string().into_bytes()
    }

    /// The side that the Query protocol blames.
    fn side(&self) -> &'static str {
        if self.status >= 500 {
            "Receiver"
        } else {
            "Sender"
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
