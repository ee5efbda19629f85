//! The shapes of requests, and what replies mean.

use super::*;
use crate::event::Message;
use crate::flow::Poll;
use crate::targets::QueueEntry;
use bytes::Bytes;
use http::StatusCode;
use http::{HeaderMap, HeaderValue, Method, header};
use kit::call::Reply;
use serde_json::{Value, json};
use std::time::Duration;

fn reply(status: u16, body: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_owned()),
        complete: true,
    }
}

fn sent_request(action: &impl Action) -> (String, Value) {
    let call = action.call(&"http://sqs.example/".parse().unwrap());
    assert_eq!(
        (call.url.as_str(), &call.method),
        ("http://sqs.example/", &Method::POST)
    );
    assert_eq!(
        call.headers[header::CONTENT_TYPE],
        "application/x-amz-json-1.0"
    );
    let target = call.headers["x-amz-target"].to_str().unwrap().to_owned();
    (target, serde_json::from_slice(&call.body).unwrap())
}

/// Shapes as in the SQS API reference, JSON protocol.
#[test]
fn requests_have_the_documented_shapes() {
    let poll = Poll {
        count: 12,
        wait: Duration::from_secs(60),
    };
    let receive = json!({
        "QueueUrl": "u", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20,
        "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
    });
    assert_eq!(
        sent_request(&Receive::new("u", poll, None)),
        ("AmazonSQS.ReceiveMessage".into(), receive.clone())
    );
    let (_, fifo) = sent_request(&Receive::new("u", poll, Some("a".into())));
    assert_eq!(fifo["ReceiveRequestAttemptId"], "a");
    let delete = json!({
        "QueueUrl": "u",
        "Entries": [{"Id": "0", "ReceiptHandle": "r"}, {"Id": "1", "ReceiptHandle": "s"}],
    });
    assert_eq!(
        sent_request(&Delete::new("u", &["r", "s"])),
        ("AmazonSQS.DeleteMessageBatch".into(), delete)
    );
    let hide = json!({"QueueUrl": "u", "Entries": [{"Id": "0", "ReceiptHandle": "r", "VisibilityTimeout": 30}]});
    let hidden = sent_request(&Hide::new("u", &[("r", Duration::from_secs(30))]));
    assert_eq!(
        hidden,
        ("AmazonSQS.ChangeMessageVisibilityBatch".into(), hide)
    );
    let entries = [
        QueueEntry {
            body: "b".into(),
            group: Some("g".into()),
            deduplication: Some("d".into()),
            attributes: Vec::new(),
        },
        QueueEntry {
            body: "c".into(),
            group: None,
            deduplication: None,
            attributes: Vec::new(),
        },
    ];
    let send = json!({"QueueUrl": "u", "Entries": [
        {"Id": "0", "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
        {"Id": "1", "MessageBody": "c"},
    ]});
    assert_eq!(
        sent_request(&SendBatch::new("u", &entries)),
        ("AmazonSQS.SendMessageBatch".into(), send)
    );
}

#[test]
fn a_message_is_read_with_all_that_it_has_and_with_little() {
    let answer = json!({"Messages": [
        {
            "MessageId": "m", "ReceiptHandle": "r", "Body": "{\"a\": \"ä\\n\"}", "MD5OfBody": "d",
            "Attributes": {"SentTimestamp": "1", "ApproximateReceiveCount": "2"},
            "MessageAttributes": {
                "t": {"DataType": "String", "StringValue": "x"},
                "b": {"DataType": "Binary.png", "BinaryValue": "AQI=", "BinaryListValues": []},
            },
            "MD5OfMessageAttributes": "e", "Unknown": [1],
        },
        {"MessageId": "n", "ReceiptHandle": "s", "Body": null, "Attributes": null, "MessageAttributes": {"x": null}},
    ]});
    let [m, n] =
        <[Message; 2]>::try_from(messages(&reply(200, &answer.to_string())).unwrap()).unwrap();
    assert_eq!(
        (
            m.message_id.as_str(),
            m.receipt_handle.as_str(),
            m.body.as_str()
        ),
        ("m", "r", "{\"a\": \"ä\\n\"}")
    );
    assert_eq!(
        (m.attribute("SentTimestamp"), m.receive_count()),
        (Some("1"), 2)
    );
    let [(b, picture), (t, text)] = m.message_attributes.as_slice() else {
        panic!("{m:?}")
    };
    let (b, t) = if b == "t" {
        ((t, text), (b, picture))
    } else {
        ((b, picture), (t, text))
    };
    assert_eq!((b.0.as_str(), b.1.data_type.as_str()), ("b", "Binary.png"));
    assert_eq!(b.1.binary_value.as_deref(), Some("AQI="));
    assert_eq!(
        (t.1.string_value.as_deref(), t.1.binary_value.as_deref()),
        (Some("x"), None)
    );
    assert_eq!(
        (
            m.md5_of_body.as_str(),
            m.md5_of_message_attributes.as_deref()
        ),
        ("d", Some("e"))
    );
    assert_eq!(
        (
            n.attributes.len(),
            n.md5_of_body.as_str(),
            n.receive_count()
        ),
        (0, "", 1)
    );
    assert_eq!(n.message_attributes, []);
    for empty in ["", "{}", r#"{"Messages":null}"#, r#"{"Messages":[]}"#] {
        assert_eq!(messages(&reply(200, empty)).unwrap(), []);
    }
}

#[test]
fn errors_hold_the_code_and_message_of_sqs() {
    let error = |status, body: &str| messages(&reply(status, body)).unwrap_err().to_string();
    let body = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
    assert_eq!(
        error(400, body),
        "QueueDoesNotExist: The specified queue does not exist."
    );
    assert_eq!(
        error(403, r#"{"__type":"AccessDenied","Message":"no"}"#),
        "AccessDenied: no"
    );
    assert_eq!(
        error(
            403,
            r#"{"__type":"AccessDenied","Message":"no","message":"NO"}"#
        ),
        "AccessDenied: NO"
    );
    assert_eq!(
        error(502, "<html>hunter2</html>"),
        "SQS answered 502 Bad Gateway"
    );
    assert!(error(200, "<html>").starts_with("cannot read the answer of SQS: expected value"));
    let cut = Reply {
        complete: false,
        ..reply(200, r#"{"Messages":[{"#)
    };
    assert_eq!(
        messages(&cut).unwrap_err().to_string(),
        "the answer of SQS is longer than ten messages can be"
    );
    let mut in_header = reply(403, "");
    in_header.headers.insert(
        "x-amzn-errortype",
        HeaderValue::from_static("AccessDenied:http://internal/"),
    );
    assert_eq!(
        messages(&in_header).unwrap_err().to_string(),
        "AccessDenied: "
    );
}

#[test]
fn transient_errors_are_known_by_status_and_code() {
    let refused = |code: &str| {
        reply(
            400,
            &format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"Throttling"}}"#),
        )
    };
    for transient in [
        reply(503, ""),
        reply(429, ""),
        refused("RequestThrottled"),
        refused("SlowDown"),
    ] {
        assert!(is_transient(&transient), "{:?}", transient.body);
    }
    for settled in [
        reply(200, "{}"),
        reply(302, ""),
        refused("AccessDenied"),
        refused("RequestTimeTooSkewed"),
    ] {
        assert!(!is_transient(&settled), "{:?}", settled.body);
    }
}

#[test]
fn entries_that_failed_are_known_by_their_place() {
    let body = r#"{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","SenderFault":true,"Code":"ReceiptHandleIsInvalid"}]}"#;
    let rejected = failed(&reply(200, body)).unwrap();
    assert_eq!(
        (
            rejected.len(),
            rejected[0].id.as_str(),
            rejected[0].code.as_deref()
        ),
        (1, "1", Some("ReceiptHandleIsInvalid"))
    );
    assert_eq!(
        failed(&reply(200, r#"{"Successful":[{"Id":"0"}]}"#))
            .unwrap()
            .len(),
        0
    );
    assert!(failed(&reply(500, "{}")).is_err());
}

#[test]
fn every_message_that_was_sent_has_a_result_or_none() {
    let body = r#"{"Successful":[{"Id":"1","MessageId":"m"}],"Failed":[{"Id":"0","SenderFault":true,"Code":"So"}]}"#;
    let results = sent(&reply(200, body), 3).unwrap();
    let [Some(Err(rejected)), Some(Ok(id)), None] = results.as_slice() else {
        panic!("{results:?}")
    };
    assert_eq!(
        (rejected.code.as_deref(), rejected.sender_fault, id.as_str()),
        (Some("So"), true, "m")
    );
    assert!(sent(&reply(500, "{}"), 3).is_err());
}

#[test]
fn a_refusal_for_the_content_of_a_message_is_known_by_its_code() {
    let refused = |code: &str| reply(400, &format!(r#"{{"__type":"com.amazonaws.sqs#{code}"}}"#));
    for code in ["InvalidMessageContents", "InvalidParameterValueException"] {
        assert!(is_about_content(&refused(code)), "{code}");
    }
    assert!(!is_about_content(&refused("QueueDoesNotExist")));
    assert!(!is_about_content(&reply(503, "")));
}
