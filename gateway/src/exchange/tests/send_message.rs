//! Calls that are recognised as a SendMessage, and answers as SQS writes them.

use bytes::Bytes;
use http::Method;
use kit::call::Call;

use crate::integration_request::{Attribute, AttributeValue, Protocol, SendMessage};
use crate::integration_response::{SendMessageResult, SqsAnswer, SqsError};

fn call(url: &str, headers: &[(&str, &str)], body: &str) -> Call {
    let header = |(name, value): &(&str, &str)| {
        (
            name.parse::<http::HeaderName>().unwrap(),
            value.parse().unwrap(),
        )
    };
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
    let message =
        SendMessage::recognize(&call(QUEUE, &[FORM, ("x-amzn-trace-id", "Root=1-x")], body))
            .unwrap();
    assert_eq!(
        (message.region.as_str(), message.queue_url.as_str()),
        ("eu-west-1", QUEUE)
    );
    assert_eq!(
        (message.body.as_str(), message.delay_seconds),
        ("a&b c%", Some(3))
    );
    assert_eq!(
        (message.group_id.as_deref(), message.trace_header.as_deref()),
        (Some("g"), Some("Root=1-x"))
    );
    let value = AttributeValue::Text("v".into());
    assert_eq!(
        message.attributes,
        [Attribute {
            name: "k".into(),
            data_type: "String".into(),
            value
        }]
    );
    assert_eq!(message.size(), 6 + 1 + 6 + 1);
}

#[test]
fn a_raw_body_is_cut_where_aws_cuts_it() {
    let message = SendMessage::recognize(&call(
        QUEUE,
        &[FORM],
        "Action=SendMessage&MessageBody={\"a\":\"x&y+z\"}",
    ))
    .unwrap();
    assert_eq!(message.body, "{\"a\":\"x");
    let message = SendMessage::recognize(&call(
        QUEUE,
        &[FORM],
        "Action=SendMessage&MessageBody=1+1%3D2",
    ))
    .unwrap();
    assert_eq!(message.body, "1 1=2");
}

#[test]
fn the_query_string_and_json_are_recognised_too() {
    let url = format!("{QUEUE}?Action=SendMessage&MessageBody=hi");
    assert_eq!(
        SendMessage::recognize(&call(&url, &[], "")).unwrap().body,
        "hi"
    );
    let root = "https://sqs.eu-west-1.amazonaws.com/";
    let target = ("x-amz-target", "AmazonSQS.SendMessage");
    let json = r#"{"QueueUrl":"q","MessageBody":"hi","MessageAttributes":{"b":{"DataType":"Binary","BinaryValue":"aGk="}}}"#;
    let message = SendMessage::recognize(&call(root, &[target], json)).unwrap();
    assert_eq!(
        (message.queue_url.as_str(), message.protocol),
        ("q", Protocol::Json)
    );
    assert_eq!(
        message.attributes[0].value,
        AttributeValue::Binary(b"hi".to_vec())
    );
}

#[test]
fn everything_else_is_left_to_sqs() {
    for (headers, body) in [
        (vec![FORM], "Action=DeleteQueue"),
        (vec![FORM], "\nAction=SendMessage&MessageBody=x"),
        (vec![FORM], "Action=SendMessage&MessageBody="),
        (
            vec![FORM, ("accept", "application/xml")],
            "Action=SendMessage&MessageBody=x",
        ),
        (
            vec![("content-type", "text/plain")],
            "Action=SendMessage&MessageBody=x",
        ),
        (vec![FORM], "MessageBody=x"),
    ] {
        assert_eq!(
            SendMessage::recognize(&call(QUEUE, &headers, body)),
            None,
            "{body}"
        );
    }
}

/// Recorded: `docs/aws/api-gateway.md#answers-of-sqs`.
#[test]
fn replies_are_written_as_sqs_writes_them() {
    let result = SendMessageResult {
        message_id: "m".into(),
        md5_of_body: "d".into(),
        request_id: "r".into(),
        ..SendMessageResult::default()
    };
    let reply = SqsAnswer::Stored(result).to_reply(Protocol::Query);
    let expected = r#"{"SendMessageResponse":{"ResponseMetadata":{"RequestId":"r"},"SendMessageResult":{"MD5OfMessageAttributes":null,"MD5OfMessageBody":"d","MD5OfMessageSystemAttributes":null,"MessageId":"m","SequenceNumber":null}}}"#;
    assert_eq!(reply.body, expected);
    let error = SqsError {
        status: 400,
        code: "AWS.SimpleQueueService.NonExistentQueue".into(),
        message: "The specified queue does not exist.".into(),
        request_id: "r".into(),
    };
    let refused = SqsAnswer::Refused(error);
    let expected = r#"{"Error":{"Code":"AWS.SimpleQueueService.NonExistentQueue","Message":"The specified queue does not exist for this wsdl version.","Type":"Sender"},"RequestId":"r"}"#;
    assert_eq!(refused.to_reply(Protocol::Query).body, expected);
    let expected = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
    assert_eq!(refused.to_reply(Protocol::Json).body, expected);
}

#[test]
fn an_error_names_the_side_that_is_to_blame() {
    for (status, code, side) in [
        (400, "InvalidMessageContents", "Sender"),
        (403, "AccessDenied", "Sender"),
        (500, "InternalError", "Receiver"),
        (503, "ServiceUnavailable", "Receiver"),
    ] {
        let refused = SqsAnswer::Refused(SqsError {
            status,
            code: code.into(),
            message: "m".into(),
            request_id: "r".into(),
        });
        let expected = format!(
            r#"{{"Error":{{"Code":"{code}","Message":"m","Type":"{side}"}},"RequestId":"r"}}"#
        );
        let reply = refused.to_reply(Protocol::Query);
        assert_eq!(
            (reply.status.as_u16(), reply.body),
            (status, expected.into())
        );
    }
}
